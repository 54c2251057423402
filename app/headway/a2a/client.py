"""`AgentClient`: everything that can be asked of one agent, whatever dialect it speaks."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headway.a2a.card import AgentCard
from headway.a2a.dialects import CHOOSES_ID, RPC, Dialect, OutgoingMessage, Verb, headers_for, message_params
from headway.a2a.errors import AgentHttpError, AgentProtocolError, AgentRpcError
from headway.a2a.follow import Follower, FollowPolicy
from headway.a2a.frames import read_frame
from headway.a2a.negotiation import Negotiation
from headway.a2a.rest import NO_SUCH_PAGE
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
    finds the dialect (1.0, 0.3, 0.1, then OpenFang's REST). Give `dialect` where it is known from before. `http` is the
    caller's, with its limits and its guard; streams need a pool that is large enough for all of them.
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
        self._headers = dict(headers or {})
        self._limits = limits or RpcLimits()
        self._rpc = RpcChannel(http, clock, self._limits)
        self._speaking = Negotiation(url, self._rpc, self._headers, dialect)
        self._policy = policy or FollowPolicy()
        self._clock = clock
        self._rng = rng
        self._lists = True

    @property
    def lists_tasks(self) -> bool:
        """Whether the agent can say which task came of a message, and that none did.

        One of v1.0 that has not refused to list tasks, and one of v0.1, where the sender chooses the task's id.
        """
        return self.dialect is Dialect.V0_1 or (self._lists and self.dialect is Dialect.V1_0)

    @property
    def names_tasks(self) -> bool:
        """Whether a task may be known by the id of its message before the agent has said anything."""
        return self.dialect in CHOOSES_ID

    @property
    def dialect(self) -> Dialect | None:
        """The dialect that worked, or that the card or the caller named; None before anything is known."""
        return self._speaking.dialect

    async def card(self) -> AgentCard:
        """Read the agent's card now, from either well-known path, and keep to what it says.

        Raises `AgentUnreachable`, `AgentLost` or `AgentIdle` as for any request, `AgentHttpError` when the agent has no
        card, `AgentProtocolError` when what it has cannot be read.
        """
        return (await self._speaking.read_card())[0]

    async def raw_card(self) -> Mapping[str, Any]:
        """As `card`, but all that the agent serves, uncleaned."""
        return (await self._speaking.read_card())[1]

    async def dialects_for(self, spoken: Dialect) -> tuple[Dialect, ...]:
        """JSON-RPC's dialects for a caller who speaks `spoken`: first the agent's, or that one where it is not known.

        Raises as any request does before it is sent.
        """
        await self._speaking.discover()
        return tuple(dialect for dialect in self._speaking.candidates(spoken) if dialect in RPC)

    def spoke(self, dialect: Dialect, verb: Verb | None = None) -> None:
        """Remember that the agent has answered in this dialect, to this verb."""
        self._speaking.spoke(dialect, verb)

    def pass_on(
        self, dialect: Dialect, payload: Mapping[str, Any], headers: Mapping[str, str], *, silence: float | None = None
    ) -> AbstractAsyncContextManager[RpcAnswer]:
        """Send a JSON-RPC request of somebody else's and hand over the answer as it comes.

        `silence` is how many seconds the agent may be silent, `RpcLimits.idle_timeout` unless given. Raises an
        `AgentError` when it is entered and while it is read; an error object of the agent's is no such error.
        """
        told = {**self._headers, **headers, **headers_for(dialect)}
        request = RpcRequest(self._speaking.endpoint, payload, told)
        return self._rpc.exchange(request, silence=silence or self._limits.idle_timeout)

    def stream(
        self, message: OutgoingMessage, *, transcript: Transcript | None = None, news: asyncio.Event | None = None
    ) -> AsyncGenerator[AgentUpdate]:
        """Send a message and follow its task until it is terminal or waits for somebody.

        A stream that breaks off is taken up again by asking the agent; an agent that does not stream is asked
        repeatedly. Raises an `AgentError` where the outcome cannot be learned; a state is never made up. Hand in the
        task's `transcript` when the message is a reply; set `news` when the agent has pushed, and it is asked. Close
        the generator (`contextlib.aclosing`) or cancel the task that iterates it, and the connection is closed at once.
        """
        return self._follower(transcript, news).stream(message)

    def resubscribe(
        self, task_id: str, *, transcript: Transcript | None = None, news: asyncio.Event | None = None
    ) -> AsyncGenerator[AgentUpdate]:
        """Follow a task that was sent earlier, to its end, as `stream` does. Raises `UnknownTask` if it is gone."""
        return self._follower(transcript, news).resume(task_id)

    async def send(self, message: OutgoingMessage, *, blocking: bool = True) -> AgentUpdate:
        """Send a message and return what the agent answers; with `blocking` False that may be long before the end.

        Before v0.3 the agent alone decides how long it waits.
        """
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

    async def find_task(self, context_id: str, *, message_id: str | None = None) -> str | None:
        """The id of the task of a context, for a message that was sent and whose answer never came.

        Where the sender chooses the task's id, the task of `message_id` is asked for. None where the agent has no such
        task, or cannot say (v0.3). Raises as any request does.
        """
        await self._speaking.discover()
        if self.dialect is Dialect.V0_3 and self._speaking.sure:
            return None
        if self.dialect in (Dialect.V1_0, None):
            try:
                found = await self._newest_in(context_id)
            except AgentRpcError as error:
                _log.info("the agent cannot list its tasks: %s", error)
                self._lists = False
                found = None
            except AgentHttpError:
                # Perhaps there is no JSON-RPC at all.
                if self.dialect is not None:
                    raise
                found = None
            if found is not None or self.dialect is Dialect.V1_0:
                return found
        return await self._chosen(message_id) if message_id is not None else None

    async def _newest_in(self, context_id: str) -> str | None:
        params = {"contextId": context_id, "pageSize": 1}
        request = self._speaking.request(Dialect.V1_0, Verb.LIST, lambda _: params, context_id, {})
        result = await self._rpc.call(request)
        tasks = result.get("tasks") if isinstance(result, dict) else None
        newest = read_frame(tasks[0]) if isinstance(tasks, list) and tasks else None
        return newest.task_id if newest is not None and newest.context_id == context_id else None

    async def _chosen(self, task_id: str) -> str | None:
        try:
            found = read_frame(await self.ask(Verb.GET, task_id))
        except AgentRpcError as error:
            _log.info("the agent knows no task of the message: %s", error)
            return None
        except AgentHttpError as error:
            if self._speaking.sure or error.status not in NO_SUCH_PAGE:
                raise
            return None
        return task_id if found is not None and found.task_id == task_id else None

    async def ask(self, verb: Verb, task_id: str) -> object:
        """Send a request about a task and return the raw result."""
        return await self._speaking.call(verb, lambda dialect: {"id": task_id}, task_id, {})

    async def ask_as(
        self, verb: Verb, params: Callable[[Dialect], Mapping[str, Any]], silence: float | None = None
    ) -> object:
        """Ask with the params that each dialect takes, found out as for any request, and return the raw result."""
        seconds = silence or (self._limits.idle_timeout if verb is Verb.SEND else None)
        return await self._speaking.call(verb, params, "", {}, silence=seconds)

    async def ask_send(self, message: OutgoingMessage, *, blocking: bool) -> object:
        """Send a message without streaming and return the raw result."""
        await self._speaking.discover()
        if not self._speaking.pushes:
            message = replace(message, push=None)
        return await self._speaking.call(
            Verb.SEND,
            lambda dialect: message_params(dialect, message, blocking=blocking),
            message.request_id or message.message_id,
            message.headers,
            silence=self._limits.idle_timeout,
        )

    async def streams(self) -> bool:
        """Whether streaming is worth trying: not when the card or an earlier refusal says no."""
        await self._speaking.discover()
        return self._speaking.streams is not False and self.dialect is not Dialect.OPENFANG

    def stop_streaming(self) -> None:
        """Remember that the agent has refused to stream in every dialect."""
        self._speaking.streams = False

    def open_send(self, message: OutgoingMessage) -> AsyncGenerator[object]:
        """Send a message and yield the raw results of its stream."""
        return self._speaking.stream(
            Verb.STREAM,
            lambda dialect: message_params(dialect, message),
            message.request_id or message.message_id,
            message.headers,
        )

    def open_resubscribe(self, task_id: str) -> AsyncGenerator[object]:
        """Yield the raw results of a task's stream from now on."""
        return self._speaking.stream(Verb.RESUBSCRIBE, lambda dialect: {"id": task_id}, task_id, {})

    def _follower(self, transcript: Transcript | None, news: asyncio.Event | None) -> Follower:
        return Follower(self, transcript or Transcript(), self._clock, self._rng, self._policy, news)


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
