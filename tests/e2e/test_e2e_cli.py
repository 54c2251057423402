"""The command line as scripts use it: a real platform, real agents, exit codes (spec: dashboard, "Around it")."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.platform.folder import DataFolder
from support.agents import ManualClock, going_on
from support.dispatching import dispatch_many
from support.platforms import eventually
from support.processes import Cli, Ran, Server, agent, journal, platform

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HEEDED = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
"""Under nohup, SIGHUP is ignored here and so by what is started from here; `serve` leaves it so."""
RECORD_KEYS = {
    "delegation_id",
    "source_id",
    "target_id",
    "task",
    "status",
    "priority",
    "idempotency_key",
    "attempt",
    "remote_task_id",
    "context_id",
    "dialect",
    "progress_percent",
    "status_message",
    "result",
    "error",
    "cancel_requested_at",
    "expires_at",
    "deadline",
    "last_activity_at",
    "created_at",
    "updated_at",
    "finished_at",
    "traceparent",
    "via",
    "seq",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a running platform and one agent, `coder`, with two slots."""
    data = tmp_path_factory.mktemp("data")
    with platform(data), agent(data / "coder.jsonl", "--name", "coder") as coder:
        added = Cli(data)("agents", "add", "coder", coder.url, "--slots", "2", "--json").json()
        assert added["status"] == "online"
        yield data


@pytest.fixture
def cli(place: Path) -> Cli:
    return Cli(place)


def test_agents_lists_what_was_added_and_not_the_operator(cli: Cli) -> None:
    cli("dispatch", "coder", "steps=1 delay=0 hello", "--wait")
    assert [one["name"] for one in cli("agents", "--json").json()] == ["coder"]
    assert "coder" in cli("agents").out


def test_dispatch_prints_the_record_as_accepted(cli: Cli) -> None:
    record = cli("dispatch", "coder", "steps=1 delay=0 hello", "--priority", "100", "--json").json()
    assert record.keys() >= RECORD_KEYS
    assert record["task"] == "steps=1 delay=0 hello"
    assert record["priority"] == 100
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["created_at"])


def test_dispatch_wait_streams_to_stderr_and_prints_the_result(cli: Cli) -> None:
    done = cli("dispatch", "coder", "steps=3 delay=0.05 hello", "--wait")
    assert done.code == 0
    assert done.out.splitlines() == ["chunk 1", "chunk 2", "chunk 3", ""]
    assert done.err.splitlines() == ["chunk 1", "chunk 2", "chunk 3"]


def test_dispatch_wait_json_prints_the_finished_record(cli: Cli) -> None:
    record = cli("dispatch", "coder", "steps=1 delay=0 hello", "--wait", "--json").json()
    assert (record["status"], record["attempt"], record["via"]) == ("completed", 1, "direct")
    assert record["finished_at"] is not None
    assert record["dialect"] == "1.0"


def test_a_failed_delegation_exits_with_1_and_its_reason(cli: Cli) -> None:
    done = cli("dispatch", "coder", "steps=2 delay=0 fail=unreadable", "--wait")
    assert done.code == 1
    assert done.out == ""
    assert "failed: unreadable" in done.err


