"""A line without its caches is a line like any other, and none is garbage that only the collector finds."""

from __future__ import annotations

import gc

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
    assert strip.crop(1, 5).text == "ne t"
    assert strip.adjust_cell_length(11).text == "one two字  "
    assert strip.apply_style(Style(italic=True)).text == strip.text
    with pytest.raises(AttributeError):
        _ = strip._another_cache  # type: ignore[attr-defined]


def test_no_line_holds_itself() -> None:
    let_strips_be_light()
    was_on = gc.isenabled()
    gc.disable()
    try:
        for used in (Strip.crop, Strip.adjust_cell_length, Strip.crop_extend, Strip.divide, Strip.apply_offsets):
            strip = Strip([Segment("as long as it is")])
            arguments: dict[object, tuple[object, ...]] = {
                Strip.crop: (0, 16), Strip.crop_extend: (0, 16, None), Strip.divide: ([16],),
                Strip.apply_offsets: (0, 0),
            }  # fmt: skip
            used(strip, *arguments.get(used, (16,)))  # type: ignore[operator]
            before = sum(type(one) is Strip for one in gc.get_objects())
            del strip
            assert sum(type(one) is Strip for one in gc.get_objects()) < before, used.__name__
    finally:
        if was_on:
            gc.enable()


def test_filters_that_are_joined_do_what_they_do_one_after_the_other() -> None:
    filters = [TextNet(), Colorless(lambda: True)]
    line = [Segment("a\x1bb", Style(color="red", bold=True)), Segment("plain")]
    one_by_one = line
    for each in filters:
        one_by_one = each.apply(one_by_one, BLACK)
    assert Joined(filters).apply(line, BLACK) == one_by_one
    assert one_by_one[0].text == "ab"
