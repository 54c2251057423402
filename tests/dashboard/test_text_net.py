"""What the second net lets out of a rendered line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from headway.dashboard.text_net import TextNet
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

CORPUS = [json.loads(line) for line in (Path(__file__).parent.parent / "data/hostile.jsonl").read_text().splitlines()]
BLACK = Color(0, 0, 0)
FORBIDDEN = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u200f", "\u2028"}


def caught(text: str, style: Style | None = None) -> Segment:
    (segment,) = TextNet().apply([Segment(text, style)], BLACK)
    return segment


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["name"])
def test_no_control_of_the_corpus_gets_out(entry: dict[str, str]) -> None:
    out = caught(entry["text"]).text
    assert not FORBIDDEN & set(out)
    out.encode()


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_out(text: str) -> None:
    assert not FORBIDDEN & set(caught(text).text)


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_ordinary_text_passes_as_it_is(text: str) -> None:
    assert caught(text).text == text


def test_links_and_click_actions_are_taken_off_and_the_rest_stays() -> None:
    style = Style(color="red", link="file:///etc/passwd") + Style.from_meta({"@click": "app.quit", "option": 3})
    out = caught("click me", style).style
    assert out is not None
    assert out.link is None
    assert out.meta == {"option": 3}
    assert out.color == style.color


def test_control_segments_carry_nothing_out() -> None:
    net = TextNet().apply([Segment("\x1b[2J", None, [(ControlType.CLEAR,)])], BLACK)
    assert net == [Segment("[2J", None)]


def test_what_is_clean_is_not_made_anew() -> None:
    for _ in range(2):  # The second one's style is equal to that of the first, and another.
        segment = Segment("plain", Style(bold=True))
        assert TextNet().apply([segment], BLACK)[0] is segment


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u2764\ufe0f!", "\u2764 !"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467!", "\U0001f468!"),
        ("1\ufe0f\u20e3!", "1 !"),
        ("\u200d\ufe0f!", "!"),
        ("e\u0301 \u6f22", "e\u0301 \u6f22"),
    ],
)
def test_joined_signs_are_taken_apart_and_keep_their_cells(text: str, shown: str) -> None:
    assert caught(text).text == shown
    assert cell_len(shown) == cell_len(text)


@given(st.text(st.sampled_from("a\u6f22\u2764\U0001f468\U0001f3fd\u0301\u200d\ufe0f \u20e3")))
def test_whatever_comes_has_the_width_of_its_characters_one_by_one(text: str) -> None:
    out = caught(text).text
    assert cell_len(out) == cell_len(text)
    assert sum(map(get_character_cell_size, out)) == cell_len(out)
