"""Scripts: the fake work of a simulated agent, step by step, and how a task's options bend it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from headway.agents.behaviours import Behaviour, Work
from headway.agents.hostile import HOSTILE_TEXTS
from headway.agents.step import Step

if TYPE_CHECKING:
    from random import Random

    from headway.agents.options import Options
    from headway.agents.personas import Persona

DEFAULT_DELAY: Final = 0.5
"""Seconds before each step where the text says steps= and no delay=."""
JITTER: Final = 0.25
"""A script's pauses vary by this share, either way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done for one task. Before step number `turn` (from 0) comes what is out of the ordinary: the work
    asks, fails, raises or hangs, or the stream misbehaves."""

    steps: tuple[Step, ...]
    turn: int
    work: Work
    question: str
    reason: str
    last_text: int
    """The number of the step (from 0) that writes the last piece of output; -1 when none does."""


def plan(text: str, options: Options, behaviour: Behaviour, persona: Persona, random: Random) -> Plan:
    """Choose a script for the task's text and apply the options and the behaviour's pace."""
    steps = _steps(text, options, behaviour, persona, random)
    if options.echo is not None:
        steps = (*steps, Step(text=options.echo + "\n", pause=0.0 if options.delay is None else options.delay))
    turn = len(steps) // 2 if options.at is None else min(options.at, len(steps))
    return Plan(
        steps=_with_percentages(steps),
        turn=turn,
        work=_work(options, behaviour),
        question=options.ask or (HOSTILE_TEXTS[0] if behaviour.hostile else persona.question),
        reason=options.fail or (HOSTILE_TEXTS[0] if behaviour.hostile else persona.reason),
        last_text=max((number for number, step in enumerate(steps) if step.text), default=-1),
    )


def _steps(text: str, options: Options, behaviour: Behaviour, persona: Persona, random: Random) -> tuple[Step, ...]:
    if options.steps is not None:
        delay = DEFAULT_DELAY if options.delay is None else options.delay
        return tuple(Step(text=piece, pause=delay) for piece in _pieces(options.steps, options.size, behaviour))
    if behaviour.hostile:
        steps = tuple(Step(text=piece + "\n", note=piece[:1_000], pause=0.4) for piece in HOSTILE_TEXTS)
    else:
        steps = persona.script_for(text, random)
    if options.delay is not None:
        return tuple(replace(step, pause=options.delay) for step in steps)
    return tuple(replace(s, pause=s.pause * behaviour.pace * random.uniform(1 - JITTER, 1 + JITTER)) for s in steps)


def _pieces(steps: int, size: int | None, behaviour: Behaviour) -> list[str]:
    if behaviour.hostile:
        return list(islice(cycle(HOSTILE_TEXTS), steps))
    pieces = [f"chunk {number}\n" for number in range(1, steps + 1)]
    return pieces if size is None else [piece.rstrip().ljust(size - 1, ".")[: size - 1] + "\n" for piece in pieces]


def _with_percentages(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Steps that do not say how far they are get their even share."""
    return tuple(
        step if step.percent is not None else replace(step, percent=round(100 * number / len(steps)))
        for number, step in enumerate(steps, start=1)
    )


def _work(options: Options, behaviour: Behaviour) -> Work:
    if options.fail is not None:
        return Work.FAILS
    return Work.ASKS if options.ask is not None else behaviour.work
