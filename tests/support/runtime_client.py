"""A runtime's delegation tool as the specs tell of it (platform-api, agent-tools), and nothing of our code.

It knows HTTP and JSON only: record, discover, send through the URL that discovery gave, settle on the platform, notify.
Without a token it names itself by `X-Workspace-ID` alone, as runtimes do that were written for a trusted network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

Json = dict[str, Any]


@dataclass(slots=True)
class Local:
    """What the runtime itself remembers of one delegation."""

    task_id: str
    workspace_id: str
    task: str
    status: str = "pending"
    result: str | None = None
    error: str | None = None
    queue_id: str | None = None
    platform: list[str] = field(default_factory=list)
    """What the platform answered to record, update and notify, in order."""


class Runtime:
    """One workspace's runtime."""

    def __init__(self, platform_url: str, workspace_id: str, token: str | None = None) -> None:
        headers = {"X-Workspace-ID": workspace_id}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.workspace_id = workspace_id
        self.delegations: dict[str, Local] = {}
        self.token = token
        self._http = httpx.AsyncClient(
            base_url=platform_url, headers=headers, timeout=30, trust_env=False, verify=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def register(self, url: str, card: Json) -> None:
        """Say where this runtime's own agent listens; a token that comes back replaces the one there is."""
        body = {"id": self.workspace_id, "url": url, "agent_card": card}
        answer = (await self._http.post("/registry/register", json=body)).raise_for_status().json()
        assert answer["status"] == "registered"
        if self.token and answer.get("auth_token"):
            self.token = answer["auth_token"]
            self._http.headers["Authorization"] = f"Bearer {self.token}"

    async def heartbeat(self, active_tasks: int, current_task: str = "") -> None:
        body = {
            "workspace_id": self.workspace_id,
            "active_tasks": active_tasks,
            "current_task": current_task,
            "uptime_seconds": 7,
            "error_rate": 0.0,
            "sample_error": "",
        }
        answer = await self._http.post("/registry/heartbeat", json=body)
        assert answer.json()["status"] == "ok", answer.text

    async def delegate(self, target: str, task: str, *, attempt: int = 1) -> Local:
        """record → discover → send → update → notify."""
        local = Local(str(uuid4()), target, task)
        self.delegations[local.task_id] = local
        await self._tell(
            local, "delegations/record", {"target_id": target, "task": task, "delegation_id": local.task_id}
        )
        found = await self._http.get(f"/registry/discover/{target}")
        if found.status_code != 200:
            return await self._settle(local, "failed", error=f"Discovery failed: HTTP {found.status_code}")
        url = found.json().get("url")
        if not url:
            return await self._settle(local, "failed", error="No URL for workspace")
        return await self.send(local, url, attempt=attempt)

    async def send(self, local: Local, url: str, *, attempt: int = 1) -> Local:
        """The message of a delegation, under the same messageId on every attempt."""
        envelope = {
            "jsonrpc": "2.0",
            "id": f"delegation-{local.task_id}-{attempt}",
            "method": "message/send",
            "params": {
                "message": {
                    "role": "user",
                    "messageId": f"msg-{local.task_id}",
                    "parts": [{"kind": "text", "text": local.task}],
                },
                "metadata": {"parent_task_id": local.task_id, "source_workspace_id": self.workspace_id},
            },
        }
        answer = await self._http.post(url, json=envelope)
        body = answer.json()
        if answer.status_code == 202 and body.get("queued") is True:
            local.queue_id = body["queue_id"]
            return await self._settle(local, "queued")
        if "result" in body:
            assert body["id"] == envelope["id"]
            return await self._settle(local, "completed", result=_texts(body["result"]))
        return await self._settle(local, "failed", error=body["error"]["message"])

    async def check(self, task_id: str) -> Local:
        """How one stands; a queued one is refreshed from the platform's whole record."""
        local = self.delegations[task_id]
        if local.status == "queued":
            answer = await self._http.get(f"/workspaces/{self.workspace_id}/delegations/{task_id}")
            record = answer.json() if answer.status_code == 200 else {}
            if record.get("status") in ("completed", "failed"):
                local.status, local.result, local.error = record["status"], record.get("result"), record.get("error")
                await self._notify(local)
        return local

    async def listed(self) -> list[Json]:
        answer = (await self._http.get(f"/workspaces/{self.workspace_id}/delegations")).raise_for_status().json()
        assert isinstance(answer, list)
        return answer

    async def _settle(self, local: Local, status: str, *, result: str | None = None, error: str | None = None) -> Local:
        local.status, local.result, local.error = status, result, error
        said: Json = {"status": status}
        if error is not None:
            said["error"] = error
        if result is not None:
            said["response_preview"] = result[:500]
        await self._tell(local, f"delegations/{local.task_id}/update", said)
        await self._notify(local)
        return local

    async def _notify(self, local: Local) -> None:
        said = {
            "type": "delegation_complete",
            "task_id": local.task_id,
            "target_workspace_id": local.workspace_id,
            "status": local.status,
        }
        await self._tell(local, "notify", said)

    async def _tell(self, local: Local, what: str, body: Json) -> None:
        answer = await self._http.post(f"/workspaces/{self.workspace_id}/{what}", json=body)
        local.platform.append(f"{what.rpartition('/')[2]} {answer.status_code}")


def _texts(result: Json) -> str:
    holders = [*result.get("artifacts", []), result]
    return "\n".join(
        part["text"] for holder in holders for part in holder.get("parts", []) if part.get("kind") == "text"
    )
