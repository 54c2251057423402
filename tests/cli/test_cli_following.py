"""What `dispatch --wait` and `watch` write while they follow a delegation."""

from __future__ import annotations

import asyncio

import pytest
from headway.cli.following import follow
from headway.core.delegation import Status
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
        following = group.create_task(follow(connector, followed, write))
        await begun.wait()
        connector.complete(followed)
    assert following.result().status is Status.COMPLETED
    assert "".join(pieces) == "step 1\nstep 2\n"
