"""The short way of `POST …/delegate` gives the answers that FastAPI's way gives, whatever it is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.platform import server
from support.platforms import NOBODY, platform

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from support.platforms import Api

_WAITS = re.compile(r"pending|queued")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def asked(served: Api) -> list[tuple[int, str, dict[str, str]]]:
    """What one platform answers to everything that can be wrong, and to what is right."""
    target = await served.workspace("target", "http://127.0.0.1:9")
    # Busy, so that what is accepted waits for it.
    busy = await served.http.post("/registry/heartbeat", json={"workspace_id": target, "active_tasks": 1})
    assert busy.status_code == 200, busy.text
    stranger = (await served.http.post("/workspaces", json={"name": "far", "parent_id": target})).json()["id"]
    tokens = {
        scope: (await served.http.post("/admin/tokens", json={"scope": scope})).json()["token"]
        for scope in ("read", f"workspace:{target}", f"workspace:{served.source}")
    }
    right = {"target_id": target, "task": "do it"}
    bodies: list[Any] = [
        right,
        {**right, "idempotency_key": "k"},
        {**right, "idempotency_key": "k"},
        {**right, "task": "something else", "idempotency_key": "k"},
        {**right, "priority": 7, "deadline_seconds": 60, "expires_in_seconds": 60, "unknown": [1]},
        {**right, "target_id": served.source},
        {**right, "target_id": "nobody"},
        {**right, "target_id": NOBODY},
        {**right, "target_id": stranger},
        {**right, "task": " \x1b\n"},
        {**right, "task": "x" * 1_100_000},
        {**right, "priority": "1"},
        [],
        None,
    ]
    answers = [await served.ask("delegate", body) for body in bodies]
    answers += [await served.ask("delegate", raw) for raw in (b"", b"{", b'{"task": NaN}', b"\xff", b"[" * 100)]
    path = f"/workspaces/{served.source}/delegate"
    for headers in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}, {"traceparent": "00-x"}):
        answers.append(await served.http.post(path, json=right, headers=headers))
    for token in (None, "wrong", *tokens.values()):
        async with served.client(token) as http:
            answers.append(await http.post(path, json=right))
    for other in ("operator", NOBODY, "a%2Fb", "%ff"):
        answers.append(await served.http.post(f"/workspaces/{other}/delegate", json=right))
    for method in ("GET", "PUT", "HEAD", "OPTIONS"):
        answers.append(await served.http.request(method, path))
    answers.append(await served.http.post(path + "/", json=right))
    return [told(answer) for answer in answers]


def told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what differs from run to run."""
    here = answer.request.url.netloc.decode()
    text = _WAITS.sub("<waits>", _UUID.sub("<id>", answer.text)).replace(here, "<here>")
    differs = {"date", "server", *(["content-length"] if "<waits>" in text else [])}
    return answer.status_code, text, {name: value for name, value in answer.headers.items() if name not in differs}


async def test_both_ways_answer_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with platform(tmp_path / "short") as served:
        short = await asked(served)
    monkeypatch.setattr(server, "Express", lambda app, _platform: app)
    async with platform(tmp_path / "long") as served:
        assert short == await asked(served)
    assert {status for status, _, _ in short} >= {200, 202, 400, 401, 403, 405, 409, 413, 421}


async def test_a_ledger_that_cannot_be_written_and_a_fault_are_told_as_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with platform(tmp_path) as served:
        target = await served.workspace("target")
        for error, status, said in (
            (LedgerUnavailable("the disk is full"), 503, "the disk is full"),
            (ZeroDivisionError("secret"), 500, "a fault in the platform"),
        ):

            async def fail(*_: object, error: Exception = error) -> None:
                raise error

            with monkeypatch.context() as patched:
                patched.setattr(Ledger, "delegate", fail)
                answer = await served.ask("delegate", {"target_id": target, "task": "do it"})
            assert answer.status_code == status
            assert answer.json()["error"].startswith(said)
    assert caplog.text.count("ZeroDivisionError: secret") == 1
