"""Many delegations at once, over HTTP, faster than a command each."""

from __future__ import annotations

import httpx
from support.processes import Cli, Server


def dispatch_many(server: Server, cli: Cli, count: int, task: str) -> list[str]:
    """Dispatch `count` tasks, each numbered, to the first agent; their ids."""
    token = (cli.data / "admin-token").read_text().strip()
    target = cli("agents", "--json").json()[0]["id"]
    ids = []
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as http:
        for number in range(count):
            body = {"target_id": target, "task": f"{task} number {number}"}
            answer = http.post("/workspaces/operator/delegate", json=body)
            assert answer.status_code == 202, answer.text
            ids.append(answer.json()["delegation_id"])
    return ids
