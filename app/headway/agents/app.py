"""The ASGI application of one simulated agent: its cards, JSON-RPC in three dialects on one path, OpenFang's paths."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from headway.agents import render, rest
from headway.agents.behaviors import Fault
from headway.agents.calls import (
    Call,
    RequestId,
    Verb,
    encode,
    error_body,
    parse_body,
    parse_call,
    parse_send,
    request_id_of,
    result_body,
)
from headway.agents.card import agent_card, card_paths
from headway.agents.errors import AgentBusy, Code, RpcError
from headway.agents.faults import MALFORMED, ResetOnDemand, reset_connection
from headway.agents.listing import list_tasks
from headway.agents.sse import EventStream
from headway.agents.streams import TaskStream
from headway.agents.task import JSON_RPC, Dialect
from headway.net.asgi import disconnected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from headway.agents.agent import SimulatedAgent
    from headway.agents.job import Feed, Job

MAX_BODY: Final = 4 * 1_048_576
"""Bytes of a request that are read; more gets 413."""


class AgentApp:
    """Serves one agent at the root of the address (or of the path it is mounted at).

    GET of a card path answers the card; POST of the root takes JSON-RPC; what is below `/a2a/tasks` is OpenFang's form.
    JSON-RPC's errors come with HTTP 200, except 503 for a busy agent and 413 for a body over MAX_BODY.
    """

    def __init__(self, agent: SimulatedAgent) -> None:
        self.agent = agent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        method = scope["method"]
        response: ASGIApp
        speaks = self.agent.speaks
        if path in card_paths(self.agent):
            response = self._card(scope) if method in ("GET", "HEAD") else Response(status_code=405)
        elif Dialect.OPENFANG in speaks and (asked := rest.read_path(method, path)) is not None:
            try:
                response = await self._answer_path(Request(scope, receive), *asked)
            except ClientDisconnect:
                return
        elif path != "/" or speaks.isdisjoint(JSON_RPC):
            response = Response("no such page", status_code=404)
        elif method != "POST":
            response = Response("send JSON-RPC calls with POST", status_code=405)
        else:
            try:
                response = await self._answer(Request(scope, receive))
            except ClientDisconnect:
                return
        await response(scope, receive, send)

    def _card(self, scope: Scope) -> Response:
        host, port = scope["server"]
        address = f"[{host}]" if ":" in host else host
        url = f"{scope['scheme']}://{address}:{port}{scope.get('root_path', '')}"
        return _json(encode(agent_card(self.agent, url)))

    async def _answer(self, request: Request) -> ASGIApp:
        request_id: RequestId = None
        try:
            body = parse_body(await _read(request))
            request_id = request_id_of(body)
            call = parse_call(body, request.headers.get("a2a-version"), self.agent.speaks)
            return await self._dispatch(call)
        except _TooLarge:
            message = f"the body is over {MAX_BODY} bytes; nothing was accepted"
            return _json(error_body(None, Code.INVALID_REQUEST, message), status=413)
        except RpcError as error:
            return _json(error_body(request_id, error.code, error.message))
        except AgentBusy as busy:
            return _busy(busy)

    async def _answer_path(self, request: Request, verb: Verb, task_id: str) -> ASGIApp:
        try:
            return await self._dispatch(rest.read_call(verb, task_id, await _read(request)))
        except _TooLarge:
            message = f"the body is over {MAX_BODY} bytes; nothing was accepted"
            return _json(encode({"error": message}), status=413)
        except RpcError as error:
            return _json(encode({"error": error.message}), status=rest.status_of(error.code))
        except AgentBusy as busy:
            return _busy(busy)

    async def _dispatch(self, call: Call) -> ASGIApp:
        match call.verb:
            case Verb.SEND:
                return await self._send(call)
            case Verb.STREAM:
                return self._stream(call)
            case Verb.SUBSCRIBE:
                return self._resubscribe(call)
            case Verb.LIST:
                return _result(call, list_tasks(self.agent.tasks, call))
            case Verb.GET:
                job = self.agent.get(call.task_id)
            case Verb.CANCEL:
                job = await self.agent.cancel(call.task_id)
        if job.behavior.fault is Fault.NEVER_ANSWERS:
            return self._never_answer
        dialect = call.reply_dialect(job.task.dialect)
        return _result(call, render.snapshot(job.task, dialect, call.history_length))

    async def _send(self, call: Call) -> ASGIApp:
        history_length = call.history_length
        job = self.agent.send(parse_send(call))
        fault = job.behavior.fault
        if fault is Fault.NEVER_ANSWERS:
            return self._never_answer
        if call.blocking:
            await job.settled()
        if job.task.crash is not None:
            raise RpcError(Code.INTERNAL_ERROR, job.task.crash.message)
        if fault is Fault.RESETS:
            return reset_connection
        if fault is Fault.MALFORMED:
            return _json(MALFORMED)
        return _result(call, render.sent(job.task, call.dialect, history_length))

    def _stream(self, call: Call) -> ASGIApp:
        self._require_streaming()
        job = self.agent.send(parse_send(call))
        return self._follow(call, job, job.subscribe(), call.dialect, faulty=True)

    def _resubscribe(self, call: Call) -> ASGIApp:
        self._require_streaming()
        job, feed = self.agent.subscribe(call.task_id)
        return self._follow(call, job, feed, call.reply_dialect(job.task.dialect), faulty=False)

    def _follow(self, call: Call, job: Job, feed: Feed, dialect: Dialect, *, faulty: bool) -> ASGIApp:
        fault = job.behavior.fault if faulty or job.behavior.fault is Fault.NEVER_ANSWERS else Fault.NONE
        stream = TaskStream(job.task, feed, dialect, call.request_id, fault, self.agent.closed)
        pings = fault is not Fault.NEVER_ANSWERS
        response = EventStream(stream.frames(), self.agent.clock, close=feed.close, pings=pings)
        return ResetOnDemand(response) if fault is Fault.RESETS else response

    def _require_streaming(self) -> None:
        if not self.agent.behavior.streaming:
            raise RpcError(
                Code.UNSUPPORTED_OPERATION, "this agent does not stream; send without streaming and get the task"
            )

    async def _never_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say nothing until the client or the agent goes."""
        waits = {asyncio.create_task(disconnected(receive)), asyncio.create_task(self.agent.closed.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        await reset_connection(scope, receive, send)


class _TooLarge(Exception):
    """The request's body is over MAX_BODY."""


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _TooLarge
    return bytes(body)


def _busy(busy: AgentBusy) -> Response:
    body = {"busy": True, "error": str(busy), "retry_after": busy.retry_after}
    return _json(encode(body), status=503, headers={"retry-after": str(busy.retry_after)})


def _result(call: Call, result: object) -> Response:
    if call.dialect is Dialect.OPENFANG:
        return _json(encode(result))
    return _json(result_body(call.request_id, result))


def _json(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status_code=status, headers=headers, media_type="application/json")
