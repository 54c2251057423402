"""The thin output shows the same screen as the full one, by the judgement of a terminal emulator."""

from __future__ import annotations

import pytest
from headway.dashboard.thin.output import ThinOutput
from hypothesis import given, settings
from hypothesis import strategies as st
from support.emulator import Show

COLUMNS, ROWS = 30, 5
LOOKS = ("", "1", "2;3", "4", "7", "31", "92;44", "38;5;208", "1;38;2;10;20;30;48;2;40;50;60", "9;48;5;17;97")
CHARACTERS = "ab ab      ─│━╸é✓漢字한👍Ж"


def styled(text: str, look: str) -> str:
    return f"\x1b[{look}m{text}\x1b[0m" if look else text


def at(x: int, y: int, *parts: str) -> str:
    return f"\x1b[{y + 1};{x + 1}H{''.join(parts)}"


EMPTY = "".join(at(0, y, " " * COLUMNS) for y in range(ROWS))

span = st.tuples(
    st.integers(0, COLUMNS - 16),
    st.integers(0, ROWS - 1),
    st.lists(st.tuples(st.text(CHARACTERS, min_size=1, max_size=4), st.sampled_from(LOOKS)), min_size=1, max_size=2),
)
frame = st.lists(span, max_size=6).map(
    lambda spans: (
        "\x1b[?2026h"
        + "".join(
            at(x, y, *(styled(text, look) for text, look in parts), "\n" * (y < ROWS - 1)) for x, y, parts in spans
        )
        + at(0, 0)
        + "\x1b[?2026l"
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(frame, max_size=5))
@pytest.mark.req("D15")
def test_any_frames_end_in_the_same_picture(frames: list[str]) -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    full, diff = Show(COLUMNS, ROWS), Show(COLUMNS, ROWS)
    for painted in [EMPTY, *frames]:
        full.feed(painted)
        diff.feed(thin.feed(painted))
        assert diff.picture == full.picture
    assert not thin.steps_aside


def test_what_is_there_already_costs_nothing() -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    line = at(0, 2, styled("in progress ━━━╸", "1;32"), "    ")
    assert thin.feed(line)
    assert thin.feed(line) == ""
    assert thin.feed(at(0, 2, styled("in progress ━━━━", "1;32"), "    ")) == at(15, 2, "\x1b[1;32m━")


def test_sequences_that_are_no_painting_go_through_in_their_place() -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    written = (
        "\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?25l\x1b[?2004h\x1b]0;headway\x07\x1b]52;c;aGk=\x07\x07\x1b[?2026$p"
    )
    assert thin.feed(written) == written
    assert not thin.steps_aside


@pytest.mark.parametrize("unknown", ["\x1b[2J", "\x1b[3L", "\x1b[4:3m", "\x1bM", "\x9b1m", "\t", "\x1b"])
def test_what_it_cannot_read_makes_it_step_aside_with_the_screen_right(unknown: str) -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    full, diff = Show(COLUMNS, ROWS), Show(COLUMNS, ROWS)
    painted = [EMPTY, at(3, 1, "\x1b[1;31mred"), f" still red{unknown}", at(0, 0, "next")]
    for one in painted:
        full.feed(one)
        diff.feed(thin.feed(one))
        assert diff.picture == full.picture
    assert thin.steps_aside
    assert thin.feed("as it is") == "as it is"


def test_another_size_and_another_screen_are_painted_whole() -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    thin.feed(EMPTY)
    thin.resize(10, 3)
    shown = Show(10, 3)
    shown.feed("leftovers.\r\n" * 2)
    shown.feed(thin.feed("".join(at(0, y, "0123456789") for y in range(3))))
    assert shown.screen.display == ["0123456789"] * 3
    again = "".join(at(0, y, "0123456789") for y in range(3))
    assert thin.feed(again) == ""
    assert "0123456789" in thin.feed("\x1b[?1049l\x1b[?1049h" + again)


def test_the_cursor_goes_to_where_a_person_types() -> None:
    thin = ThinOutput(COLUMNS, ROWS)
    shown = Show(COLUMNS, ROWS)
    for painted in (EMPTY + at(0, 0), at(2, 3, "typed") + at(7, 3), at(2, 4, "below") + at(7, 3)):
        shown.feed(thin.feed(painted))
    assert shown.cursor == (7, 3)
