"""JSON-RPC 2.0 over HTTP to one agent: a call or a stream, with every failure named."""

from __future__ import annotations

import json
import math
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx

from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentForbidden,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentMalformed,
    AgentProtocolError,
    AgentQueued,
    AgentRpcError,
    AgentUnreachable,
)
from headway.a2a.frames import read_result
from headway.core.text import ERROR_LIMIT, clean_line
from headway.net.errors import NetError, Silent
from headway.net.event_parser import EVENT_LIMIT
from headway.net.guard import Refused
from headway.net.http import Body, excerpt, media_type, read_body, read_error_body, reason
from headway.net.idle import IdleWatchdog
from headway.net.parsing import loads
from headway.net.sse import EVENT_STREAM, open_stream, read_events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from headway.core.clock import Clock

CARD_LIMIT: Final = 1_048_576
EMPTY_RESPONSE: Final = "workspace agent returned empty response"
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
_OF_THE_REQUEST: Final = (400, 404, 405, 422)
"""HTTP statuses whose body counts, where it is a JSON-RPC error: the others say more than it does."""


@dataclass(frozen=True, slots=True)
class RpcLimits:
    """Bounds of one exchange: bytes of a body and of an event, seconds of silence."""

    body: int = 10 * 1_048_576
    event: int = EVENT_LIMIT
    request_timeout: float = 30.0
    idle_timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """One request, ready to go out: JSON-RPC, or another form's. Without a payload it is a GET."""

    url: str
    payload: Mapping[str, Any] | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RpcAnswer:
    """An answer that has begun: whether it is an event stream, and its JSON as it comes, out of no envelope."""

    streaming: bool
    payloads: AsyncGenerator[object, None]


