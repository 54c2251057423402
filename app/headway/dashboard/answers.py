"""What came of asking for many at once, counted and said in one notice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, TypeVar

from headway.connectors.errors import Conflict, ConnectorError, NotFound, OutcomeUnknown
from headway.core.delegation import Row

Answer = TypeVar("Answer")


class Tidings(StrEnum):
    """How a notice is meant."""

    DONE = "done"
    UNSURE = "unsure"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of an action: in `title` what happened, in `text` what was not changed and what to do next."""

    title: str
    text: str = ""
    tidings: Tidings = Tidings.DONE


@dataclass(slots=True)
class Answers(Generic[Answer]):
    """What the platform answered for each delegation that it was asked about, and what went wrong with the others."""

    answered: list[tuple[Row, Answer]] = field(default_factory=list)
    failed: list[tuple[Row, ConnectorError]] = field(default_factory=list)

    def unknown(self) -> list[Row]:
        """Those whose outcome is unknown: to be read again."""
        return [row for row, error in self.failed if isinstance(error, OutcomeUnknown)]


_EXPECTED: Final = (Conflict, NotFound)
"""What happens between the question and the answer, and is no failure among many."""


def notice_of(done: Sequence[tuple[str, int]], left: int, left_words: str, failed: Iterable[ConnectorError]) -> Notice:
    """One notice for many: how many were `done` and in which words, and how many were `left` as they are, and why.

    A platform that says that one has changed meanwhile, or is gone, is counted among those left.
    """
    errors = list(failed)
    gone = sum(isinstance(error, NotFound) for error in errors)
    left += sum(isinstance(error, Conflict) for error in errors)
    unknown = [error for error in errors if isinstance(error, OutcomeUnknown)]
    others = [error for error in errors if not isinstance(error, (*_EXPECTED, OutcomeUnknown))]
    parts = [f"{words} {count:,}" for words, count in done if count]
    parts += [f"{left:,} {left_words}"] if left else []
    parts += [f"{gone:,} no longer there"] if gone else []
    parts += [f"{len(unknown):,} with an unknown outcome"] if unknown else []
    parts += [f"{len(others):,} did not happen"] if others else []
    title = ", ".join(parts)
    tidings = Tidings.FAILED if others else Tidings.UNSURE if unknown else Tidings.DONE
    text = next((str(error) for error in (*others, *unknown)), "")
    return Notice(title[:1].upper() + title[1:], text, tidings)
