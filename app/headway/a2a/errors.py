"""What can go wrong with an agent. Every error says whether the message may have reached it."""

from __future__ import annotations

from typing import Final

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
TASK_NOT_FOUND: Final = -32001
TASK_NOT_CANCELABLE: Final = -32002
PUSH_NOT_SUPPORTED: Final = -32003
UNSUPPORTED_OPERATION: Final = -32004
INVALID_AGENT_RESPONSE: Final = -32006
VERSION_NOT_SUPPORTED: Final = -32009
NOT_SPOKEN: Final = frozenset({METHOD_NOT_FOUND, VERSION_NOT_SUPPORTED})
"""What an agent answers that does not speak the dialect: it has taken nothing on, and may be asked in another."""


class AgentError(Exception):
    """An exchange with an agent did not succeed; the text says what happened.

    `delivered` tells whether the agent got the request: True when it answered, False when it surely did not, None when
    that is unknown. Only what was surely not delivered may be sent again (spec: requirements Q12).
    """

    delivered: bool | None = None


class AgentUnreachable(AgentError):
    """No connection came about: refused, name not found, connect timeout, a URL that cannot be used.

    `timed_out` is whether the agent said nothing at all: it may be there and overloaded.
    `hopeless` is whether it will never do, whatever becomes of the agent: its URL cannot be used.
    """

    delivered = False

    def __init__(self, text: str, *, timed_out: bool = False, hopeless: bool = False) -> None:
        super().__init__(text)
        self.timed_out = timed_out
        self.hopeless = hopeless


class AgentForbidden(AgentError):
    """The agent's address may not be dialled from here (`net.guard.Refused`); trying again cannot help."""

    delivered = False


class AgentBusy(AgentError):
    """HTTP 503 with `busy`: the agent has no free slot and took nothing on. `retry_after` is in seconds."""

    delivered = False

    def __init__(self, text: str, retry_after: float | None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class AgentLost(AgentError):
    """The connection broke after the request may have left, or a stream ended early and could not be taken up again."""


class AgentIdle(AgentError):
    """Not a byte came for longer than the idle limit, and the agent could not be asked."""


class AgentProtocolError(AgentError):
    """What came is not A2A: malformed JSON, the wrong content type, a body or event over its limit, nothing at all."""

    delivered = True


class AgentMalformed(AgentProtocolError):
    """What came is no JSON."""


class AgentQueued(AgentProtocolError):
    """202 with `queued`: a gateway has taken the message in and will deliver it; it is not to be sent again.

    `delegation_id` is what the gateway calls it, where it says so (spec: platform-api, "The A2A gateway").
    """

    def __init__(self, delegation_id: str | None) -> None:
        super().__init__("the agent's gateway has queued the message; its answer comes later, and not here")
        self.delegation_id = delegation_id


class AgentHttpError(AgentError):
    """An HTTP status that is neither success nor busy.

    `body_present` and `restarting` (a true member of that name in the body) decide about the one retry (spec:
    platform-api, "Dispatch"). A body that only says that the agent restarts does not count as present.
    """

    def __init__(
        self, status: int, excerpt: str, *, body_present: bool, restarting: bool, retry_after: float | None
    ) -> None:
        super().__init__(f"HTTP {status}: {excerpt}" if excerpt else f"HTTP {status}")
        self.status = status
        self.excerpt = excerpt
        self.body_present = body_present
        self.restarting = restarting
        self.retry_after = retry_after
        # A gateway that answers for the agent does not know what the agent got.
        self.delivered = True if status < 500 else None


class AgentRpcError(AgentError):
    """A JSON-RPC error object: the agent's own answer. `message` and `data` are clean and bounded."""

    delivered = True

    def __init__(self, code: int, message: str, data: str = "") -> None:
        super().__init__(f"{message} ({code})" if message else f"JSON-RPC error {code}")
        self.code = code
        self.message = message
        self.data = data


class UnknownTask(AgentRpcError):
    """-32001: the agent does not know the task (any more)."""


class NotCancelable(AgentRpcError):
    """-32002: the agent will not cancel the task, as a rule because it has finished."""
