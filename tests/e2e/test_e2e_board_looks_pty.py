"""The board on terminals that can do little: 80 by 24 cells, 16 colors or none, no animations. What counts is bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.board_terminal import board, gone, quits, shows
from support.processes import agent, platform
from support.seeding import fill, seeding
from support.tour import ESCAPE, tour

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
END, UP = "\x1b[F", "\x1b[A"
ESSENTIAL = {
    "board": ("headway", "● live", "Queued 0", "In progress 2", "Completed 3", "? needs input", "q Quit"),
    "help": ("Keys", "esc close"),
    "palette": ("Search",),
    "themes": ("⏎ keep", "esc as"),
    "dispatch": ("worker", "^s send", "esc"),
    "dispatch again": ("coder", "^s send"),
    "copy": ("i  id", "esc"),
    "cancel": ("Crawl the site", "The agent is asked to stop", "No", "Yes, cancel"),
    "Overview": ("working", "worker", "handed over to worker", "esc Back", "q Quit"),
    "Task": ("Crawl the site",),
    "Stream": ("Stream]",),
    "Result": ("no result yet",),
    "JSON": ('"delegation_id"',),
    "reply": ("Q3 or Q4", "^s send"),
    "agents": ("worker", "● online", "1/4", "coder", "· unknown", "esc Back", "q Quit"),
    "add agent": ("http",),
    "remove agent": ("coder", "fails with that", "No"),
    "drop stale": ("coder",),
    "events": ("Events", "esc Back", "q Quit"),
    "event": ('"type"',),
}


def color_codes(written: bytes) -> set[str]:
    """The parameters of SGR that choose a color, those of 256 and of millions as a whole."""
    found = set()
    for parameters in SGR.findall(written):
        codes = parameters.decode().replace(":", ";").split(";")
        if "38" in codes or "48" in codes:
            found.add(parameters.decode())
        found |= {code for code in codes if code.isdigit() and (30 <= int(code) <= 49 or 90 <= int(code) <= 107)}
    return found


@pytest.mark.req("D8")
@pytest.mark.parametrize(
    "environment",
    [{"TERM": "xterm-16color"}, {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}],
    ids=["16 colors", "no color"],
)
def test_every_screen_is_whole_at_80_by_24(tmp_path: Path, environment: dict[str, str]) -> None:
    colors = {*range(30, 38), 39, *range(40, 48), 49, *range(90, 98), *range(100, 108)}
    environment = {**environment, "TEXTUAL_ANIMATIONS": "none"}
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker")
    with platform(tmp_path) as running, worker as there, seeding(running, tmp_path) as api:
        fill(api, there.url)
        with board(tmp_path, columns=80, lines=24, environment=environment) as terminal:
            shows(terminal, "? needs input")
            seen = set()
            for name in tour(terminal):
                for words in ESSENTIAL[name]:
                    shows(terminal, words)
                seen.add(name)
            assert seen == set(ESSENTIAL)
            terminal.send("t")
            shows(terminal, "⏎ keep")
            for key in (END, UP):  # ansi-light and ansi-dark: the terminal's own colors
                terminal.send(key)
                terminal.wait_until_quiet(seconds=2)
            terminal.send(ESCAPE)
            gone(terminal, "⏎ keep")
            quits(terminal)
            used = color_codes(terminal.written)
    if "NO_COLOR" in environment:
        assert used == set()
        assert any(b"1" in one.split(b";") for one in SGR.findall(terminal.written)), "bold remains"
        assert any(b"7" in one.split(b";") for one in SGR.findall(terminal.written)), "the focus is in reverse"
    else:
        assert used <= {str(one) for one in colors}
        assert len(used & {str(one) for one in (*range(30, 38), *range(90, 98))}) > 4
