"""The states of an A2A task, however a dialect spells them."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class TaskState(StrEnum):
    """A task's state, spelled as A2A v0.3 does."""

    SUBMITTED = "submitted"
    WORKING = "working"
    INPUT_REQUIRED = "input-required"
    AUTH_REQUIRED = "auth-required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    REJECTED = "rejected"

    @property
    def terminal(self) -> bool:
        """Nothing can come after it."""
        return self in _TERMINAL

    @property
    def interrupted(self) -> bool:
        """The agent waits for someone: for input or for an authorization."""
        return self in (TaskState.INPUT_REQUIRED, TaskState.AUTH_REQUIRED)


_TERMINAL: Final = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELED, TaskState.REJECTED})
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ALIASES: Final = {
    **{state.value: state for state in TaskState},
    "cancelled": TaskState.CANCELED,
    "in-progress": TaskState.WORKING,
    "running": TaskState.WORKING,
    "error": TaskState.FAILED,
}


def read_state(value: object) -> TaskState | None:
    """Read a state by its spelling: TASK_STATE_INPUT_REQUIRED, input-required, inputRequired, cancelled.

    None for what is no known state, "unknown" and "unspecified" among it: nothing was observed.
    """
    if not isinstance(value, str) or len(value) > 64:
        return None
    name = _CAMEL.sub("-", value.strip()).lower().replace("_", "-")
    return _ALIASES.get(name.removeprefix("task-state-"))
