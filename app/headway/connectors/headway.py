"""Our own platform, over HTTP and server-sent events (spec: platform-api)."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from headway.connectors import door
from headway.connectors.address import checked_address, path_of, segment, tls_for
from headway.connectors.connector import (
    Capabilities,
    Closed,
    DelegationRef,
    Dispatched,
    DispatchOrder,
    Opened,
    Opening,
    StreamMessage,
)
from headway.connectors.errors import (
    BadAnswer,
    ConnectorError,
    CursorGone,
    Effect,
    NotAllowed,
    NotFound,
    NotReachable,
    OutcomeUnknown,
)
from headway.core import api
from headway.core.api import OPERATOR, SNAPSHOT_FINISHED
from headway.core.delegation import Delegation, Row, Status
from headway.core.scopes import READ
from headway.core.text import clean_line
from headway.net import errors as net

if TYPE_CHECKING:
    import random

    import httpx

    from headway.connectors.first_look import FirstLook
    from headway.connectors.http import Exchange
    from headway.connectors.stream import EventReader
    from headway.core.clock import Clock
    from headway.core.cursor import Cursor
    from headway.core.events import Event
    from headway.net.backoff import Backoff

_TOKEN: Final = re.compile("[!-~]{1,1024}")
_EPOCH: Final = re.compile("[!-~]{1,128}")

_log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)


class HeadwayConnector:
    """`Connector` of our platform; usable without a token where the platform allows it.

    `base_url` is http or https, without user, query or fragment: anything else raises `NotReachable`. With `read_only`
    nothing is ever sent that could change something. `find` is asked whenever the platform is lost: where it is now, if
    that is known, for a platform of this account may come back on another port. `gather` is the seconds in which events
    that follow others are read at once.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        clock: Clock,
        rng: random.Random,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        backoff: Backoff | None = None,
        find: Callable[[], str | None] | None = None,
        gather: float = 0.0,
        first: FirstLook | None = None,
    ) -> None:
        """The HTTP client is loaded and made for the first call; `first` may spare the first snapshot that."""
        self._find = find
        self._gather = gather
        self._first = first
        self._address = checked_address(base_url)
        self._headers: dict[str, str] = {}
        self.use_token(token)
        self._clock = clock
        self._rng = rng
        self._backoff = backoff
        self._read_only = read_only
        self._capabilities = Capabilities(read_only=read_only)
        self._transport = transport

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        import httpx

        from headway.net.http import KEPT_SECONDS

        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEPT_SECONDS)
        tls = tls_for(self._address)
        return httpx.AsyncClient(
            trust_env=False, follow_redirects=False, transport=self._transport, verify=tls, limits=limits
        )

    @cached_property
    def _http(self) -> Exchange:
        from headway.connectors.http import Exchange

        return Exchange(self._client, self._address, self._headers, self._clock)

    def __repr__(self) -> str:
        return f"HeadwayConnector({self._address!r})"

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def address(self) -> str:
        return self._address

    def use_token(self, token: str | None) -> None:
        """Raises `NotAllowed` for what cannot be a token."""
        if token and not _TOKEN.fullmatch(token):
            raise NotAllowed(
                "That is no token: it holds blanks or characters that tokens never have.",
                needs_token=True,
                next_step="Give it again, on one line.",
            )
        self._scope_known = False
        self._headers.pop("Authorization", None)
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def snapshot(self, *, finished: int = SNAPSHOT_FINISHED) -> api.Snapshot:
        if self._first is not None and (seen := await self._seen_first(self._first, finished)) is not None:
            return seen
        self._has_moved()
        snapshot = self._read(api.Snapshot, await self._http.call("GET", "/snapshot", params={"finished": finished}))
        if not _EPOCH.fullmatch(snapshot.epoch):
            raise self._bad_answer()
        if not self._scope_known:
            await self._learn_scope()
        return snapshot

    async def finished_before(self, delegation: DelegationRef, *, limit: int = SNAPSHOT_FINISHED) -> list[Row]:
        params: dict[str, str | int] = {"before": delegation.delegation_id, "limit": limit}
        return self._read(api.Finished, await self._http.call("GET", "/snapshot/finished", params=params)).delegations

    async def _seen_first(self, look: FirstLook, finished: int) -> api.Snapshot | None:
        """What the first look has seen, once; None where that is of no use."""
        answers, self._first = await look.answers(), None
        if answers is None or finished != SNAPSHOT_FINISHED or self._has_moved():
            return None
        try:
            snapshot = self._read(api.Snapshot, door.read(answers.snapshot))
            scope = self._read(api.WhoAmI, door.read(answers.scope)).scope
        except (BadAnswer, ValueError):
            return None
        if not _EPOCH.fullmatch(snapshot.epoch):
            return None
        self._know_scope(scope)
        return snapshot

    def _know_scope(self, scope: str) -> None:
        self._scope_known = True
        self._capabilities = replace(self._capabilities, read_only=self._read_only or scope == READ)

    async def _learn_scope(self) -> None:
        """Whether this token may act at all, so that a board offers only what it can do."""
        try:
            scope = self._read(api.WhoAmI, await self._http.call("GET", "/whoami")).scope
        except NotFound:
            # An older platform does not say; it refuses what may not be.
            scope = ""
        except ConnectorError as error:
            _log.info("the scope of the token is not known: %s", error)
            return
        self._know_scope(scope)

    async def events(self, after: Cursor | None) -> AsyncGenerator[StreamMessage, None]:
        from headway.connectors.stream import EventReader

        reader = EventReader(after)
        try:
            while True:
                async with aclosing(self._events_here(reader)) as messages:
                    async for message in messages:
                        yield message
                        if isinstance(message, Closed) and self._has_moved():
                            break
        except net.NotAllowed as error:
            raise NotAllowed(
                "The platform does not take this token.",
                needs_token=error.status == 401,
                next_step="Give a token that this platform knows.",
            ) from error
        except net.CursorGone as error:
            raise CursorGone("The platform no longer has the events after this one.") from error

    async def _events_here(self, reader: EventReader) -> AsyncGenerator[StreamMessage, None]:
        """What the platform tells at its address of now, for ever."""
        from headway.net.sse import Connected, Connecting, Lost, Messages, subscribe

        signals = subscribe(
            self._client, f"{self._address}/events/stream", clock=self._clock, rng=self._rng, headers=self._headers,
            last_event_id=str(reader.cursor) if reader.cursor else "", backoff=self._backoff, gather=self._gather,
        )  # fmt: skip
        async with aclosing(signals):
            async for signal in signals:
                match signal:
                    case Connecting():
                        yield Opening()
                    case Connected():
                        yield Opened()
                    case Messages(events=events):
                        yield reader.read(events)
                    case Lost(reason=reason, retry_in=retry_in):
                        yield Closed(clean_line(reason), retry_in)

    def _has_moved(self) -> bool:
        """Whether the platform is known to be at another address than before; it is asked there from then on."""
        found = self._find() if self._find else None
        try:
            address = checked_address(found) if found else self._address
        except NotReachable:
            return False
        if address == self._address:
            return False
        _log.info("the platform is at %s now", address)
        self._address = address
        self.__dict__.pop("_http", None)
        return True

    async def dispatch(self, order: DispatchOrder) -> Dispatched:
        self._require_write()
        wanted = {
            "target_id": order.target_id,
            "task": order.task,
            "idempotency_key": order.idempotency_key,
            "priority": order.priority,
            "expires_in_seconds": order.expires_in_seconds,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        path = f"/workspaces/{OPERATOR}/delegate"
        try:
            answer = await self._http.call("POST", path, json=body, effect=Effect.CHANGES)
        except OutcomeUnknown:
            # Safe: the key makes the platform carry it out once.
            answer = await self._http.call("POST", path, json=body, effect=Effect.CHANGES)
        accepted = self._read(api.DelegateAccepted, answer, Effect.CHANGES)
        return Dispatched(
            accepted.delegation_id, accepted.target_id, accepted.status, repeated=bool(accepted.idempotent_hit)
        )

    async def delegation(self, id_or_prefix: str) -> Delegation:
        return self._read(Delegation, await self._http.call("GET", f"/admin/delegations/{segment(id_or_prefix)}"))

    async def timeline(self, delegation: DelegationRef) -> list[Event]:
        from headway.core.events import Event, read_payload

        past = self._read_list(api.PastEvent, await self._http.call("GET", path_of(delegation, "events")))
        try:
            return [Event(one.seq, one.type, one.timestamp, read_payload(one.type, one.data)) for one in past]
        except ValidationError as error:
            raise self._bad_answer() from error

    async def delegations(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> list[Delegation]:
        asked = {"status": status.value if status else None, "limit": limit, "before": before}
        params = {name: value for name, value in asked.items() if value is not None}
        answer = await self._http.call("GET", "/admin/delegations", params=params)
        return self._read_list(Delegation, answer)

    async def poll(self, delegation: DelegationRef) -> Delegation:
        self._require_write()
        # Asking twice does no harm, so a lost answer leaves nothing in doubt.
        return self._read(Delegation, await self._http.call("POST", path_of(delegation, "poll")))

    async def cancel(self, delegation: DelegationRef, *, reason: str | None = None) -> Status:
        self._require_write()
        body = {"reason": reason} if reason else {}
        answer = await self._http.call("POST", path_of(delegation, "cancel"), json=body, effect=Effect.CHANGES)
        return self._read(api.StatusAnswer, answer, Effect.CHANGES).status

    async def reply(self, delegation: DelegationRef, text: str) -> Status:
        self._require_write()
        answer = await self._http.call("POST", path_of(delegation, "reply"), json={"text": text}, effect=Effect.CHANGES)
        return self._read(api.StatusAnswer, answer, Effect.CHANGES).status

    async def retry(self, delegation: DelegationRef) -> Dispatched:
        self._require_write()
        answer = await self._http.call("POST", path_of(delegation, "retry"), effect=Effect.CHANGES)
        accepted = self._read(api.RetryAccepted, answer, Effect.CHANGES)
        return Dispatched(
            accepted.delegation_id, accepted.target_id, accepted.status, repeated=bool(accepted.idempotent_hit)
        )

    async def agents(self) -> list[api.Workspace]:
        return self._read_list(api.Workspace, await self._http.call("GET", "/workspaces"))

    async def add_agent(self, url: str, *, name: str | None = None, slots: int = 1) -> str:
        self._require_write()
        body = {"name": name or urlsplit(url).netloc or url, "url": url, "max_concurrent_tasks": slots}
        answer = await self._http.call("POST", "/workspaces", json=body, effect=Effect.CHANGES)
        return self._read(api.WorkspaceCreated, answer, Effect.CHANGES).id

    async def remove_agent(self, workspace_id: str) -> None:
        self._require_write()
        await self._http.call("DELETE", f"/workspaces/{segment(workspace_id)}", effect=Effect.CHANGES)

    async def drop_stale(self, older_than_ms: int, workspace_id: str) -> int:
        self._require_write()
        asked = {"max_age_minutes": str(older_than_ms / 60_000), "workspace_id": workspace_id}
        answer = await self._http.call("POST", "/admin/a2a-queue/drop-stale", params=asked, effect=Effect.CHANGES)
        return self._read(api.DroppedStale, answer, Effect.CHANGES).dropped

    async def tokens(self) -> list[api.TokenInfo]:
        """The tokens that the platform keeps, without what opens it. Raises `NotAllowed` but for the admin."""
        return self._read_list(api.TokenInfo, await self._http.call("GET", "/admin/tokens"))

    async def make_token(self, scope: str, *, label: str | None = None) -> api.TokenCreated:
        """A new token, told this once; `scope` is admin, read or workspace:<id>."""
        self._require_write()
        body = {"scope": scope, "label": label}
        answer = await self._http.call("POST", "/admin/tokens", json=body, effect=Effect.CHANGES)
        return self._read(api.TokenCreated, answer, Effect.CHANGES)

    async def remove_token(self, token_id: str) -> None:
        """Forget a token: it opens nothing from then on. Raises `NotFound`, `Conflict` for the data folder's own."""
        self._require_write()
        await self._http.call("DELETE", f"/admin/tokens/{segment(token_id)}", effect=Effect.CHANGES)

    async def health(self) -> api.Health:
        return self._read(api.Health, await self._http.call("GET", "/health", accept=frozenset({503})))

    async def aclose(self) -> None:
        if "_client" in self.__dict__:
            await self._client.aclose()

    def _require_write(self) -> None:
        if self._capabilities.read_only:
            raise NotAllowed("This is a read-only session.", next_step="Open one that may act to do this.")

    def _read(self, model: type[Model], answer: Any, effect: Effect = Effect.READS) -> Model:
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            raise self._bad_answer(effect) from error

    def _read_list(self, model: type[Model], answer: Any) -> list[Model]:
        try:
            return _list_of(model).validate_python(answer)
        except ValidationError as error:
            raise self._bad_answer() from error

    def _bad_answer(self, effect: Effect = Effect.READS) -> BadAnswer | OutcomeUnknown:
        return self._http.unreadable("it is not what a platform of ours answers", effect)


@cache
def _list_of(model: type[Model]) -> TypeAdapter[list[Model]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]
