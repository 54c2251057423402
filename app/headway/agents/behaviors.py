"""What a simulated agent does well, and every way in which it can misbehave. One registry, in plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class BehaviorName(StrEnum):
    """The names `headway agent --behavior` takes."""

    STREAM = "stream"
    FAST = "fast"
    SLOW = "slow"
    NON_STREAMING = "non-streaming"
    BUSY = "busy"
    FAILING = "failing"
    ASKING = "asking"
    HANGING = "hanging"
    SILENT = "silent"
    HALF_STREAM = "half-stream"
    MALFORMED = "malformed"
    NO_FINAL_OPEN = "no-final-open"
    NO_FINAL_CLOSE = "no-final-close"
    HOSTILE = "hostile"
    RESET = "reset"
    IGNORE_CANCEL = "ignore-cancel"
    COMPLETE_AFTER_CANCEL = "complete-after-cancel"
    RAISE_ON_CANCEL = "raise-on-cancel"
    RAISE = "raise"


class Work(Enum):
    """How the work goes."""

    COMPLETES = auto()
    FAILS = auto()
    ASKS = auto()
    HANGS = auto()
    RAISES = auto()


class Fault(Enum):
    """What is wrong on the wire while the work itself goes on."""

    NONE = auto()
    ENDS_HALFWAY = auto()
    MALFORMED = auto()
    NO_FINAL_STAYS_OPEN = auto()
    NO_FINAL_CLOSES = auto()
    RESETS = auto()
    NEVER_ANSWERS = auto()


class OnCancel(Enum):
    """What a cancel does to the work."""

    STOPS = auto()
    IGNORED = auto()
    COMPLETES_ANYWAY = auto()
    RAISES = auto()


@dataclass(frozen=True, slots=True)
class Behavior:
    """One behavior. `pace` multiplies the pauses of a script; `slots` is the number of tasks worked on at once
    (None: no limit), beyond which a send is answered with 503 busy."""

    summary: str
    pace: float = 1.0
    slots: int | None = None
    streaming: bool = True
    work: Work = Work.COMPLETES
    fault: Fault = Fault.NONE
    on_cancel: OnCancel = OnCancel.STOPS
    hostile: bool = False


BEHAVIORS: Final[dict[BehaviorName, Behavior]] = {
    BehaviorName.STREAM: Behavior("streams output and progress, then completes"),
    BehaviorName.FAST: Behavior("completes within a second", pace=0.05),
    BehaviorName.SLOW: Behavior("as stream, with pauses four times as long", pace=4.0),
    BehaviorName.NON_STREAMING: Behavior("its card says so; streaming calls get -32004", streaming=False),
    BehaviorName.BUSY: Behavior("answers 503 busy while its slots (1) are taken", slots=1),
    BehaviorName.FAILING: Behavior("ends failed, with a reason", work=Work.FAILS),
    BehaviorName.ASKING: Behavior("asks a question and completes after the reply", work=Work.ASKS),
    BehaviorName.HANGING: Behavior("stops halfway without a word; can be asked and canceled", work=Work.HANGS),
    BehaviorName.SILENT: Behavior(
        "accepts the task, then no byte more: no keep-alive, and no answer to get or cancel",
        work=Work.HANGS,
        fault=Fault.NEVER_ANSWERS,
        on_cancel=OnCancel.IGNORED,
    ),
    BehaviorName.HALF_STREAM: Behavior("the stream ends halfway; the task goes on", fault=Fault.ENDS_HALFWAY),
    BehaviorName.MALFORMED: Behavior("halfway the stream (or the answer) is broken JSON", fault=Fault.MALFORMED),
    BehaviorName.NO_FINAL_OPEN: Behavior(
        "completes without a final event; the stream stays open", fault=Fault.NO_FINAL_STAYS_OPEN
    ),
    BehaviorName.NO_FINAL_CLOSE: Behavior(
        "completes without a final event; the stream closes", fault=Fault.NO_FINAL_CLOSES
    ),
    BehaviorName.HOSTILE: Behavior("writes escape sequences, markup, bidi controls and huge lines", hostile=True),
    BehaviorName.RESET: Behavior("resets the TCP connection halfway; the task goes on", fault=Fault.RESETS),
    BehaviorName.IGNORE_CANCEL: Behavior("answers a cancel and works on", on_cancel=OnCancel.IGNORED),
    BehaviorName.COMPLETE_AFTER_CANCEL: Behavior(
        "says canceled, works on and then says completed", on_cancel=OnCancel.COMPLETES_ANYWAY
    ),
    BehaviorName.RAISE_ON_CANCEL: Behavior("answers a cancel with -32603 and works on", on_cancel=OnCancel.RAISES),
    BehaviorName.RAISE: Behavior("raises halfway: -32603, and the task is failed without a reason", work=Work.RAISES),
}
