"""The laws of `ProgressText`."""

from __future__ import annotations

from itertools import pairwise

from headway.core.progress import EMPTY_PROGRESS, ProgressOnWire, ProgressText
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

DELTAS = st.text(alphabet="ab字", max_size=8) | st.integers(4_000, 5_000).map(lambda size: "x" * size)
SPLICES = st.lists(st.tuples(st.integers(-6, 6) | st.just(0), DELTAS), max_size=10)
LIMITS = st.integers(1, 20) | st.just(6_000)


class Plain:
    """The law, said as plainly as it can be: one str, and where it begins."""

    def __init__(self, start: int = 0, text: str = "") -> None:
        self.start = start
        self.text = text

    def splice(self, offset: int, delta: str, limit: int) -> None:
        if not self.start <= offset <= self.start + len(self.text):
            self.start, self.text = offset, ""
        whole = self.text[: offset - self.start] + delta
        dropped = max(0, len(whole) - limit)
        self.start, self.text = self.start + dropped, whole[dropped:]


def spliced(splices: list[tuple[int, str]], limit: int) -> ProgressText:
    held = EMPTY_PROGRESS
    for back, delta in splices:
        held = held.splice(max(0, held.end + back), delta, limit=limit)
    return held


@given(SPLICES, LIMITS)
def test_splices_follow_the_plain_law(splices: list[tuple[int, str]], limit: int) -> None:
    held, plain = EMPTY_PROGRESS, Plain()
    for back, delta in splices:
        offset = max(0, held.end + back)
        held = held.splice(offset, delta, limit=limit)
        plain.splice(offset, delta, limit)
        assert (held.start, held.text, held.length) == (plain.start, plain.text, len(plain.text))
        assert held.length <= limit


@given(SPLICES, st.integers(-6, 0), DELTAS)
def test_a_delta_that_is_applied_twice_is_applied_once(splices: list[tuple[int, str]], back: int, delta: str) -> None:
    held = spliced(splices, 100_000)
    offset = max(held.start, held.end + back)
    once = held.splice(offset, delta)
    assert once.splice(offset, delta) == once


@given(st.text(alphabet="ab字", max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_a_text_is_the_same_however_it_was_cut(text: str, cuts: list[int]) -> None:
    held = EMPTY_PROGRESS
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for first, last in pairwise(edges):
        held = held.splice(first, text[first:last])
    assert held == ProgressText.of(text)


@given(SPLICES, LIMITS)
def test_an_earlier_version_is_not_touched_by_a_later_one(splices: list[tuple[int, str]], limit: int) -> None:
    held = spliced(splices, limit)
    before = held.text
    held.splice(held.end, "more", limit=limit)
    held.splice(held.start, "anew", limit=limit)
    assert held.text == before


@given(SPLICES, LIMITS, st.integers(0, 30))
def test_a_tail_is_the_end_of_the_text(splices: list[tuple[int, str]], limit: int, size: int) -> None:
    held = spliced(splices, limit)
    tail = held.tail(size)
    assert tail.end == held.end
    assert tail.text == held.text[max(0, held.length - size) :]


@given(SPLICES)
def test_a_text_survives_the_wire(splices: list[tuple[int, str]]) -> None:
    held = spliced(splices, 10_000)
    wire = TypeAdapter(ProgressOnWire)
    assert wire.validate_json(wire.dump_json(held)) == held
    assert hash(wire.validate_json(wire.dump_json(held))) == hash(held)
