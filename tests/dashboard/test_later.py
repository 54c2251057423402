"""What a board does after a while, it does also where Textual's timers are lost on a machine that is very busy."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from headway.core.delegation import Group, Status
from headway.dashboard.later import later
from headway.dashboard.screens.detail import DetailScreen
from support.boards import NOW_MS, fleet, open_board
from support.fake_connector import FakeConnector
from textual.app import App
from textual.timer import Timer


@pytest.fixture
def timers_for_once_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the process is not let run just when one begins, for longer than it lasts."""
    run = Timer._run

    async def lost(self: Timer) -> None:
        if self._repeat != 0:
            await run(self)

    monkeypatch.setattr(Timer, "_run", lost)


@pytest.mark.req("D6")
@pytest.mark.usefixtures("timers_for_once_are_lost")
async def test_every_frame_comes() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    async with open_board(connector) as board:
        for number in range(1, 6):
            # The clock stands, so each after the first comes before its frame is due.
            one = connector.send(coder, f"task {number}", status=Status.IN_PROGRESS)
            await board.seen(f"In progress {number}")
            connector.say(one, f"said {number}")
            await board.until(lambda one=one: "said" in board.app.session.store.rows[one].progress.text)


@pytest.mark.req("D5")
@pytest.mark.usefixtures("timers_for_once_are_lost")
async def test_keys_go_on_and_what_is_looked_at_is_fetched() -> None:
    connector = fleet()
    ended = connector.send(connector.agent("coder"), "the last one", status=Status.IN_PROGRESS)
    connector.complete(ended, "all of the result")
    async with open_board(connector) as board:
        await board.pilot.press("3", "home")
        await board.until(lambda: board.table(Group.COMPLETED).cursor_id == ended)
        await board.until(lambda: board.app.session.results.get(ended) == "all of the result")
        await board.pilot.press("ctrl+p", *"detail", "enter")
        await board.until(lambda: isinstance(board.app.screen, DetailScreen))


async def test_it_is_called_once_and_not_where_it_has_gone() -> None:
    called: list[str] = []
    app: Any = App()
    async with app.run_test() as pilot:
        later(app, 0.01, lambda: called.append("here"))
        while not called:
            await pilot.pause()
        later(app, 0.05, lambda: called.append("gone"))
    await asyncio.sleep(0.1)
    assert called == ["here"]
