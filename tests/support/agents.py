"""Talking to simulated agents over real sockets: raw frames, and a clock that tests move."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from headway.net.clock import SystemClock

Json = dict[str, Any]

SEND = {"1.0": "SendMessage", "0.3": "message/send", "0.1": "tasks/send"}
STREAM = {"1.0": "SendStreamingMessage", "0.3": "message/stream", "0.1": "tasks/sendSubscribe"}
GET = {"1.0": "GetTask", "0.3": "tasks/get", "0.1": "tasks/get"}
CANCEL = {"1.0": "CancelTask", "0.3": "tasks/cancel", "0.1": "tasks/cancel"}
SUBSCRIBE = {"1.0": "SubscribeToTask", "0.3": "tasks/resubscribe", "0.1": "tasks/resubscribe"}
DIALECTS = ("1.0", "0.3", "0.1")

_numbers = itertools.count(1)


class ManualClock:
    """A clock that stands still until `advance()`; sleepers wake in the order of their times."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._start_ms = now_ms
        self._now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now_ms(self) -> int:
        return self._start_ms + round(self._now * 1_000)

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    @property
    def sleeping(self) -> int:
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def until_one_sleeps(self) -> None:
        """Until whoever watches the clock sleeps on it, again where it was woken just now."""
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            while not self.sleeping:  # noqa: ASYNC110 - nobody is told that one begins to sleep
                await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)


class LeapingClock(SystemClock):
    """The machine's clock, which a test can put forward: so a limit is passed, however slow the machine is."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._sleepers: set[asyncio.Future[None]] = set()

    def now_ms(self) -> int:
        return super().now_ms() + round(self._ahead * 1_000)

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        while (left := due - self.monotonic()) > 0:
            woken = asyncio.get_running_loop().create_future()
            timer = asyncio.get_running_loop().call_later(left, _wake, woken)
            self._sleepers.add(woken)
            try:
                await woken
            finally:
                timer.cancel()
                self._sleepers.discard(woken)

    def leap(self, seconds: float) -> None:
        self._ahead += seconds
        for woken in self._sleepers:
            _wake(woken)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


@asynccontextmanager
async def going_on(clock: ManualClock) -> AsyncIterator[None]:
    """The clock goes on while the block runs, a tenth of a second at a time: who works by it works again."""

    async def go_on() -> None:
        while True:
            clock.advance(0.1)
            await asyncio.sleep(0.002)

    going = asyncio.create_task(go_on())
    try:
        yield
    finally:
        going.cancel()
        await asyncio.wait({going})


class Wire:
    """One agent's JSON-RPC, as raw as a test wants it."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=10.0, trust_env=False, verify=False)

    async def post(self, body: object, *, version: str | None = None) -> httpx.Response:
        return await self.http.post("/", json=body, headers=_headers(version))

    async def call(self, method: str, params: Json) -> Json:
        """The whole reply: result or error."""
        reply = await self.post(envelope(method, params), version=version_of(method))
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def result(self, method: str, params: Json) -> Json:
        reply = await self.call(method, params)
        assert "result" in reply, reply
        return reply["result"]

    async def error(self, method: str, params: Json) -> int:
        reply = await self.call(method, params)
        assert "error" in reply, reply
        return reply["error"]["code"]

    async def start(self, dialect: str, text: str, **more: Any) -> str:
        """Begin a task without waiting for it; its id."""
        configuration = {"returnImmediately": True, "blocking": False}
        params = {**message_params(dialect, text, **more), "configuration": configuration}
        return task_of(await self.result(SEND[dialect], params))["id"]

    async def task(self, dialect: str, task_id: str) -> Json:
        return await self.result(GET[dialect], {"id": task_id})

    async def until_state(self, dialect: str, task_id: str, state: str) -> Json:
        """Poll until the task is in this state; fails after 10 s."""
        async with asyncio.timeout(10):
            while True:
                task = await self.task(dialect, task_id)
                if state_of(task) == state:
                    return task
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def open(self, method: str, params: Json) -> AsyncIterator[httpx.Response]:
        request = self.http.stream("POST", "/", json=envelope(method, params), headers=_headers(version_of(method)))
        async with request as response:
            yield response

    async def stream(self, method: str, params: Json) -> list[Json]:
        """The results of all events until the stream ends."""
        async with self.open(method, params) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
            return [event["result"] async for event in events(response)]

    async def aclose(self) -> None:
        await self.http.aclose()


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fails after 10 s."""
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def events(response: httpx.Response) -> AsyncGenerator[Json, None]:
    """The data of each event, parsed; CRLF framing is required, as the SDK does it."""
    buffer = b""
    async for chunk in response.aiter_raw():
        buffer += chunk
        while b"\r\n\r\n" in buffer:
            frame, _, buffer = buffer.partition(b"\r\n\r\n")
            if frame.startswith(b"data: "):
                yield json.loads(frame.removeprefix(b"data: "))


def envelope(method: str, params: Json) -> Json:
    return {"jsonrpc": "2.0", "id": f"r{next(_numbers)}", "method": method, "params": params}


def version_of(method: str) -> str | None:
    return "1.0" if "/" not in method else None


def message_params(dialect: str, text: str, *, message_id: str = "", task_id: str = "", **more: Any) -> Json:
    """The parameters of a send in a dialect; in v0.1 the client chooses the task's id."""
    message_id = message_id or f"m{next(_numbers)}"
    if dialect == "0.1":
        parts = [{"type": "text", "text": text}]
        task_id = task_id or f"t{next(_numbers)}"
        return {"id": task_id, "sessionId": "s1", "message": {"role": "user", "parts": parts}, **more}
    part = {"text": text} if dialect == "1.0" else {"kind": "text", "text": text}
    role = "ROLE_USER" if dialect == "1.0" else "user"
    message = {"messageId": message_id, "role": role, "parts": [part]}
    if task_id:
        message["taskId"] = task_id
    return {"message": message, **more}


def task_of(result: Json) -> Json:
    return result.get("task", result)


def state_of(result: Json) -> str | None:
    """The state in a task or a status event of any dialect, spelled as v0.3 does; None for an artifact."""
    body = result.get("task") or result.get("statusUpdate") or result
    if "status" not in body:
        return None
    return body["status"]["state"].removeprefix("TASK_STATE_").lower().replace("_", "-")


def output_of(task: Json) -> str:
    return "".join(part["text"] for artifact in task.get("artifacts", []) for part in artifact["parts"])


def _headers(version: str | None) -> dict[str, str]:
    return {} if version is None else {"A2A-Version": version}
