"""Our own platform, over HTTP and SSE (spec: platform-api)."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from headway.connectors.connector import (
    Batch,
    Capabilities,
    Closed,
    Cursor,
    DelegationRef,
    Dispatched,
    DispatchOrder,
    Opened,
    Opening,
    StreamMessage,
)
from headway.connectors.errors import (
    Conflict,
    ConnectorError,
    CursorGone,
    NotAllowed,
    NotFound,
    NotReachable,
    OutcomeUnknown,
    Refused,
)
from headway.connectors.reading import read_answer, read_error, read_event
from headway.core.api import (
    SNAPSHOT_FINISHED,
    CancelRequest,
    DelegateAccepted,
    DelegateRequest,
    Health,
    Snapshot,
    StatusAnswer,
    Workspace,
    WorkspaceCreated,
    WorkspaceRequest,
)
from headway.core.clock import Clock
from headway.core.delegation import Delegation, Status
from headway.core.text import clean_line
from headway.net import errors as net
from headway.net.http import open_client, read_body, reason
from headway.net.idle import IdleWatchdog
from headway.net.sse import Connected, Connecting, Lost, Messages, subscribe

T = TypeVar("T")

OPERATOR: Final = "operator"
ANSWER_LIMIT: Final = 256 * 1_048_576
"""Bytes read of one answer; a snapshot of 100,000 delegations is some 60 MB."""
ANSWER_SECONDS: Final = 60.0
"""Silence after which an answer is given up."""

_SNAPSHOT: Final = TypeAdapter(Snapshot)
_DELEGATION: Final = TypeAdapter(Delegation)
_DELEGATIONS: Final = TypeAdapter(list[Delegation])
_WORKSPACES: Final = TypeAdapter(list[Workspace])
_ACCEPTED: Final = TypeAdapter(DelegateAccepted)
_STATUS: Final = TypeAdapter(StatusAnswer)
_CREATED: Final = TypeAdapter(WorkspaceCreated)
_HEALTH: Final = TypeAdapter(Health)


class HeadwayConnector:
    """`Connector` to a Headway platform at `base_url`."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        clock: Clock,
        rng: random.Random,
        read_only: bool = False,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._clock = clock
        self._rng = rng
        self._http = http or open_client()
        self.capabilities = Capabilities(read_only=read_only)

    @property
    def address(self) -> str:
        """The platform's URL; one with a password in it is shown without."""
        parts = httpx.URL(self._base_url)
        return clean_line(str(parts.copy_with(userinfo=b"")))

    def use_token(self, token: str | None) -> None:
        self._token = token

    async def snapshot(self, *, finished: int = SNAPSHOT_FINISHED) -> Snapshot:
        return await self._get(_SNAPSHOT, "/snapshot", {"finished": finished})

    async def events(self, after: Cursor | None) -> AsyncGenerator[StreamMessage, None]:
        signals = subscribe(
            self._http,
            self._base_url + "/events/stream",
            clock=self._clock,
            rng=self._rng,
            headers=self._headers(),
            last_event_id=str(after) if after else "",
        )
        try:
            async with aclosing(signals):
                async for signal in signals:
                    match signal:
                        case Connecting():
                            yield Opening()
                        case Connected():
                            yield Opened()
                        case Lost():
                            yield Closed(signal.reason, signal.retry_in)
                        case Messages():
                            yield _batch(signal)
        except net.CursorGone as gone:
            raise CursorGone(
                f"The platform cannot go on from here: {gone.excerpt}.", next_step="Take a new snapshot."
            ) from gone
        except net.NotAllowed as refused:
            raise _not_allowed(refused.status, refused.excerpt) from refused

    async def dispatch(self, order: DispatchOrder) -> Dispatched:
        request = DelegateRequest(
            target_id=order.target_id,
            task=order.task,
            idempotency_key=order.idempotency_key,
            priority=order.priority,
            expires_in_seconds=order.expires_in_seconds,
        )
        body = request.model_dump(exclude_none=True)
        path = f"/workspaces/{OPERATOR}/delegate"
        try:
            accepted = await self._post(_ACCEPTED, path, body)
        except OutcomeUnknown:
            # The idempotency key makes a second try safe: the platform carries the order out once.
            accepted = await self._post(_ACCEPTED, path, body)
        return Dispatched(accepted.delegation_id, accepted.target_id, accepted.status, bool(accepted.idempotent_hit))

    async def delegation(self, id_or_prefix: str) -> Delegation:
        return await self._get(_DELEGATION, f"/admin/delegations/{_segment(id_or_prefix)}")

    async def delegations(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> list[Delegation]:
        wanted = {"status": status and status.value, "limit": limit, "before": before}
        return await self._get(
            _DELEGATIONS, "/admin/delegations", {name: value for name, value in wanted.items() if value is not None}
        )

    async def poll(self, delegation: DelegationRef) -> Delegation:
        return await self._post(_DELEGATION, f"{_path(delegation)}/poll", {})

    async def cancel(self, delegation: DelegationRef, *, reason: str | None = None) -> Status:
        body = CancelRequest(reason=reason).model_dump(exclude_none=True)
        answer = await self._post(_STATUS, f"{_path(delegation)}/cancel", body)
        return answer.status

    async def agents(self) -> list[Workspace]:
        return await self._get(_WORKSPACES, "/workspaces")

    async def add_agent(self, url: str, *, name: str | None = None, slots: int = 1) -> str:
        request = WorkspaceRequest(name=name or url, url=url, max_concurrent_tasks=slots)
        return (await self._post(_CREATED, "/workspaces", request.model_dump(exclude_none=True))).id

    async def health(self) -> Health:
        return await self._get(_HEALTH, "/health")

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _get(self, adapter: TypeAdapter[T], path: str, query: dict[str, Any] | None = None) -> T:
        return await self._ask(adapter, "GET", path, params=query)

    async def _post(self, adapter: TypeAdapter[T], path: str, body: dict[str, Any]) -> T:
        if self.capabilities.read_only:
            raise NotAllowed("This board is read-only.", next_step="Open it without --read-only to act.")
        return await self._ask(adapter, "POST", path, json=body)

    async def _ask(self, adapter: TypeAdapter[T], method: str, path: str, **request: Any) -> T:
        url = self._base_url + path
        try:
            async with (
                IdleWatchdog(self._clock, ANSWER_SECONDS) as watchdog,
                self._http.stream(method, url, headers=self._headers(), **request) as response,
            ):
                body = await read_body(response, watchdog, limit=ANSWER_LIMIT)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._not_reachable(reason(error)) from error
        except httpx.TransportError as error:
            raise self._no_answer(method, reason(error)) from error
        except (net.NetError, httpx.InvalidURL) as error:
            raise self._no_answer(method, clean_line(str(error))) from error
        if body.broken is not None:
            raise self._no_answer(method, "the answer broke off")
        if not response.is_success:
            raise _refusal(response.status_code, read_error(body.content))
        return read_answer(adapter, body.content)

    def _no_answer(self, method: str, why: str) -> ConnectorError:
        if method == "GET":
            return self._not_reachable(why)
        return OutcomeUnknown(
            f"The platform at {self.address} did not answer ({why}).",
            unchanged="What was asked may have been carried out.",
            next_step="Look before asking again.",
        )

    def _not_reachable(self, why: str) -> NotReachable:
        return NotReachable(
            f"The platform at {self.address} cannot be reached ({why}).",
            next_step="Start it with `headway serve`, or name another with --url.",
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _batch(messages: Messages) -> Batch:
    read = [known for message in messages.events if (known := read_event(message)) is not None]
    cursors = [cursor for _, cursor in read if cursor is not None]
    return Batch([event for event, _ in read], cursors[-1] if cursors else None)


def _path(delegation: DelegationRef) -> str:
    return f"/workspaces/{_segment(delegation.source_id)}/delegations/{_segment(delegation.delegation_id)}"


def _segment(text: str) -> str:
    return quote(text, safe="")


def _refusal(status: int, said: str) -> ConnectorError:
    what = said[:1].upper() + said[1:].rstrip(".") + "." if said else f"The platform answered HTTP {status}."
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _not_allowed(status, said)
        case HTTPStatus.NOT_FOUND:
            return NotFound(what)
        case HTTPStatus.CONFLICT:
            return Conflict(what)
        case HTTPStatus.GONE:
            return CursorGone(what, next_step="Take a new snapshot.")
        case _:
            return Refused(what)


def _not_allowed(status: int, said: str) -> NotAllowed:
    needs_token = status == HTTPStatus.UNAUTHORIZED
    return NotAllowed(
        f"The platform refused: {said or f'HTTP {status}'}.",
        needs_token=needs_token,
        next_step="Set HEADWAY_TOKEN to a token of this platform." if needs_token else "Use a token that may do this.",
    )
