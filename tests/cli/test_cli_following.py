"""What `dispatch --wait` and `watch` write while they follow a delegation."""

from __future__ import annotations

import asyncio

import pytest
from headway.cli.following import follow
from headway.connectors.errors import CursorGone
from headway.core.delegation import Row, Status
from support.agents import eventually
from support.fake_connector import FakeConnector


@pytest.mark.parametrize("said", ["step 1\nstep 2", "step 1\nstep 2\n"])
async def test_what_was_followed_ends_its_last_line_once(said: str) -> None:
    connector = FakeConnector()
    followed = connector.send(connector.agent("coder"), "hello", status=Status.IN_PROGRESS)
    connector.say(followed, said)
    pieces: list[str] = []
    begun = asyncio.Event()

    def write(text: str) -> None:
        pieces.append(text)
        begun.set()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        following = group.create_task(follow(connector, followed, write, lambda row, mid_line: None))
        await begun.wait()
        connector.complete(followed)
    assert following.result().status is Status.COMPLETED
    assert "".join(pieces) == "step 1\nstep 2\n"


async def test_each_question_is_told_once_and_whether_the_line_before_is_open() -> None:
    connector = FakeConnector()
    followed = connector.send(connector.agent("planner"), "hello", status=Status.IN_PROGRESS)
    told: list[tuple[str | None, bool]] = []
    heard = asyncio.Event()

    def ask(row: Row, mid_line: bool) -> None:
        told.append((row.status_message, mid_line))
        heard.set()

    async def asks(question: str) -> None:
        heard.clear()
        connector.become(followed, Status.INPUT_REQUIRED, message=question)
        await heard.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        connector.become(followed, Status.INPUT_REQUIRED, message="which file?")
        group.create_task(follow(connector, followed, lambda _: None, ask))
        await heard.wait()
        # A new snapshot shows the same question again.
        await eventually(lambda: bool(connector._queues))
        [before] = connector._queues
        connector.interrupt(CursorGone("too old"))
        await eventually(lambda: bool(connector._queues) and before not in connector._queues)
        connector.say(followed, "thinking")
        connector.become(followed, Status.IN_PROGRESS, message="replied")
        await asks("which line?")
        connector.become(followed, Status.IN_PROGRESS)
        connector.complete(followed)
    assert told == [("which file?", False), ("which line?", True)]
