"""One exchange with a platform over HTTP, and what its failures mean to a person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final

import httpx

from headway.connectors import door
from headway.connectors.errors import (
    BadAnswer,
    Conflict,
    ConnectorError,
    Effect,
    NotAllowed,
    NotFound,
    NotReachable,
    OutcomeUnknown,
    Refused,
)
from headway.core.clock import Clock
from headway.core.text import ERROR_LIMIT, clean_line
from headway.net.errors import Silent, TooLarge, WrongContent
from headway.net.http import CONNECT_SECONDS, IDENTITY, Body, read_body, read_error_body, reason
from headway.net.idle import IdleWatchdog

SILENCE_SECONDS: Final = 30.0
"""A call that brings not a byte for so long is given up."""
BODY_BYTES: Final = 256 * 1024 * 1024
"""The largest answer read: a snapshot of several hundred thousand delegations."""
LARGE_BYTES: Final = 1024 * 1024
"""A larger answer is read in a thread, so that a board stays in touch with its keys meanwhile."""

_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_TIMEOUT: Final = httpx.Timeout(CONNECT_SECONDS, read=None, write=SILENCE_SECONDS)
_RE_READ: Final = "It may have been carried out: look before doing it again."
_TRY_LATER: Final = "Check that the platform runs, then try again."


class Exchange:
    """Calls to one platform: bounded, without redirects, every failure a `ConnectorError`."""

    def __init__(self, client: httpx.AsyncClient, address: str, headers: Mapping[str, str], clock: Clock) -> None:
        """`headers` is read at each call, so that it may change."""
        self._client = client
        self._address = address
        self._headers = headers
        self._clock = clock

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        effect: Effect = Effect.READS,
        accept: frozenset[int] = frozenset(),
    ) -> Any:
        """The answer's JSON, through the door; None of an answer without a body (204).

        `accept` names statuses beside 2xx whose body is an answer too.
        """
        request = self._client.build_request(
            method, self._address + path, json=json, params=params, headers={**IDENTITY, **self._headers},
            timeout=_TIMEOUT,
        )  # fmt: skip
        try:
            status, body = await self._exchange(request, accept)
        except _NEVER_SENT as error:
            raise self._not_reachable(reason(error)) from error
        except (httpx.TransportError, Silent) as error:
            raise self._lost(error, effect) from error
        except (TooLarge, WrongContent, httpx.DecodingError) as error:
            raise self.unreadable(clean_line(str(error)), effect) from error
        if not (httpx.codes.is_success(status) or status in accept):
            raise self._refusal(status, body, effect)
        if body.broken is not None:
            raise self._lost(body.broken, effect) from body.broken
        if status == HTTPStatus.NO_CONTENT:
            return None
        try:
            if len(body.content) > LARGE_BYTES:
                return await asyncio.to_thread(door.read, body.content)
            return door.read(body.content)
        except ValueError as error:
            raise self.unreadable("it is not the JSON expected", effect) from error

    async def _exchange(self, request: httpx.Request, accept: frozenset[int]) -> tuple[int, Body]:
        async with IdleWatchdog(self._clock, SILENCE_SECONDS) as watchdog:
            response = await watchdog.wait(self._client.send(request, stream=True, follow_redirects=False))
            async with aclosing(response):
                if response.is_success or response.status_code in accept:
                    return response.status_code, await read_body(response, watchdog, limit=BODY_BYTES)
                return response.status_code, await read_error_body(response, watchdog)

    def _not_reachable(self, why: str) -> NotReachable:
        return NotReachable(
            f"The platform at {self._address} could not be reached ({why}).", next_step=_TRY_LATER, reason=why
        )

    def _lost(self, error: httpx.TransportError | Silent, effect: Effect) -> ConnectorError:
        why = "no answer in time" if isinstance(error, Silent) else reason(error)
        if effect is Effect.CHANGES:
            return _unknown(f"The platform at {self._address} took the request but did not answer ({why}).")
        return self._not_reachable(why)

    def unreadable(self, why: str, effect: Effect) -> BadAnswer | OutcomeUnknown:
        """The error for an answer that came but says nothing: what it leaves in doubt depends on the effect."""
        what = f"The answer of {self._address} could not be read: {why}."
        if effect is Effect.CHANGES:
            return _unknown(what)
        return BadAnswer(what, next_step="Check that the address is that of a platform.")

    def _refusal(self, status: int, body: Body, effect: Effect) -> ConnectorError:
        said = _error_text(body).removesuffix("; nothing was changed")
        what = f"The platform said: {said}." if said else f"The platform at {self._address} answered {_phrase(status)}."
        match status:
            case 401:
                return NotAllowed(what, needs_token=True, next_step="Give a token that this platform knows.")
            case 403:
                return NotAllowed(what, next_step="Use a token that allows this.")
            case 404:
                return NotFound(what, next_step="List what is there and check the id.")
            case 409:
                return Conflict(what, next_step="Look at how it stands now.")
        if 300 <= status < 400:
            return self.unreadable("it is a redirect, which is not followed", effect)
        if effect is Effect.CHANGES and (status == 500 or (status > 500 and not said)):
            return _unknown(what)
        next_step = "Try again later." if status >= 500 else "Change the request."
        return Refused(what, next_step=next_step, reason=_phrase(status).lower())


def _unknown(what: str) -> OutcomeUnknown:
    return OutcomeUnknown(what, unchanged="The outcome is unknown.", next_step=_RE_READ)


def _error_text(body: Body) -> str:
    """What `{"error": "…"}` says, in one line; empty where the body is something else."""
    try:
        answer = door.read(body.content)
    except ValueError:
        return ""
    said = answer.get("error") if isinstance(answer, dict) else None
    return clean_line(said, limit=ERROR_LIMIT).rstrip(".") if isinstance(said, str) else ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
