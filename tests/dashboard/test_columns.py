"""What the cells say of a delegation, and how columns share a width."""

from __future__ import annotations

from dataclasses import replace

import pytest
from headway.core.delegation import Group, Row, Status
from headway.core.progress import ProgressText
from headway.dashboard.changes import Note
from headway.dashboard.columns import COLUMNS, Facts, bar, headline, last_line, lay_out, outcome, standing
from headway.dashboard.durations import coarse, exact
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_700_000_000_000
ROW = Row(
    delegation_id="7f3a",
    source_id="operator",
    target_id="ws",
    status=Status.IN_PROGRESS,
    priority=50,
    task_preview="Fix the race",
    attempt=1,
    created_at=NOW - 42_000,
    updated_at=NOW,
    last_activity_at=NOW - 660_000,
    seq=1,
)
FACTS = Facts(NOW, lambda workspace_id: "coder", {})


def says(status: Status) -> str:
    return standing(replace(ROW, status=status), FACTS)[0]


def test_the_statuses_that_need_a_person_have_a_sign_and_a_word() -> None:
    assert says(Status.STUCK) == "! stuck 11m"
    assert says(Status.INPUT_REQUIRED) == "? needs input"
    assert says(Status.FAILED) == "✗ failed"


def test_what_was_just_asked_for_is_shown_before_the_platform_says_so() -> None:
    facts = replace(FACTS, notes={"7f3a": Note("canceling…", Status.CANCELING)})
    assert standing(ROW, facts)[0] == "canceling…"


def test_a_failed_one_shows_its_reason() -> None:
    text = "".join(text for text, _ in outcome(replace(ROW, status=Status.FAILED, error="agent: 403\nForbidden")))
    assert text == "✗ agent: 403↵Forbidden"


@pytest.mark.parametrize("text", ["", "\n\n", "one", "one\ntwo\n\n", "one\n  two  ", "x" * 5_000 + "\nlast"])
def test_the_last_line_is_the_last_with_anything_on_it(text: str) -> None:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    progress = ProgressText()
    for start in range(0, len(text), 700):
        progress = progress.splice(progress.end, text[start : start + 700])
    assert last_line(progress) == (lines[-1] if lines else "")


@given(st.sampled_from(list(Group)), st.integers(40, 400))
def test_columns_fill_their_table_and_no_more(group: Group, width: int) -> None:
    places = lay_out(COLUMNS[group], width)
    used = sum(place.width for place in places) + sum(place.gap for place in places[:-1])
    assert used <= width or len(places) == sum(not column.shed for column in COLUMNS[group])
    growing = [place for place in places if place.column.grow and place.width < place.column.most]
    assert used >= width or not growing
    assert {"target", "task"} <= {place.column.id for place in places}


@given(st.floats(-50, 150, allow_nan=False), st.integers(1, 40))
def test_a_bar_is_as_long_as_its_place(percent: float, width: int) -> None:
    assert sum(len(text) for text, _ in bar(percent, width)) == width


def test_ages_are_coarse_and_durations_exact() -> None:
    assert [coarse(ms) for ms in (-5, 59_999, 60_000, 3_600_000, 200_000_000)] == ["0s", "59s", "1m", "1h", "2d"]
    assert [exact(ms) for ms in (42_000, 842_000, 3_723_000, 97_200_000)] == ["0:42", "14:02", "1:02:03", "1d 3h"]


def test_a_result_of_several_lines_is_told_without_its_marks() -> None:
    assert (
        headline("## Fixed: `it`\n\n**Cause.** The   clock\twas read twice\n")
        == "Fixed: `it`↵**Cause.** The clock was read twice"
    )
    assert headline("\n \n") == ""
