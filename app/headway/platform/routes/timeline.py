"""`…/delegations/:did/events`: what happened to one delegation."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Query

from headway.core.api import PastEvent
from headway.platform.routes.asking import Seen, Served, delegation_of, refuses

MOST: Final = 1_000

router = APIRouter(prefix="/workspaces/{workspace_id}/delegations/{delegation_id}", tags=["delegations"])


@router.get("/events", response_model=list[PastEvent], responses=refuses(404, 422))
async def events(
    source: Seen, delegation_id: str, platform: Served, limit: Annotated[int, Query(ge=1, le=MOST)] = MOST
) -> list[PastEvent]:
    """Its events that are kept, oldest first, the newest `limit` of them.

    What it put out is not among them: that stands in the record. Events are kept for less time than records.
    """
    await delegation_of(source, delegation_id, platform)
    kept = await platform.ledger.history(delegation_id, limit)
    return [
        PastEvent(seq=one.seq, type=one.type, timestamp=one.timestamp, data=json.loads(one.payload)) for one in kept
    ]
