"""A stream grown piece by piece reads as the same text wrapped at once."""

from __future__ import annotations

from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.dashboard import stream_text
from headway.dashboard.cells import wrap
from headway.dashboard.stream_text import SHOWN_LINES, StreamText, common_end, text_after
from hypothesis import given
from hypothesis import strategies as st

PIECES = st.lists(st.text(alphabet="ab 漢\n", max_size=20), max_size=12)


@given(PIECES, st.integers(2, 14))
def test_growing_piece_by_piece_equals_wrapping_the_whole(pieces: list[str], width: int) -> None:
    shown, progress = StreamText(), EMPTY_PROGRESS
    for piece in pieces:
        progress = progress.splice(progress.end, piece)
        shown.show(progress, width)
    assert shown.lines == (list(wrap(progress.text, width)) if progress.length else [])


@given(PIECES, st.integers(0, 60), st.text(alphabet="ab\n", min_size=1, max_size=20))
def test_a_text_that_was_taken_back_is_not_shown_any_more(pieces: list[str], offset: int, instead: str) -> None:
    shown, progress = StreamText(), EMPTY_PROGRESS
    for piece in pieces:
        progress = progress.splice(progress.end, piece)
    shown.show(progress, 20)
    replaced = progress.splice(offset, instead)
    shown.show(replaced, 20)
    assert "".join(shown.lines).replace(" ", "") == replaced.text.replace(" ", "").replace("\n", "")


@given(st.text(alphabet="ab", max_size=30), st.text(alphabet="ab", max_size=30), st.integers(0, 8), st.integers(0, 8))
def test_common_end_is_where_the_texts_part(old: str, new: str, old_start: int, new_start: int) -> None:
    before, after = ProgressText.of(old, start=old_start), ProgressText.of(new, start=new_start)
    start = max(before.start, after.start)
    if start > min(before.end, after.end):
        return
    end = start
    while end < min(before.end, after.end) and old[end - before.start] == new[end - after.start]:
        end += 1
    assert common_end(before, after) == end


@given(PIECES, st.integers(0, 80))
def test_text_after_an_offset(pieces: list[str], offset: int) -> None:
    progress = EMPTY_PROGRESS
    for piece in pieces:
        progress = progress.splice(progress.end, piece)
    assert text_after(progress, offset) == progress.text[offset:]


def test_lines_are_bounded_and_the_dropped_ones_are_counted() -> None:
    shown = StreamText()
    progress = EMPTY_PROGRESS.splice(0, "x\n" * 10)
    shown.show(progress, 20)
    progress = progress.splice(progress.end, "y\n" * SHOWN_LINES)
    assert shown.show(progress, 20) == 11
    assert len(shown.lines) == SHOWN_LINES


def test_one_delta_costs_its_own_size(monkeypatch: object) -> None:
    progress = EMPTY_PROGRESS.splice(0, "a line of output\n" * 3_000)
    shown = StreamText()
    shown.show(progress, 40)
    wrapped: list[int] = []

    def counting(text: str, width: int) -> object:
        wrapped.append(len(text))
        return wrap(text, width)

    monkeypatch.setattr(stream_text, "wrap", counting)  # type: ignore[attr-defined]
    shown.show(progress.splice(progress.end, "one more\n"), 40)
    assert wrapped == [len("one more\n")]