class RpcChannel:
    """Sends requests through the caller's httpx client and gives back results, out of their envelopes."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock, limits: RpcLimits) -> None:
        self._http = http
        self._clock = clock
        self._limits = limits

    async def call(self, request: RpcRequest, *, silence: float | None = None) -> object:
        """Send one request and return its result. `silence` is how many seconds may pass without a byte.

        Raises the `AgentError` that fits. A whole answer counts even where the connection breaks right after it.
        """
        async with (
            IdleWatchdog(self._clock, silence or self._limits.request_timeout) as watchdog,
            aclosing(self._exchange(request, watchdog)) as results,
        ):
            async for result in results:
                return result
        raise AgentProtocolError(EMPTY_RESPONSE)

    async def stream(self, request: RpcRequest) -> AsyncGenerator[object, None]:
        """Send one request and yield each result that comes, until the agent closes the stream.

        An agent that answers with a plain body instead of a stream yields that one result.
        """
        async with (
            IdleWatchdog(self._clock, self._limits.idle_timeout) as watchdog,
            aclosing(self._exchange(request, watchdog)) as results,
        ):
            async for result in results:
                yield result

    @asynccontextmanager
    async def exchange(self, request: RpcRequest, *, silence: float) -> AsyncIterator[RpcAnswer]:
        """Send one request and hand over what comes as it is, JSON-RPC error objects among it.

        `silence` is how many seconds may pass without a byte. Raises the `AgentError` that fits, also where the answer
        is read. The connection is closed with the block.
        """
        async with IdleWatchdog(self._clock, silence) as watchdog:
            with _named_failures():
                async with self._asked(request, watchdog) as response:
                    if response.is_success:
                        payloads = self._payloads(response, watchdog, _as_it_is)
                        streaming = media_type(response) == EVENT_STREAM
                    else:
                        body = await read_error_body(response, watchdog)
                        error = _http_error(response, body)
                        if isinstance(error, AgentBusy) or (refusal := _error_object(body)) is None:
                            raise error
                        payloads, streaming = _only(refusal), False
                    async with aclosing(payloads):
                        yield RpcAnswer(streaming, payloads)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> object:
        """GET a JSON document, such as the card, and return it parsed. Raises as `call` does."""
        # What is sent after the card is a message: not on a connection that a server may be about to give up.
        told = {"Accept": "application/json", "Connection": "close", **headers}
        with _named_failures():
            async with (
                IdleWatchdog(self._clock, self._limits.request_timeout) as watchdog,
                self._opened("GET", url, told, watchdog) as response,
            ):
                if not response.is_success:
                    raise _http_error(response, await read_error_body(response, watchdog))
                body = await read_body(response, watchdog, limit=CARD_LIMIT)
                if body.broken is not None:
                    raise body.broken
                return _parse(body.content)

    async def _exchange(self, request: RpcRequest, watchdog: IdleWatchdog) -> AsyncGenerator[object, None]:
        with _named_failures():
            async with self._asked(request, watchdog) as response:
                if not response.is_success:
                    raise _refusal(response, await read_error_body(response, watchdog))
                read = _queued_or_result if response.status_code == HTTPStatus.ACCEPTED else read_result
                async with aclosing(self._payloads(response, watchdog, read)) as results:
                    async for result in results:
                        yield result

    async def _payloads(
        self, response: httpx.Response, watchdog: IdleWatchdog, read: Callable[[object], object]
    ) -> AsyncGenerator[object, None]:
        if media_type(response) != EVENT_STREAM:
            yield read(_body_payload(response, await read_body(response, watchdog, limit=self._limits.body)))
            return
        async with aclosing(read_events(response, watchdog, limit=self._limits.event)) as batches:
            async for batch in batches:
                for event in batch:
                    yield read(_event_payload(event.event, event.data))

    def _asked(self, request: RpcRequest, watchdog: IdleWatchdog) -> AbstractAsyncContextManager[httpx.Response]:
        if request.payload is None:
            return self._opened("GET", request.url, {"Accept": "application/json", **request.headers}, watchdog)
        headers = {"Content-Type": "application/json", **request.headers}
        # Escaped to ASCII: a lone surrogate in a task could not be encoded otherwise.
        content = json.dumps(dict(request.payload)).encode("ascii")
        return self._opened("POST", request.url, headers, watchdog, content=content)

    def _opened(
        self, method: str, url: str, headers: Mapping[str, str], watchdog: IdleWatchdog, **request: Any
    ) -> AbstractAsyncContextManager[httpx.Response]:
        _check_url(url)
        return open_stream(self._http, method, url, watchdog, headers=headers, **request)


def _check_url(url: str) -> None:
    """httpx takes these, and fails on them in ways of its own."""
    parts = httpx.URL(url)
    try:
        host = parts.host
    except UnicodeError as error:
        raise httpx.InvalidURL("a host name that cannot be decoded") from error
    if not host or (parts.port or 0) > 65_535:
        raise httpx.InvalidURL("no host, or a port that does not exist")


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        raise AgentForbidden(f"the agent's address is not allowed: {error}; nothing was sent") from error
    except (*_NOT_SENT, httpx.InvalidURL) as error:
        why = reason(error) if isinstance(error, httpx.TransportError) else "the URL cannot be used"
        raise AgentUnreachable(
            f"could not reach the agent: {why}; nothing was sent",
            timed_out=isinstance(error, httpx.TimeoutException),
            hopeless=isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)),
        ) from error
    except httpx.TransportError as error:
        raise AgentLost(f"the connection to the agent broke: {reason(error)}") from error
    except Silent as error:
        raise AgentIdle(f"the agent was {error}") from error
    except NetError as error:
        raise AgentProtocolError(f"unusable answer from the agent: {error}") from error


def _event_payload(kind: str, data: str) -> object:
    if kind != "error":
        return _parse(data)
    try:
        payload = loads(data)
    except ValueError:
        payload = None
    if isinstance(payload, dict) and payload.get("error") is not None:
        return payload
    raise AgentProtocolError(f"the agent's stream reported an error: {excerpt(data)}")


def _body_payload(response: httpx.Response, body: Body) -> object:
    if not body.content.strip():
        if body.broken is not None:
            raise body.broken
        raise AgentProtocolError(EMPTY_RESPONSE)
    if body.broken is not None:
        try:
            return loads(body.content)
        except ValueError:
            raise body.broken from None
    kind = media_type(response)
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise AgentProtocolError(f"expected JSON from the agent, got {excerpt(kind)}: {body.excerpt()}")
    return _parse(body.content)


def _error_object(body: Body) -> dict[str, object] | None:
    """The JSON-RPC answer in the body of an error status, if it is one."""
    try:
        payload = loads(body.content)
    except ValueError:
        return None
    error = payload.get("error") if isinstance(payload, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return payload if isinstance(payload, dict) and isinstance(code, int) else None


def _queued_or_result(payload: object) -> object:
    """The result of an answer with status 202. Raises AgentQueued where a gateway says that the message waits."""
    if isinstance(payload, dict) and payload.get("queued") is True:
        named = payload.get("delegation_id")
        raise AgentQueued(named if isinstance(named, str) and clean_line(named) == named else None)
    return read_result(payload)


def _as_it_is(payload: object) -> object:
    return payload


async def _only(payload: object) -> AsyncGenerator[object, None]:
    yield payload


def _parse(content: bytes | str) -> object:
    try:
        return loads(content)
    except ValueError:
        raise AgentMalformed(f"malformed JSON from the agent: {excerpt(content)}") from None


def _refusal(response: httpx.Response, body: Body) -> AgentError:
    """Older servers send their JSON-RPC errors with an HTTP status of the same meaning."""
    if response.status_code in _OF_THE_REQUEST and (said := _error_object(body)) is not None:
        try:
            read_result(said)
        except AgentRpcError as error:
            return error
    return _http_error(response, body)


def _http_error(response: httpx.Response, body: Body) -> AgentError:
    try:
        fields = loads(body.content)
    except ValueError:
        fields = None
    fields = fields if isinstance(fields, dict) else {}
    retry_after = _seconds(fields.get("retry_after"))
    if retry_after is None:
        retry_after = _seconds(response.headers.get("retry-after"))
    text = fields.get("error")
    if response.status_code == 503 and fields.get("busy") is True:
        said = clean_line(text, limit=ERROR_LIMIT) if isinstance(text, str) else ""
        return AgentBusy(said or "the agent is busy", retry_after)
    words = text.get("message") if isinstance(text, dict) else None
    return AgentHttpError(
        response.status_code,
        clean_line(words, limit=ERROR_LIMIT) if isinstance(words, str) else body.excerpt(),
        body_present=bool(body.content.strip()) and not _only_restarting(fields),
        restarting=fields.get("restarting") is True,
        retry_after=retry_after,
    )


def _only_restarting(fields: Mapping[str, Any]) -> bool:
    """Whether a body is a proxy's word that the agent restarts, and nothing that the agent itself has answered."""
    return fields.get("restarting") is True and not fields.keys() & {"jsonrpc", "result"}


def _seconds(value: object) -> float | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= 9:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return min(float(value), 86_400.0) if 0 <= value < 1e9 and math.isfinite(value) else None
