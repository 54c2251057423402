"""What is known of a task while it is read: whoever looks sees it as it stands between two words of the agent."""

from __future__ import annotations

import asyncio

from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.tools.outcome import Progress


class Reading:
    """One task as it is heard. All changes are made between two awaits, so nobody needs a lock to look (A9).

    `heard_at` is when the agent last said something, in Unix milliseconds.
    """

    def __init__(self, task_id: str, heard_at: int, *, sending: bool, remote_task_id: str | None = None) -> None:
        self.task_id = task_id
        self.heard_at = heard_at
        self.sending = sending
        """The message may have left: from here on it is never sent again."""
        self.remote_task_id = remote_task_id
        self.state: TaskState | None = None
        self.percent: float | None = None
        self.status: str | None = None
        self.transcript = Transcript()
        self.known = asyncio.Event()
        """Set once the agent's task id is known, so that the agent can be asked to cancel."""
        if remote_task_id is not None:
            self.known.set()

    @property
    def text(self) -> str:
        """All that the agent has said, clean; past the bound of a body its head is dropped, with a marker."""
        return self.transcript.text

    def hear(self, update: AgentUpdate, now_ms: int) -> Progress:
        """Take in what an update says. An agent that says again what it has said before is as silent as it was."""
        new_state = update.state is not None and update.state is not self.state
        if new_state or update.splice is not None or update.message is not None or update.percent is not None:
            self.heard_at = now_ms
        self.state = update.state or self.state
        self.percent = update.percent if update.percent is not None else self.percent
        self.status = update.message if update.message is not None else self.status
        text = update.splice.text if update.splice is not None else ""
        return Progress(self.task_id, self.percent, self.status, text)

    def know(self, remote_task_id: str) -> None:
        """The agent has taken it on under this id."""
        self.remote_task_id = remote_task_id
        self.known.set()
