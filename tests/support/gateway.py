"""Calls through the platform's gateway: raw JSON-RPC, and what comes back."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from support.agents import message_params, version_of
from support.platforms import Api

Json = dict[str, Any]

HOLD = "steps=1 delay=60"
"""A task that goes on for as long as a test lasts."""
_numbers = itertools.count(1)


async def occupied(served: Api, target: str) -> str:
    """A delegation that keeps the only slot."""
    delegation_id = await served.delegate(target, HOLD)
    await served.until_status(delegation_id, "in_progress")
    return delegation_id


class Door:
    """One workspace's gateway, as one caller uses it."""

    def __init__(self, served: Api, target: str, *, caller: str = "", token: str = "") -> None:
        self.path = f"/workspaces/{target}/a2a"
        self._served = served
        self._headers = {"X-Workspace-ID": caller} if caller else {}
        self._token = token

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        if not self._token:
            yield self._served.http
            return
        async with self._served.client(self._token) as http:
            yield http

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http() as http:
            return await http.post(self.path, content=content, headers={**self._headers, **headers}, timeout=30)

    async def call(self, method: str, params: Json, *, request_id: Any = None, **headers: str) -> httpx.Response:
        return await self.post(request(method, params, request_id), **headers)

    async def result(self, method: str, params: Json) -> Json:
        answer = await self.call(method, params)
        assert answer.status_code == 200, answer.text
        assert "result" in answer.json(), answer.text
        found: Json = answer.json()["result"]
        return found

    async def send(self, text: str, *, dialect: str = "0.3", **more: Any) -> httpx.Response:
        """A blocking send."""
        method = "SendMessage" if dialect == "1.0" else "message/send"
        return await self.call(method, message_params(dialect, text, **more))

    @asynccontextmanager
    async def stream(self, method: str, params: Json, *, request_id: Any = None) -> AsyncIterator[httpx.Response]:
        async with (
            self.http() as http,
            http.stream(
                "POST", self.path, json=request(method, params, request_id), headers=self._headers, timeout=30
            ) as response,
        ):
            yield response

    async def frames(self, method: str, params: Json, *, request_id: Any = None) -> list[Json]:
        """The envelopes of a whole stream."""
        async with self.stream(method, params, request_id=request_id) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
            return [json.loads(line[6:]) async for line in response.aiter_lines() if line.startswith("data: ")]


def request(method: str, params: Json, request_id: Any = None) -> Json:
    return {
        "jsonrpc": "2.0",
        "id": f"c{next(_numbers)}" if request_id is None else request_id,
        "method": method,
        "params": params,
    }


__all__ = ["Door", "message_params", "request", "version_of"]
