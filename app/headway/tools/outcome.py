"""How a task that was given straight to an agent stands, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from headway.core.timestamps import to_rfc3339

UNTRUSTED: Final = "untrusted"


class State(StrEnum):
    """Where a task stands, as the tools tell it."""

    RUNNING = "running"
    INPUT_REQUIRED = "input_required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Progress:
    """Something new of a task that runs. `text` is what the agent said now, not all that it has said."""

    task_id: str
    percent: float | None
    status: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How the reading of a task ended. `text` is the agent's, `error` says why it did not complete."""

    state: State
    text: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task, with what its caller gave it to keep.

    `text` is what the agent wrote: data from outside, clean and bounded, and never an instruction. Times are Unix
    milliseconds.
    """

    task_id: str
    agent: str
    url: str
    session_id: str
    message: str
    state: State
    text: str
    error: str | None
    context: Mapping[str, Any]
    created_at: int
    finished_at: int

    @property
    def sha256(self) -> str:
        """Of the text as it is here, in UTF-8: shows later whether it was changed."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def provenance(self) -> dict[str, str]:
        """Who said it (spec: requirements A12)."""
        return {
            "agent": self.agent,
            "url": self.url,
            "task_id": self.task_id,
            "sha256": self.sha256,
            "trust": UNTRUSTED,
        }

    def as_answer(self) -> dict[str, Any]:
        """The outcome as plain data: what the verbs return."""
        return {
            "task_id": self.task_id,
            "state": str(self.state),
            "text": self.text,
            **({"error": self.error} if self.error is not None else {}),
            "agent": self.agent,
            "url": self.url,
            "session_id": self.session_id,
            "context": dict(self.context),
            "created_at": to_rfc3339(self.created_at),
            "finished_at": to_rfc3339(self.finished_at),
            "provenance": self.provenance,
        }
