"""What befalls a journal: no space, damaged bytes, loops that were closed under it. Told, and nothing else is lost."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from headway.tools import ToolError
from support.scripted_http import Exchange, scripted_server
from support.scripted_platform import until
from support.tools import tools_in, until_ended
from support.tools_child import child

WORKING = {"kind": "task", "id": "t", "contextId": "c", "status": {"state": "working"}}
ANSWER = {
    **WORKING,
    "status": {"state": "completed"},
    "artifacts": [{"artifactId": "a", "parts": [{"kind": "text", "text": "done"}]}],
}
FULL = "4096"
"""Less than the journal has: nothing more is written."""
ROOM = "1000000000"


async def without_card(exchange: Exchange) -> bool:
    if exchange.method == "GET":
        await exchange.json({}, 404)
    return exchange.method == "GET"


def delivered(path: Path, task_id: str) -> bool:
    db = sqlite3.connect(path)
    try:
        return bool(db.execute("SELECT delivered FROM direct_task WHERE task_id = ?", (task_id,)).fetchone()[0])
    finally:
        db.close()


@pytest.mark.req("A17")
async def test_a_full_disk_costs_no_task_that_runs_and_what_it_kept_back_is_written_later(tmp_path: Path) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        if await without_card(exchange):
            return
        await exchange.head()
        asked.set()
        await go.wait()
        await exchange.result(WORKING)
        await exchange.result(ANSWER)

    async with scripted_server(waits) as agent:
        async with child(tmp_path) as tools:
            assert (await tools.ask("send", "a", agent.url, "go"))["success"] is True
            await asked.wait()
            await tools.ask("room", "-", FULL)
            refused = await tools.ask("send", "b", agent.url, "go")
            go.set()
            ended = await tools.until_ended("a")
            await tools.ask("room", "-", ROOM)
            await tools.ask("sweep", "-")
            await until(lambda: delivered(tmp_path / "ws.db", "a"))
            told = [line for line in tools.lines if line.get("told") == "a"]
        sent = agent.methods()
        async with child(tmp_path) as again:
            kept = await again.ask("check", "a")
            assert again.lines[0] == {"ready": 0}
            assert not [line for line in again.lines if "told" in line]
    assert refused["success"] is False
    assert "cannot be used" in refused["error"]
    assert refused["error"].endswith("nothing was sent")
    assert (ended["state"], ended["text"]) == ("completed", "done")
    assert [line["text"] for line in told] == ["done"]
    assert (kept["state"], kept["text"]) == ("completed", "done")
    assert len(sent) == 1


@pytest.mark.req("A17")
async def test_what_cannot_be_noted_as_sent_is_not_sent(tmp_path: Path) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        asked.set()
        await go.wait()
        await without_card(exchange)

    async with scripted_server(waits) as agent, child(tmp_path) as tools:
        assert (await tools.ask("send", "a", agent.url, "go"))["success"] is True
        await asked.wait()
        await tools.ask("room", "-", FULL)
        go.set()
        ended = await tools.until_ended("a")
        assert {exchange.method for exchange in agent.exchanges} == {"GET"}
    assert ended["state"] == "failed"
    assert ended["error"].endswith("the message was not sent")


async def test_a_journal_that_cannot_be_opened_without_space_is_not_left_locked(tmp_path: Path) -> None:
    program = f"""
import asyncio, resource
from pathlib import Path
from headway.tools.journal import Journal
from headway.tools import ToolError
async def main():
    path = Path({str(tmp_path / "ws.db")!r})
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        await Journal.open(path)
    except ToolError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await (await Journal.open(path)).aclose()
