"""A long text as lines: what is cut where, what a search finds, whatever the text and the pieces it comes in."""

from __future__ import annotations

import re

import pytest
from headway.dashboard.page_text import Found, PageText, within
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

TEXTS = st.text(alphabet="ab \n\té漢\u0301\x1b", max_size=200)


def laid(text: str, width: int, piece: int = 65_536) -> PageText:
    page = PageText(text, width)
    while not page.advance(piece):
        pass
    return page


def lines(page: PageText) -> list[str]:
    return [page.line(index)[1] for index in range(len(page))]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("", 5, []),
        ("ab cd ef", 5, ["ab cd", "ef"]),
        ("abcdefgh", 5, ["abcde", "fgh"]),
        ("a\n\nb\n", 5, ["a", "", "b", ""]),
        ("漢漢漢", 5, ["漢漢", "漢"]),
        ("漢 漢漢", 5, ["漢", "漢漢"]),
        ("a\tb", 8, ["a   b"]),
        ("a\x1b[2Jb", 8, ["a[2Jb"]),
        ("as it was written", 0, ["as it was written"]),
    ],
)
def test_lines_are_broken_at_blanks_where_there_are_any(text: str, width: int, shown: list[str]) -> None:
    assert lines(laid(text, width)) == shown


@given(TEXTS, st.integers(2, 9))
def test_no_line_is_wider_and_nothing_is_lost(text: str, width: int) -> None:
    page = laid(text, width)
    assert all(cell_len(line) <= width for line in lines(page))
    assert re.sub(r"\s", "", "".join(lines(page))) == re.sub(r"[\s\x1b]", "", text)


@given(TEXTS, st.integers(0, 9), st.lists(TEXTS, max_size=4), st.integers(1, 20))
def test_pieces_and_what_is_added_make_no_difference(text: str, width: int, more: list[str], piece: int) -> None:
    page = PageText("", width)
    whole = ""
    for part in [text, *more]:
        page.append(part)
        whole += part
        page.advance(piece)
    while not page.advance(piece):
        pass
    whole_page = laid(whole.replace("\t", " "), width)
    if "\t" not in whole:
        assert lines(page) == lines(whole_page)


def test_a_search_finds_over_line_breaks_and_small_letters_find_capitals() -> None:
    page = laid("one Flaky test here\nflaky Test", 9)
    assert lines(page)[:2] == ["one Flaky", "test here"]
    assert page.find("flaky test") == [Found(4, 14), Found(20, 30)]
    assert page.find("Flaky") == [Found(4, 9)]
    assert [page.line_of(found.start) for found in page.find("test")] == [1, 3]


def test_a_place_that_is_not_laid_out_yet_is() -> None:
    page = PageText("word " * 50_000, 80)
    assert len(page) == 0
    assert page.line(page.line_of(200_000))[0] <= 200_000


def test_those_that_reach_into_a_line() -> None:
    found = [Found(0, 3), Found(5, 9), Found(9, 12)]
    assert list(within(found, 3, 9)) == [1]
    assert list(within(found, 2, 10)) == [0, 1, 2]
