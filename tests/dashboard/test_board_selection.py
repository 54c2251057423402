"""The selected delegation is selected by its id, and a key acts on what is shown, whatever moves meanwhile."""

from __future__ import annotations

import random

import pytest
from headway.core.delegation import Group, Status
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.cancel import CancelScreen
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector


def under_cursor(board: OpenBoard) -> str:
    """The task on the line that carries the cursor in the active table, read from the screen."""
    (active,) = board.board.query(".-active").results()
    assert active.id is not None
    (line,) = [line for line in board.text(active.id).splitlines() if line[1] == "▌"]
    return next(word for word in line.split() if word.startswith("task-"))


def numbered(connector: FakeConnector, count: int, *, status: Status = Status.IN_PROGRESS) -> list[str]:
    coder = connector.agent("coder")
    return [
        connector.send(coder, f"task-{number}", status=status, ago_ms=1_000 * (count - number))
        for number in range(count)
    ]


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go_above() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    ids = numbered(connector, 5)
    async with open_board(connector) as board:
        await board.pilot.press("down", "down")
        assert under_cursor(board) == "task-2"
        connector.complete(ids[0])
        connector.send("ws-coder", "task-older", status=Status.IN_PROGRESS, ago_ms=60_000)
        connector.send("ws-coder", "task-oldest", status=Status.IN_PROGRESS, ago_ms=70_000)
        await board.frame()
        assert under_cursor(board) == "task-2"


async def test_sorting_and_reversing_keep_the_selection() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    numbered(connector, 30)
    async with open_board(connector) as board:
        await board.pilot.press(*["down"] * 7)
        for key in ("S", "s", "s", "S", "s"):
            await board.pilot.press(key)
            await board.pilot.pause()
            assert under_cursor(board) == "task-7"


async def test_a_finishing_one_is_followed_into_completed() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    ids = numbered(connector, 3)
    async with open_board(connector) as board:
        await board.pilot.press("down")
        connector.complete(ids[1], "all good")
        await board.frame()
        assert board.table(Group.COMPLETED).has_class("-active")
        assert board.board.focused is board.table(Group.COMPLETED)
        assert under_cursor(board) == "task-1"
        assert "✓ completed" in board.text("streams")
        assert "all good" in board.text("streams")


async def test_one_that_is_gone_gives_its_place_to_its_neighbour() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    ids = numbered(connector, 3)
    async with open_board(connector) as board:
        for did in ids:
            connector.complete(did)
        await board.frame()
        await board.pilot.press("3", "home", "down")
        gone = board.table(Group.COMPLETED).cursor_id
        assert gone is not None
        connector.evict(gone)
        await board.frame()
        assert board.table(Group.COMPLETED).cursor_id not in (gone, None)
        assert under_cursor(board)


async def test_reading_further_down_is_not_disturbed_by_rows_that_come_in_above() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    for number in range(40):
        did = connector.send(coder, f"task-{number}", status=Status.IN_PROGRESS, ago_ms=90_000)
        connector.complete(did, ago_ms=60_000 - number * 1_000)
    async with open_board(connector) as board:
        await board.pilot.press("3", *["down"] * 25)
        before = _rows(board.text("completed"))
        did = connector.send(coder, "task-new", status=Status.IN_PROGRESS)
        connector.complete(did)
        await board.frame()
        assert _rows(board.text("completed")) == before


def _rows(table: str) -> list[str]:
    """The rows as they stand there, without the scrollbar beside them."""
    return [line[:-2] for line in table.splitlines()[2:-1]]


async def test_a_click_selects_the_row_it_is_on() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    numbered(connector, 5)
    async with open_board(connector) as board:
        await board.pilot.click("#in_progress", offset=(10, 5))
        assert under_cursor(board) == "task-3"


async def test_the_wheel_scrolls_and_leaves_the_selection() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    ids = numbered(connector, 60)
    async with open_board(connector) as board:
        table = board.table(Group.IN_PROGRESS)
        table.scroll_to(y=20, animate=False, force=True)
        await board.until(lambda: "task-20" in board.text("in_progress"))
        assert table.cursor_id == ids[0]
        assert "task-0 " not in board.text("in_progress")


async def test_tab_and_numbers_go_between_the_tables() -> None:
    async with open_board(fleet()) as board:
        for key, group in (("1", Group.QUEUED), ("3", Group.COMPLETED), ("2", Group.IN_PROGRESS)):
            await board.pilot.press(key)
            assert board.board.focused is board.table(group)
        await board.pilot.press("tab")
        assert board.board.focused is board.table(Group.COMPLETED)
        await board.pilot.press("shift+tab", "shift+tab")
        assert board.board.focused is board.table(Group.QUEUED)


async def test_keys_act_on_the_stream_that_has_the_focus() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        await board.pilot.press("o", "down", "down", "4", "tab")
        await board.pilot.press("p")
        await board.until(lambda: connector.calls.polled)
        (polled,) = connector.calls.polled
        assert connector.rows[polled].task_preview == "Nightly index of the archive"


@pytest.mark.req("D3")
@pytest.mark.parametrize("seed", range(2))
async def test_the_id_under_the_cursor_is_the_id_acted_on_under_any_churn(seed: int) -> None:
    """Rows come, go, finish and are sorted while keys are pressed; each cancel is of the task read from the screen."""
    rng = random.Random(seed)
    connector = FakeConnector(now_ms=NOW_MS)
    numbered(connector, 12)
    sent = 12
    async with open_board(connector) as board:
        for _ in range(20):
            for _ in range(rng.randrange(6)):
                live = [did for did, row in connector.rows.items() if not row.status.is_terminal]
                match rng.randrange(5):
                    case 0 if len(live) > 3:
                        connector.complete(rng.choice(live))
                    case 1 if len(live) > 3:
                        connector.fail(rng.choice(live), "no reason")
                    case 2 if live:
                        connector.say(rng.choice(live), "more\n", percent=rng.uniform(0, 99))
                    case _:
                        status = rng.choice([Status.QUEUED, Status.IN_PROGRESS, Status.DISPATCHED])
                        connector.send("ws-coder", f"task-{sent}", status=status, ago_ms=rng.randrange(99_000))
                        sent += 1
            await board.pilot.press(rng.choice(["down", "up", "s", "S", "1", "2", "3", "end", "home", "pagedown"]))
            await board.frame()
            shown = under_cursor(board)
            await board.pilot.press("x")
            if not isinstance(board.app.screen, CancelScreen):
                row = board.board.selected
                assert row is not None
                assert row.task_preview == shown
                assert (
                    row.status.is_terminal or board.app.session.store.status_of(row.delegation_id) is Status.CANCELING
                )
                continue
            # What happens behind the dialog does not change whom it is about.
            numbers = [did for did, row in connector.rows.items() if not row.status.is_terminal]
            connector.complete(rng.choice([did for did in numbers if did != board.app.screen.rows[0].delegation_id]))
            await board.frame()
            named = board.app.screen.rows[0].task_preview
            assert named == shown
            assert named in board.text()
            before = len(connector.calls.canceled)
            await board.pilot.press("y")
            await board.until(lambda: isinstance(board.app.screen, BoardScreen))
            await board.until(lambda before=before: len(connector.calls.canceled) > before)
            assert connector.rows[connector.calls.canceled[-1]].task_preview == shown
