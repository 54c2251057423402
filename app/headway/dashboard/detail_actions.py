"""The actions of looking at one delegation: on the board those that open something of it, and the detail screen's."""

from __future__ import annotations

from typing import Final

from headway.dashboard.action import Action, Section, Where

ON_DETAIL: Final = frozenset({Where.DETAIL})
ON_BOTH: Final = frozenset({Where.BOARD, Where.DETAIL})

OPENING_ACTIONS: Final = (
    Action(
        "detail",
        ("enter",),
        "Detail",
        "Its task, timeline, stream, result and JSON",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        in_footer=True,
        yields=True,
    ),
    Action(
        "copy",
        ("y",),
        "Copy",
        "Copy its id, result, task, error or output",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        on=ON_BOTH,
    ),
    Action(
        "pager",
        ("e",),
        "Pager",
        "Read its result, or what is shown of it, in $PAGER",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        on=ON_BOTH,
    ),
)

DETAIL_ACTIONS: Final = (
    Action("end_search", ("escape",), "End search", "Look for nothing any more", Section.LOOKING,
           available=lambda moment: moment.searched or moment.typing, in_footer=True, while_typing=True,
           on=ON_DETAIL),
    Action("next_tab", ("tab",), "Next", "The next of overview, task, stream, result, JSON", Section.LOOKING,
           in_footer=True, shed=4, on=ON_DETAIL, while_typing=True),
    Action("previous_tab", ("shift+tab",), "Previous", "The one before", Section.LOOKING, on=ON_DETAIL),
    Action("show_overview", ("1",), "Overview", "Its facts and the timeline of its events", Section.LOOKING,
           on=ON_DETAIL),
    Action("show_task", ("2",), "Task", "The whole task", Section.LOOKING, on=ON_DETAIL),
    Action("show_stream", ("3",), "Stream", "Everything it has put out", Section.LOOKING, on=ON_DETAIL),
    Action("show_result", ("4",), "Result", "The whole result, or the error", Section.LOOKING, on=ON_DETAIL),
    Action("show_json", ("5", "J"), "JSON", "The record as JSON", Section.LOOKING, on=ON_DETAIL),
    Action("search", ("slash",), "Search", "Find a text here", Section.LOOKING, in_footer=True, shed=2,
           on=ON_DETAIL),
    Action("keep_search", ("enter",), "Find", "Go to the places that were found", Section.LOOKING,
           available=lambda moment: moment.typing, in_footer=True, while_typing=True, on=ON_DETAIL),
    Action("next_found", ("n",), "Next found", "The next place that was found", Section.LOOKING,
           available=lambda moment: moment.searched, in_footer=True, on=ON_DETAIL),
    Action("previous_found", ("N",), "Previous found", "The place before", Section.LOOKING,
           available=lambda moment: moment.searched, on=ON_DETAIL),
    Action("wrap", ("w",), "Wrap", "Wrap long lines, or show them as they were written", Section.LOOKING,
           in_footer=True, shed=3, on=ON_DETAIL),
    Action("aside_left", ("left",), "Left", "To the left, where lines are not wrapped", Section.MOVING,
           on=ON_DETAIL),
    Action("aside_right", ("right",), "Right", "To the right, where lines are not wrapped", Section.MOVING,
           on=ON_DETAIL),
    Action("markdown", ("m",), "Markdown", "As Markdown, or as it was written", Section.LOOKING,
           available=lambda moment: moment.markdown, in_footer=True, shed=2, on=ON_DETAIL),
)  # fmt: skip
