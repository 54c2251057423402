"""The filter language: what passes, and what a person is told of a filter that cannot be read."""

from __future__ import annotations

import re

import pytest
from headway.core.delegation import Status
from headway.dashboard.filters import EVERYTHING, FilterError, parse_filter
from hypothesis import given
from hypothesis import strategies as st
from support.records import T0, row

NAMES = {"coder-id": "Coder", "op": "operator"}
FAILED = row(
    "7f3a91bc",
    status=Status.FAILED,
    task_preview="Fix the flaky retry test",
    error="agent: 403 forbidden",
    priority=100,
)


def passes(text: str, *, age_ms: int = 0) -> bool:
    return parse_filter(text).matches(FAILED, lambda workspace_id: NAMES.get(workspace_id, "?"), T0 + age_ms)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "flaky", "FLAKY retry", "status:failed", "status:fail", "STATUS:Failed", "target:coder",
     "target:coder-id", "id:7f3a", "id:7F3A", "7f3a", "403", '"flaky retry"', "status:queued,failed",
     "priority:100", "prio:100", "prio:>=100", "prio:<5,>50", "prio:=100", "source:oper", "source:op", "-source:coder",
     "-status:queued", "-zebra", "flaky status:failed target:cod id:7", "coder", "failed"],
)  # fmt: skip
def test_lets_pass(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    ["zebra", "flaky zebra", "status:queued", "target:planner", "id:f3a", '"retry flaky"', "-flaky", "-status:failed",
     "priority:50", "prio:>100", "prio:<100", "source:coder", "-source:op", "status:failed id:8"],
)  # fmt: skip
def test_keeps_out(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(("unit", "ms"), [("5m", 300_000), ("300s", 300_000), ("1h", 3_600_000), ("2d", 172_800_000)])
def test_age_counts_from_creation_and_moves_with_time(unit: str, ms: int) -> None:
    assert not passes(f"older:{unit}", age_ms=ms - 1)
    assert passes(f"older:{unit}", age_ms=ms)
    assert passes(f"newer:{unit}", age_ms=ms)
    assert not passes(f"newer:{unit}", age_ms=ms + 1)
    assert parse_filter(f"older:{unit}").uses_time
    assert not parse_filter("flaky").uses_time


def test_status_names_that_people_use() -> None:
    stuck = row(status=Status.INPUT_REQUIRED)
    for text in ("status:needs-input", "status:input", "status:input_required"):
        assert parse_filter(text).matches(stuck, str, T0)
    running = row(status=Status.CANCELING)
    assert parse_filter("status:cancel").matches(running, str, T0)
    assert not parse_filter("status:canceled").matches(running, str, T0)


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("flaky statsu:failed", 6, "Did you mean status:?"),
        ("zzz:1", 0, "Fields are"),
        ("status:frozen", 7, "There is no status frozen"),
        ("ok older:5", 9, "5m"),
        ("older:1m,2m", 6, "5m"),
        ("status:", 7, "needs a value"),
        ("status:,", 8, "needs a value"),
        ('task "open', 5, "not closed"),
        ('"', 0, "not closed"),
        ("priority:high", 9, "number"),
        ("prio:>", 5, "number"),
        ("prio:=>5", 5, "number"),
        ("sorce:op", 0, "Did you mean source:?"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError, match=re.escape(says)) as caught:
        parse_filter(text)
    assert caught.value.position == position


@given(st.text())
def test_whatever_is_typed_is_a_filter_or_an_error_with_its_place(text: str) -> None:
    position = 0
    try:
        parsed = parse_filter(text)
        parsed.matches(FAILED, str, T0)
        assert bool(parsed) == bool(text.strip())
    except FilterError as error:
        position = error.position
    assert 0 <= position <= len(text)


def test_an_empty_filter_is_everything() -> None:
    assert not EVERYTHING
    assert EVERYTHING.matches(FAILED, str, T0)
