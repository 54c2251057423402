"""One call on its way through the gateway: passed on to the agent as it comes, or put into the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from headway.a2a import rest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import METHODS, Dialect
from headway.a2a.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    NOT_SPOKEN,
    UNSUPPORTED_OPERATION,
    AgentBusy,
    AgentError,
    AgentHttpError,
    AgentProtocolError,
    AgentRpcError,
    AgentUnreachable,
)
from headway.a2a.rpc import RpcAnswer
from headway.a2a.shapes import shape_of
from headway.a2a.states import read_state
from headway.a2a.translation import params_for, result_for
from headway.core.api import QueueingFailed, QueueTicket, Workspace
from headway.core.clock import Clock
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.ledger.records import Queued
from headway.net.asgi import while_connected
from headway.platform.agents import Agents
from headway.platform.dispatcher import Dispatcher
from headway.platform.gateway.asked import Asked
from headway.platform.gateway.faults import Fault, agent_fault, encode
from headway.platform.gateway.flights import Flight, Flights, OnItsWay
from headway.platform.gateway.reply import CallerGone, Reply
from headway.platform.settings import Settings
from headway.platform.slots import Slots
from headway.platform.undelivered import heartbeats

NO_URL: Final = "this workspace has no agent yet: it has registered no URL; nothing was sent"
WAITS: Final = "the agent is busy; the message waits and will be delivered: do not send it again"
ON_ITS_WAY: Final = "this message is on its way to the agent already; it was not sent again: ask after its task"
CANNOT_QUEUE: Final = "the agent is busy and the message could not be queued; nothing was sent; try again later"
NOT_IN_FORM: Final = "the agent speaks REST, where a task is sent, asked after and canceled, and nothing else"
RETRY_AFTER: Final = 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What every passage works with."""

    ledger: Ledger
    agents: Agents
    slots: Slots
    dispatcher: Dispatcher
    flights: Flights
    clock: Clock
    settings: Settings


@dataclass(frozen=True, slots=True)
class Errand:
    """A call, from whom and for whom. `silence` is how many seconds the agent may be silent; None is the usual time."""

    asked: Asked
    caller: Workspace
    target: Workspace
    silence: float | None
    headers: Mapping[str, str]
    traceparent: str | None


