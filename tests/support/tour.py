"""A walk over every screen and dialog of a board in a terminal, each opened by its key and left again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.board_terminal import gone, shows
from terminal import Terminal

ESCAPE, ENTER, PALETTE = "\x1b", "\r", "\x10"


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen: the keys that open it from the one before, and what it shows then and not before."""

    name: str
    keys: str
    shown: str
    back: str = ESCAPE


ON_BOARD = (
    Stop("help", "?", "↑ ↓ scroll"),
    Stop("palette", PALETTE, "Search"),
    Stop("themes", "t", "headway-light"),
    Stop("dispatch", "d", "What is to be done?"),
    Stop("dispatch again", "D", "Dispatch again"),
    Stop("copy", "y", "letter copies"),
)
ON_DETAIL = tuple(
    Stop(tab, key, f"[{key} {tab}]", back="")
    for key, tab in (("1", "Overview"), ("2", "Task"), ("3", "Stream"), ("4", "Result"), ("5", "JSON"))
)


def tour(terminal: Terminal, *, cursor: str = "2") -> Iterator[str]:
    """The name of each screen while it is shown, on a board of `seeding.fill`; `cursor` goes to a delegation that runs.

    Begins and ends on the board.
    """
    terminal.send(cursor)
    terminal.wait_until_quiet(seconds=1)
    yield "board"
    yield from _stops(terminal, (*ON_BOARD, Stop("cancel", "x", "Cancel this delegation?")))
    terminal.send(ENTER)
    shows(terminal, "esc Back")
    yield from _stops(terminal, ON_DETAIL)
    terminal.send(ESCAPE)
    gone(terminal, "esc Back")
    terminal.send("/status:input" + ENTER)
    shows(terminal, "r Reply")
    yield from _stops(terminal, (Stop("reply", "r", "keep the draft"),))
    terminal.send(ESCAPE)
    gone(terminal, " match")
    terminal.send("a")
    shows(terminal, "Agents 2")
    yield "agents"
    adding, removing = Stop("add agent", "n", "Add an agent"), Stop("remove agent", "x", "Remove this agent?")
    yield from _stops(terminal, (adding, removing, Stop("drop stale", "Q", "Drop its stale queue?")))
    terminal.send("v")
    shows(terminal, "⏎ Whole")
    yield "events"
    if '"type"' not in terminal.text:
        terminal.send(ENTER)
    shows(terminal, '"type"')
    yield "event"
    terminal.send(ESCAPE)
    shows(terminal, "In progress")


def _stops(terminal: Terminal, stops: tuple[Stop, ...]) -> Iterator[str]:
    for stop in stops:
        terminal.send(stop.keys)
        shows(terminal, stop.shown)
        yield stop.name
        if stop.back:
            terminal.send(stop.back)
            gone(terminal, stop.shown)
