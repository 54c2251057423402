"""The two servers of P8's dispatch, each run as a process: `_dispatch_servers.py ours|naive FOLDER SYNC`.

It prints one line of JSON once it listens (port, token, source, target), and ends when its standard input does.
SYNC is the seconds that each commit takes longer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiosqlite
import httpx
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from headway.ledger.ledger import Ledger
from headway.net.sockets import listen
from headway.platform import platform
from headway.platform.folder import DataFolder
from headway.platform.server import serve_on
from pydantic import BaseModel, Field

_TABLES: Final = """
CREATE TABLE tokens (token TEXT PRIMARY KEY);
CREATE TABLE delegations (
    id TEXT PRIMARY KEY, source_id TEXT, target_id TEXT, task TEXT, status TEXT, created_at INTEGER, updated_at INTEGER
);
CREATE INDEX by_status ON delegations (status, updated_at);
CREATE INDEX by_target ON delegations (target_id, updated_at);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, delegation_id TEXT, type TEXT, timestamp INTEGER, data TEXT
);
CREATE INDEX by_delegation ON events (delegation_id);
"""
_HOST: Final = "127.0.0.1"
_TOKEN: Final = "of-the-benchmark"  # noqa: S105 - it opens nothing but the naive server


class _Wanted(BaseModel):
    target_id: uuid.UUID
    task: str = Field(min_length=1)


class _Accepted(BaseModel):
    delegation_id: str
    status: str
    target_id: str


def _naive(db: aiosqlite.Connection, sync: float) -> FastAPI:
    app = FastAPI()
    transaction = asyncio.Lock()

    @app.post("/workspaces/{source_id}/delegate", status_code=202)
    async def delegate(source_id: str, wanted: _Wanted, authorization: str = Header()) -> _Accepted:
        token = await db.execute_fetchall(
            "SELECT token FROM tokens WHERE token = ?", (authorization.removeprefix("Bearer "),)
        )
        if not token:
            raise HTTPException(401)
        made, target, now = str(uuid.uuid4()), str(wanted.target_id), int(time.time() * 1e3)
        data = json.dumps({"delegation_id": made, "target_id": target, "task_preview": wanted.task[:100]})
        async with transaction:
            await db.execute(
                "INSERT INTO delegations VALUES (?, ?, ?, ?, 'pending', ?, ?)",
                (made, source_id, target, wanted.task, now, now),
            )
            await db.execute(
                "INSERT INTO events (delegation_id, type, timestamp, data) VALUES (?, 'DELEGATION_SENT', ?, ?)",
                (made, now, data),
            )
            if sync:
                await asyncio.sleep(sync)
            await db.commit()
        return _Accepted(delegation_id=made, status="delegated", target_id=target)

    return app


@asynccontextmanager
async def _serve_naive(folder: Path, sync: float) -> AsyncGenerator[dict[str, Any]]:
    async with aiosqlite.connect(folder / "naive.db") as db:
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA synchronous = FULL")
        await db.executescript(_TABLES)
        await db.execute("INSERT INTO tokens VALUES (?)", (_TOKEN,))
        await db.commit()
        listener = listen(_HOST, 0)
        server = uvicorn.Server(uvicorn.Config(_naive(db, sync), log_level="warning", access_log=False))
        serving = asyncio.create_task(server.serve([listener]))
        yield {
            "port": listener.getsockname()[1],
            "token": _TOKEN,
            "source": str(uuid.uuid4()),
            "target": str(uuid.uuid4()),
        }
        server.should_exit = True
        await serving


@asynccontextmanager
async def _serve_ours(folder: Path, sync: float) -> AsyncGenerator[dict[str, Any]]:
    never = threading.Event()
    if sync:
        platform.Ledger = type(  # type: ignore[misc]
            "Slow", (Ledger,), {"open": partial(Ledger.open, before_commit=lambda: never.wait(sync) and None)}
        )
    listener, up, stop = listen(_HOST, 0), asyncio.Event(), asyncio.Event()
    data = DataFolder(folder / "ours")
    serving = asyncio.create_task(serve_on(listener, data, ready=lambda _: up.set(), stop=stop))
    await up.wait()
    port, token = listener.getsockname()[1], str(data.token())
    async with httpx.AsyncClient(
        base_url=f"http://{_HOST}:{port}", headers={"Authorization": f"Bearer {token}"}
    ) as http:
        made = [
            (await http.post("/workspaces", json={"name": name, "url": url, "max_concurrent_tasks": 1})).json()
            for name, url in (("source", None), ("target", "http://127.0.0.1:9"))
        ]
        # The agent is busy and stays so: what is handed over is accepted and queued, and nobody is asked to work.
        beat = {"workspace_id": made[1]["id"], "active_tasks": 1}
        (await http.post("/registry/heartbeat", json=beat)).raise_for_status()
    yield {"port": port, "token": token, "source": made[0]["id"], "target": made[1]["id"]}
    stop.set()
    await serving


async def main(side: str, folder: str, sync: str) -> None:
    serve = {"ours": _serve_ours, "naive": _serve_naive}[side]
    async with serve(Path(folder), float(sync)) as where:
        print(json.dumps(where), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