class Passage:
    """The answer to one call, as an ASGI application.

    A caller who hangs up ends it, and with it the connection to the agent.
    """

    def __init__(self, means: Means, errand: Errand) -> None:
        self._means = means
        self._errand = errand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._means.settings
        reply = Reply(send, self._means.clock, keep_alive=settings.keep_alive, write_timeout=settings.write_timeout)
        try:
            await while_connected(receive, self._answer(reply))
        except CallerGone:
            _log.info("a caller of workspace %s took no bytes any more", self._errand.target.id)

    async def _answer(self, reply: Reply) -> None:
        asked = self._errand.asked
        try:
            client = self._means.agents.of(self._errand.target)
            if client is None:
                raise Fault(INTERNAL_ERROR, NO_URL, HTTPStatus.BAD_GATEWAY)
            try:
                if asked.sends:
                    await self._send(reply, client)
                else:
                    await self._pass(reply, client)
            except AgentError as error:
                raise agent_fault(error, sending=asked.sends) from error
            except LedgerUnavailable as error:
                raise Fault(INTERNAL_ERROR, f"{error}; nothing was sent", HTTPStatus.SERVICE_UNAVAILABLE) from error
        except Fault as fault:
            await reply.fault(asked.reply_id, fault)

    async def _send(self, reply: Reply, client: AgentClient) -> None:
        """Pass a message on where the target has a free slot, else let it wait; the same one waits once."""
        asked, source, target = self._errand.asked, self._errand.caller, self._errand.target
        try:
            async with self._means.flights.take((source.id, target.id, asked.message_id)) as flight:
                await self._trace()
                held = await self._held()
                # A free slot is for what waits already: whoever comes later does not overtake it.
                if held is None and self._means.slots.free(target) > target.queue_depth:
                    held = await self._pass_or_hold(reply, client, flight)
                elif held is None:
                    held = await self._hold(reply)
        except OnItsWay:
            raise Fault(INVALID_REQUEST, ON_ITS_WAY, HTTPStatus.CONFLICT) from None
        if held is not None:
            await reply.body(HTTPStatus.ACCEPTED, _ticket(held).model_dump_json().encode())

    async def _trace(self) -> None:
        """Keep the trace context with the delegation that the message is for, where that has none."""
        errand = self._errand
        named, ledger = errand.asked.delegation_id, self._means.ledger
        if named is None or errand.traceparent is None:
            return
        between = errand.caller.id, errand.target.id, named
        if await ledger.untraced(*between) is not None:
            await ledger.trace(*between, errand.traceparent)

    async def _held(self) -> Queued | None:
        """The same message, where it waits or is on its way from the queue."""
        asked, source, target = self._errand.asked, self._errand.caller, self._errand.target
        return await self._means.ledger.held_message(source.id, target.id, asked.message_id)

    async def _pass_or_hold(self, reply: Reply, client: AgentClient, flight: Flight) -> Queued | None:
        target, slots = self._errand.target, self._means.slots
        slots.take(target.id)
        flight.pass_on()
        try:
            await self._pass(reply, client)
        except (AgentBusy, AgentUnreachable) as refused:
            if not _may_wait(refused, target):
                raise
            flight.come_back()
            return await self._hold(reply)
        finally:
            slots.give_back(target.id)
            self._means.dispatcher.nudge(target.id)
        return None

    async def _hold(self, reply: Reply) -> Queued | None:
        """Put the message into the queue; None where that failed, and the caller was told."""
        errand = self._errand
        now = self._means.clock.now_ms()
        message = errand.asked.message(errand.caller.id, errand.target.id, now, errand.traceparent)
        writing = asyncio.ensure_future(self._means.ledger.hold(message))
        try:
            return await asyncio.shield(writing)
        except LedgerUnavailable as error:
            _log.warning("a message for workspace %s could not be queued: %s", errand.target.id, error)
            failed = QueueingFailed(error=CANNOT_QUEUE, retry_after=RETRY_AFTER)
            await reply.body(
                HTTPStatus.SERVICE_UNAVAILABLE, failed.model_dump_json().encode(), {"Retry-After": str(RETRY_AFTER)}
            )
            return None
        finally:
            # A caller who hangs up now leaves a message in the queue, which must be there before it is looked at.
            if not writing.done():
                await asyncio.wait({writing})
            self._means.dispatcher.nudge(errand.target.id)

    async def _pass(self, reply: Reply, client: AgentClient) -> None:
        """Pass the call on and the answer back. Raises Fault, and AgentError before anything was answered.

        An agent that does not speak the dialect has taken nothing on, and is asked in the other.
        """
        call = self._errand.asked.call
        dialects = await client.dialects_for(call.dialect)
        if client.dialect is Dialect.OPENFANG:
            await self._ask(reply, client)
            return
        refusal: bytes | None = None
        for dialect in dialects if call.verb is not None else dialects[:1]:
            if refusal is None or call.verb in METHODS[dialect]:
                try:
                    refused = await self._pass_in(dialect, reply, client)
                except AgentHttpError as error:
                    if client.dialect is not None or error.status not in rest.NO_SUCH_PAGE:
                        raise
                    await self._ask(reply, client)
                    return
                if refused is None:
                    return
                refusal = refusal or refused
        await reply.body(HTTPStatus.OK, refusal or b"")

    async def _ask(self, reply: Reply, client: AgentClient) -> None:
        """Ask an agent that does not take JSON-RPC what its form has, and answer what the caller can read."""
        asked, call = self._errand.asked, self._errand.asked.call
        if call.verb not in rest.VERBS:
            raise Fault(UNSUPPORTED_OPERATION, NOT_IN_FORM)
        params = partial(params_for, verb=call.verb, params=call.params)
        try:
            result = await client.ask_as(call.verb, params, self._errand.silence)
        except AgentRpcError as error:
            raise Fault(error.code, error.message) from error
        told = result_for(call.dialect, call.verb, result, streaming=False)
        await reply.body(HTTPStatus.OK, encode({"jsonrpc": "2.0", "id": asked.reply_id, "result": told}))

    async def _pass_in(self, dialect: Dialect, reply: Reply, client: AgentClient) -> bytes | None:
        """Pass on in one dialect. Returns the agent's refusal, not answered yet, where it does not speak it."""
        errand = self._errand
        payload = errand.asked.payload(dialect)
        async with client.pass_on(dialect, payload, errand.headers, silence=errand.silence) as answer:
            if answer.streaming:
                client.spoke(dialect, errand.asked.call.verb)
                async with reply.stream():
                    await self._pass_stream(reply, dialect, answer)
                return None
            came = await anext(answer.payloads)
            content = encode(self._passed(dialect, came, streaming=False))
        if _not_spoken(came):
            return content
        client.spoke(dialect, errand.asked.call.verb)
        # Written when the agent is done with, so that a caller who reads slowly holds no connection of its.
        await reply.body(HTTPStatus.OK, content)
        return None

    async def _pass_stream(self, reply: Reply, dialect: Dialect, answer: RpcAnswer) -> None:
        async for came in answer.payloads:
            await reply.event(encode(self._passed(dialect, came, streaming=True)))
            if _ends(came):
                # Some agents keep the stream open for ever; the slot is free now.
                return

    def _passed(self, dialect: Dialect, came: object, *, streaming: bool) -> dict[str, Any]:
        """What the agent said, for the caller: his id, his dialect, and everything else as it came."""
        asked = self._errand.asked
        if not isinstance(came, dict):
            raise AgentProtocolError("the agent's answer is no JSON object")
        envelope = {"jsonrpc": "2.0", "id": asked.reply_id}
        if came.get("error") is not None:
            return {**envelope, "error": came["error"]}
        result = came.get("result", came)
        if dialect is not asked.call.dialect:
            result = result_for(asked.call.dialect, asked.call.verb, result, streaming=streaming)
        return {**envelope, "result": result}


def _may_wait(refused: AgentBusy | AgentUnreachable, target: Workspace) -> bool:
    """Whether what was surely not delivered is queued: a busy agent, a silent one, one that is down and heartbeats."""
    if isinstance(refused, AgentBusy):
        return True
    return refused.timed_out or heartbeats(target)


def _not_spoken(came: object) -> bool:
    """Whether the agent knows neither the method nor the version."""
    error = came.get("error") if isinstance(came, dict) else None
    return isinstance(error, dict) and error.get("code") in NOT_SPOKEN


def _ends(came: object) -> bool:
    """Whether an event says that its task has ended."""
    told = shape_of(came.get("result", came)) if isinstance(came, dict) else None
    status = told[1].get("status") if told is not None else None
    state = read_state(status.get("state") if isinstance(status, dict) else status)
    return state is not None and state.terminal


def _ticket(held: Queued) -> QueueTicket:
    return QueueTicket(queue_id=held.queue_id, queue_depth=held.depth, delegation_id=held.delegation_id, message=WAITS)
