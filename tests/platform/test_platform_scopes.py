"""Who may ask for what: every route of the application against every kind of caller, and the life of tokens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.platforms import NOBODY, Api, Json, eventually, platform

CALLERS = ("none", "bad", "read", "own", "other", "admin", "anonymous")
"""Without a token, an unknown one, the read token, the token of the workspace in the path, that of another workspace,
the admin's; and without a token where the platform lets that pass on this machine."""

OVERVIEW = "401 401 ok 403 403 ok 403"
ADMIN = "401 401 403 403 403 ok 403"
SEES = "401 401 ok ok 403 ok ok"
ACTS = "401 401 403 ok 403 ok ok"
STREAM = "401 401 ok ok 403 ok 401"
ANYBODY = "401 401 ok ok ok ok ok"
PUSH = "ok ok ok ok ok ok ok"
"""It goes by the token that an agent got with its task: to all others there is no such task (404)."""

ROUTES: dict[str, str] = {
    "GET /health": "ok ok ok ok ok ok ok",
    "GET /snapshot": OVERVIEW,
    "GET /snapshot/finished": OVERVIEW,
    "GET /events/stream": OVERVIEW,
    "GET /workspaces/{workspace_id}/events/stream": STREAM,
    "GET /admin/delegations": OVERVIEW,
    "GET /admin/delegations/stats": OVERVIEW,
    "GET /admin/delegations/{prefix}": OVERVIEW,
    "GET /metrics": OVERVIEW,
    "GET /whoami": ANYBODY,
    "POST /admin/tokens": ADMIN,
    "GET /admin/tokens": ADMIN,
    "DELETE /admin/tokens/{token_id}": ADMIN,
    "POST /workspaces": ADMIN,
    "GET /workspaces": ANYBODY,
    "GET /workspaces/{workspace_id}": SEES,
    "DELETE /workspaces/{workspace_id}": ADMIN,
    "POST /registry/register": ACTS,
    "POST /registry/heartbeat": ACTS,
    "POST /registry/update-card": ACTS,
    "GET /registry/discover/{workspace_id}": SEES,
    "GET /registry/{workspace_id}/peers": SEES,
    "POST /registry/check-access": SEES,
    "POST /workspaces/{workspace_id}/delegate": ACTS,
    "GET /workspaces/{workspace_id}/delegations": SEES,
    "POST /workspaces/{workspace_id}/delegations/record": ACTS,
    "GET /workspaces/{workspace_id}/delegations/{delegation_id}": SEES,
    "GET /workspaces/{workspace_id}/delegations/{delegation_id}/events": SEES,
    "POST /workspaces/{workspace_id}/delegations/{delegation_id}/update": ACTS,
    "POST /workspaces/{workspace_id}/delegations/{delegation_id}/cancel": ACTS,
    "POST /workspaces/{workspace_id}/delegations/{delegation_id}/poll": ACTS,
    "POST /workspaces/{workspace_id}/delegations/{delegation_id}/reply": ACTS,
    "POST /workspaces/{workspace_id}/delegations/{delegation_id}/retry": ACTS,
    "POST /workspaces/{workspace_id}/a2a": ACTS,
    "GET /workspaces/{workspace_id}/a2a/.well-known/agent-card.json": SEES,
    "GET /workspaces/{workspace_id}/a2a/.well-known/agent.json": SEES,
    "GET /workspaces/{workspace_id}/a2a/queue/{queue_id}": ANYBODY,
    "POST /admin/a2a-queue/drop-stale": ADMIN,
    "POST /workspaces/{workspace_id}/notify": ACTS,
    "GET /workspaces/{workspace_id}/activity": SEES,
    "POST /workspaces/{workspace_id}/activity": ACTS,
    "POST /push/{delegation_id}": PUSH,
}
"""What each caller gets: 401, 403, or anything that is neither. A route that is not here fails the test."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Two platforms, with the same workspace under its own id in each, and who calls them."""

    served: Api
    workspace: str
    callers: dict[str, httpx.AsyncClient]


@asynccontextmanager
async def cast(served: Api) -> AsyncIterator[Cast]:
    workspace, other = await served.workspace("coder"), await served.workspace("other")
    # Not siblings: what the two may do to each other is another rule.
    tokens = {
        "none": None,
        "bad": "x" * 43,
        "read": await token(served, "read"),
        "own": await token(served, f"workspace:{workspace}"),
        "other": await token(served, f"workspace:{other}"),
        "admin": served.token,
    }
    callers = {name: served.client(one) for name, one in tokens.items()}
    try:
        yield Cast(served, workspace, callers)
    finally:
        for client in callers.values():
            await client.aclose()


