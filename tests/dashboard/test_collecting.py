"""Many records are kept out of garbage collections; a few change nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from headway.dashboard.collecting import MANY, THRESHOLDS, spare


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_a_few_records_change_nothing() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    spare(MANY - 1)
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_many_are_not_looked_through_again() -> None:
    held = [[] for _ in range(100)]
    spare(MANY)
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > len(held)
