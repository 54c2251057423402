"""The actions of looking at one delegation: on the board those that open something of it, and the detail screen's."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.dashboard.action import Action, Section, Where, with_row

ON_BOTH: Final = frozenset({Where.BOARD, Where.DETAIL})
_OPENING: Final = partial(Action, section=Section.LOOKING, available=with_row)
_HERE: Final = partial(Action, section=Section.LOOKING, on=frozenset({Where.DETAIL}))

OPENING_ACTIONS: Final[tuple[Action, ...]] = (
    _OPENING(
        "detail", ("enter",), "Detail", "Its task, timeline, stream, result and JSON", in_footer=True, yields=True
    ),
    _OPENING("copy", ("y",), "Copy", "Copy its id, result, task, error or output", on=ON_BOTH),
    _OPENING("pager", ("e",), "Pager", "Read its result, or what is shown of it, in $PAGER", on=ON_BOTH),
)

DETAIL_ACTIONS: Final[tuple[Action, ...]] = (
    _HERE(
        "end_search",
        ("escape",),
        "End search",
        "Look for nothing any more",
        available=lambda moment: moment.searched or moment.typing,
        in_footer=True,
        while_typing=True,
    ),
    _HERE(
        "next_tab",
        ("tab",),
        "Next",
        "The next of overview, task, stream, result, JSON",
        in_footer=True,
        shed=4,
        while_typing=True,
    ),
    _HERE("previous_tab", ("shift+tab",), "Previous", "The one before"),
    _HERE("show_overview", ("1",), "Overview", "Its facts and the timeline of its events"),
    _HERE("show_task", ("2",), "Task", "The whole task"),
    _HERE("show_stream", ("3",), "Stream", "Everything it has put out"),
    _HERE("show_result", ("4",), "Result", "The whole result, or the error"),
    _HERE("show_json", ("5", "J"), "JSON", "The record as JSON"),
    _HERE("search", ("slash",), "Search", "Find a text here", in_footer=True, shed=2),
    _HERE(
        "keep_search",
        ("enter",),
        "Find",
        "Go to the places that were found",
        available=lambda moment: moment.typing,
        in_footer=True,
        while_typing=True,
    ),
    _HERE(
        "next_found",
        ("n",),
        "Next found",
        "The next place that was found",
        available=lambda moment: moment.searched,
        in_footer=True,
    ),
    _HERE("previous_found", ("N",), "Previous found", "The place before", available=lambda moment: moment.searched),
    _HERE("wrap", ("w",), "Wrap", "Wrap long lines, or show them as they were written", in_footer=True, shed=3),
    _HERE("aside_left", ("left",), "Left", "To the left, where lines are not wrapped", section=Section.MOVING),
    _HERE("aside_right", ("right",), "Right", "To the right, where lines are not wrapped", section=Section.MOVING),
    _HERE(
        "markdown",
        ("m",),
        "Markdown",
        "As Markdown, or as it was written",
        available=lambda moment: moment.markdown,
        in_footer=True,
        shed=2,
    ),
)
