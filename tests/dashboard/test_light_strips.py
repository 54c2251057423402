"""A line without its caches is a line like any other, and makes those that it is asked for."""

from __future__ import annotations

import pytest
from headway.dashboard.colorless import Colorless
from headway.dashboard.light_strips import Joined, let_strips_be_light
from headway.dashboard.text_net import TextNet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

BLACK = Color(0, 0, 0)


def test_a_line_is_cut_filtered_and_padded_as_before() -> None:
    let_strips_be_light()
    strip = Strip([Segment("one "), Segment("two字", Style(bold=True))])
    assert strip.cell_length == 9
    assert [part.text for part in strip.divide([4, 9])] == ["one ", "two字"]
    assert strip.divide([4, 9]) is strip.divide([4, 9]), "made once and kept"
    assert strip.crop(1, 5).text == "ne t"
    assert strip.adjust_cell_length(11).text == "one two字  "
    assert strip.apply_style(Style(italic=True)).text == strip.text
    with pytest.raises(AttributeError):
        _ = strip._another_cache  # type: ignore[attr-defined]


def test_filters_that_are_joined_do_what_they_do_one_after_the_other() -> None:
    filters = [TextNet(), Colorless(lambda: True)]
    line = [Segment("a\x1bb", Style(color="red", bold=True)), Segment("plain")]
    one_by_one = line
    for each in filters:
        one_by_one = each.apply(one_by_one, BLACK)
    assert Joined(filters).apply(line, BLACK) == one_by_one
    assert one_by_one[0].text == "ab"
