"""What a caller is told about a task: one small message per thing that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.a2a.states import TaskState

if TYPE_CHECKING:
    from headway.core.progress import Splice


@dataclass(frozen=True, slots=True)
class AgentUpdate:
    """What one frame of an agent changed. All text is clean and bounded.

    `state`, `message` (the status message, at most `ERROR_LIMIT` characters), `percent` (0-100) and `splice` are None
    where nothing changed. `output` is set with a terminal state: every text part of every artifact and of the final
    message, joined by newlines; with no text at all the result as compact JSON. `error` is set when the state is failed
    or rejected. An agent that answers with a bare message has no task: `task_id` is None and the state completed.
    """

    task_id: str | None
    context_id: str | None
    state: TaskState | None = None
    message: str | None = None
    percent: float | None = None
    splice: Splice | None = None
    output: str | None = None
    error: str | None = None

    @property
    def terminal(self) -> bool:
        """The task has ended: completed, failed, canceled or rejected."""
        return self.state is not None and self.state.terminal

    @property
    def interrupted(self) -> bool:
        """The agent waits for input or authorization; nothing comes until somebody answers."""
        return self.state is not None and self.state.interrupted

    @property
    def failure(self) -> str:
        """Of a task that failed or was rejected: why, in the agent's words where it gave any."""
        if self.state is TaskState.REJECTED:
            return f"rejected by the agent: {self.error}"
        return self.error or "failed, without a reason given"
