"""The assistant: what an agent of any other name does."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

ASSISTANT: Final = Persona(
    description="A general assistant that takes any task.",
    skill="assistance",
    scripts=(
        Script(
            "Tidy the release checklist",
            notes("Reading the task", "Reading the checklist of the last three releases", pause=1.0),
            lines(
                """\
# Release checklist

- [ ] Version and changelog agree
- [ ] Tests are green on a clean checkout, not only on the machine of whoever wrote it
- [ ] The upgrade was tried on a copy of real data
- [ ] The way back was tried as well
- [ ] Someone who did not write the change has read it
- [ ] People who will be asked about it know that it is coming

Removed: three items about the old build server, and "double-check everything".
"""
            ),
        ),
        Script(
            "Draft a friendly reminder about the time sheets",
            notes("Reading the task", "Writing a first draft", "Making it shorter", pause=1.0),
            lines(
                """\
Hello everyone,

the month ends on Friday, and 9 of 31 time sheets are still open.
If yours is one of them: it takes about four minutes, and Payroll goes home on time.

Thank you!
"""
            ),
        ),
    ),
)
