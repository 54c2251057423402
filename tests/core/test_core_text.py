"""The gate for text from outside, over the corpus and over what hypothesis thinks of (spec: safety, "Text" 1)."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from headway.core.text import LINE_LIMIT, MAX_MARKS, StreamCleaner, clean, clean_line, ellipsis, preview
from hypothesis import example, given
from hypothesis import strategies as st

CORPUS = {
    entry["name"]: entry["text"]
    for entry in map(json.loads, (Path(__file__).parents[1] / "data" / "hostile.jsonl").read_text().splitlines())
}
INVISIBLE = {0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0} | {
    code
    for first, last in (
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFFF9, 0xFFFB),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
}
"""Code points that hide or reorder text."""
HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("\x1b\x07\r\n\t\x00\x9b\x9d\u202e\u200b\u2028\u0301\u0489\ud83d\ude00\udfff[/]a字"),
        st.characters(),
    )
)


def is_safe(char: str) -> bool:
    code = ord(char)
    control = code < 0x20 or 0x7F <= code <= 0x9F
    return (char in "\n\t" or not control) and not 0xD800 <= code <= 0xDFFF and code not in INVISIBLE


def longest_marks(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        longest = max(longest, run)
    return longest


def in_pieces(pieces: list[str]) -> str:
    cleaner = StreamCleaner()
    return "".join([cleaner.feed(piece) for piece in pieces]) + cleaner.flush()


def assert_clean(text: str) -> None:
    assert all(map(is_safe, text))
    assert "\u2028" not in text
    assert "\u2029" not in text
    assert longest_marks(text) <= MAX_MARKS
    text.encode("utf-8")


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_comes_out_safe(name: str) -> None:
    assert_clean(clean(CORPUS[name]))
    line = clean_line(CORPUS[name])
    assert_clean(line)
    assert len(line) <= LINE_LIMIT
    assert not set(line) & set("\n\t")


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_is_caught_wherever_it_is_split(name: str) -> None:
    text = CORPUS[name]
    # Of the texts of a mebibyte, every position near an end and some hundreds between.
    step = max(1, len(text) // 300)
    cuts = {*range(min(len(text), 300) + 1), *range(0, len(text) + 1, step), *range(max(0, len(text) - 50), len(text))}
    if len(text) > 20_000:
        cuts = set(sorted(cuts)[:: len(cuts) // 20])
    whole = clean(text, limit=len(text) + 1)
    for cut in cuts:
        assert in_pieces([text[:cut], text[cut:]]) == whole


@given(HOSTILE)
def test_whatever_comes_comes_out_safe_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert_clean(cleaned)
    assert clean(cleaned) == cleaned


@given(st.lists(HOSTILE, max_size=6))
@example(["a\r", "\nb"])
@example(["a\r"])
@example(["\ud83d", "\ude00"])
@example(["e\u0301\u0301", "\u0301\u0301", "\u0301"])
def test_pieces_joined_are_the_whole_cleaned(pieces: list[str]) -> None:
    assert in_pieces(pieces) == clean("".join(pieces))


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@given(HOSTILE, st.integers(40, 90))
def test_bounds_hold_and_say_so(text: str, limit: int) -> None:
    long = text * 50
    cut = clean(long, limit=limit)
    assert len(cut) <= limit
    assert (cut == clean(long)) or "[cut: " in cut


@given(HOSTILE.map(clean), st.integers(0, 30))
def test_a_preview_never_parts_a_character_from_its_marks(text: str, limit: int) -> None:
    short = preview(text, limit)
    assert text.startswith(short)
    assert len(short) <= limit
    rest = text[len(short) :]
    assert not rest or unicodedata.category(rest[0]) not in ("Mn", "Me") or not short


@given(HOSTILE.map(clean), st.integers(1, 30))
def test_an_ellipsis_stands_only_where_something_was_cut(text: str, limit: int) -> None:
    short = ellipsis(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…")


def test_names_of_every_kind_are_one_line() -> None:
    assert clean_line("  a\r\nb\t\u2028c\x1b[2J  ") == "a b c\ufffd[2J"
    assert clean("a\r\nb\rc") == "a\nb\ufffdc"
    assert clean("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"
