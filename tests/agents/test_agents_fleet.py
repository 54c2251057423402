"""Starting and stopping: several agents in one program, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest
from headway.agents.agent import SimulatedAgent
from headway.agents.app import AgentApp
from headway.agents.behaviors import BehaviorName
from headway.agents.cast import CAST
from headway.agents.fleet import DEMO_FLEET, AgentFleet, AgentSpec, serve_agent
from headway.agents.journal import Journal, Kind, read_journal
from headway.net.clock import SystemClock
from starlette.applications import Starlette
from starlette.routing import Mount
from support.agents import STREAM, Wire, eventually, message_params, output_of, task_of


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_the_demo_fleet_serves_every_agent_on_its_own_port(tmp_path: Path) -> None:
    async with AgentFleet(DEMO_FLEET, log=tmp_path / "log.jsonl") as fleet, httpx.AsyncClient(trust_env=False) as http:
        assert len(set(fleet.urls.values())) == len(DEMO_FLEET) == 8
        for name, url in fleet.urls.items():
            assert (await http.get(f"{url}/.well-known/agent.json")).json()["name"] == name
        wire = Wire(fleet["reviewer"].url)
        task = await wire.result("message/send", message_params("0.3", f"{CAST['reviewer'].prompts[2]}\ndelay=0"))
        await wire.aclose()
    assert "12 broken inputs" in output_of(task)
    assert {entry.agent for entry in read_journal(tmp_path / "log.jsonl")} == {"reviewer"}


async def test_stopping_leaves_no_task_no_socket_and_no_file(tmp_path: Path) -> None:
    # The first round opens what the process keeps: the selector, imports, name resolution.
    await one_round(tmp_path)
    tasks, files = asyncio.all_tasks(), open_files()
    for _ in range(3):
        await one_round(tmp_path)
    assert asyncio.all_tasks() == tasks
    assert open_files() == files


async def one_round(tmp_path: Path) -> None:
    """Streams and silent calls of every kind are open when the fleet stops, and its clients stay."""
    specs = [AgentSpec(name, BehaviorName(name)) for name in ("stream", "hanging", "silent", "no-final-open", "reset")]
    fleet = AgentFleet(specs, log=tmp_path / "log.jsonl")
    await fleet.start()
    wires = {name: Wire(url) for name, url in fleet.urls.items()}
    calls = [
        asyncio.ensure_future(wire.call("message/send", message_params("0.3", "steps=4 delay=0 at=1")))
        for name, wire in wires.items()
        if name in ("hanging", "silent")
    ]
    readers = []
    for name, wire in wires.items():
        params = message_params("0.3", f"steps=9 delay={0 if name == 'no-final-open' else 5}")
        readers.append(asyncio.ensure_future(wire.stream(STREAM["0.3"], params)))
    await eventually(lambda: len(fleet.journal.of(Kind.SEND)) == len(calls) + len(readers))
    async with asyncio.timeout(3):
        await fleet.stop()
    await fleet.stop()
    await asyncio.wait([*calls, *readers], timeout=5)
    assert all(future.done() for future in [*calls, *readers])
    [future.exception() for future in [*calls, *readers]]
    for wire in wires.values():
        await wire.aclose()


async def test_a_stopped_agent_refuses_connections_and_its_port_is_free() -> None:
    async with serve_agent() as server:
        port = server.port
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(server.url)
    async with serve_agent(port=port) as again:
        assert again.port == port


async def test_a_port_in_use_stops_what_was_started() -> None:
    async with serve_agent() as other:
        fleet = AgentFleet([AgentSpec("a"), AgentSpec("b", port=other.port)])
        tasks = asyncio.all_tasks()
        with pytest.raises(OSError, match="in use"):
            await fleet.start()
        assert asyncio.all_tasks() == tasks


def test_two_agents_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        AgentFleet([AgentSpec("a"), AgentSpec("a")])


async def test_a_client_that_goes_away_leaves_the_task_running_and_no_listener(serve) -> None:
    server, wire = await serve()
    async with wire.open("message/stream", message_params("0.3", "steps=20 delay=0.02")) as response:
        await anext(response.aiter_raw())
    (job,) = server.agent.tasks
    task = await wire.until_state("0.3", job.task_id, "completed")
    assert output_of(task).endswith("chunk 20\n")
    assert not job.feeds


async def test_a_slow_reader_is_cut_off_and_the_work_goes_on(serve) -> None:
    server, wire = await serve()
    async with wire.open("message/stream", message_params("0.3", "steps=20000 delay=0 size=2000")) as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        (job,) = server.agent.tasks
        async with asyncio.timeout(20):
            await job.settled()
        received = b"".join([chunk async for chunk in chunks])
    assert b'"final":true' not in received
    assert (await wire.task("0.3", job.task_id))["status"]["state"] == "completed"


async def test_many_streams_at_once_each_get_their_own_output(serve) -> None:
    _, wire = await serve()
    streams = [
        wire.stream("message/stream", message_params("0.3", f"steps=5 delay=0.01 echo=number-{n}")) for n in range(50)
    ]
    for number, frames in enumerate(await asyncio.gather(*streams)):
        pieces = [frame["artifact"]["parts"][0]["text"] for frame in frames if "artifact" in frame]
        assert pieces[-1] == f"number-{number}\n"
        assert {frame.get("taskId", task_of(frame).get("id")) for frame in frames} == {frames[0]["id"]}


async def test_an_agent_can_be_mounted_at_a_path_of_another_application() -> None:
    clock = SystemClock()
    agent = SimulatedAgent("coder", BehaviorName.FAST, clock=clock, journal=Journal(clock))
    app = Starlette(routes=[Mount("/agents/coder", AgentApp(agent))])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        card = (await http.get("/agents/coder/.well-known/agent-card.json")).json()
        assert card["url"] == "http://127.0.0.1:8080/agents/coder"
        body = {"method": "message/send", "params": message_params("0.3", "steps=1 delay=0")}
        reply = await http.post("/agents/coder/", json=body)
    assert output_of(reply.json()["result"]) == "chunk 1\n"
    await agent.aclose()
