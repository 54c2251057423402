"""What an error of an exchange says of a delegation: whether it may have arrived, and in which words it ended."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from headway.a2a.errors import (
    AgentBusy,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentMalformed,
    AgentRpcError,
    AgentUnreachable,
)
from headway.net.errors import Silent
from headway.tools.platform_api import INVALID_JSON

OUTCOME_UNKNOWN: Final = '"outcome":"unknown"'
"""In the data of a gateway's error: the agent may have the message all the same."""
_DOUBTFUL: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.CONFLICT)
"""What a gateway says where its link to the agent broke, where the agent was silent, and where it has the message."""

_log = logging.getLogger(__name__)


class Doubt(Exception):
    """Nothing can be learned of a message that may have arrived; the text says why."""


def words(error: Exception) -> str:
    """What is said of a delegation that an error has ended; an agent's own words stay its own."""
    if isinstance(error, AgentMalformed):
        _log.warning("%s", error)
        return INVALID_JSON
    if isinstance(error, AgentRpcError):
        return error.message or str(error)
    if isinstance(error, Silent):
        return f"timed out: nothing was heard of the agent for {error.seconds:g} s"
    return str(error) or "failed, without a reason given"


def surely_not_delivered(error: Exception) -> bool:
    """No connection came about, and may another time."""
    return isinstance(error, AgentUnreachable) and not error.hopeless


def may_have_arrived(error: Exception) -> bool:
    """The link broke or was silent, here or behind a gateway; what the agent has answered is no such thing."""
    if isinstance(error, AgentHttpError):
        return error.status in _DOUBTFUL
    if isinstance(error, AgentRpcError):
        return OUTCOME_UNKNOWN in error.data
    return isinstance(error, Silent | AgentLost | AgentIdle)


def unanswered(error: Exception) -> bool:
    """A question that nobody has answered, and that somebody may answer later."""
    if isinstance(error, AgentHttpError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in _DOUBTFUL
    return isinstance(error, AgentBusy) or surely_not_delivered(error) or may_have_arrived(error)
