"""The runtime's side of a platform's API: record, discover, update, notify, get, list, cancel (spec: platform-api).

It speaks to platforms of ours and to those whose API ours is compatible with. What comes back is bounded and clean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from headway.connectors import door
from headway.core.clock import Clock
from headway.core.text import ERROR_LIMIT, clean_line
from headway.net.errors import NetError
from headway.net.http import IDENTITY, read_body, read_error_body, reason
from headway.net.idle import IdleWatchdog
from headway.net.timing import within
from headway.tools.session import Session

CALL_SECONDS: Final = 10.0
"""What one call may take in all (spec: agent-tools, "best effort within 10 s")."""
BODY_BYTES: Final = 32 * 1024 * 1024
"""The largest answer read: a record with a mebibyte of result and one of progress text, however they are escaped."""
INVALID_JSON: Final = "Invalid JSON response"

Json = dict[str, Any]


class PlatformError(Exception):
    """A call to the platform did not succeed; the text says what happened, clean and in one line."""


class PlatformAnswered(PlatformError):
    """The platform answered with a status that is no success."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"HTTP {status}: {said}" if said else f"HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Progress:
    """What a source has seen of the work: the agent's message, and what it has put out from `offset` on."""

    message: str | None = None
    percent: float | None = None
    offset: int = 0
    text: str | None = None


class PlatformApi:
    """Calls of one workspace to its platform, each at most `CALL_SECONDS` long. Every failure is a PlatformError."""

    def __init__(self, http: httpx.AsyncClient, url: str, workspace_id: str, clock: Clock) -> None:
        """`http` adds the token; redirects are not followed."""
        self.workspace_id = workspace_id
        self.identity: Final[Mapping[str, str]] = {"X-Workspace-ID": workspace_id}
        """The header by which a workspace names itself, to its platform and to the agents that it talks to."""
        self._http = http
        self._url = url
        self._workspace = f"/workspaces/{quote(workspace_id, safe='')}"
        self._headers = {**self.identity, **IDENTITY}
        self._clock = clock

    @classmethod
    def of(cls, session: Session) -> PlatformApi | None:
        """The platform of a session; None where the settings name none, or not who calls."""
        settings = session.settings
        if settings.platform_url is None or settings.workspace_id is None:
            return None
        return cls(session.http, settings.platform_url, settings.workspace_id, session.clock)

    async def record(self, task_id: str, target_id: str, task: str, traceparent: str) -> None:
        """Say that this workspace sends a delegation itself. The same one again changes nothing."""
        body = {"target_id": target_id, "task": task, "delegation_id": task_id}
        await self._call("POST", f"{self._workspace}/delegations/record", body, {"traceparent": traceparent})

    async def discover(self, target_id: str) -> str | None:
        """The URL at which a workspace is talked to; None where it has none."""
        found = _object(await self._call("GET", f"/registry/discover/{quote(target_id, safe='')}"))
        url = found.get("url")
        return url if isinstance(url, str) and url else None

    async def update(
        self, task_id: str, status: str, *, error: str | None = None, response_preview: str | None = None
    ) -> None:
        """Say how a delegation has ended, or that it waits in a queue."""
        said = {"status": status, "error": error, "response_preview": response_preview}
        await self._call("POST", self._path(task_id, "update"), _given(said))

    async def progress(self, task_id: str, seen: Progress) -> None:
        """Say what is seen of the work."""
        said = {"status_message": seen.message, "progress_percent": seen.percent}
        if seen.text is not None:
            said |= {"progress_offset": seen.offset, "progress_text": seen.text}
        await self._call("POST", self._path(task_id, "update"), {"status": "in_progress", **_given(said)})

    async def notify(self, task_id: str, target_id: str, status: str) -> None:
        """Announce how a delegation has ended, or that it waits in a queue."""
        said = {
            "type": "delegation_complete", "task_id": task_id, "target_workspace_id": target_id, "status": status,
        }  # fmt: skip
        await self._call("POST", f"{self._workspace}/notify", said)

    async def get(self, task_id: str) -> Json:
        """The whole record of a delegation."""
        return _object(await self._call("GET", self._path(task_id)))

    async def list(self, status: str | None = None) -> list[Json]:
        """The newest delegations of this workspace, newest first, with previews only.

        A platform that cannot choose by `status` gives the others too.
        """
        query = f"?status={quote(status)}" if status is not None else ""
        found = await self._call("GET", f"{self._workspace}/delegations{query}")
        if not isinstance(found, list):
            raise PlatformError(INVALID_JSON)
        return [one for one in found if isinstance(one, dict)]

    async def cancel(
        self, task_id: str, reason: str | None, *, confirmed: bool | None = None, message: str | None = None
    ) -> str:
        """Have a delegation canceled; returns the status that the platform gives it.

        `confirmed` and `message` are for one that this workspace has sent itself: what its agent has said.
        """
        said = _given({"reason": reason, "confirmed": confirmed, "status_message": message})
        answer = _object(await self._call("POST", self._path(task_id, "cancel"), said))
        status = answer.get("status")
        if not isinstance(status, str):
            raise PlatformError(INVALID_JSON)
        return status

    async def reply(self, task_id: str, text: str) -> None:
        """Have the platform answer what the agent of a delegation asks that it holds."""
        await self._call("POST", self._path(task_id, "reply"), {"text": text})

    def _path(self, task_id: str, *more: str) -> str:
        return "/".join((f"{self._workspace}/delegations", quote(task_id, safe=""), *more))

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        # Escaped to ASCII: a lone surrogate in a task could not be encoded otherwise.
        content = None if body is None else json.dumps(body).encode("ascii")
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            request = self._http.build_request(
                method, self._url + path, content=content, headers={**self._headers, **kind, **(headers or {})}
            )
            return await within(self._clock, CALL_SECONDS, self._exchange(request))
        except TimeoutError:
            raise PlatformError(f"no answer within {CALL_SECONDS:g} s") from None
        except httpx.TransportError as error:
            raise PlatformError(f"the platform could not be reached ({reason(error)})") from error
        except (NetError, httpx.InvalidURL) as error:
            raise PlatformError(clean_line(str(error), limit=ERROR_LIMIT)) from error

    async def _exchange(self, request: httpx.Request) -> Any:
        async with IdleWatchdog(self._clock, CALL_SECONDS) as watchdog:
            response = await self._http.send(request, stream=True, follow_redirects=False)
            async with aclosing(response):
                if not response.is_success:
                    body = await read_error_body(response, watchdog)
                    raise PlatformAnswered(response.status_code, _error_text(body.content))
                body = await read_body(response, watchdog, limit=BODY_BYTES)
        if body.broken is not None:
            raise PlatformError("the platform's answer broke off")
        try:
            return door.read(body.content)
        except ValueError:
            raise PlatformError(INVALID_JSON) from None


def _object(answer: Any) -> Json:
    if not isinstance(answer, dict):
        raise PlatformError(INVALID_JSON)
    return answer


def _given(fields: Mapping[str, Any]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _error_text(content: bytes) -> str:
    try:
        answer = door.read(content)
    except ValueError:
        return ""
    said = answer.get("error") if isinstance(answer, dict) else None
    return clean_line(said, limit=ERROR_LIMIT) if isinstance(said, str) else ""
