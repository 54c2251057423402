"""What guides a person: the footer at every width, help, palette, the next step on an empty board, dialogs' keys."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from headway.connectors.connector import Batch, Capabilities, Closed, Opened
from headway.connectors.errors import NotAllowed
from headway.core.api import Snapshot
from headway.core.delegation import Group, Status
from headway.dashboard.action import Where
from headway.dashboard.actions import ACTIONS, actions_on
from headway.dashboard.columns import COLUMNS, GAP, WIDE_GAP, lay_out
from headway.dashboard.first_steps import next_step
from headway.dashboard.screens.dialog import Dialog
from headway.dashboard.screens.help import FILTERS, KEYS_WIDTH, SIGNS
from headway.dashboard.screens.leave import LeaveScreen
from headway.dashboard.store import Store
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import EPOCH, FakeConnector
from textual.containers import Vertical
from textual.events import Key

SCREENS = {Where.BOARD: (), Where.DETAIL: ("enter",), Where.AGENTS: ("a",), Where.EVENTS: ("v",)}
HELP_ROOM = 80 * 94 // 100 - 2 - 4 - 1
"""Cells of a line of help on a screen of 80: what frame, padding and scrollbar leave."""


@pytest.mark.parametrize("where", SCREENS)
@pytest.mark.parametrize("columns", [60, 80])
async def test_help_and_the_way_back_are_in_the_footer_of_every_screen(where: Where, columns: int) -> None:
    async with open_board(fleet(), size=(columns, 24)) as board:
        await board.pilot.press(*SCREENS[where])
        await board.seen("? Help  q Quit")
        footer = board.text().splitlines()[-1]
        assert ("esc Back" in footer) is (where is not Where.BOARD)
        assert footer.index("? Help") + len("? Help  q Quit") <= columns


async def test_a_narrow_footer_keeps_what_can_be_spared_least() -> None:
    async with open_board(fleet(), size=(80, 24)) as board:
        footer = board.text("keys")
        assert all(title in footer for title in ("Dispatch", "Poll", "Cancel", "Detail", "Mark", "Filter"))
        assert not any(title in footer for title in ("Sort", "Events", "Pin"))


def test_no_line_of_help_is_wrapped_at_80_columns() -> None:
    lines = [action.description for action in ACTIONS] + [meaning for _, meaning in (*FILTERS, *SIGNS)]
    assert [line for line in lines if 2 + KEYS_WIDTH + len(line) > HELP_ROOM] == []
    assert [action.key_names for action in ACTIONS if len(action.key_names) >= KEYS_WIDTH] == []


@pytest.mark.parametrize("where", SCREENS)
async def test_the_palette_of_a_screen_has_what_works_there_now_and_nothing_else(where: Where) -> None:
    async with open_board(fleet(), size=(120, 90)) as board:
        await board.pilot.press(*SCREENS[where])
        await board.seen("? Help")
        screen = board.app.screen
        here = {one.title for one in actions_on(where) if screen.check_action(one.id, ())}
        await board.pilot.press("ctrl+p")
        await board.seen("Show every key of this screen")
        shown = {line.strip(" ▏▕│▊▎") for line in board.text().splitlines()}
        titles = {title for title in (one.title for one in ACTIONS) if title in shown}
        assert "Help" in titles
        assert titles <= here


async def test_there_is_no_palette_over_a_dialog() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("x")
        await board.seen("Cancel this delegation?")
        await board.pilot.press("ctrl+p")
        await board.settled()
        assert isinstance(board.app.screen, Dialog)


# The next step


async def test_an_empty_board_says_what_to_press() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    async with open_board(connector) as board:
        await board.seen("No agent is known yet. Press a and then n")
        coder = connector.agent("coder")
        connector.heartbeat(coder)
        await board.seen("Nothing has been delegated yet. Press d")
        did = connector.send(coder, "Port the docs", status=Status.QUEUED)
        await board.until(lambda: "Nothing has been delegated" not in board.text())
        assert board.app.session.store.rows[did]


def test_the_next_step_is_one_that_can_be_done() -> None:
    def said(connector: FakeConnector, **lacks: bool) -> str:
        store = Store()
        store.load(Snapshot.model_construct(
            epoch=EPOCH, seq=0, workspaces=list(connector.workspaces.values()),
            delegations=list(connector.rows.values()), totals={},
        ))  # fmt: skip
        return next_step(store, Capabilities(**lacks), lambda one: f"<{one}>")

    empty, alone, busy = (FakeConnector(now_ms=NOW_MS) for _ in range(3))
    alone.agent("coder")
    busy.send(busy.agent("coder"), "a task")
    assert next_step(Store(), Capabilities(), lambda one: one) == "", "nothing was heard yet"
    assert "<agents> and then <add_agent>" in said(empty)
    assert "<dispatch>" in said(alone)
    assert "Select" in said(busy)
    assert "<" not in said(empty, read_only=True) + said(alone, read_only=True) + said(empty, add_agents=False)


# The link


async def test_how_far_behind_is_counted_down_on_the_line_on_top() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        await board.until(lambda: "● live" in board.text("top"))
        connector.interrupt(Closed("refused", 4.0))
        await board.until(lambda: "reconnecting" in board.text("top"))
        connector.unheard = True
        for number in range(3):
            connector.send("ws-coder", f"sent unheard {number}")
        connector.interrupt(Opened())
        await board.until(lambda: "◌ catching up 3 events" in board.text("top"))
        *missed, last = connector.told[-3:]
        connector.interrupt(Batch(tuple(missed), None))
        await board.until(lambda: "◌ catching up 1 event" in board.text("top"))
        connector.interrupt(Batch((last,), None))
        await board.until(lambda: "● live" in board.text("top"))
        assert "sent unheard 2" in board.text("in_progress") + board.text("queued")


# The first minutes


async def test_the_first_minutes_take_eighteen_keys_besides_what_is_typed() -> None:
    connector = fleet()
    pressed = 0
    async with open_board(connector) as board:

        async def press(*keys: str) -> None:
            nonlocal pressed
            pressed += len(keys)
            await board.pilot.press(*keys)
            await board.settled()

        # Hand a task to an agent: its row is selected and its stream is shown.
        await press("d")
        await board.pilot.press(*"cod")
        await press("enter")
        await board.pilot.press(*"Port the docs")
        await press("ctrl+s")
        await board.until(lambda: connector.calls.dispatched)
        await board.until(lambda: board.board.selected and board.board.selected.task_preview == "Port the docs")
        # Answer the one that asks.
        await press("n")
        if board.board.selected.status is not Status.INPUT_REQUIRED:
            await press("n")
        await board.until(lambda: "Which quarter do you mean" in board.text("streams"))
        await press("r")
        await board.pilot.press(*"Q3")
        await press("ctrl+s")
        await board.until(lambda: connector.calls.replied)
        # Cancel three at once.
        await press("1", "g", "space", "space", "space", "x", "y")
        await board.until(lambda: len(connector.calls.canceled) == 3)
        # Why did one fail, and a copy of that.
        await press("3", "n")
        await board.until(lambda: "✗ agent: 403 from prices.example, twice" in board.text("streams"))
        await press("y", "e")
        await board.seen("Copied its error")
    assert pressed == 18


async def test_next_goes_around_in_a_table_first_and_then_to_the_others() -> None:
    connector = fleet()
    async with open_board(connector) as board:

        async def next_status() -> Status:
            await board.pilot.press("n")
            await board.settled()
            assert board.board.selected is not None
            return board.board.selected.status

        await board.pilot.press("2", "g", "down")
        asking, stuck = Status.INPUT_REQUIRED, Status.STUCK
        assert [await next_status() for _ in range(3)] == [stuck, asking, stuck]
        await board.pilot.press("1")
        assert await next_status() is stuck
        await board.pilot.press("3")
        assert await next_status() is Status.FAILED
        assert await next_status() is stuck, "the only one of its table leads on"
        await board.pilot.press("slash", *"status:queued", "enter", "n")
        await board.settled()
        assert board.board.selected is not None
        assert board.board.selected.status is Status.QUEUED, "what the filter hides is not gone to"


async def test_keys_that_come_in_one_burst_act_where_the_one_before_led() -> None:
    async with open_board(fleet()) as board:
        driver = board.app._driver
        assert driver is not None
        for key in "3n":
            driver.process_message(Key(key, key))
        await board.until(lambda: board.board.selected and board.board.selected.status is Status.FAILED)


# Filters


async def test_a_kept_filter_leads_to_a_table_where_something_matches() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("1", "slash", *"status:failed")
        await board.until(lambda: "Queued 0 of 3" in board.text())
        await board.pilot.press("enter")
        await board.until(lambda: board.app.focused is board.table(Group.COMPLETED))
        assert board.board.selected is not None
        assert board.board.selected.status is Status.FAILED


# Agents


async def test_what_an_agents_card_says_is_read_though_no_event_brings_it() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        known = connector.workspaces["ws-coder"]
        card = {
            "name": "Coder", "description": "Writes code and its tests.", "version": "2.1.0", "url": known.url,
            "dialect": "0.3", "streaming": True, "skills": ["Fix a bug", "Port a library"],
        }  # fmt: skip
        connector.workspaces["ws-coder"] = known.model_copy(update={"agent_card": card})
        await board.pilot.press("a", "down")
        await board.seen("Writes code and its tests.")
        assert all(told in board.text() for told in ("A2A 0.3", "Fix a bug", "Port a library"))


async def test_an_agent_without_heartbeats_is_shown_with_what_it_was_given_last() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("a", "down")
        await board.seen("works on   Fix the race in settle()")


# Dialogs


async def check_keys_named(board: OpenBoard, keys: Sequence[str]) -> None:
    dialog = board.app.screen.query(".dialog").first(Vertical)
    assert all(key in str(dialog.border_subtitle) for key in keys), dialog.border_subtitle


@pytest.mark.parametrize(
    ("press", "keys"),
    [
        (("d",), ("^s send", "esc keep the draft")),
        (("x",), ("y cancel", "esc leave")),
        (("y",), ("letter copies", "esc leave")),
        (("t",), ("⏎ keep", "esc as it was")),
        (("question_mark",), ("scroll", "esc close")),
        (("a", "n"), ("⏎ or ^s add it", "esc leave")),
        (("a", "x"), ("y remove it", "esc leave")),
        (("a", "Q"), ("↑ ↓ how long", "esc leave")),
        (("T",), ("⏎ use it", "esc go on without")),
    ],
    ids=lambda value: "-".join(value),
)
async def test_every_dialog_names_its_keys_and_has_keys_typed_before_it_was_there(
    press: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    connector = fleet()
    async with open_board(connector) as board:
        if press == ("T",):
            connector.interrupt(NotAllowed("No.", needs_token=True))
            await board.until(lambda: "Token" in board.text("keys"))
        for key in press[:-1]:
            await board.pilot.press(key)
            await board.until(lambda: board.app.screen is not board.board)
        under = board.app.screen
        driver = board.app._driver
        assert driver is not None
        await board.pilot.press(press[-1])
        await board.until(lambda: isinstance(board.app.screen, Dialog) and board.app.screen.is_mounted)
        await check_keys_named(board, keys)
        await board.pilot.press("escape")
        await board.until(lambda: board.app.screen is under)
        driver.process_message(Key(press[-1], press[-1] if len(press[-1]) == 1 else "?"))
        driver.process_message(Key("escape", None))
        await board.settled()
        assert board.app.screen is under, "the second key was for the dialog that the first one opened"


async def test_leaving_is_asked_with_the_answer_that_stops_nothing_under_the_focus() -> None:
    async with open_board(fleet()) as board:
        answers: list[object] = []
        board.app.push_screen(LeaveScreen(2), answers.append)
        await board.seen("2 delegations are under way.")
        await check_keys_named(board, ("k keep it running", "s stop it", "esc stay here"))
        assert board.app.focused is not None
        assert board.app.focused.id == "KEEP"
        await board.pilot.press("right", "left", "escape")
        await board.until(lambda: [str(one) for one in answers] == ["Leaving.STAY"])


# Tables


@pytest.mark.parametrize("group", list(Group))
def test_a_column_at_its_right_edge_and_one_at_its_left_are_set_apart(group: Group) -> None:
    places = lay_out(COLUMNS[group], 150)
    for one, after in pairwise(places):
        apart = one.column.right and not after.column.right
        assert one.gap == (WIDE_GAP if apart else GAP)
    assert sum(place.width for place in places) + sum(place.gap for place in places[:-1]) <= 150
