"""The FastAPI application: routes, and what their errors become."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import headway
from headway.core.text import clean_line
from headway.ledger.errors import Conflict, CursorGone, LedgerError, LedgerUnavailable, NotFound
from headway.platform.errors import ApiError
from headway.platform.gateway.faults import error_body
from headway.platform.openapi import describe
from headway.platform.platform import Platform
from headway.platform.routes import (
    activity,
    admin,
    answering,
    delegations,
    gateway,
    metrics,
    overview,
    pushing,
    registry,
    timeline,
    tokens,
    workspaces,
)

FAULT: Final = "a fault in the platform; what was asked may have been done: look before doing it again"

_LEDGER_STATUSES = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    CursorGone: HTTPStatus.GONE,
    LedgerUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_ROUTERS: Final = (
    overview.router,
    admin.router,
    metrics.router,
    workspaces.router,
    registry.router,
    delegations.router,
    activity.router,
    answering.router,
    timeline.router,
    gateway.calls,
    gateway.router,
    gateway.stale,
    pushing.router,
    tokens.router,
)


def create_app(platform: Platform) -> FastAPI:
    """The HTTP API of an open platform (spec: platform-api)."""
    app = FastAPI(
        title="Headway",
        version=headway.__version__,
        description="The delegation platform.",
        redirect_slashes=False,
        # Those pages load scripts of other hosts, on the address that tokens are for.
        docs_url=None,
        redoc_url=None,
    )
    app.state.platform = platform
    # Not by `include_router`, which makes each route anew with the first request and looks for it twice in each.
    app.router.routes.extend(route for router in _ROUTERS for route in router.routes)
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(LedgerError)(_ledger_error)
    app.exception_handler(RequestValidationError)(_invalid_parameter)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(Exception)(_fault)
    describe(app)
    return app


def refused(error: ApiError | LedgerError) -> JSONResponse:
    """The answer to a request that is not carried out."""
    if isinstance(error, ApiError):
        return _answer(error.status, error.message, error.headers)
    status = next(status for kind, status in _LEDGER_STATUSES.items() if isinstance(error, kind))
    return _answer(status, str(error))


def fault() -> JSONResponse:
    """The answer where we are at fault: no word of it goes out."""
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)


async def _api_error(request: Request, error: ApiError) -> JSONResponse:
    return refused(error)


async def _ledger_error(request: Request, error: LedgerError) -> JSONResponse:
    return refused(error)


async def _invalid_parameter(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "request"
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, clean_line(f"{field}: {first['msg']}"))


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    said = error_body(request.url.path, clean_line(str(error.detail)))
    return JSONResponse(said, status_code=error.status_code, headers=dict(error.headers) if error.headers else None)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """Starlette raises it on, so that the server logs it once."""
    return fault()


def _answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=dict(headers) if headers else None)
