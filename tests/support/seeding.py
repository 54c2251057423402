"""Delegations for a board to show, made over HTTP: what a runtime records and reports, without an agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from support.processes import WITHIN, Server

OPERATOR = "/workspaces/operator"
FINISHED = ("Fetch prices", "Lint everything", "Write the notes")
"""What `fill` makes of delegations that have ended."""


class Seeding:
    """The platform's API with its admin token; what it refuses is an AssertionError."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def post(self, path: str, body: object, *, allowed: tuple[int, ...] = ()) -> httpx.Response:
        """POST as JSON, lone surrogates escaped; a status of `allowed` is fine beside 2xx."""
        content = json.dumps(body).encode()
        answer = self._http.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.is_success or answer.status_code in allowed, answer.text
        return answer

    def get(self, path: str) -> Any:
        answer = self._http.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    def agent(self, name: str, url: str | None = None, *, slots: int = 1) -> str:
        """A workspace; its id."""
        body = {"name": name, "max_concurrent_tasks": slots, **({"url": url} if url else {})}
        made: str = self.post("/workspaces", body).json()["id"]
        return made

    def dispatch(self, target: str, task: str) -> str:
        """Hand a task to an agent; the id of its delegation."""
        sent: str = self.post(f"{OPERATOR}/delegate", {"target_id": target, "task": task}).json()["delegation_id"]
        return sent

    def record(self, delegation_id: str, target: str, task: str, **update: Any) -> str:
        """A delegation that a runtime carries out itself, and what became of it, where that is given."""
        body = {"target_id": target, "task": task, "delegation_id": delegation_id}
        self.post(f"{OPERATOR}/delegations/record", body)
        if update:
            self.post(f"{OPERATOR}/delegations/{delegation_id}/update", update)
        return delegation_id


@contextmanager
def seeding(running: Server, data: Path) -> Iterator[Seeding]:
    """Talk to the platform of this data folder."""
    token = (data / "admin-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=WITHIN, trust_env=False) as http:
        yield Seeding(http)


def fill(platform: Seeding, agent_url: str) -> None:
    """Three that have ended, one that runs and one that asks; `agent_url` is a simulated agent."""
    coder, worker = platform.agent("coder"), platform.agent("worker", agent_url, slots=4)
    platform.record("lint", coder, "Lint everything", status="completed", response_preview="0 findings\nin 214 files")
    platform.record("fetch", coder, "Fetch prices", status="failed", error="403 from prices.example")
    platform.record("write", worker, "Write the notes", status="completed", response_preview="# Notes\n\n- **one**\n")
    platform.dispatch(worker, "Crawl the site steps=5000 delay=3")
    platform.dispatch(worker, "Plan the quarter steps=2 at=1 delay=0 ask=Q3_or_Q4")
