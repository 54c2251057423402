"""The board's filter language: words, and `status:failed target:coder older:5m id:7f3a` (spec: dashboard, "The board").

Terms are joined by "and"; a `-` before a term turns it around; quotes hold blanks together. Several values of one field
are separated by commas, any of which will do.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from headway.core.delegation import Row, Status

NameOf: TypeAlias = Callable[[str], str]
"""The name of a workspace, by its id."""
Test: TypeAlias = Callable[..., bool]
"""Whether something passes; of a delegation: its row, the names of workspaces, and the time in Unix milliseconds."""

_TERM: Final = re.compile(r'(?P<no>-?)(?:(?P<field>[a-z]+):)?(?P<value>"[^"]*"?|[^\s"]+)', re.IGNORECASE)
_DURATION: Final = re.compile(r"(\d{1,9})(ms|s|m|h|d|w)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_AMOUNT: Final = re.compile(r"(>=|<=|>|<|=)?([0-9]{1,9})")
_COMPARED: Final = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_ALIASES: Final = {
    "running": Status.IN_PROGRESS, "working": Status.IN_PROGRESS, "sent": Status.DISPATCHED,
    "input": Status.INPUT_REQUIRED, "needs_input": Status.INPUT_REQUIRED, "done": Status.COMPLETED,
    "cancelled": Status.CANCELED, "cancelling": Status.CANCELING,
}  # fmt: skip


class FilterError(ValueError):
    """A filter that cannot be read; `position` is where in its text, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read; `text` is what it was read from. An empty one lets everything pass."""

    text: str
    tests: tuple[Test, ...] = ()
    uses_time: bool = False
    """Whether what passes changes by itself as time goes on."""

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, *subject: Any) -> bool:
        """Whether something passes; what it is told of it is what each `Test` is called with."""
        return all(test(*subject) for test in self.tests)


EVERYTHING: Final = Filter("")


@dataclass(frozen=True, slots=True)
class Language:
    """What can be asked of one kind of row: a word, and fields by name, each made of the values after its colon."""

    word: Callable[[str], Test]
    fields: Mapping[str, Callable[[Sequence[str]], Test]]


def parse_filter(text: str, language: Language | None = None) -> Filter:
    """Read a filter, of delegations unless told otherwise. Raises `FilterError` with the position of what is wrong."""
    language = language or DELEGATIONS
    tests: list[Test] = []
    uses_time = False
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        term = _TERM.match(text, position)
        if term is None:
            raise FilterError("A word or field:value is expected here.", position)
        field = (term["field"] or "").lower()
        test = _test(language, field, _unquoted(term), term)
        tests.append(_negated(test) if term["no"] else test)
        uses_time |= field in ("older", "newer")
        position = term.end()
    return Filter(text, tuple(tests), uses_time)


def _unquoted(term: re.Match[str]) -> str:
    value = term["value"]
    if not value.startswith('"'):
        return value
    if len(value) < 2 or not value.endswith('"'):
        raise FilterError("This quote is not closed.", term.start("value"))
    return value[1:-1]


def _test(language: Language, field: str, value: str, term: re.Match[str]) -> Test:
    if not field and value.endswith(":") and value[:-1].lower() in language.fields:
        raise FilterError(f"{value.lower()} needs a value.", term.end("value"))
    if not field:
        return language.word(value)
    maker = language.fields.get(field)
    if maker is None:
        near = get_close_matches(field, language.fields, 1)
        known = f"Did you mean {near[0]}:?" if near else f"Fields are {', '.join(language.fields)}."
        raise FilterError(f"There is no field {field}:. {known}", term.start("field"))
    values = [part for part in value.split(",") if part]
    if not values:
        raise FilterError(f"{field}: needs a value.", term.end("value"))
    try:
        return maker(values)
    except ValueError as error:
        raise FilterError(str(error), term.start("value")) from None


def _negated(test: Test) -> Test:
    return lambda *subject: not test(*subject)


def _word(word: str) -> Test:
    needle = word.casefold()

    def test(row: Row, name_of: NameOf, now: int) -> bool:
        shown = (row.task_preview, row.result_preview, row.error, row.status_message, row.status.value)
        return (
            any(text and needle in text.casefold() for text in shown)
            or needle in name_of(row.target_id).casefold()
            or row.delegation_id.casefold().startswith(needle)
        )

    return test


def _status(values: Sequence[str]) -> Test:
    wanted: set[Status] = set()
    for value in values:
        name = value.lower().replace("-", "_")
        if name in _ALIASES:
            wanted.add(_ALIASES[name])
            continue
        matching = {status for status in Status if status.value.startswith(name)}
        if not matching:
            raise ValueError(f"There is no status {value}. They are {', '.join(Status)}.")
        wanted |= {Status(name)} if name in Status.__members__.values() else matching
    return lambda row, name_of, now: row.status in wanted


def _workspace(id_of: Callable[[Row], str]) -> Callable[[Sequence[str]], Test]:
    """A field that names a workspace: by a part of its name, or the beginning of its id."""

    def made(values: Sequence[str]) -> Test:
        needles = [value.casefold() for value in values]
        return lambda row, name_of, now: any(
            needle in name_of(id_of(row)).casefold() or id_of(row).startswith(needle) for needle in needles
        )

    return made


def _id(values: Sequence[str]) -> Test:
    prefixes = tuple(value.casefold() for value in values)
    return lambda row, name_of, now: row.delegation_id.casefold().startswith(prefixes)


def _older(values: Sequence[str]) -> Test:
    least = _milliseconds(values)
    return lambda row, name_of, now: now - row.created_at >= least


def _newer(values: Sequence[str]) -> Test:
    most = _milliseconds(values)
    return lambda row, name_of, now: now - row.created_at <= most


def _priority(values: Sequence[str]) -> Test:
    read = [_AMOUNT.fullmatch(value) for value in values]
    if not all(read):
        raise ValueError("A priority is a number, such as priority:100, or a bound, such as priority:>=50.")
    wanted = [(_COMPARED[one[1] or "="], int(one[2])) for one in read if one]
    return lambda row, name_of, now: any(holds(row.priority, bound) for holds, bound in wanted)


def _milliseconds(values: Sequence[str]) -> int:
    duration = _DURATION.fullmatch(values[0].lower()) if len(values) == 1 else None
    if duration is None:
        raise ValueError("A duration is a number and a unit: 30s, 5m, 2h, 1d.")
    return int(duration[1]) * _UNITS[duration[2]]


FIELDS: Final[dict[str, Callable[[Sequence[str]], Test]]] = {
    "status": _status,
    "target": _workspace(lambda row: row.target_id),
    "source": _workspace(lambda row: row.source_id),
    "id": _id,
    "older": _older,
    "newer": _newer,
    "priority": _priority,
    "prio": _priority,
}
"""The fields, by name; each makes a test of the values after its colon, or raises ValueError."""
DELEGATIONS: Final = Language(_word, FIELDS)
