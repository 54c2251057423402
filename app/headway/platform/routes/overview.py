"""Across workspaces: health, snapshot and the event streams."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

import headway
from headway.core.api import SNAPSHOT_FINISHED, Finished, Health, Snapshot
from headway.core.cursor import Cursor
from headway.ledger.errors import LedgerUnavailable
from headway.platform.auth import Principal
from headway.platform.errors import Gone
from headway.platform.platform import Platform
from headway.platform.routes.asking import Caller, Served, Watched, refuses
from headway.platform.stream import EventStream

MAX_FINISHED = 100_000
MAX_PAGE = 10_000
STREAM_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}

router = APIRouter()


class StreamResponse(Response):
    """An ASGI stream as a FastAPI answer."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stream(scope, receive, send)


@router.get("/health", response_model=Health, responses={503: {"model": Health}}, tags=["service"])
async def health(platform: Served) -> JSONResponse:
    """Whether the ledger can be written and the stream runs; needs no token."""
    ledger = platform.ledger
    body = Health(status="ok", version=headway.__version__, epoch=ledger.epoch, seq=ledger.head)
    ready = not platform.ring.closed
    try:
        await ledger.check_writable()
    except LedgerUnavailable:
        ready = False
    if not ready:
        return JSONResponse(body.model_copy(update={"status": "unavailable"}).model_dump(), status_code=503)
    return JSONResponse(body.model_dump())


@router.get("/snapshot", response_model=Snapshot, responses=refuses(), tags=["events"])
async def snapshot(
    platform: Served, caller: Caller, finished: Annotated[int, Query(ge=0, le=MAX_FINISHED)] = SNAPSHOT_FINISHED
) -> Response:
    """What the event stream goes on from: read at one moment."""
    caller.require_overview()
    taken = await platform.ledger.snapshot(finished)
    taken = taken.model_copy(update={"workspaces": [platform.registry.now(one) for one in taken.workspaces]})
    return Response(taken.model_dump_json(), media_type="application/json")


@router.get("/snapshot/finished", response_model=Finished, responses=refuses(422), tags=["events"])
async def finished_before(
    platform: Served,
    caller: Caller,
    before: Annotated[str | None, Query(max_length=256)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = SNAPSHOT_FINISHED,
) -> Response:
    """Those that ended before that one did, the newest first: what a snapshot of more finished ones would have next.

    Without `before`, the newest of all. Empty where there are none, or where that one is not known (any more).
    """
    caller.require_overview()
    rows = await platform.ledger.finished_before(before, limit)
    return Response(Finished.model_construct(delegations=rows).model_dump_json(), media_type="application/json")


LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=256)]


@router.get("/events/stream", response_class=Response, responses={**STREAM_ANSWER, **refuses(410)}, tags=["events"])
async def all_events(platform: Served, caller: Caller, last_event_id: LastEventId = None) -> StreamResponse:
    """Every event, after `Last-Event-ID` or from now on."""
    caller.require_overview()
    return await _stream(platform, caller, last_event_id, None)


@router.get(
    "/workspaces/{workspace_id}/events/stream",
    response_class=Response,
    responses={**STREAM_ANSWER, **refuses(410)},
    tags=["events"],
)
async def workspace_events(
    workspace_id: Watched, platform: Served, caller: Caller, last_event_id: LastEventId = None
) -> StreamResponse:
    """The events of one workspace, as source or as target."""
    return await _stream(platform, caller, last_event_id, workspace_id)


def _cursor(last_event_id: str) -> Cursor:
    try:
        return Cursor.parse(last_event_id.strip())
    except ValueError:
        raise Gone("this cursor is not one of ours; take a new snapshot") from None


async def _stream(
    platform: Platform, caller: Principal, last_event_id: str | None, workspace_id: str | None
) -> StreamResponse:
    ledger = platform.ledger
    after = platform.ring.head
    if last_event_id:
        cursor = _cursor(last_event_id)
        if cursor.epoch != ledger.epoch:
            raise Gone("this cursor is of another ledger; take a new snapshot")
        # Raises CursorGone for what is no longer kept, or not there yet, before the answer has begun.
        await ledger.replay(cursor.seq, limit=1)
        after = cursor.seq
    settings = platform.settings
    return StreamResponse(
        EventStream(
            platform.ring,
            platform.replay,
            after=after,
            workspace_id=workspace_id,
            clock=platform.clock,
            keep_alive=settings.keep_alive,
            write_timeout=settings.write_timeout,
            reading=platform.readers.reading(caller.token_hash, caller.scope),
        )
    )
