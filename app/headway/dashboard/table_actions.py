"""What keys do in every screen with rows, and how they move there and elsewhere."""

from __future__ import annotations

from typing import Final

from headway.dashboard.action import EVERYWHERE, Action, Section, Where

TABLES: Final = frozenset({Where.BOARD, Where.AGENTS, Where.EVENTS})
"""Screens with rows that can be filtered."""
SORTED: Final = frozenset({Where.BOARD, Where.AGENTS})
"""Screens whose rows can be sorted."""

TABLE_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "filter",
        ("slash",),
        "Filter",
        "Show only what matches what you type",
        Section.LOOKING,
        in_footer=True,
        shed=2,
        on=TABLES,
    ),
    Action(
        "keep_filter",
        ("enter",),
        "Keep filter",
        "Keep the filter and go back to the table",
        Section.LOOKING,
        available=lambda moment: moment.typing,
        in_footer=True,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "clear",
        ("escape",),
        "Clear",
        "Clear the filter; then the marks",
        Section.LOOKING,
        available=lambda moment: moment.filtered or bool(moment.marked),
        in_footer=True,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "sort", ("s",), "Sort", "Sort this table by its next column", Section.LOOKING, in_footer=True, shed=5, on=SORTED
    ),
    Action("reverse", ("S",), "Reverse", "Reverse the order of this table", Section.LOOKING, on=SORTED),
    Action("cursor_up", ("up", "k"), "Up", "One row or line up", Section.MOVING, while_typing=True, on=EVERYWHERE),
    Action(
        "cursor_down", ("down", "j"), "Down", "One row or line down", Section.MOVING, while_typing=True, on=EVERYWHERE
    ),
    Action("page_up", ("pageup", "ctrl+b"), "Page up", "One page up", Section.MOVING, while_typing=True, on=EVERYWHERE),
    Action(
        "page_down",
        ("pagedown", "ctrl+f"),
        "Page down",
        "One page down",
        Section.MOVING,
        while_typing=True,
        on=EVERYWHERE,
    ),
    Action("first", ("home", "g"), "First", "The first row or line", Section.MOVING, on=EVERYWHERE),
    Action(
        "last",
        ("end", "G"),
        "Last",
        "The last row or line; a stream follows its end then",
        Section.MOVING,
        on=EVERYWHERE,
    ),
    Action("show_queued", ("1",), "Queued", "Go to the Queued table", Section.MOVING),
    Action("show_in_progress", ("2",), "In progress", "Go to the In progress table", Section.MOVING),
    Action("show_completed", ("3",), "Completed", "Go to the Completed table", Section.MOVING),
    Action("show_streams", ("4",), "Streams", "Go to the streams, to scroll them", Section.MOVING),
    Action(
        "next_pane",
        ("tab",),
        "Next pane",
        "Go to the next table, stream or pane",
        Section.MOVING,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "previous_pane",
        ("shift+tab",),
        "Previous pane",
        "Go to the table, stream or pane before",
        Section.MOVING,
        on=TABLES,
    ),
)
"""Filtering, sorting and moving."""
