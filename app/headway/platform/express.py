"""The one route that everybody waits for, `POST /workspaces/:id/delegate`, without the layers in front of the others.

FastAPI, its router and its dependencies cost as much as all the rest of an accepted delegation. What they would call is
called here in their order, so that each answer is the one they would give; they still serve the route's OpenAPI.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from headway.ledger.errors import LedgerError
from headway.platform.app import fault, refused
from headway.platform.errors import ApiError
from headway.platform.platform import Platform
from headway.platform.routes.asking import principal_of, source_of
from headway.platform.routes.delegations import hand_over

_DELEGATE: Final = re.compile(r"/workspaces/([^/]+)/delegate")


class Express:
    """ASGI: answers what it knows, and passes everything else on as it is."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        found = _DELEGATE.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._delegate(Request(scope, receive), found[1])
        except (ApiError, LedgerError) as error:
            answer = refused(error)
        except Exception:
            # Raised on, as FastAPI does, so that the server logs it once.
            await fault()(scope, receive, send)
            raise
        await answer(scope, receive, send)

    async def _delegate(self, request: Request, workspace_id: str) -> Response:
        platform = self._platform
        source = await source_of(workspace_id, platform, await principal_of(request, platform))
        return await hand_over(request, source, platform)
