"""Being called when something ends or gets stuck: only who asked for it, and only while they look elsewhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from headway.core.delegation import Status
from headway.dashboard.alerts import PAUSE, Alerts
from headway.dashboard.look import Look
from headway.dashboard.store import Store
from support.boards import OpenBoard, open_board
from support.fake_connector import FakeConnector
from support.records import completed, row, snapshot
from textual.events import AppBlur, AppFocus

CORPUS = [
    json.loads(line)["text"] for line in (Path(__file__).parents[1] / "data/hostile.jsonl").read_text().splitlines()
]


@asynccontextmanager
async def elsewhere(means: Any, *, blurred: bool = True) -> AsyncIterator[tuple[OpenBoard, FakeConnector, str]]:
    """A board with one delegation at work, and a person who looks elsewhere."""
    connector = FakeConnector()
    did = connector.send(connector.agent("coder"), "fix it", status=Status.IN_PROGRESS)
    async with open_board(connector, record=True, look=Look(notifications=means)) as board:
        if blurred:
            board.app.post_message(AppBlur())
            await board.settled()
        board.forget()
        yield board, connector, did


async def test_a_bell_when_one_gets_stuck_and_not_again_while_it_stays_so() -> None:
    async with elsewhere("bell") as (board, connector, did):
        connector.become(did, Status.STUCK)
        await board.seen("! stuck")
        assert board.written.count("\a") == 1
        board.clock.advance(2 * PAUSE)
        connector.become(did, Status.STUCK)
        await board.settled()
        assert board.written.count("\a") == 1
        connector.become(did, Status.IN_PROGRESS)
        await board.settled()
        connector.become(did, Status.STUCK)
        await board.until(lambda: board.written.count("\a") == 2)


async def test_a_notification_of_the_desktop_says_which_one_in_clean_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    async with elsewhere("desktop") as (board, connector, did):
        connector.complete(did, "all green")
        await board.until(lambda: "\x1b]9;completed: coder, fix it\a" in board.written)


def test_no_task_gets_out_of_the_notification() -> None:
    for text in CORPUS:
        store = Store()
        store.load(snapshot(row("d", status=Status.IN_PROGRESS, task_preview=text)))
        alerts = Alerts(store, "desktop", {})
        alerts.take(store.take_changes(), looking=False)
        store.apply([completed(99, "d")])
        alerts.take(store.take_changes(), looking=False)
        sequence = alerts.call(0.0)
        assert sequence.startswith("\x1b]9;completed: ")
        assert sequence.endswith("\a")
        assert not [char for char in sequence[4:-1] if ord(char) < 32 or 0x7F <= ord(char) < 0xA0]
        assert len(sequence) < 140


async def test_what_comes_within_seconds_is_told_together() -> None:
    async with elsewhere("desktop") as (board, connector, did):
        connector.complete(did)
        await board.until(lambda: "]9;completed" in board.written)
        board.forget()
        coder = "ws-coder"
        for status in (Status.STUCK, Status.COMPLETED, Status.COMPLETED):
            one = connector.send(coder, "more", status=Status.IN_PROGRESS)
            connector.complete(one) if status is Status.COMPLETED else connector.become(one, status)
        await board.settled()
        assert "]9;" not in board.written
        board.clock.advance(PAUSE)
        connector.heartbeat(coder, active_tasks=1)
        await board.until(lambda: "]9;headway: 1 stuck, 2 completed\a" in board.written)


@pytest.mark.parametrize("means", ["off", "bell", "desktop"])
async def test_nothing_calls_who_is_looking_or_did_not_ask(means: str) -> None:
    async with elsewhere(means, blurred=means == "off") as (board, connector, did):
        connector.complete(did)
        await board.seen("✓")
        assert "\a" not in board.written
        if means != "off":
            board.app.post_message(AppBlur())
            await board.settled()
            board.clock.advance(2 * PAUSE)
            board.board.tick()
            await board.settled()
            assert "\a" not in board.written, "what was seen is no news"
            board.app.post_message(AppFocus())
