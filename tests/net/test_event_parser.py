"""Server-sent events, however their bytes are split and their lines are ended."""

from __future__ import annotations

from itertools import pairwise

import pytest
from headway.net.errors import TooLarge
from headway.net.event_parser import EventParser, ServerEvent
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
EVENTS = st.lists(
    st.tuples(st.lists(TEXTS, min_size=1, max_size=3), st.booleans(), st.sampled_from(["", ": ping\n", "retry: 5\n"])),
    max_size=5,
)


def parse(chunks: list[bytes], limit: int = 1_048_576) -> list[ServerEvent]:
    parser = EventParser(limit=limit)
    return [event for chunk in chunks for event in parser.feed(chunk)]


def data(*chunks: bytes) -> list[str]:
    return [event.data for event in parse(list(chunks))]


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.lists(st.integers(0, 400), max_size=12))
def test_any_split_and_any_line_end_give_the_same_events(
    events: list[tuple[list[str], bool, str]], end: str, bom: bool, cuts: list[int]
) -> None:
    text = "".join(
        comment + "".join(f"data:{' ' if blank else ''}{line}\n" for line in lines) + "\n"
        for lines, blank, comment in events
    )
    raw = (b"\xef\xbb\xbf" if bom else b"") + text.replace("\n", end).encode()
    # One blank after the colon belongs to the field, not to its value.
    expected = ["\n".join(line if blank else line.removeprefix(" ") for line in lines) for lines, blank, _ in events]
    bounds = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    chunks = [raw[start:stop] for start, stop in pairwise(bounds)]
    assert data(*chunks) == [each for each in expected if each]
    assert data(*(raw[at : at + 1] for at in range(len(raw)))) == [each for each in expected if each]


IDS = st.sampled_from(["", "id: 7\n", "id:8\n", "id\n", "id:  9\n", "id: \u00e4\n", "id: " + "x" * 257 + "\n"])
KINDS = st.sampled_from(["", "event: x\n", ": ping\n", "\n", "data: more\n"])


@given(st.lists(st.tuples(KINDS, IDS, TEXTS, KINDS), max_size=6), st.integers(0, 400))
def test_events_that_are_read_at_once_are_what_they_are_line_by_line(
    events: list[tuple[str, str, str, str]], cut: int
) -> None:
    raw = "".join(f"{one}{own_id}data: {text}\n{two}\n" for one, own_id, text, two in events).encode()
    # With a carriage return before it, no event is of the form that is read at once.
    by_line = parse([raw.replace(b"\n", b"\r\n")])
    assert parse([b": hi\n\n", raw[:cut], raw[cut:]]) == by_line


def test_every_single_split_of_a_stream_with_every_form() -> None:
    raw = "\ufeff: hi\r\ndata:ä\rdata: €\r\n\r\nevent: x\ndata: 𝄞\n\r\n".encode()
    whole = parse([raw])
    assert whole == [ServerEvent("ä\n€"), ServerEvent("𝄞", "x")]
    for cut in range(len(raw) + 1):
        assert parse([raw[:cut], raw[cut:]]) == whole
    assert parse([raw[at : at + 1] for at in range(len(raw))]) == whole


def test_a_carriage_return_ends_an_event_without_waiting_for_more() -> None:
    parser = EventParser()
    assert [event.data for event in parser.feed(b"data: now\r\r")] == ["now"]
    assert parser.feed(b"\ndata: 2") == []
    assert [event.data for event in parser.feed(b"\r\n\r\n")] == ["2"]


def test_blank_lines_after_an_id_are_no_events() -> None:
    events = parse([b"id: 7\n\n\n\ndata: a\n\nid\n\ndata: b\n\n"])
    assert events == [ServerEvent("a", id="7"), ServerEvent("b")]


def test_an_id_that_no_header_can_carry_is_not_taken() -> None:
    bad = [b"id: a\x00b", b"id: \xc3\xa4", b"id: " + b"x" * 300, b"id: \x1b[2J"]
    for line in bad:
        assert parse([b"id: 1\n" + line + b"\ndata: x\n\n"])[0].id == "1"


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert data(b"data: a\xff\xc3b\n\n") == ["a\ufffd\ufffdb"]


def test_separators_that_are_no_line_ends_stay_in_the_text() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x1cf"
    assert data(f"data: {text}\n\n".encode()) == [text]


def test_an_unfinished_event_is_none() -> None:
    assert data(b"data: cut", b" off\n") == []


@pytest.mark.parametrize("piece", [1, 7, 100])
@pytest.mark.parametrize("raw", [b"x" * 101, b"data: " + b"x" * 101 + b"\n\n", b"data: 12345678901234567890\n" * 10])
def test_lines_and_events_past_the_limit_are_refused(raw: bytes, piece: int) -> None:
    with pytest.raises(TooLarge, match="larger than 100 bytes"):
        parse([raw[at : at + piece] for at in range(0, len(raw), piece)], limit=100)


def test_what_just_fits_is_taken() -> None:
    assert [len(event.data) for event in parse([b"data: " + b"x" * 94 + b"\n\n"] * 3, limit=100)] == [94] * 3
