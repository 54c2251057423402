"""Push notifications: an agent that does not stream says when there is news, and is asked (spec: a2a; safety)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from headway.net.clock import SystemClock
from headway.platform.pushes import read_push_url
from support.agents import ManualClock
from support.fronts import Front, front
from support.platforms import Api, eventually, platform, start_serve
from support.scripted_http import Exchange, scripted_server
from support.sdk_agents import SdkAgent, sdk_agent

GET = {"v1": "GetTask", "v03": "tasks/get"}
SENDS = ("SendMessage", "message/send")


class Pushed:
    """What agents push to: it is passed on to the platform as it came, or held back."""

    def __init__(self) -> None:
        self.to = ""
        self.came: list[Exchange] = []
        self.holds = False

    async def answer(self, exchange: Exchange) -> None:
        self.came.append(exchange)
        status = 200
        if not self.holds:
            status = (await self.pass_on(exchange)).status_code
        await exchange.json({}, status)

    async def pass_on(self, exchange: Exchange, **headers: str) -> httpx.Response:
        kept = {name: value for name, value in exchange.headers.items() if name in ("authorization", SAID_BY)}
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            return await http.post(self.to + exchange.path, content=exchange.body, headers={**kept, **headers})


SAID_BY = "x-a2a-notification-token"


@asynccontextmanager
async def pushing(
    tmp_path: Path, *options: str, clock: Any = None
) -> AsyncIterator[tuple[Api, Pushed, SdkAgent, Front, str]]:
    """A platform, what is pushed to it, and an SDK agent that waits at its gate; its id as a workspace."""
    gate = ("--gate", str(tmp_path / "gate"))
    pushed = Pushed()
    async with (
        scripted_server(pushed.answer) as relay,
        platform(tmp_path / "data", push_url=relay.url, clock=clock) as served,
        sdk_agent(*gate, *options) as agent,
        front(agent.url) as proxy,
    ):
        pushed.to = served.url
        yield served, pushed, agent, proxy, await served.workspace("pushing", proxy.url)


def asked(proxy: Front, dialect: str) -> int:
    return proxy.methods.count(GET[dialect])


@pytest.mark.req("A18")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_a_push_has_the_agent_asked_long_before_its_turn(tmp_path: Path, dialect: str) -> None:
    clock = ManualClock()
    options = ("--dialect", dialect, "--push", "--no-streaming")
    async with pushing(tmp_path, *options, clock=clock) as (served, pushed, agent, proxy, target):
        delegation_id = await served.delegate(target, "go")
        await agent.until("step", 2 - 1)
        for _ in range(8):
            # Nothing new each time: the pauses between questions grow to ten seconds.
            before = asked(proxy, dialect)
            await eventually(lambda: _moved(clock, asked(proxy, dialect) > before))  # noqa: B023
        (tmp_path / "gate").touch()
        await eventually(lambda: any(b"COMPLETED" in push.body or b"completed" in push.body for push in pushed.came))
        async with asyncio.timeout(30):
            moved = 0.0
            while (await served.record(delegation_id))["status"] != "completed":
                clock.advance(0.05)
                moved += 0.05
                await asyncio.sleep(0.01)
        assert moved < 5
        record = await served.until_status(delegation_id, "completed")
        assert record["result"] == "chunk 1\nchunk 2\n"
        assert {push.path for push in pushed.came} == {f"/push/{delegation_id}"}
        assert len(agent.calls("sent")) == 1


def _moved(clock: ManualClock, done: bool) -> bool:
    if not done:
        clock.advance(0.5)
    return done


async def test_a_push_alone_says_nothing_of_the_state(tmp_path: Path) -> None:
    async with pushing(tmp_path, "--push", "--no-streaming") as (served, pushed, agent, _, target):
        delegation_id = await served.delegate(target, "go")
        await eventually(lambda: bool(pushed.came))
        lie = {"task": {"id": agent.calls("sent")[0]["task_id"], "status": {"state": "TASK_STATE_COMPLETED"}}}
        headers = {SAID_BY: pushed.came[0].headers[SAID_BY]}
        answer = await served.http.post(f"/push/{delegation_id}", json=lie, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"asked": True})
        await served.until_status(delegation_id, "in_progress")
        assert (await served.record(delegation_id))["status"] == "in_progress"
        (tmp_path / "gate").touch()
        assert (await served.until_status(delegation_id, "completed"))["result"] == "chunk 1\nchunk 2\n"
        # It has ended: nobody is expected to push about it any more.
        assert (await served.http.post(f"/push/{delegation_id}", json=lie, headers=headers)).status_code == 404


@pytest.mark.req("E6")
async def test_only_the_agent_of_the_task_may_push(tmp_path: Path) -> None:
    async with pushing(tmp_path, "--push", "--no-streaming") as (served, pushed, _, _, target):
        delegation_id = await served.delegate(target, "go")
        await eventually(lambda: bool(pushed.came))
        token = pushed.came[0].headers[SAID_BY]
        assert len(token) > 40
        assert pushed.came[0].headers["authorization"] == f"Bearer {token}"
        path = f"/push/{delegation_id}"
        async with served.client(None) as http:
            for headers in (
                {},
                {SAID_BY: ""},
                {SAID_BY: "wrong"},
                {SAID_BY: token[:-1]},
                {"Authorization": "Bearer no"},
            ):
                refused = await http.post(path, json={}, headers=headers)
                assert refused.status_code == 401
                assert token not in refused.text
            # The admin's token is none of the task's.
            assert (await http.post(path, json={}, headers={SAID_BY: served.token})).status_code == 401
            assert (await http.post("/push/another", json={}, headers={SAID_BY: token})).status_code == 404
            for headers in ({SAID_BY: token}, {"Authorization": f"Bearer {token}"}):
                assert (await http.post(path, json={}, headers=headers)).status_code == 200
            assert (await http.get(path)).status_code == 405
        assert token not in str(await served.record(delegation_id))


async def test_bodies_of_pushes_are_bounded_and_hostile_ones_are_refused(tmp_path: Path) -> None:
    async with pushing(tmp_path, "--push", "--no-streaming") as (served, pushed, _, _, target):
        delegation_id = await served.delegate(target, "go")
        await eventually(lambda: bool(pushed.came))
        headers = {SAID_BY: pushed.came[0].headers[SAID_BY]}
        for body, status in (
            (b"", 400),
            (b"{", 400),
            (b"\xff", 400),
            (b"[" * 1_000 + b"]" * 1_000, 400),
            (b'{"a": ' + b"9" * 5_000 + b"}", 400),
            (b'{"a": NaN}', 400),
            (b'"' + b"x" * 1_100_000 + b'"', 413),
            (b'{"task": "\\ud800\\u001b]0;x"}', 200),
            (b"[]", 422),
        ):
            answer = await served.http.post(f"/push/{delegation_id}", content=body, headers=headers)
            assert answer.status_code == status, body[:20]
        (tmp_path / "gate").touch()
        assert (await served.until_status(delegation_id, "completed"))["result"] == "chunk 1\nchunk 2\n"


@pytest.mark.parametrize("options", [("--push",), ("--no-streaming",)], ids=["it streams", "it cannot push"])
async def test_nobody_else_is_told_to_push(tmp_path: Path, options: tuple[str, ...]) -> None:
    async with pushing(tmp_path, *options) as (served, pushed, agent, proxy, target):
        (tmp_path / "gate").touch()
        await served.until_status(await served.delegate(target, "go"), "completed")
        assert len(agent.calls("sent")) == 1
        assert not pushed.came
        assert b"ushNotificationConfig" not in b"".join(proxy.bodies)


class Noting(SystemClock):
    """The system's clock, and the seconds for which somebody slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)


