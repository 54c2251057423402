"""What can go wrong with the tools themselves, told to whoever runs them.

What an agent or a platform does wrong is no exception here: a verb answers it, with `error` in its result.
"""

from __future__ import annotations


class ToolError(Exception):
    """The tools cannot be used so; the text says what happened, what was not changed and what to do next."""


class SettingsError(ToolError):
    """Settings that cannot be used; `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems) + "; nothing was started")
        self.problems = problems


class JournalUnavailable(ToolError):
    """The journal's file cannot be opened, read or written."""


class JournalLocked(JournalUnavailable):
    """Another process has the journal open."""
