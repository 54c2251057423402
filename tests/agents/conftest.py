from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.server import AgentServer
from support.agents import Wire

Serve = Callable[..., Coroutine[Any, Any, tuple[AgentServer, Wire]]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start an agent on a free port; gives the server and a way to talk to it."""
    async with AsyncExitStack() as stack:

        async def start(behavior: str = "stream", **options: Any) -> tuple[AgentServer, Wire]:
            name = options.pop("name", "agent")
            server = await stack.enter_async_context(serve_agent(name, BehaviorName(behavior), **options))
            wire = Wire(server.url)
            stack.push_async_callback(wire.aclose)
            return server, wire

        yield start
