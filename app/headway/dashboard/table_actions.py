"""What keys do in every screen with rows, and how they move there and elsewhere."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.dashboard.action import EVERYWHERE, Action, Section, Where

TABLES: Final = frozenset({Where.BOARD, Where.AGENTS, Where.EVENTS})
"""Screens with rows that can be filtered."""
SORTED: Final = frozenset({Where.BOARD, Where.AGENTS})
"""Screens whose rows can be sorted."""

_FILTERING: Final = partial(Action, section=Section.LOOKING, in_footer=True, on=TABLES)
_SORTING: Final = partial(Action, section=Section.LOOKING, on=SORTED)
_STEPPING: Final = partial(Action, section=Section.MOVING, while_typing=True, on=EVERYWHERE)
_GOING: Final = partial(Action, section=Section.MOVING)

TABLE_ACTIONS: Final[tuple[Action, ...]] = (
    _FILTERING("filter", ("slash",), "Filter", "Show only what matches what you type", shed=2),
    _FILTERING(
        "keep_filter",
        ("enter",),
        "Keep filter",
        "Keep the filter and go back to the table",
        available=lambda moment: moment.typing,
        while_typing=True,
    ),
    _FILTERING(
        "clear",
        ("escape",),
        "Clear",
        "Clear the filter; then the marks",
        available=lambda moment: moment.filtered or bool(moment.marked),
        while_typing=True,
    ),
    _SORTING("sort", ("s",), "Sort", "Sort this table by its next column", in_footer=True, shed=5),
    _SORTING("reverse", ("S",), "Reverse", "Reverse the order of this table"),
    _STEPPING("cursor_up", ("up", "k"), "Up", "One row or line up"),
    _STEPPING("cursor_down", ("down", "j"), "Down", "One row or line down"),
    _STEPPING("page_up", ("pageup", "ctrl+b"), "Page up", "One page up"),
    _STEPPING("page_down", ("pagedown", "ctrl+f"), "Page down", "One page down"),
    _GOING("first", ("home", "g"), "First", "The first row or line", on=EVERYWHERE),
    _GOING("last", ("end", "G"), "Last", "The last row or line; a stream follows its end then", on=EVERYWHERE),
    _GOING("show_queued", ("1",), "Queued", "Go to the Queued table"),
    _GOING("show_in_progress", ("2",), "In progress", "Go to the In progress table"),
    _GOING("show_completed", ("3",), "Completed", "Go to the Completed table"),
    _GOING("show_streams", ("4",), "Streams", "Go to the streams, to scroll them"),
    _GOING("next_pane", ("tab",), "Next pane", "Go to the next table, stream or pane", while_typing=True, on=TABLES),
    _GOING("previous_pane", ("shift+tab",), "Previous pane", "Go to the table, stream or pane before", on=TABLES),
)
"""Filtering, sorting and moving."""