asyncio.run(main())
"""
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "cannot be used as a journal" in ran.stdout
    assert (ran.returncode, ran.stderr) == (0, "")


async def completes(exchange: Exchange) -> None:
    if not await without_card(exchange):
        await exchange.json({"jsonrpc": "2.0", "id": "1", "result": ANSWER})


async def some_tasks(folder: Path, url: str) -> None:
    async with tools_in(folder) as tools:
        for number in range(12):
            await tools.a2a_send_async(url, "go", task_id=f"t{number}")
            await until_ended(tools, f"t{number}")


@pytest.mark.parametrize("how", ["bytes", "page", "end"])
async def test_a_damaged_file_is_an_error_of_the_tools_or_harmless(tmp_path: Path, how: str) -> None:
    rng = random.Random(how)
    async with scripted_server(completes) as agent:
        await some_tasks(tmp_path / "good", agent.url)
        good = (tmp_path / "good" / "ws.db").read_bytes()
        refused = 0
        for number in range(12):
            data = bytearray(good)
            if how == "bytes":
                for _ in range(30):
                    data[rng.randrange(len(data))] = rng.randrange(256)
            elif how == "page":
                at = rng.randrange(len(data) - 4_096)
                data[at : at + 4_096] = rng.randbytes(4_096)
            else:
                del data[rng.randrange(len(data)) :]
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / "ws.db").write_bytes(data)
            try:
                async with tools_in(folder) as tools:
                    await tools.a2a_check_task("t3")
                    await tools.a2a_send_async(agent.url, "go")
                    await tools.check_delegation_status()
            except ToolError:
                refused += 1
            shutil.rmtree(folder)
    assert refused > 0


ODD_TASKS: list[tuple[str, Any]] = [
    ("state", "weird"), ("context", "[1]"), ("context", "{"), ("message", "7"), ("stopped", '["canceled"]'),
    ("created_at", -(10**18)), ("finished_at", 10**18),
]  # fmt: skip


async def test_a_row_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    async with scripted_server(completes) as agent:
        await some_tasks(tmp_path, agent.url)
        with sqlite3.connect(tmp_path / "ws.db") as db:
            for number, (column, value) in enumerate(ODD_TASKS):
                db.execute(f"UPDATE direct_task SET {column} = ? WHERE task_id = 't{number}'", (value,))
            db.execute("UPDATE direct_task SET dialect = '9.9', finished_at = NULL WHERE task_id = 't11'")
            for record in ("{", "[1]", "null", '{"task_id": "d"}', '{"task_id": "d", "status": "weird"}'):
                db.execute("INSERT INTO delegation (task_id, record) VALUES (?, ?)", (record, record))
        db.close()
        async with tools_in(tmp_path, platform_url="http://127.0.0.1:9") as tools:
            answers = [await tools.a2a_check_task(f"t{number}") for number in range(12)]
            assert [("error" in one) for one in answers[: len(ODD_TASKS)]] == [True] * len(ODD_TASKS)
            assert [one["state"] for one in answers[len(ODD_TASKS) : 11]] == ["completed"] * (11 - len(ODD_TASKS))
            assert (await until_ended(tools, "t11"))["state"] == "completed"
            assert await tools.check_delegation_status() == {"delegations": [], "count": 0}
            taken = await tools.a2a_send_async(agent.url, "go", task_id="t0")
            assert "is in use" in taken["error"]


CLOSED_LOOPS = """
import asyncio
from headway.tools import a2a_check_task
for _ in range(3):
    loop = asyncio.new_event_loop()
    print(loop.run_until_complete(a2a_check_task("x"))["error"][:13])
    loop.close()
"""


def test_a_loop_that_was_closed_with_its_tools_open_locks_out_no_other(tmp_path: Path) -> None:
    environment = {**os.environ, "HEADWAY_TOOLS_DATA": str(tmp_path), "WORKSPACE_ID": "ws"}
    ran = subprocess.run(
        [sys.executable, "-c", CLOSED_LOOPS], env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert ran.stdout.splitlines() == ["No task found"] * 3
    assert ran.returncode == 0


async def test_tools_of_another_loop_do_nothing_and_say_so(tmp_path: Path) -> None:
    async def stop(exchange: Exchange) -> None:
        await exchange.gone.wait()

    async with scripted_server(stop) as agent, tools_in(tmp_path) as tools:
        await tools.a2a_send_async(agent.url, "go", task_id="mine")

        async def elsewhere() -> list[dict[str, Any]]:
            return [
                await tools.a2a_send(agent.url, "go"),
                await tools.a2a_send_async(agent.url, "go", task_id="theirs"),
                await tools.a2a_cancel_task("mine"),
                await tools.a2a_cancel_task("nobody's"),
            ]

        answers = await asyncio.to_thread(asyncio.run, elsewhere())
        assert ["another event loop" in answer["error"] for answer in answers] == [True] * 4
        assert (await tools.a2a_check_task("mine"))["state"] == "running"
        assert "error" in await tools.a2a_check_task("theirs")
