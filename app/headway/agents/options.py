"""Options a caller writes into the task's text, so that a test says in one line what the agent shall do.

Options are words of the form `name=value`, anywhere in the text; all other words are left alone, so an ordinary task
never changes what the agent does. An underscore in a value of `fail`, `ask` or `echo` stands for a blank.

    steps=3          three pieces of output, "chunk 1\\n" … "chunk 3\\n", instead of the persona's script
    delay=0.05       seconds before each step; 0 is allowed
    size=1000        characters per piece of output (only with steps)
    at=2             after so many steps the behavior misbehaves, fails or asks (default: half of them)
    fail=disk_full   end failed, with this reason
    ask=which_file   ask this and wait for a reply, then go on
    echo=hello       the last piece of output is this line
    behavior=reset  for this task, another behavior than the agent's own
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from headway.agents.behaviors import BehaviorName

MAX_STEPS: Final = 100_000
MAX_DELAY: Final = 86_400.0
MAX_SIZE: Final = 1_048_576

_OPTION = re.compile(r"(?<!\S)([a-z]+)=(\S+)")


class OptionError(ValueError):
    """An option's value cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the text asked for; None where it said nothing."""

    steps: int | None = None
    delay: float | None = None
    size: int | None = None
    at: int | None = None
    fail: str | None = None
    ask: str | None = None
    echo: str | None = None
    behavior: BehaviorName | None = None


def parse_options(text: str) -> Options:
    """Read the options of a task's text. Unknown names are ordinary words; of a name given twice the last one counts.

    Raises OptionError for a value that is no number, out of range, or no behavior.
    """
    given = {name: value for name, value in _OPTION.findall(text) if name in Options.__dataclass_fields__}
    return Options(
        steps=_integer(given, "steps", 1, MAX_STEPS),
        delay=_seconds(given, "delay"),
        size=_integer(given, "size", 1, MAX_SIZE),
        at=_integer(given, "at", 0, MAX_STEPS),
        fail=_words(given, "fail"),
        ask=_words(given, "ask"),
        echo=_words(given, "echo"),
        behavior=_behavior(given),
    )


def _integer(given: dict[str, str], name: str, low: int, high: int) -> int | None:
    if name not in given:
        return None
    value = given[name]
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and low <= int(value) <= high):
        raise OptionError(f"{name}= takes a whole number from {low} to {high}")
    return int(value)


def _seconds(given: dict[str, str], name: str) -> float | None:
    if name not in given:
        return None
    try:
        value = float(given[name])
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= MAX_DELAY:
        raise OptionError(f"{name}= takes seconds from 0 to {MAX_DELAY:g}")
    return value


def _words(given: dict[str, str], name: str) -> str | None:
    return given[name].replace("_", " ") if name in given else None


def _behavior(given: dict[str, str]) -> BehaviorName | None:
    if "behavior" not in given:
        return None
    try:
        return BehaviorName(given["behavior"])
    except ValueError:
        names = ", ".join(BehaviorName)
        raise OptionError(f"behavior= takes one of {names}") from None
