"""What a simulated agent knows about one task, and the updates it publishes. Pure: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Dialect(StrEnum):
    """The ways of speaking A2A that one port answers (spec: a2a, first table and "OpenFang")."""

    V1_0 = "1.0"
    V0_3 = "0.3"
    V0_1 = "0.1"
    OPENFANG = "openfang"


JSON_RPC: Final = frozenset({Dialect.V1_0, Dialect.V0_3, Dialect.V0_1})
"""The ones whose calls are posted to the root; the other has paths."""
EVERY_DIALECT: Final = frozenset(Dialect)


class State(StrEnum):
    """A2A task states, spelled as v0.1 and v0.3 write them."""

    SUBMITTED = "submitted"
    WORKING = "working"
    INPUT_REQUIRED = "input-required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        return self in (State.COMPLETED, State.FAILED, State.CANCELED)

    @property
    def ends_stream(self) -> bool:
        """A stream is closed by a terminal state and by a question: both wait for the caller."""
        return self.terminal or self is State.INPUT_REQUIRED


class Role(StrEnum):
    USER = "user"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Message:
    message_id: str
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Status:
    state: State
    at_ms: int
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """The task's state, with what the agent says about it and how far it is (`percent`, 0 to 100)."""

    status: Status
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class ArtifactUpdate:
    """A piece of the task's output; the first one opens the artifact, `last` closes it."""

    text: str
    append: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Crash:
    """The agent's own code raised: a stream ends in a JSON-RPC error (-32603) with this message."""

    message: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The work is where its behavior misbehaves; a faulty stream acts on it, others pass it over."""


Update = StatusUpdate | ArtifactUpdate | Crash | Turn


@dataclass(slots=True)
class Task:
    """One task as the agent keeps it. `dialect` is the one it was created in."""

    task_id: str
    context_id: str
    dialect: Dialect
    status: Status
    history: list[Message] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    percent: int | None = None
    crash: Crash | None = None

    @property
    def state(self) -> State:
        return self.status.state

    @property
    def text(self) -> str:
        """The whole output written so far."""
        return "".join(self.output)

    def apply(self, update: Update) -> None:
        """Take up what was just published."""
        match update:
            case StatusUpdate(status=status, percent=percent):
                self.status = status
                self.percent = self.percent if percent is None else percent
            case ArtifactUpdate(text=text):
                self.output.append(text)
            case Crash():
                self.crash = update
            case Turn():
                pass
