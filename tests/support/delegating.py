"""The tools that delegate through a platform, as an agent has them, and waiting for what they say."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from headway.net.addresses import LOOPBACK
from headway.tools import Tools, ToolSettings, open_tools
from headway.tools.audit import LOGGER
from support.platforms import WITHIN, Api
from support.scripted_http import Exchange, Handler, scripted_server

Json = dict[str, Any]
ENDED = ("completed", "failed", "canceled")


@asynccontextmanager
async def delegating(
    folder: Path, url: str, workspace_id: str, token: str | None = None, *, clock: Any = None, **settings: Any
) -> AsyncIterator[Tools]:
    """The tools of one workspace, open while the block runs; its journal is in `folder`."""
    chosen = {"delegation_delay": 0.01, "ask_patience": 5.0, "allow": LOOPBACK, **settings}
    given = ToolSettings(
        platform_url=url, workspace_id=workspace_id, workspace_token=token, data_folder=folder, **chosen
    )
    async with open_tools(given, clock=clock, rng=random.Random(7)) as tools:
        yield tools


@asynccontextmanager
async def lead(served: Api, folder: Path, **settings: Any) -> AsyncIterator[Tools]:
    """The tools of the platform's `lead` workspace, on which `Api.record` looks."""
    async with delegating(folder / "tools", served.url, served.source, served.token, **settings) as tools:
        yield tools


async def begun(tools: Tools, target: str, task: str) -> str:
    """Delegate; the task's id."""
    answer = await tools.delegate_to_workspace(target, task)
    assert answer["success"] is True, answer
    return str(answer["task_id"])


async def until(tools: Tools, task_id: str, condition: Callable[[Json], bool], *, within: float = WITHIN) -> Json:
    """Check until the answer meets the condition. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not condition(answer := await tools.check_delegation_status(task_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return answer


async def until_ended(tools: Tools, task_id: str) -> Json:
    return await until(tools, task_id, lambda answer: answer["status"] in ENDED)


@contextmanager
def audited() -> Iterator[list[Json]]:
    """The audit events of the block, each parsed from its line."""
    events: list[Json] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = record.getMessage()
            assert "\n" not in line
            assert line.isascii()
            events.append(json.loads(line))

    logger, keeper = logging.getLogger(LOGGER), Keeper()
    level = logger.level
    logger.addHandler(keeper)
    logger.setLevel(logging.INFO)
    try:
        yield events
    finally:
        logger.removeHandler(keeper)
        logger.setLevel(level)


class OddPlatform:
    """A platform as a script has it: what it is asked, and an answer of the test's for each thing that it is asked.

    `answers` are by the last part of the path (record, update, notify, cancel, discover, get, list); what has none is
    answered as a platform does. `url` is where it says that every workspace's agent is.
    """

    def __init__(self, url: str = "", workspace: str = "") -> None:
        self.agent_url = url
        self.answers: dict[str, Handler] = {}
        self.asked: list[tuple[str, Json]] = []
        self.headers: list[dict[str, str]] = []
        self.workspace = workspace or str(uuid4())

    def of(self, what: str) -> list[Json]:
        """The bodies of what it was asked of one kind, in order."""
        return [body for name, body in self.asked if name == what]

    async def handle(self, exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0].split("/")
        what = path[2] if path[1] == "registry" else path[-1]
        if exchange.method == "GET" and path[1] == "workspaces":
            what = "list" if what == "delegations" else "get"
        self.asked.append((what, json.loads(exchange.body or b"{}")))
        self.headers.append(exchange.headers)
        if what in self.answers:
            await self.answers[what](exchange)
            return
        match what:
            case "discover":
                await exchange.json({"id": path[-1], "name": "peer", "url": self.agent_url})
            case "record":
                await exchange.json({"delegation_id": exchange.rpc["delegation_id"], "status": "recorded"}, 202)
            case "list":
                await exchange.json([])
            case "get":
                await exchange.json({"error": "no such delegation"}, 404)
            case _:
                await exchange.json({"status": "ok"})


def answering(payload: object, status: int = 200) -> Handler:
    """An answer of an odd platform, or of an agent: JSON with a status."""

    async def answer(exchange: Exchange) -> None:
        await exchange.json(payload, status)

    return answer


def says(text: bytes, status: int = 200) -> Handler:
    """An answer whose body is these very bytes."""

    async def answer(exchange: Exchange) -> None:
        await exchange.head(status, "application/json")
        await exchange.raw(text)

    return answer


@asynccontextmanager
async def odd_platform(
    folder: Path, agent_url: str = "", *, workspace: str = "", **settings: Any
) -> AsyncIterator[tuple[OddPlatform, Tools]]:
    """A scripted platform and the tools of a workspace of it, a new one unless it is named."""
    odd = OddPlatform(agent_url, workspace)
    async with (
        scripted_server(odd.handle) as server,
        delegating(folder / "tools", server.url, odd.workspace, "a-token", **settings) as tools,
    ):
        yield odd, tools