async def test_without_a_push_url_an_agent_that_could_push_is_asked_at_intervals(tmp_path: Path) -> None:
    clock = Noting()
    async with (
        platform(tmp_path, clock=clock, follow_pause=0.031, follow_pause_max=0.031) as served,
        sdk_agent("--push", "--no-streaming", "--gate", str(tmp_path / "gate")) as agent,
        front(agent.url) as proxy,
    ):
        target = await served.workspace("pushing", proxy.url)
        delegation_id = await served.delegate(target, "go")
        # The intervals are those of the settings.
        await eventually(lambda: any(0.031 / 2 <= seconds <= 0.031 for seconds in clock.slept))
        (tmp_path / "gate").touch()
        assert (await served.until_status(delegation_id, "completed"))["result"] == "chunk 1\nchunk 2\n"
        assert b"ushNotificationConfig" not in b"".join(proxy.bodies)
        assert (await served.http.post(f"/push/{delegation_id}", json={})).status_code == 404


@pytest.mark.parametrize(
    "text", ["ftp://x", "x", "http://", "http://a@x", "https://x/?q", "https://x/#f", "http://x:0"]
)
def test_what_is_no_url_of_a_platform_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no http"):
        read_push_url(text)


def test_a_push_url_may_have_a_path() -> None:
    assert read_push_url("https://headway.example.org/board/") == "https://headway.example.org/board"


async def test_serve_refuses_what_is_no_url_before_anything_is_started(tmp_path: Path) -> None:
    process = await start_serve(tmp_path / "data", "--push-url", "ftp://x")
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"--push-url: 'ftp://x' is no http or https URL" in said
    assert b"Nothing was started" in said
