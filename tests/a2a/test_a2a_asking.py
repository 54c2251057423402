"""Asking an agent about one task: what it answers must be about that task."""

from __future__ import annotations

import random

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentProtocolError
from headway.a2a.states import TaskState
from headway.net.clock import SystemClock
from headway.net.http import open_client
from support.scripted_http import Exchange, scripted_server


@pytest.mark.parametrize("verb", ["get", "cancel"])
async def test_an_answer_about_another_task_says_nothing_of_ours(verb: str) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        else:
            await exchange.json({"id": "1", "result": {"id": "t2", "status": {"state": "TASK_STATE_COMPLETED"}}})

    async with scripted_server(answer) as server, open_client() as http:
        client = AgentClient(server.url, http=http, clock=SystemClock(), rng=random.Random(1))
        with pytest.raises(AgentProtocolError, match="another task"):
            await getattr(client, verb)("t1")
        assert (await client.get("t2")).state is TaskState.COMPLETED
