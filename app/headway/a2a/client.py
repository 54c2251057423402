"""`AgentClient`: everything that can be asked of one agent, whatever dialect it speaks."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING, Any

from headway.a2a.card import AgentCard, card_urls, read_card
from headway.a2a.dialects import HEADERS, Dialect, OutgoingMessage, Verb, envelope, message_params
from headway.a2a.errors import (
    NOT_SPOKEN,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    AgentUnreachable,
)
from headway.a2a.follow import Follower, FollowPolicy
from headway.a2a.frames import read_frame
from headway.a2a.rpc import RpcAnswer, RpcChannel, RpcLimits, RpcRequest
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate

if TYPE_CHECKING:
    import httpx

    from headway.core.clock import Clock


_log = logging.getLogger(__name__)


class AgentClient:
    """One agent, reached over HTTP. Safe to use for many tasks at once; what it learns of the agent it keeps.

    `url` is where the agent listens, or its card. The card is read once, before the first request, and says the
    endpoint, the dialect and whether the agent streams; without one, `url` is the endpoint and the first real send
    finds the dialect (1.0, then 0.3). Give `dialect` where it is known from before. `http` is the caller's, with its
    limits and its guard; streams need a pool that is large enough for all of them.
    """

    def __init__(
        self,
        url: str,
        *,
        http: httpx.AsyncClient,
        clock: Clock,
        rng: random.Random,
        headers: Mapping[str, str] | None = None,
        dialect: Dialect | None = None,
        limits: RpcLimits | None = None,
        policy: FollowPolicy | None = None,
    ) -> None:
        self._url = url
        self._http = http
        self._headers = dict(headers or {})
        self._limits = limits or RpcLimits()
        self._rpc = RpcChannel(http, clock, self._limits)
        self._policy = policy or FollowPolicy()
        self._clock = clock
        self._rng = rng
        self._card: AgentCard | None = None
        self._card_asked = False
        self._dialect = dialect
        self._streams: bool | None = None
        self._lists = True

    @property
    def lists_tasks(self) -> bool:
        """Whether the agent can say which task came of a message: one of v1.0 that has not refused to list tasks."""
        return self._lists and self._dialect is Dialect.V1_0

    @property
    def dialect(self) -> Dialect | None:
        """The dialect that worked, or that the card or the caller named; None before anything is known."""
        return self._dialect

    async def card(self) -> AgentCard:
        """Read the agent's card now, from either well-known path, and keep to what it says.

        Raises `AgentUnreachable`, `AgentLost` or `AgentIdle` as for any request, `AgentHttpError` when the agent has no
        card, `AgentProtocolError` when what it has cannot be read.
        """
        return (await self._read_card())[0]

    async def raw_card(self) -> Mapping[str, Any]:
        """As `card`, but all that the agent serves, uncleaned."""
        return (await self._read_card())[1]

    async def dialects_for(self, spoken: Dialect) -> tuple[Dialect, ...]:
        """All dialects for a caller who speaks `spoken`: first the agent's, or that one where it is not known.

        Raises as any request does before it is sent.
        """
        await self._discover()
        return _led_by(self._dialect or spoken)

    def spoke(self, dialect: Dialect) -> None:
        """Remember that the agent has answered in this dialect."""
        self._dialect = dialect

    def pass_on(
        self, dialect: Dialect, payload: Mapping[str, Any], headers: Mapping[str, str], *, silence: float | None = None
    ) -> AbstractAsyncContextManager[RpcAnswer]:
        """Send a JSON-RPC request of somebody else's and hand over the answer as it comes.

        `silence` is how many seconds the agent may be silent, `RpcLimits.idle_timeout` unless given. Raises an
        `AgentError` when it is entered and while it is read; an error object of the agent's is no such error.
        """
        request = RpcRequest(
            url=self._endpoint(), payload=payload, headers={**self._headers, **headers, **HEADERS[dialect]}
        )
        return self._rpc.exchange(request, silence=silence or self._limits.idle_timeout)

    def stream(self, message: OutgoingMessage, *, transcript: Transcript | None = None) -> AsyncGenerator[AgentUpdate]:
        """Send a message and follow its task until it is terminal or waits for somebody.

        A stream that breaks off is taken up again by asking the agent; an agent that does not stream is asked
        repeatedly. Raises an `AgentError` where the outcome cannot be learned; a state is never made up. Hand in the
        task's `transcript` when the message is a reply. Close the generator (`contextlib.aclosing`) or cancel the task
        that iterates it, and the connection is closed at once.
        """
        return self._follower(transcript).stream(message)

    def resubscribe(self, task_id: str, *, transcript: Transcript | None = None) -> AsyncGenerator[AgentUpdate]:
        """Follow a task that was sent earlier, to its end, as `stream` does. Raises `UnknownTask` if it is gone."""
        return self._follower(transcript).resume(task_id)

    async def send(self, message: OutgoingMessage, *, blocking: bool = True) -> AgentUpdate:
        """Send a message and return what the agent answers; with `blocking` False that may be long before the end."""
        transcript = Transcript()
        transcript.begin_turn(replying=message.task_id is not None)
        result = await self.ask_send(message, blocking=blocking)
        transcript.end_turn()
        return _whole(transcript, result)

    async def get(self, task_id: str) -> AgentUpdate:
        """Ask how a task stands; the whole of it, spliced at offset 0. Raises `UnknownTask`.

        Raises `AgentProtocolError` where the answer is about another task, as `cancel` does.
        """
        return _about(task_id, await self.ask(Verb.GET, task_id))

    async def cancel(self, task_id: str) -> AgentUpdate:
        """Ask the agent to cancel and return what it answered, which need not be canceled.

        Raises `NotCancelable` when the task has finished and `UnknownTask` when it is gone. A sloppy agent may still
        overwrite canceled: `get` says how the task stands afterwards.
        """
        return _about(task_id, await self.ask(Verb.CANCEL, task_id))

    async def find_task(self, context_id: str) -> str | None:
        """The id of the task of a context, for a message that was sent and whose answer never came.

        None where the agent has no such task, or cannot say (before v1.0). Raises as any request does.
        """
        await self._discover()
        if self._dialect is Dialect.V0_3:
            return None
        params = {"contextId": context_id, "pageSize": 1}
        try:
            result = await self._rpc.call(self._request(Dialect.V1_0, Verb.LIST, lambda _: params, context_id, {}))
        except AgentRpcError as error:
            _log.info("the agent cannot list its tasks: %s", error)
            self._lists = False
            return None
        tasks = result.get("tasks") if isinstance(result, dict) else None
        newest = read_frame(tasks[0]) if isinstance(tasks, list) and tasks else None
        return newest.task_id if newest is not None and newest.context_id == context_id else None

    async def ask(self, verb: Verb, task_id: str) -> object:
        """Send a request about a task and return the raw result."""
        return await self._negotiated(verb, lambda dialect: {"id": task_id}, task_id, {})

    async def ask_send(self, message: OutgoingMessage, *, blocking: bool) -> object:
        """Send a message without streaming and return the raw result."""
        return await self._negotiated(
            Verb.SEND,
            lambda dialect: message_params(dialect, message, blocking=blocking),
            message.request_id or message.message_id,
            message.headers,
            silence=self._limits.idle_timeout,
        )

    async def streams(self) -> bool:
        """Whether streaming is worth trying: not when the card or an earlier refusal says no."""
        await self._discover()
        return self._streams is not False

    def stop_streaming(self) -> None:
        """Remember that the agent has refused to stream in every dialect."""
        self._streams = False

    def open_send(self, message: OutgoingMessage) -> AsyncGenerator[object]:
        """Send a message and yield the raw results of its stream."""
        return self._negotiated_stream(
            Verb.STREAM,
            lambda dialect: message_params(dialect, message),
            message.request_id or message.message_id,
            message.headers,
        )

    def open_resubscribe(self, task_id: str) -> AsyncGenerator[object]:
        """Yield the raw results of a task's stream from now on."""
        return self._negotiated_stream(Verb.RESUBSCRIBE, lambda dialect: {"id": task_id}, task_id, {})

    def _follower(self, transcript: Transcript | None) -> Follower:
        return Follower(self, transcript or Transcript(), self._clock, self._rng, self._policy)

    async def _negotiated(
        self,
        verb: Verb,
        params: Callable[[Dialect], Mapping[str, Any]],
        request_id: str,
        headers: Mapping[str, str],
        *,
        silence: float | None = None,
    ) -> object:
        await self._discover()
        refusal: AgentRpcError | None = None
        for dialect in self._candidates():
            try:
                request = self._request(dialect, verb, params, request_id, headers)
                result = await self._rpc.call(request, silence=silence)
            except AgentRpcError as error:
                if error.code not in NOT_SPOKEN:
                    raise
                refusal = refusal or error
                continue
            self._dialect = dialect
            return result
        raise refusal or AgentProtocolError("the agent speaks no dialect that is known here")

    async def _negotiated_stream(
        self,
        verb: Verb,
        params: Callable[[Dialect], Mapping[str, Any]],
        request_id: str,
        headers: Mapping[str, str],
    ) -> AsyncGenerator[object]:
        await self._discover()
        refusal: AgentRpcError | None = None
        for dialect in self._candidates():
            begun = False
            try:
                request = self._request(dialect, verb, params, request_id, headers)
                async with aclosing(self._rpc.stream(request)) as results:
                    async for result in results:
                        begun = True
                        self._dialect = dialect
                        yield result
            except AgentRpcError as error:
                if begun or error.code not in NOT_SPOKEN:
                    raise
                refusal = refusal or error
            else:
                return
        raise refusal or AgentProtocolError("the agent speaks no dialect that is known here")

    def _request(
        self,
        dialect: Dialect,
        verb: Verb,
        params: Callable[[Dialect], Mapping[str, Any]],
        request_id: str,
        headers: Mapping[str, str],
    ) -> RpcRequest:
        return RpcRequest(
            url=self._endpoint(),
            payload=envelope(dialect, verb, params(dialect), request_id),
            headers={**self._headers, **headers, **HEADERS[dialect]},
        )

    def _endpoint(self) -> str:
        return (self._card.url if self._card is not None else None) or self._url

    def _candidates(self) -> tuple[Dialect, ...]:
        """All dialects, the one that has worked or was named first: a refusal costs a request and does nothing."""
        return _led_by(self._dialect)

    async def _read_card(self) -> tuple[AgentCard, Mapping[str, Any]]:
        refusal: AgentError | None = None
        for url in card_urls(self._url):
            try:
                body = await self._rpc.fetch(url, self._headers)
            except (AgentHttpError, AgentProtocolError) as error:
                refusal = refusal or error
                continue
            if isinstance(body, dict) and (card := read_card(body, url)) is not None:
                self._learn(card)
                return card, body
            refusal = refusal or AgentProtocolError("what the agent serves as its card is none")
        raise refusal or AgentProtocolError("the agent has no card")

    def _learn(self, card: AgentCard) -> None:
        self._card = card
        self._card_asked = True
        self._dialect = card.dialect or self._dialect
        self._streams = card.streaming if self._streams is None else self._streams

    async def _discover(self) -> None:
        """Read the card once. An agent without a usable one is spoken to all the same."""
        if self._card_asked:
            return
        try:
            await self.card()
        except (AgentHttpError, AgentProtocolError) as error:
            _log.info("no agent card: %s", error)
            self._card_asked = True
        except (AgentLost, AgentIdle) as error:
            timed_out = isinstance(error, AgentIdle)
            text = f"could not read the agent's card: {error}; nothing was sent"
            raise AgentUnreachable(text, timed_out=timed_out) from error


def _led_by(best: Dialect | None) -> tuple[Dialect, ...]:
    return tuple(sorted(Dialect, key=lambda dialect: dialect is not best))


def _about(task_id: str, result: object) -> AgentUpdate:
    transcript = Transcript()
    update = _whole(transcript, result)
    if transcript.task_id not in (task_id, None):
        raise AgentProtocolError("the agent answered about another task")
    return update


def _whole(transcript: Transcript, result: object) -> AgentUpdate:
    frame = read_frame(result)
    update = transcript.apply(frame) if frame is not None else None
    if update is not None:
        return update
    if frame is not None:
        return AgentUpdate(transcript.task_id, transcript.context_id)
    raise AgentProtocolError("the agent's answer is neither a task nor a message")