async def test_ls_show_watch_and_poll_agree(place: Path) -> None:
    """The agent works by a clock that stands still until all of them have looked."""
    cli, clock = Cli(place), ManualClock()

    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(cli, *arguments)

    async with serve_agent("steady", clock=clock) as steady:
        await run("agents", "add", "steady", steady.url)
        dispatched = (await run("dispatch", "steady", "steps=60 delay=0.1 agree", "--json")).json()["delegation_id"]
        await eventually(lambda: len(steady.agent.journal.of(Kind.STARTED)) == 1)
        async with going_on(clock):
            await eventually(lambda: len(steady.agent.journal.of(Kind.STEP)) > 5)
        running = await asyncio.to_thread(
            cli.until, lambda record: record["progress_percent"], "show", dispatched, "--json"
        )
        assert running["status"] == "in_progress"
        assert (await run("poll", dispatched, "--json")).json()["delegation_id"] == dispatched
        listed = (await run("ls", "--status", "in_progress", "--json")).json()
        assert dispatched in {one["delegation_id"] for one in listed}
        with cli.started("watch", dispatched[:13]) as watching:
            assert watching.stdout is not None
            first = await asyncio.to_thread(watching.stdout.readline)
            async with going_on(clock):
                rest = await asyncio.to_thread(watching.stdout.read)
            assert await asyncio.to_thread(watching.wait) == 0
        assert (first + rest).splitlines() == [f"chunk {number}" for number in range(1, 61)]
        assert (await run("show", dispatched, "--json")).json()["result"] == first + rest
        await run("agents", "remove", "steady")


