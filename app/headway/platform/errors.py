"""What can go wrong with a request, and its answer: `{"error": "…"}` with a status that fits."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class ApiError(Exception):
    """A request that is not carried out; the message goes to the caller."""

    status: ClassVar[int]

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers


class BadRequest(ApiError):
    status = HTTPStatus.BAD_REQUEST


class Unauthorized(ApiError):
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(ApiError):
    status = HTTPStatus.FORBIDDEN


class Missing(ApiError):
    status = HTTPStatus.NOT_FOUND


class Clash(ApiError):
    status = HTTPStatus.CONFLICT


class Gone(ApiError):
    status = HTTPStatus.GONE


class TooLarge(ApiError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooSlow(ApiError):
    status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"Connection": "close"})


class Unprocessable(ApiError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AgentFailed(ApiError):
    status = HTTPStatus.BAD_GATEWAY


class Unavailable(ApiError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