async def token(served: Api, scope: str, **more: str) -> str:
    answer = await served.http.post("/admin/tokens", json={"scope": scope, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def asked(client: httpx.AsyncClient, route: str, workspace: str) -> int:
    """The status of a call; whatever else a route needs is missing, as who may ask comes before what is asked."""
    method, _, path = route.partition(" ")
    path = path.replace("{workspace_id}", workspace).replace("{token_id}", "0" * 16)
    path = path.replace("{delegation_id}", NOBODY).replace("{queue_id}", NOBODY).replace("{prefix}", NOBODY)
    if route.startswith("DELETE /workspaces/"):
        path = path.replace(workspace, NOBODY)
    body: Json = {"id": workspace, "workspace_id": workspace, "caller_id": workspace, "url": "http://127.0.0.1:9",
                  "target_id": NOBODY, "agent_card": {}, "scope": "nothing", "name": " "}  # fmt: skip
    headers = {"X-Workspace-ID": workspace}
    sent = body if method == "POST" else None
    async with client.stream(method, path, json=sent, headers=headers, params={"max_age_minutes": 1}) as answer:
        return answer.status_code


def listed(served: Json) -> Iterator[str]:
    for path, methods in served["paths"].items():
        for method in methods:
            yield f"{method.upper()} {path}"


@pytest.mark.req("S1")
async def test_every_route_against_every_caller(tmp_path: Path) -> None:
    async with (
        platform(tmp_path / "strict") as strict,
        platform(tmp_path / "lenient", allow_anonymous_loopback=True) as lenient,
        cast(strict) as those,
    ):
        known = await lenient.workspace("coder")
        routes = sorted(listed(await strict.get("/openapi.json")))
        assert not set(routes) - set(ROUTES), "a route without an expectation: say who may ask for it"
        async with lenient.client(None) as anonymous:
            for route in routes:
                expected = dict(zip(CALLERS, ROUTES[route].split(), strict=True))
                for caller, client in those.callers.items():
                    told = outcome(await asked(client, route, those.workspace))
                    assert told == expected[caller], (route, caller)
                assert outcome(await asked(anonymous, route, known)) == expected["anonymous"], (route, "anonymous")


def outcome(status: int) -> str:
    assert status < 500 or status == 502, status
    return str(status) if status in (401, 403) else "ok"


@pytest.mark.req("S1")
async def test_the_texts_of_a_missing_and_an_unknown_token(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, served.client(None) as http:
        headers: list[tuple[str, str]] = [
            ("", "missing"), ("Basic eDp5", "missing"), ("Bearer", "missing"),
            ("Bearer x", "invalid"), ("Bearer " + "x" * 10_000, "invalid"), (f"Bearer {served.token}x", "invalid"),
            (f"Bearer {served.token[:-1]}", "invalid"), (f"Bearer {served.token} x", "invalid"),
        ]  # fmt: skip
        for said, word in headers:
            answer = await http.get("/workspaces", headers={"Authorization": said} if said else {})
            assert (answer.status_code, answer.json()) == (401, {"error": f"{word} workspace auth token"}), said
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await http.get(f"/workspaces?token={served.token}")).status_code == 401
        assert (await http.get("/workspaces", headers={"Cookie": f"token={served.token}"})).status_code == 401
        assert (await http.get("/workspaces", headers={"Authorization": f"bearer {served.token}"})).status_code == 200


@pytest.mark.req("S1")
async def test_a_token_is_told_once_and_kept_as_a_hash_alone(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        made = (await served.http.post("/admin/tokens", json={"scope": "read", "label": "wall\x1b[31m"})).json()
        assert len(made["token"]) >= 43
        found = await served.get("/admin/tokens")
        assert [(one["scope"], one["label"]) for one in found] == [
            ("admin", "admin-token file"),
            ("read", "wall\ufffd[31m"),
        ]
        assert found[1]["id"] == made["id"]
        assert made["token"] not in str(found)
        assert served.token not in str(found)
        async with served.client(made["token"]) as reader:
            assert (await reader.get("/whoami")).json() == {"scope": "read"}
    with closing(sqlite3.connect(tmp_path / "headway.db")) as database:
        database.execute("DROP TABLE texts")  # an index that holds no text of its own cannot be dumped
        dumped = "\n".join(database.iterdump())
    for kept in (made["token"], served.token):
        assert kept not in dumped
        for file in tmp_path.iterdir():
            assert file.name == "admin-token" or kept.encode() not in file.read_bytes(), file


@pytest.mark.req("S1")
async def test_a_token_that_was_removed_opens_nothing_and_its_streams_end(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        made = (await served.http.post("/admin/tokens", json={"scope": "read"})).json()
        async with (
            served.events(token=made["token"]) as watching,
            served.client(made["token"]) as reader,
        ):
            assert (await served.http.delete(f"/admin/tokens/{made['id']}")).status_code == 204
            await watching.until(lambda: watching.ended)
            assert (await reader.get("/snapshot")).status_code == 401
        assert not served.log.ended
        assert (await served.http.delete(f"/admin/tokens/{made['id']}")).status_code == 404


@pytest.mark.req("S1")
async def test_the_streams_of_a_removed_workspace_end(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        workspace = await served.workspace("coder")
        own = await token(served, f"workspace:{workspace}")
        async with served.events(f"/workspaces/{workspace}/events/stream", token=own) as watching:
            assert (await served.http.delete(f"/workspaces/{workspace}")).status_code == 204
            await watching.until(lambda: watching.ended)


@pytest.mark.req("S1")
async def test_the_admin_cannot_lock_itself_out(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        [own] = await served.get("/admin/tokens")
        answer = await served.http.delete(f"/admin/tokens/{own['id']}")
        assert answer.status_code == 409
        assert "nothing was changed" in answer.json()["error"]
        second = await token(served, "admin", label="second")
        async with served.client(second) as http:
            assert (await http.delete(f"/admin/tokens/{own['id']}")).status_code == 409
        answer = await served.http.post("/admin/tokens", json={"scope": "read", "label": "admin-token file"})
        assert answer.status_code == 422


@pytest.mark.req("S1")
async def test_a_token_file_that_was_replaced_ends_the_old_token(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        old, made = served.token, await token(served, "admin")
    (tmp_path / "admin-token").unlink()
    async with platform(tmp_path) as served:
        assert served.token != old
        for one, status in ((old, 401), (made, 200)):
            async with served.client(one) as http:
                assert (await http.get("/snapshot")).status_code == status


@pytest.mark.parametrize("scope", ["", "root", "workspace:", "admin ", "anonymous", "READ"])
async def test_a_scope_that_there_is_not(tmp_path: Path, scope: str) -> None:
    async with platform(tmp_path) as served:
        answer = await served.http.post("/admin/tokens", json={"scope": scope})
        assert answer.status_code == 422
        answer = await served.http.post("/admin/tokens", json={"scope": f"workspace:{NOBODY}"})
        assert answer.status_code == 404
        assert len(await served.get("/admin/tokens")) == 1


@pytest.mark.req("S1", "E6")
async def test_what_comes_through_a_proxy_is_not_of_this_machine(tmp_path: Path) -> None:
    async with platform(tmp_path, allow_anonymous_loopback=True) as served, served.client(None) as http:
        workspace = await served.workspace("coder")
        path = f"/workspaces/{workspace}/delegations"
        assert (await http.get(path)).status_code == 200
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert (await http.get(path, headers={name: "127.0.0.1"})).status_code == 401
        assert (await http.get(path, headers={"Authorization": "Bearer x"})).status_code == 401
        assert (await http.get(f"/workspaces/{workspace}/events/stream")).status_code == 401


@pytest.mark.req("S1")
async def test_a_runtime_without_a_token_delegates_where_that_is_allowed(tmp_path: Path) -> None:
    async with platform(tmp_path, allow_anonymous_loopback=True) as served, served.client(None) as http:
        source, target = await served.workspace("a"), await served.workspace("b")
        beat = {"workspace_id": source, "active_tasks": 0, "error_rate": 0.0, "uptime_seconds": 1}
        assert (await http.post("/registry/heartbeat", json=beat)).status_code == 200
        body = {"target_id": target, "task": "hello"}
        answer = await http.post(f"/workspaces/{source}/delegate", json=body)
        assert answer.status_code == 202
        await eventually(lambda: served.log.of(answer.json()["delegation_id"]) != [])
        assert (await http.get("/workspaces")).json() == []
        await asyncio.gather(*(_refused(http, path) for path in ("/snapshot", "/admin/delegations", "/admin/tokens")))


async def _refused(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 403
