"""`/admin/delegations`: lists, counts and a search across workspaces (spec: requirements C14)."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from headway.core.api import Stats
from headway.core.delegation import Delegation, Status
from headway.core.text import clean_line
from headway.platform.errors import Clash, Missing
from headway.platform.routes.asking import Caller, Served, refuses

LIST_LIMIT: Final = 500

router = APIRouter(prefix="/admin/delegations", tags=["admin"])


@router.get("", response_model=list[Delegation], responses=refuses(422))
async def list_delegations(
    platform: Served,
    caller: Caller,
    response: Response,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 50,
    before: Annotated[str | None, Query(max_length=256)] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=256)] = None,
) -> list[Delegation]:
    """Whole records across workspaces, the newest first, without progress text.

    `q` is looked for in task, result, error and the workspaces' names, and at the beginning of the id; of the texts of
    one that has ended, in the first 65,536 characters. A search takes a bounded time, so a page may be short: a `Link`
    header with `rel="next"` says that there may be more, and where. Its `before` stays good when records are evicted
    meanwhile; the last id of a page may not.
    """
    caller.require_overview()
    page = await platform.ledger.records(
        status=status, limit=limit, before=before, search=clean_line(q) if q is not None else None
    )
    if page.next is not None:
        asked = {"status": status and status.value, "limit": limit, "q": q, "before": page.next}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        response.headers["Link"] = f'</admin/delegations?{query}>; rel="next"'
    return page.delegations


@router.get("/stats", response_model=Stats, responses=refuses())
async def stats(platform: Served, caller: Caller) -> Stats:
    """How many there are, by status and by target, and how many have ended in the last minute."""
    caller.require_overview()
    return await platform.ledger.stats()


@router.get("/{prefix}", response_model=Delegation, responses=refuses(404, 409))
async def find(prefix: str, platform: Served, caller: Caller) -> Delegation:
    """One whole record, by its id or by a beginning of it that no other shares."""
    caller.require_overview()
    delegation = await platform.ledger.get(prefix)
    if delegation is not None:
        return delegation
    found = await platform.ledger.find(prefix, 5)
    if len(found) > 1:
        raise Clash(f"{len(found)} or more delegations begin so; give more of the id")
    delegation = await platform.ledger.get(found[0]) if found else None
    if delegation is None:
        raise Missing("no such delegation")
    return delegation
