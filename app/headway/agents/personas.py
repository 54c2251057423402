"""Who the simulated agents are: what each is good at, and the scripts it works through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headway.agents.step import Step

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Script:
    """The work on one task: `prompt` is a task it fits."""

    prompt: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    """What an agent of this kind says of itself, asks and does."""

    description: str
    skill: str
    scripts: tuple[Script, ...]
    question: str = "Which one do you mean?"
    reason: str = "The tool it depends on is not available."

    @property
    def prompts(self) -> tuple[str, ...]:
        """Tasks this agent has a fitting script for."""
        return tuple(script.prompt for script in self.scripts)

    def script_for(self, text: str, random: Random) -> tuple[Step, ...]:
        """The script whose prompt the task's first line is; any of them for another task."""
        first_line = text.partition("\n")[0].strip()
        for script in self.scripts:
            if script.prompt == first_line:
                return script.steps
        return random.choice(self.scripts).steps


HELPER: Final = Persona(
    description="A general assistant that takes any task.",
    skill="assist",
    scripts=(
        Script(
            "Tidy the release checklist",
            (
                Step(note="Reading the task"),
                Step(text="# Release checklist\n\n", note="Writing it down"),
                Step(text="- Version and changelog agree\n"),
                Step(text="- Tests are green on a clean checkout\n"),
                Step(text="- The upgrade was tried on a copy of real data\n"),
                Step(text="- Someone else read this list\n"),
            ),
        ),
    ),
)


def persona_for(name: str) -> Persona:
    """The persona a name stands for; a general assistant for any other."""
    return HELPER
