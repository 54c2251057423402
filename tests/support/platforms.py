"""A platform over real sockets and a real ledger, in this process or in one of its own, and its event stream read.

Tests wait on what the event stream says, never on time:

    async with platform(tmp_path, stuck_after=0.3) as served, serve_agent("coder") as agent:
        coder = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(coder, "steps=2 delay=0")
        record = await served.until_status(delegation_id, "completed")
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from headway.agents.fleet import serve_agent
from headway.core.delegation import TERMINAL, Row, Status
from headway.core.events import DelegationPayload, Event, read_payload
from headway.core.projection import apply
from headway.net.http import KEPT_SECONDS
from headway.net.sockets import listen
from headway.platform.folder import DataFolder
from headway.platform.server import serve_on
from headway.platform.settings import Settings
from support.ledgers import lay_ledger

Json = dict[str, Any]
WITHIN = 30.0
"""Seconds that anything awaited here may take."""
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as it came: `cursor` is its id line, None where it had none."""

    cursor: str | None
    type: str
    timestamp: int
    data: Json

    @property
    def seq(self) -> int:
        return int(self.cursor.rpartition(":")[2]) if self.cursor else 0

    def event(self) -> Event:
        return Event(self.seq, self.type, self.timestamp, read_payload(self.type, self.data))