@pytest.mark.req("A14")
def test_cancel_stops_the_agents_work(cli: Cli, place: Path) -> None:
    dispatched = cli("dispatch", "coder", "steps=600 delay=0.1 stop me", "--json").json()["delegation_id"]
    running = cli.until(lambda record: record["progress_percent"], "show", dispatched, "--json")
    assert cli("cancel", dispatched, "--reason", "changed my mind", "--json").json()["cancel_requested_at"]
    ended = cli.until(lambda record: record["finished_at"], "show", dispatched, "--json")
    assert ended["status"] == "canceled"
    assert "confirmed" in ended["status_message"]
    task_id = running["remote_task_id"]
    asked = next(line for line in journal(place / "coder.jsonl", "cancel") if line["task_id"] == task_id)
    stopped = next(line for line in journal(place / "coder.jsonl", "stopped") if line["task_id"] == task_id)
    assert stopped["at_ms"] - asked["at_ms"] < 1000
    assert all(
        step["at_ms"] <= stopped["at_ms"]
        for step in journal(place / "coder.jsonl", "step")
        if step["task_id"] == task_id
    )
    assert cli("cancel", dispatched).code == 5


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "no-such-id"), 5, "no such delegation"),
        (("dispatch", "nobody", "x"), 5, "No agent is called nobody"),
        (("agents", "add", "coder", "http://127.0.0.1:9"), 5, "is called coder already"),
        (("ls", "--status", "asleep"), 2, "Invalid value for '--status': 'asleep' is not one of 'pending', 'queued',"),
        (("token", "new", "--scope", "bogus"), 2, "--scope is read, admin or workspace:ID, not 'bogus'"),
        (("frobnicate",), 2, "frobnicate"),
        (("ls", "--url", "http://127.0.0.1:9"), 3, "could not be reached (refused)"),
    ],
)
def test_failures_have_their_exit_code_and_words(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = cli(*arguments)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_token_is_not_allowed_and_not_shown(place: Path) -> None:
    ran = Cli(place, HEADWAY_TOKEN="not-the-token")("ls")
    assert ran.code == 4
    assert "HEADWAY_TOKEN" in ran.err
    assert "not-the-token" not in ran.err + ran.out


def test_the_token_of_a_data_folder_goes_to_its_own_platform_only(place: Path, tmp_path: Path) -> None:
    running = DataFolder(place).running()
    assert running is not None
    assert Cli(place)("ls", "--url", running.url.replace("127.0.0.1", "localhost")).code == 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        heads: list[bytes] = []

        def refuse() -> None:
            connection, _ = other.accept()
            with connection:
                heads.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

        answering = threading.Thread(target=refuse)
        answering.start()
        ran = Cli(place)("ls", "--url", f"http://127.0.0.1:{other.getsockname()[1]}")
        answering.join()
    assert ran.code == 4
    assert "Give a token of this platform in HEADWAY_TOKEN" in ran.err
    token = DataFolder(place).token()
    assert token is not None
    assert token.encode() not in heads[0]
    assert b"authorization" not in heads[0].lower()


def test_who_waits_in_a_terminal_sees_the_result_once(cli: Cli) -> None:
    def seen(task: str) -> str:
        outer, inner = os.openpty()
        command = [sys.executable, "-m", "headway", "dispatch", "coder", task, "--wait", "--data", str(cli.data)]
        try:
            subprocess.run(command, stdin=inner, stdout=inner, stderr=inner, timeout=60, check=True)
        finally:
            os.close(inner)
        with open(outer, "rb", buffering=0) as written:
            text = b""
            try:
                while more := written.read(65_536):
                    text += more
            except OSError:
                return text.decode()
        return text.decode()

    task = "steps=2 delay=0 seen once"
    result = cli("dispatch", "coder", task, "--wait").out.strip()
    assert result
    last = result.splitlines()[-1]
    assert seen(task).count(last) == 1


def test_without_a_platform_commands_say_how_to_start_one(tmp_path: Path) -> None:
    ran = Cli(tmp_path)("ls")
    assert ran.code == 3
    assert "headway serve" in ran.err


def test_hostile_texts_reach_no_terminal(cli: Cli) -> None:
    corpus = [json.loads(line)["text"] for line in Path("tests/data/hostile.jsonl").read_text().splitlines()]
    [coder] = cli("agents", "--json").json()
    running = DataFolder(cli.data).running()
    assert running is not None
    headers = {"Authorization": f"Bearer {DataFolder(cli.data).token()}"}
    with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as http:
        for text in corpus:
            body = json.dumps({"target_id": coder["id"], "task": f"steps=1 delay=0 {text}"})
            assert http.post("/workspaces/operator/delegate", content=body).status_code == 202
    for command in (("ls",), ("ls", "--json"), ("agents",)):
        printed = cli(*command).out
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", printed), command


@pytest.mark.req("C12")
async def test_kill_9_with_20_in_flight_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    """The agent works by a clock that stands still until the platform is back."""
    cli, clock = Cli(tmp_path), ManualClock()

    def prepare(first: Server, url: str) -> None:
        cli("agents", "add", "worker", url, "--slots", "20")
        dispatch_many(first, cli, 24, "steps=40 delay=0.1")
        cli.until(lambda listed: len(listed) == 20, "ls", "--status", "in_progress", "--json")

    async with serve_agent("worker", slots=30, clock=clock) as worker:
        with platform(tmp_path) as first:
            await asyncio.to_thread(prepare, first, worker.url)
            first.kill()
        with platform(tmp_path):
            async with going_on(clock):
                ended = await asyncio.to_thread(
                    cli.until,
                    lambda listed: sum(one["finished_at"] is not None for one in listed) == 24,
                    "ls",
                    "--json",
                )
    assert {one["status"] for one in ended} == {"completed"}
    assert {one["result"] for one in ended} == {"".join(f"chunk {number}\n" for number in range(1, 41))}
    sent = [line.message_id for line in worker.agent.journal.of(Kind.SEND)]
    assert sorted(sent) == sorted(one["delegation_id"] for one in ended)


@pytest.mark.parametrize("number", HEEDED)
def test_serve_ends_cleanly_and_takes_its_address_back(tmp_path: Path, number: signal.Signals) -> None:
    with platform(tmp_path) as running:
        assert (tmp_path / "platform.json").exists()
        running.process.send_signal(number)
        assert running.process.wait(15) == 0
    assert not (tmp_path / "platform.json").exists()


@pytest.mark.req("C6")
@pytest.mark.parametrize("delegation_id", ["a/b", "..", "", "x\ny", "-", "é"])
def test_an_id_that_no_path_can_name_is_not_recorded(place: Path, delegation_id: str) -> None:
    token = (place / "admin-token").read_text().strip()
    url = json.loads((place / "platform.json").read_text())["url"]
    body = {"target_id": str(UUID(int=1)), "task": "t", "delegation_id": delegation_id}
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}/workspaces/operator/delegations/record", json=body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid request body"})
