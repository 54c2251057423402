"""Spans of time in few characters, at the edges of their units."""

from __future__ import annotations

import pytest
from headway.dashboard.durations import DAY, HOUR, MINUTE, SECOND, coarse, exact, spelled


@pytest.mark.parametrize(
    ("ms", "short", "words"),
    [
        (-5 * SECOND, "0s", None),
        (400, "0s", "0 s"),
        (MINUTE - 1, "59s", "59 s"),
        (MINUTE, "1m", "1 min"),
        (HOUR - 1, "59m", "59 min"),
        (2 * HOUR + 100 * SECOND, "2h", "2 h"),
        (DAY - 1, "23h", "23 h"),
        (2 * DAY + 7 * HOUR, "2d", "2 d"),
    ],
)
def test_the_largest_whole_unit(ms: int, short: str, words: str | None) -> None:
    assert coarse(ms) == short
    assert words is None or spelled(ms) == words


@pytest.mark.parametrize(
    ("ms", "clock"),
    [
        (-SECOND, "0:00"),
        (42 * SECOND, "0:42"),
        (14 * MINUTE + 2 * SECOND, "14:02"),
        (HOUR + 2 * MINUTE + 3 * SECOND, "1:02:03"),
        (DAY - SECOND, "23:59:59"),
        (2 * DAY + 3 * HOUR, "2d 3h"),
    ],
)
def test_to_the_second_and_from_a_day_on_to_the_hour(ms: int, clock: str) -> None:
    assert exact(ms) == clock
