"""From a task's text to what will be done: a script, bent by the text's options and the agent's behavior. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from headway.agents.behaviors import Behavior, Work
from headway.agents.hostile import HOSTILE_TEXTS
from headway.agents.script import Persona, Script, Step

if TYPE_CHECKING:
    from random import Random

    from headway.agents.options import Options

DEFAULT_DELAY: Final = 0.5
"""Seconds before each step where the text says steps= and no delay=."""
JITTER: Final = 0.25
"""A script's pauses vary by this share, either way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done for one task. Before step number `turn` (from 0) comes what is out of the ordinary: the work
    asks, fails, raises or hangs, or the stream misbehaves. `last_text` is the number of the step that writes the last
    piece of output, -1 when none does."""

    steps: tuple[Step, ...]
    turn: int
    work: Work
    question: str
    reason: str
    last_text: int


def make_plan(text: str, options: Options, behavior: Behavior, persona: Persona, random: Random) -> Plan:
    """Choose a script for the task's text and apply the options and the behavior."""
    script = _script(text, options, behavior, persona, random)
    steps = tuple(_paced(step, options, behavior, random) for step in (*script.opening, *script.body))
    if options.echo is not None:
        steps = (*steps, Step(text=options.echo + "\n", pause=options.delay or 0.0))
    return Plan(
        steps=_with_percentages(steps),
        turn=len(script.opening) if options.at is None else min(options.at, len(steps)),
        work=_work(options, behavior),
        question=options.ask or script.question,
        reason=options.fail or script.reason,
        last_text=max((number for number, step in enumerate(steps) if step.text), default=-1),
    )


def _script(text: str, options: Options, behavior: Behavior, persona: Persona, random: Random) -> Script:
    if behavior.hostile:
        pieces = list(islice(cycle(HOSTILE_TEXTS), options.steps or len(HOSTILE_TEXTS)))
        steps = tuple(Step(text=piece + "\n", note=piece[:1_000], pause=DEFAULT_DELAY) for piece in pieces)
        return _halved(steps, question=HOSTILE_TEXTS[0], reason=HOSTILE_TEXTS[0])
    if options.steps is not None:
        pieces = [_sized(f"chunk {number}\n", options.size) for number in range(1, options.steps + 1)]
        return _halved(tuple(Step(text=piece, pause=DEFAULT_DELAY) for piece in pieces))
    first_line = text.partition("\n")[0].strip()
    fitting = [script for script in persona.scripts if script.prompt == first_line]
    return random.choice(fitting or persona.scripts)


def _halved(steps: tuple[Step, ...], **words: str) -> Script:
    half = len(steps) // 2
    return Script("", steps[:half], steps[half:], **words)


def _sized(piece: str, size: int | None) -> str:
    return piece if size is None else piece.rstrip()[: size - 1].ljust(size - 1, ".") + "\n"


def _paced(step: Step, options: Options, behavior: Behavior, random: Random) -> Step:
    if options.delay is not None:
        return replace(step, pause=options.delay)
    if options.steps is not None:
        return step
    return replace(step, pause=step.pause * behavior.pace * random.uniform(1 - JITTER, 1 + JITTER))


def _with_percentages(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Steps that do not say how far they are get their even share."""
    return tuple(
        step if step.percent is not None else replace(step, percent=round(100 * number / len(steps)))
        for number, step in enumerate(steps, start=1)
    )


def _work(options: Options, behavior: Behavior) -> Work:
    if options.fail is not None:
        return Work.FAILS
    return Work.ASKS if options.ask is not None else behavior.work
