"""What stands before an agent, such as a proxy or a load balancer, and answers in its place."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from support.scripted_http import Exchange, scripted_server

SENDS = ("SendMessage", "SendStreamingMessage", "message/send", "message/stream")


@dataclass(frozen=True, slots=True)
class Instead:
    """What a message is answered with in place of the agent's word; `delivered` is whether the agent gets it.

    A `status` of None is no answer at all, for as long as the caller waits; `held` is what the answer waits for.
    """

    status: int | None
    body: bytes = b""
    delivered: bool = False
    held: asyncio.Event | None = None


class Front:
    """Passes everything on to its agent, but for the messages that `instead` has an answer for, in their order.

    Without an agent whatever is not in `instead` is a 502 with no body.
    """

    def __init__(self, agent_url: str | None) -> None:
        self.agent_url = agent_url
        self.url = ""
        self.instead: deque[Instead] = deque()
        self.always: Instead | None = None
        self.sent: list[str] = []
        self.methods: list[str] = []
        self.bodies: list[bytes] = []

    async def answer(self, exchange: Exchange) -> None:
        if exchange.method != "POST":
            await self._pass_on(exchange)
            return
        self.bodies.append(exchange.body)
        method = exchange.rpc.get("method")
        if method is None:
            # Another form than JSON-RPC: nothing of that is here.
            await exchange.head(404)
            return
        self.methods.append(method)
        if method not in SENDS:
            await self._pass_on(exchange)
            return
        self.sent.append(exchange.rpc["params"]["message"]["messageId"])
        instead = self.instead.popleft() if self.instead else self.always
        if instead is None:
            await self._pass_on(exchange)
            return
        if instead.delivered:
            await self._pass_on(exchange, silently=True)
        if instead.status is None:
            await exchange.gone.wait()
            return
        if instead.held is not None:
            await instead.held.wait()
        kind = "application/json" if instead.body.startswith(b"{") else "text/plain"
        await exchange.head(instead.status, kind, content_length=str(len(instead.body)))
        await exchange.raw(instead.body)

    async def _pass_on(self, exchange: Exchange, *, silently: bool = False) -> None:
        if self.agent_url is None:
            await exchange.head(502, "", content_length="0")
            return
        version = {"a2a-version": exchange.headers["a2a-version"]} if "a2a-version" in exchange.headers else {}
        kind = {"content-type": "application/json"} if exchange.body else {}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=30, verify=False) as http,
            http.stream(
                exchange.method,
                self.agent_url.rstrip("/") + exchange.path,
                content=exchange.body or None,
                headers={**version, **kind},
            ) as response,
        ):
            if silently:
                return
            await exchange.head(response.status_code, response.headers.get("content-type", ""))
            async for chunk in response.aiter_raw():
                # The card names the agent's own address.
                await exchange.raw(chunk.replace(json.dumps(self.agent_url)[1:-1].encode(), self.url.encode()))


@asynccontextmanager
async def front(agent_url: str | None = None) -> AsyncIterator[Front]:
    """A `Front` at an address of its own."""
    standing = Front(agent_url)
    async with scripted_server(standing.answer) as server:
        standing.url = server.url
        yield standing
