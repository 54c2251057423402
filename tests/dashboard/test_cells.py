"""Text is exactly as wide as its place, whatever it is made of."""

from __future__ import annotations

import pytest
from headway.dashboard.cells import fit, fit_right, one_line, wrap
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

TEXT = st.text(alphabet=st.sampled_from("ab c\t\n漢字é\u0301\u0302👍️🇨🇭ÅΩ-\x1b\u200b"), max_size=60)


@given(TEXT, st.integers(0, 30))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    assert cell_len(fit(one_line(text), width)) == width
    assert cell_len(fit_right(one_line(text), width)) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("coder", 8, "coder   "),
        ("researcher", 6, "resea…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 4, "漢 …"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
    ],
)
def test_what_does_not_fit_ends_in_an_ellipsis(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


def test_newlines_and_tabs_stay_visible_on_one_line() -> None:
    assert one_line("first\nsecond\tthird") == "first↵second third"


@given(TEXT, st.integers(2, 20))
def test_no_wrapped_line_is_wider_than_its_pane(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrap(text, width))


@given(st.text(alphabet="ab 漢\n", max_size=80), st.integers(2, 20))
def test_wrapping_loses_nothing_but_the_blanks_it_breaks_at(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_words_are_not_broken_where_they_fit() -> None:
    assert list(wrap("Found the race: settle() names no attempt", 16)) == [
        "Found the race:",
        "settle() names",
        "no attempt",
    ]
    assert list(wrap("漢字 漢字 漢字", 10)) == ["漢字 漢字", "漢字"]
