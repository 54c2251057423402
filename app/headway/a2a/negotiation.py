"""Finding out where an agent listens and how it speaks: by its card, then by the first real request, and remembered."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from headway.a2a import rest
from headway.a2a.card import AgentCard, card_urls, read_card
from headway.a2a.dialects import METHODS, RPC, Dialect, Verb, envelope, headers_for
from headway.a2a.errors import (
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_SPOKEN,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    AgentUnreachable,
)
from headway.a2a.rpc import RpcChannel, RpcRequest

Params = Callable[[Dialect], Mapping[str, Any]]

_log = logging.getLogger(__name__)


class Negotiation:
    """Asks one agent in the dialect that it speaks, and in the others where it says that it does not speak that one.

    Only what says that nothing was taken on leads to another dialect: -32601 and -32009; and as long as the agent has
    spoken none and its card names none, -32600, which v0.1 servers answer to a method they do not know, and HTTP 404
    or 405, which an agent without JSON-RPC answers. No request is made only to find out.
    """

    def __init__(self, url: str, rpc: RpcChannel, headers: Mapping[str, str], dialect: Dialect | None) -> None:
        self._url = url
        self._rpc = rpc
        self._headers = headers
        self._card: AgentCard | None = None
        self._card_asked = False
        self._spoken = False
        self.dialect = dialect
        """The dialect that worked, or that the card or the caller named; None before anything is known."""
        self.streams: bool | None = None
        """Whether the agent streams, by its card or a refusal; None where that is not known."""

    @property
    def pushes(self) -> bool:
        """Whether the agent's card says that it can tell of news by itself."""
        return self._card is not None and self._card.pushes is True

    @property
    def endpoint(self) -> str:
        """Where requests go."""
        return (self._card.url if self._card is not None else None) or self._url

    def candidates(self, best: Dialect | None = None) -> tuple[Dialect, ...]:
        """All dialects, the one that has worked or was named first: a refusal costs a request and does nothing."""
        best = self.dialect or best
        return tuple(sorted(Dialect, key=lambda dialect: dialect is not best))

    def spoke(self, dialect: Dialect, verb: Verb | None = None) -> None:
        """Remember that the agent has answered in this dialect; what is asked alike in several does not tell which."""
        if verb is None or not _asked_alike(dialect, verb):
            self._spoken = True
        elif self.dialect is not None and _asked_alike(self.dialect, verb):
            return
        self.dialect = dialect

    async def call(
        self,
        verb: Verb,
        params: Params,
        request_id: str,
        headers: Mapping[str, str],
        *,
        silence: float | None = None,
    ) -> object:
        """Ask and return the raw result. Raises the first refusal where the agent speaks nothing that we do."""
        await self.discover()
        refusals: dict[Dialect, AgentError] = {}
        for dialect in self.candidates():
            if not self._can_ask(dialect, verb, refusals):
                continue
            try:
                result = await self._rpc.call(self.request(dialect, verb, params, request_id, headers), silence=silence)
            except (AgentRpcError, AgentHttpError) as error:
                if not self._not_spoken(dialect, verb, error):
                    if dialect is self.dialect is Dialect.OPENFANG and isinstance(error, AgentHttpError):
                        raise rest.refusal(verb, error) from None
                    raise
                refusals[dialect] = error
                continue
            self.spoke(dialect, verb)
            return result
        raise _first(refusals)

    async def stream(
        self, verb: Verb, params: Params, request_id: str, headers: Mapping[str, str]
    ) -> AsyncGenerator[object]:
        """Ask and yield the raw results of the stream."""
        await self.discover()
        refusals: dict[Dialect, AgentError] = {}
        for dialect in self.candidates():
            if not self._can_ask(dialect, verb, refusals):
                continue
            begun = False
            try:
                request = self.request(dialect, verb, params, request_id, headers)
                async with aclosing(self._rpc.stream(request)) as results:
                    async for result in results:
                        if not begun:
                            self.spoke(dialect, verb)
                        begun = True
                        yield result
            except (AgentRpcError, AgentHttpError) as error:
                if begun or not self._not_spoken(dialect, verb, error):
                    raise
                refusals[dialect] = error
            else:
                return
        if _no_rpc(refusals):
            # What answers so may speak a form that has no streams: that is found out by a send.
            first = _first(refusals)
            raise AgentRpcError(METHOD_NOT_FOUND, f"the agent has nothing that streams: {first}") from first
        raise _first(refusals)

    def request(
        self, dialect: Dialect, verb: Verb, params: Params, request_id: str, headers: Mapping[str, str]
    ) -> RpcRequest:
        """The request as one dialect makes it."""
        told = {**self._headers, **headers, **headers_for(dialect)}
        if dialect is Dialect.OPENFANG:
            return rest.request(verb, self.endpoint, params(dialect), told)
        return RpcRequest(self.endpoint, envelope(dialect, verb, params(dialect), request_id), told)

    async def discover(self) -> None:
        """Read the card once. An agent without a usable one is spoken to all the same."""
        if self._card_asked:
            return
        try:
            await self.read_card()
        except (AgentHttpError, AgentProtocolError) as error:
            _log.info("no agent card: %s", error)
            self._card_asked = True
        except (AgentLost, AgentIdle) as error:
            timed_out = isinstance(error, AgentIdle)
            text = f"could not read the agent's card: {error}; nothing was sent"
            raise AgentUnreachable(text, timed_out=timed_out) from error

    async def read_card(self) -> tuple[AgentCard, Mapping[str, Any]]:
        """Read the card now, from either well-known path, and keep to what it says; returns it read, and as it came."""
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
        self.dialect = card.dialect or self.dialect
        self.streams = card.streaming if self.streams is None else self.streams

    @property
    def sure(self) -> bool:
        """Whether the agent itself has said how it speaks, by an answer or in its card."""
        return self._spoken or (self._card is not None and self._card.dialect is not None)

    def _can_ask(self, dialect: Dialect, verb: Verb, refusals: Mapping[Dialect, AgentError]) -> bool:
        if dialect in RPC:
            # Where one method has no page, no other has.
            return verb in METHODS[dialect] and not _no_rpc(refusals)
        return verb in rest.VERBS and (self.dialect is dialect or _no_rpc(refusals))

    def _not_spoken(self, dialect: Dialect, verb: Verb, error: AgentError) -> bool:
        """Whether the agent says that it does not speak the dialect, and so has taken nothing on."""
        if isinstance(error, AgentHttpError):
            if error.status not in rest.NO_SUCH_PAGE:
                return False
            # A task that is not there is no page either, where the form is known.
            return not self.sure if dialect in RPC else verb is Verb.SEND or self.dialect is not dialect
        code = error.code if isinstance(error, AgentRpcError) else None
        return code in NOT_SPOKEN or (code == INVALID_REQUEST and not self.sure)


def _no_rpc(refusals: Mapping[Dialect, AgentError]) -> bool:
    """Whether nothing takes JSON-RPC there."""
    return any(dialect in RPC and isinstance(error, AgentHttpError) for dialect, error in refusals.items())


def _first(refusals: Mapping[Dialect, AgentError]) -> AgentError:
    return next(iter(refusals.values()), AgentProtocolError("the agent speaks no dialect that is known here"))


def _asked_alike(dialect: Dialect, verb: Verb) -> bool:
    """Whether another dialect has the same method."""
    return dialect in METHODS and sum(METHODS[dialect].get(verb) == known.get(verb) for known in METHODS.values()) > 1
