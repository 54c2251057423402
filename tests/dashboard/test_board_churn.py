"""Ten thousand changes under the cursor: what a key would act on is always the row that is shown as selected."""

from __future__ import annotations

import asyncio
import random
import re

import pytest
from headway.connectors.connector import Batch
from headway.core.delegation import Group, Status
from headway.dashboard.filters import parse_filter
from headway.dashboard.group_view import GroupView
from headway.dashboard.marks import Marks
from headway.dashboard.screens.cancel import CancelScreen
from headway.dashboard.store import Store
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector

CHANGES = 10_000
"""Of store and views; through the board, with what it paints, there are fewer."""
ON_BOARD = 250


class Directly:
    """Takes what the platform sends, as a reader's queue does, and has it in the store at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put_nowait(self, message: Batch) -> None:
        self._store.apply(message.events)


class Churn:
    """Random things that a platform and a person do to a board."""

    def __init__(self, board: OpenBoard, rng: random.Random) -> None:
        self._board = board
        self._connector = board.connector
        self._rng = rng
        self._sent = 0

    def step(self) -> None:
        rng, connector, board = self._rng, self._connector, self._board.board
        live = [did for did, row in connector.rows.items() if not row.status.is_terminal]
        selected = board.selected
        # The row under the cursor is hit as often as all the others.
        target = selected.delegation_id if selected and rng.random() < 0.5 else rng.choice(list(connector.rows))
        open_ = target in live
        match rng.randrange(12):
            case 0 if open_ and len(live) > 4:
                connector.complete(target)
            case 1 if open_ and len(live) > 4:
                connector.fail(target, "no reason")
            case 2 if not open_ and len(connector.rows) > 20:
                connector.evict(target)
            case 3 if open_:
                connector.become(target, rng.choice([Status.STUCK, Status.IN_PROGRESS, Status.DISPATCHED]))
            case 4:
                board.action_sort()
            case 5:
                board.action_reverse()
            case 6:
                board.action_filter()
                board.filtering.type(rng.choice(["task-1", "older:30s", "task", ""]))
                board.action_keep_filter()
            case 7:
                getattr(board, f"action_{rng.choice(['cursor_down', 'cursor_up', 'first', 'last', 'page_down'])}")()
            case 8:
                group = rng.choice(list(Group))
                board.tables.cursor_moved(board.tables[group], by_person=True)
            case 9 if selected:
                board.action_mark()
            case _:
                status = rng.choice([Status.QUEUED, Status.IN_PROGRESS, Status.DISPATCHED])
                if len(live) < 40:
                    connector.send("ws-coder", f"task-{self._sent}.", status=status, ago_ms=rng.randrange(99_000))
                    self._sent += 1
        self._board.app.take_frame()


def shown(board: OpenBoard) -> tuple[str | None, str]:
    """The task on the line that is drawn with the cursor in the active table; with it, the whole line."""
    (active,) = board.board.query(".-active").results()
    table = board.table(Group(active.id))
    index = table.view.index_of(table.cursor_id) if table.cursor_id else None
    if index is None:
        return None, ""
    line = table.draw_line(index - table.top + table.HEAD).text
    found = re.search(r"task-\d+\.", line)
    assert line.startswith("▌"), line
    return found and found[0], line


@pytest.mark.req("D3")
def test_an_id_stands_where_the_view_says_through_ten_thousand_changes() -> None:
    rng = random.Random(5)
    connector = FakeConnector(now_ms=NOW_MS)
    connector.agent("coder")
    store = Store()
    store.load(asyncio.run(connector.snapshot()))
    connector._queues.append(Directly(store))  # type: ignore[arg-type]
    views = {group: GroupView(group, store, lambda: NOW_MS) for group in Group}
    marks = Marks(store.rows, lambda ids: None)
    cursor = connector.send("ws-coder", "task-0", status=Status.IN_PROGRESS)
    followed = 0
    for step in range(CHANGES):
        live = [did for did, row in connector.rows.items() if not row.status.is_terminal]
        target = cursor if cursor in connector.rows and rng.random() < 0.5 else rng.choice(list(connector.rows))
        view = rng.choice(list(views.values()))
        match rng.randrange(8):
            case 0 if target in live:
                connector.complete(target)
            case 1 if target not in live and len(connector.rows) > 20:
                connector.evict(target)
            case 2 if target in live:
                connector.become(target, rng.choice([Status.STUCK, Status.IN_PROGRESS]))
            case 3:
                view.sort_by_next(frozenset({"target", "task", "age", "elapsed", "priority", "result", "finished"}))
            case 4:
                view.reverse()
            case 5:
                view.set_filter(parse_filter(rng.choice(["task-1", "older:30s", "task", ""])))
            case 6:
                marks.toggle(target)
            case _ if len(live) < 40:
                connector.send("ws-coder", f"task-{step}", status=Status.QUEUED, ago_ms=rng.randrange(99_000))
        changes = store.take_changes()
        for view in views.values():
            view.take(changes)
        marks.forget_gone()
        assert [row.delegation_id for row in marks.rows()] == list(marks._ids)
        where = [(view, index) for view in views.values() if (index := view.index_of(cursor)) is not None]
        for view, index in where:
            followed += 1
            assert view.id_at(index) == cursor
            assert store.rows[view.id_at(index)].status.group is view.group
        assert len(where) <= 1
        if cursor not in store.rows or rng.random() < 0.05:
            cursor = rng.choice(list(store.rows))
    assert followed > CHANGES // 2


@pytest.mark.req("D3")
@pytest.mark.parametrize("seed", range(2))
async def test_what_is_acted_on_is_what_is_painted_through_hundreds_of_changes(seed: int) -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.agent("coder")
    for number in range(12):
        connector.send("ws-coder", f"task-9{number:03}.", status=Status.IN_PROGRESS, ago_ms=number * 1_000)
    async with open_board(connector) as board:
        connector._queues.append(Directly(board.app.session.store))  # type: ignore[arg-type]
        churn = Churn(board, random.Random(seed))
        rows = board.app.session.store.rows
        compared = 0
        for step in range(ON_BOARD):
            marked = {row.delegation_id for row in board.board.marks.rows()}
            churn.step()
            selected = board.board.selected
            task, line = shown(board)
            assert (selected.task_preview if selected else None) == task, line
            if selected is not None:
                compared += 1
                assert ("◆" in line[:2]) is (selected.delegation_id in board.board.marks)
            # No change of the platform's marks anything, and only an eviction unmarks.
            assert len({one for one in marked if one in rows} ^ set(board.board.marks._ids)) <= 1
            if step % 50 == 0:
                await asyncio.sleep(0)
        assert compared > ON_BOARD // 2


@pytest.mark.req("D3")
async def test_a_dialog_cancels_what_it_named_though_everything_moved_behind_it() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.agent("coder")
    ids = [
        connector.send("ws-coder", f"task-9{number:03}.", status=Status.IN_PROGRESS, ago_ms=number * 1_000)
        for number in range(30)
    ]
    async with open_board(connector) as board:
        connector._queues.append(Directly(board.app.session.store))  # type: ignore[arg-type]
        await board.pilot.press("home", "down", "down", "space", "space", "x")
        await board.seen("Cancel 2 delegations?")
        dialog = board.app.screen
        assert isinstance(dialog, CancelScreen)
        named = {row.delegation_id for row in dialog.rows}
        assert all(row.task_preview in board.text() for row in dialog.rows)
        rng = random.Random(7)
        for number in range(300):
            board.board.action_sort()
            board.board.action_reverse()
            others = [one for one in ids if one not in named and not connector.rows[one].status.is_terminal]
            if others and rng.random() < 0.1:
                connector.complete(rng.choice(others))
            connector.send("ws-coder", f"task-{number}.", status=Status.IN_PROGRESS, ago_ms=rng.randrange(99_000))
            board.app.take_frame()
        await board.pilot.press("y")
        await board.until(lambda: len(connector.calls.canceled) == 2)
        assert set(connector.calls.canceled) == named
