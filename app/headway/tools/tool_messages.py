"""An outcome as the pair of messages that a model's history wants: a call of a tool, and its result.

What a remote agent wrote lands inside a tool result, with where it came from, and never as an instruction (spec:
safety, "The platform"; requirements A12). Make the pair after any repair of the history and append it as it is: the two
belong together, and a repair in between could take one of them out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from headway.tools.outcome import Outcome, State

TOOL: Final = "a2a_task_result"
"""The tool that the call names; its result comes from outside, without the model having asked in this turn."""


class Shape(StrEnum):
    """Whose API the messages are for."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class ToolMessages:
    """`messages` is the call and its result, in this order. `persist` is whether they belong in the stored history:
    what a task ended with does; an agent's question that waits for an answer is asked anew after a restart."""

    messages: tuple[dict[str, Any], dict[str, Any]]
    persist: bool
    provenance: dict[str, str]


def as_tool_messages(outcome: Outcome, shape: Shape | str = Shape.ANTHROPIC) -> ToolMessages:
    """The pair for one outcome. Raises ValueError for a shape that is none."""
    # Whatever the caller's task ids look like: one each, of the characters and the length (40) that both APIs take.
    call_id = "call_" + hashlib.sha256(outcome.task_id.encode()).hexdigest()[:32]
    arguments = {"task_id": outcome.task_id, "agent": outcome.agent}
    content = json.dumps(
        {
            "state": outcome.state,
            "text": outcome.text,
            **({"error": outcome.error} if outcome.error is not None else {}),
            "provenance": outcome.provenance,
        },
        ensure_ascii=False,
    )
    failed = outcome.state in (State.FAILED, State.CANCELED)
    pair = (_anthropic if Shape(shape) is Shape.ANTHROPIC else _openai)(call_id, arguments, content, failed=failed)
    return ToolMessages(pair, outcome.state is not State.INPUT_REQUIRED, outcome.provenance)


def _anthropic(
    call_id: str, arguments: dict[str, str], content: str, *, failed: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    use = {"type": "tool_use", "id": call_id, "name": TOOL, "input": arguments}
    result = {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": failed}
    return {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}


def _openai(
    call_id: str, arguments: dict[str, str], content: str, *, failed: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    call = {"id": call_id, "type": "function", "function": {"name": TOOL, "arguments": json.dumps(arguments)}}
    return (
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": content},
    )