class EventLog:
    """Everything one stream has said, and the rows that `core.projection.apply` makes of it."""

    def __init__(self, response: httpx.Response, rows: dict[str, Row] | None = None) -> None:
        self._response = response
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self.events: list[Seen] = []
        self.comments: list[str] = []
        self.rows: dict[str, Row] = dict(rows or {})
        self.statuses: defaultdict[str, list[Status]] = defaultdict(list)
        self.ended = False

    def start(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    async def until(self, condition: Callable[[], bool], *, within: float = WITHIN) -> None:
        """Return when the condition holds; it is looked at whenever something came. Raises TimeoutError."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(condition)

    async def until_event(self, wanted: Callable[[Seen], bool], *, within: float = WITHIN) -> Seen:
        """The first event, past or to come, that is wanted."""
        await self.until(lambda: any(map(wanted, self.events)), within=within)
        return next(filter(wanted, self.events))

    def of(self, delegation_id: str) -> list[Seen]:
        """The events of one delegation, in order."""
        return [seen for seen in self.events if seen.data.get("delegation_id") == delegation_id]

    @property
    def cursor(self) -> str:
        """The id line of the last event that had one."""
        return next(seen.cursor for seen in reversed(self.events) if seen.cursor)

    async def _read(self) -> None:
        cursor: str | None = None
        try:
            async for line in self._response.aiter_lines():
                if line.startswith(":"):
                    self.comments.append(line[1:].strip())
                elif line.startswith("id: "):
                    cursor = line[4:]
                elif line.startswith("data: "):
                    envelope = json.loads(line[6:])
                    self._take(Seen(cursor, envelope["type"], envelope["timestamp"], envelope["data"]))
                    cursor = None
                else:
                    assert line == "", line
                async with self._changed:
                    self._changed.notify_all()
        except httpx.TransportError:
            pass
        self.ended = True
        async with self._changed:
            self._changed.notify_all()

    def _take(self, seen: Seen) -> None:
        self.events.append(seen)
        event = seen.event()
        if isinstance(event.payload, DelegationPayload):
            delegation_id = event.payload.delegation_id
            row = apply(event, self.rows.get(delegation_id))
            if row is not None:
                self.rows[delegation_id] = row
                self.statuses[delegation_id].append(row.status)


class Api:
    """A platform as its clients see it. `log` is the admin's event stream, read from the beginning of the test."""

    def __init__(self, url: str, folder: DataFolder) -> None:
        token = folder.token()
        assert token is not None
        self.url = url
        self.folder = folder
        self.token = token
        self.http = self.client(token)
        self.log: EventLog
        self.source = ""

    def client(self, token: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Idle connections are dropped well before the platform does so: a request on a dying one may be lost.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=WITHIN, limits=limits, trust_env=False, verify=False
        )

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def workspace(self, name: str, url: str | None = None, *, slots: int = 1) -> str:
        """A new workspace; its id."""
        body = {"name": name, "url": url, "max_concurrent_tasks": slots}
        answer = await self.http.post("/workspaces", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def ask(self, what: str, body: Json | bytes | None = None, *, source: str = "") -> httpx.Response:
        """POST to a path below the source's workspace."""
        sent: Json = {"content": body} if isinstance(body, bytes) else {"json": body if body is not None else {}}
        return await self.http.post(f"/workspaces/{source or self.source}/{what}", **sent)

    async def heartbeat(self, workspace_id: str, **facts: object) -> None:
        answer = await self.http.post("/registry/heartbeat", json={"workspace_id": workspace_id, **facts})
        assert answer.status_code == 200, answer.text

    async def delegate(self, target: str, task: str, **more: Any) -> str:
        answer = await self.ask("delegate", {"target_id": target, "task": task, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["delegation_id"])

    async def cancel(self, delegation_id: str, **body: Any) -> httpx.Response:
        return await self.ask(f"delegations/{delegation_id}/cancel", body)

    async def record(self, delegation_id: str) -> Json:
        """The whole record, as the API gives it."""
        found: Json = await self.get(f"/workspaces/{self.source}/delegations/{delegation_id}")
        return found

    async def until_status(self, delegation_id: str, status: str, *, within: float = WITHIN) -> Json:
        """The record, once the stream has shown this status. Fails when the delegation ends otherwise."""
        had = self.log.statuses
        await self.log.until(
            lambda: Status(status) in had[delegation_id] or bool(TERMINAL.intersection(had[delegation_id])),
            within=within,
        )
        record = await self.record(delegation_id)
        assert status in had[delegation_id], record
        return record

    async def until_free(self, workspace_id: str, *, within: float = WITHIN) -> None:
        """Return when nothing is at the workspace; a slot is given back a moment after the end has been told."""
        async with asyncio.timeout(within):
            while (await self.get(f"/workspaces/{workspace_id}"))["active_tasks"]:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def events(
        self,
        path: str = "/events/stream",
        *,
        after: str | None = None,
        token: str | None = None,
        rows: dict[str, Row] | None = None,
    ) -> AsyncIterator[EventLog]:
        """A stream that has been accepted, read in the background."""
        headers = {"Last-Event-ID": after} if after else {}
        async with (
            self.client(token or self.token) as http,
            http.stream("GET", path, headers=headers, timeout=None) as response,
        ):
            assert response.status_code == 200, await response.aread()
            log = EventLog(response, rows)
            log.start()
            try:
                await log.until(lambda: bool(log.comments))
                yield log
            finally:
                await log.stop()


@asynccontextmanager
async def connected(url: str, folder: DataFolder, *, source: str = "", after: str | None = None) -> AsyncIterator[Api]:
    """A client of a platform that is up; `source` is a workspace of an earlier run, else one is made."""
    api = Api(url, folder)
    async with api.http, api.events(after=after) as api.log:
        api.source = source or await api.workspace("lead")
        yield api


@asynccontextmanager
async def platform(
    path: Path, *, source: str = "", after: str | None = None, clock: Any = None, **settings: Any
) -> AsyncIterator[Api]:
    """Run a platform on a folder until the block ends; `settings` are those of `Settings`."""
    lay_ledger(path)
    folder = DataFolder(path)
    stop = asyncio.Event()
    up: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    chosen = Settings(**{"sweep_every": 0.05, **settings})
    serving = asyncio.create_task(
        serve_on(listen("127.0.0.1", 0), folder, ready=up.set_result, stop=stop, settings=chosen, clock=clock)
    )
    try:
        await asyncio.wait({serving, up}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            await serving
        async with connected(up.result(), folder, source=source, after=after) as api:
            yield api
    finally:
        stop.set()
        await serving


@dataclass(slots=True)
class Serve:
    """A `headway serve` in a process of its own."""

    url: str
    folder: DataFolder
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self.end(signal.SIGKILL)

    async def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(WITHIN):
            return await self.process.wait()


@asynccontextmanager
async def serve(path: Path, *options: str) -> AsyncIterator[Serve]:
    """`python -m headway serve` on a folder, killed with the block if it still runs."""
    lay_ledger(path)
    process = await start_serve(path, *options)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("listening on "), line
        yield Serve(line.removeprefix("listening on ").strip(), DataFolder(path), process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def start_serve(path: Path, *options: str) -> asyncio.subprocess.Process:
    """The bare process, its output piped."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "headway", "serve", "--port", "0", "--data", str(path), *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def free_url() -> str:
    """An address where nobody listens any more."""
    async with serve_agent() as agent:
        return agent.url


async def eventually(condition: Callable[[], bool], *, within: float = WITHIN) -> None:
    """Return when the condition holds, for what no event tells of, such as an agent's journal. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - another process may write what is looked at
            await asyncio.sleep(0.01)


@contextmanager
def broken_ledger(folder: Path) -> Iterator[None]:
    """No event can be written while the block runs, so nothing can: the events' table has another name."""
    _rename(folder, "events", "events_away")
    try:
        yield
    finally:
        _rename(folder, "events_away", "events")


def _rename(folder: Path, old: str, new: str) -> None:
    connection = sqlite3.connect(folder / "headway.db", timeout=10)
    connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
    connection.commit()
    connection.close()


class SilentTarget:
    """An agent that holds what it is sent, and answers 503 with the body `busy` when told to."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.busy: Json | None = None
        self.workspace = ""
        self._answers = asyncio.Semaphore(0)

    async def received(self, count: int) -> None:
        await eventually(lambda: len(self.bodies) >= count)

    def answer(self, count: int = 1_000) -> None:
        """Answer so many of the messages that are held, the oldest first, or that come."""
        for _ in range(count):
            self._answers.release()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if head.startswith("get"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length"))
                self.bodies.append(json.loads(await reader.readexactly(length)))
                await self._answers.acquire()
                body = json.dumps(self.busy or {}).encode()
                writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
        writer.close()


@asynccontextmanager
async def silent_target(served: Api, *, slots: int = 1) -> AsyncIterator[SilentTarget]:
    """A `SilentTarget` with a workspace; what it holds when the block ends is dropped."""
    target = SilentTarget()
    server = await asyncio.start_server(target.serve, "127.0.0.1", 0)
    async with server:
        target.workspace = await served.workspace(
            "silent", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", slots=slots
        )
        try:
            yield target
        finally:
            target.answer()
