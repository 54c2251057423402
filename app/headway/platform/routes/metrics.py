"""`/metrics`, for Prometheus."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from headway.platform.metrics import MEDIA_TYPE, exposition
from headway.platform.routes.asking import Caller, Served, refuses

ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

router = APIRouter(tags=["service"])


@router.get("/metrics", response_class=Response, responses={**ANSWER, **refuses(503)})
async def metrics(platform: Served, caller: Caller) -> Response:
    """The state of the service in Prometheus' text format; needs the admin or a read token."""
    caller.require_overview()
    return Response(await exposition(platform), headers={"Content-Type": MEDIA_TYPE})
