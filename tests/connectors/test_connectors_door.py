"""What enters by the door is the same, however fast it is let through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from headway.connectors import door
from headway.core.text import BODY_LIMIT, ERROR_LIMIT, LINE_LIMIT, clean, clean_line
from hypothesis import given
from hypothesis import strategies as st

LINES = ["delegation_id", "status", "type"]
BODIES = {"text": BODY_LIMIT, "status_message": ERROR_LIMIT, "unheard_of": ERROR_LIMIT}
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text("ab\x1b\u202e\n\t\x7f\ud800é", max_size=20),
    st.integers(LINE_LIMIT - 2, LINE_LIMIT + 2).map(lambda size: "x" * size),
)


@given(st.sampled_from(LINES), TEXTS)
def test_a_line_is_cleaned_unless_it_is_plain(name: str, text: str) -> None:
    plain = text.isascii() and text.isprintable() and len(text) <= LINE_LIMIT
    assert door.read(json.dumps({name: text})) == {name: text if plain else clean_line(text)}


@given(st.sampled_from(sorted(BODIES)), TEXTS)
def test_a_body_is_cleaned_and_bounded(name: str, text: str) -> None:
    assert door.read(json.dumps({name: text})) == {name: clean(text, limit=BODIES[name])}


@given(st.text(max_size=20))
def test_a_key_that_is_not_ours_is_cleaned(key: str) -> None:
    [read] = door.read(json.dumps({f"!{key}": None}))
    assert read == clean_line(read) or read.isprintable()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"priority": -1}, {"priority": 0}),
        ({"priority": 100.5}, {"priority": 100.5}),
        ({"seq": 2**60}, {"seq": 2**53}),
        ({"progress_percent": 101}, {"progress_percent": 100}),
        ({"progress_percent": True}, {"progress_percent": True}),
        ({"timestamp": 10**18}, {"timestamp": door.MAX_TIME}),
        ({"timestamp": "1960-01-01T00:00:00Z"}, {"timestamp": 0}),
        ({"timestamp": "2026-01-02T03:04:05.678000Z"}, {"timestamp": 1_767_323_045_678}),
        ({"name": "  two  words "}, {"name": "two words"}),
        ({"data": {"error": "a\x1b[2Jb"}}, {"data": {"error": "a\ufffd[2Jb"}}),
    ],
)
def test_numbers_times_and_names_are_kept_within_their_bounds(sent: dict[str, Any], kept: dict[str, Any]) -> None:
    assert door.read(json.dumps(sent)) == kept
    assert door.read(json.dumps(sent)) == kept, "the second time, as the first"


@pytest.mark.parametrize(
    "content",
    ['{"a": NaN}', '{"seq": Infinity}', '{"seq": 1e999}', '{"seq": "7"}', '{"timestamp": "now"}', "{", "[" * 100_000,
     '{"timestamp": "2026-01-02T03:04:05"}', "[" * 70 + "]" * 70, "1" * 10_000],
)  # fmt: skip
def test_what_cannot_be_read_is_said_to_be_so(content: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        door.read(content)


def test_what_only_the_standard_parser_takes_is_read_too() -> None:
    assert door.read('{"text": "a\\ud800b"}') == {"text": "a\ufffdb"}
    assert door.read(b'{"text": "\xed\xa0\x80"}') == {"text": "\ufffd"}
