"""Scripts: the fake work of a simulated agent, step by step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Wait `pause` seconds, then say `note` (a status message), append `text` to the output, be at `percent`."""

    text: str = ""
    note: str = ""
    pause: float = 1.0
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """The work on one task. `prompt` is a task it fits. Between `opening` and `body` an asking agent puts its question,
    a failing one ends with the reason, and a misbehaving one misbehaves."""

    prompt: str
    opening: tuple[Step, ...]
    body: tuple[Step, ...]
    question: str = "Which one do you mean?"
    reason: str = "A tool this task depends on is not available. Nothing was changed; try again later."


@dataclass(frozen=True, slots=True)
class Persona:
    """What an agent says of itself on its card, and the scripts it works through."""

    description: str
    skill: str
    scripts: tuple[Script, ...]

    @property
    def prompts(self) -> tuple[str, ...]:
        """Tasks this agent has a fitting script for."""
        return tuple(script.prompt for script in self.scripts)


def notes(*texts: str, pause: float = 1.4) -> tuple[Step, ...]:
    """A step for each status message."""
    return tuple(Step(note=text, pause=pause) for text in texts)


def lines(text: str, *, pause: float = 0.6) -> tuple[Step, ...]:
    """A step for each line of output; blank lines go with the line before."""
    pieces: list[str] = []
    for line in text.strip("\n").splitlines(keepends=True):
        if pieces and not line.strip():
            pieces[-1] += line
        else:
            pieces.append(line)
    pieces[-1] = pieces[-1].rstrip("\n") + "\n"
    return tuple(Step(text=piece, pause=pause) for piece in pieces)
