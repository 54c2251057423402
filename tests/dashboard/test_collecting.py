"""Many records are kept out of garbage collections, with those that take their place; a few change nothing."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from headway.dashboard.collecting import FRESH, MANY, MOST, QUIET, THRESHOLDS, Collecting


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Circle:
    """Garbage, once nobody holds it, that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


def test_a_few_records_change_nothing() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    collecting = Collecting()
    collecting.loaded(MANY - 1)
    collecting.took(FRESH)
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_many_are_not_looked_through_again() -> None:
    held = [[] for _ in range(100)]
    Collecting().loaded(MANY)
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > len(held)


def test_nor_are_those_that_take_their_place() -> None:
    """What is made in place of what is freed counts for nothing, so a young collection would have all of them."""
    collecting = Collecting()
    rows: list[list[object]] = [[n] for n in range(MANY)]
    collecting.loaded(MANY)
    most = 0
    for first in range(0, MANY, 100):
        rows[first : first + 100] = [[n, n] for n in range(first, first + 100)]
        collecting.took(100)
        most = max(most, len(gc.get_objects(generation=0)))
    assert most < 2 * FRESH


@pytest.mark.parametrize(("after", "records", "found"), [
    (QUIET, 0, True), (QUIET - 1, 0, False), (QUIET, 1, False), (MOST, 1, True), (MOST - 1, 1, False),
])  # fmt: skip
def test_garbage_that_was_kept_out_is_found_when_nothing_happens_or_after_an_hour(
    after: float, records: int, found: bool
) -> None:
    collecting = Collecting()
    collecting.tick(0.0)
    circle = Circle()
    gone = weakref.ref(circle)
    collecting.loaded(MANY)
    del circle
    collecting.took(records)
    collecting.tick(after)
    assert (gone() is None) is found
    assert gc.get_freeze_count() > 0
