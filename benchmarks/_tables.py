"""The tables that P1 compares: ours, a DataTable with the same rows, and the least that Textual lets a widget cost."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias, cast

from _measure import Terminal
from _ours import as_on_the_board, as_textual_has_it
from headway.core.api import Snapshot, Workspace
from headway.core.delegation import Group, Row, Status
from headway.core.events import Event, Progressed
from headway.core.progress import ProgressText
from headway.dashboard.columns import COLUMNS, Facts, lay_out
from headway.dashboard.group_view import GroupView
from headway.dashboard.light_strips import Joined
from headway.dashboard.painting import PaintsAtOnce
from headway.dashboard.store import Store
from headway.dashboard.text_net import TextNet
from headway.dashboard.theme import HEADWAY
from headway.dashboard.widgets.delegation_table import DelegationTable
from headway.resources import styles_folder
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable

Change: TypeAlias = Callable[[int], None]
"""Changes one cell that is on the screen; given 0, 1, 2, …, each number once."""

NOW: Final = 1_700_000_000_000
SCREEN: Final = (120, 36)
_VISIBLE: Final = 20
"""Rows that are surely on the screen; the changes go round them."""
_STEP: Final = 7
GROUP: Final = Group.IN_PROGRESS
AGENTS: Final = [Workspace(id=f"ws-{n}", name=f"agent-{n}", status="online") for n in range(8)]
_OUTPUT: Final = [ProgressText.of(f"Reading part {n} of the archive\n") for n in range(10)]
_TASK: Final = "Summarise the filing"


# Its columns are padded on both sides, where ours have one blank between them.
PLACES: Final = lay_out(COLUMNS[GROUP], SCREEN[0] - len(COLUMNS[GROUP]) - 3)
"""The columns that a DataTable is given."""
_NAMES: Final = {agent.id: agent.name for agent in AGENTS}


def cells_of(row: Row) -> list[str]:
    """What a DataTable shows of a row, as ready text."""
    facts = Facts(NOW, _NAMES.__getitem__, {})
    return ["".join(text for text, _ in place.column.render(row, facts, place.width)) for place in PLACES]


def make_rows(count: int) -> list[Row]:
    """Delegations that all run, each with its own task and percentage; the same ones at each call."""
    rng = random.Random(count)  # noqa: S311 - the same rows in every run
    return [
        Row(
            delegation_id=f"{n:08x}-0000-4000-8000-000000000000",
            source_id="operator",
            target_id=AGENTS[n % len(AGENTS)].id,
            status=Status.IN_PROGRESS,
            priority=50,
            task_preview=f"{_TASK} {n} and its footnotes",
            attempt=1,
            created_at=NOW - rng.randrange(86_400_000),
            updated_at=NOW,
            last_activity_at=NOW,
            seq=n + 1,
            progress_percent=float(rng.randrange(100)),
            progress=_OUTPUT[n % len(_OUTPUT)],
        )
        for n in range(count)
    ]


class _TableApp(App[None]):
    """One table that fills the screen, through the filter that our board paints through where it is ours."""

    CSS_PATH = [styles_folder() / "theme.tcss", styles_folder() / "board.tcss"]  # noqa: RUF012

    def __init__(self, terminal: Terminal, table: Widget) -> None:
        self._is_ours = isinstance(table, DelegationTable)
        as_on_the_board() if self._is_ours else as_textual_has_it()
        super().__init__(driver_class=terminal.driver())
        self._table = table
        self._ours = Joined((*super().get_line_filters(), TextNet()))

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._ours] if self._is_ours else super().get_line_filters()

    def get_default_screen(self) -> Screen[None]:
        return PaintsAtOnce() if self._is_ours else super().get_default_screen()

    def on_load(self) -> None:
        self.register_theme(HEADWAY)
        self.theme = HEADWAY.name

    def compose(self) -> ComposeResult:
        yield self._table


@asynccontextmanager
async def _on_screen(table: Widget) -> AsyncIterator[Terminal]:
    terminal = Terminal()
    async with _TableApp(terminal, table).run_test(headless=False, size=SCREEN) as pilot:
        await pilot.pause()
        terminal.forget()
        yield terminal


@asynccontextmanager
async def open_ours(rows: list[Row]) -> AsyncIterator[tuple[float, Change, Terminal]]:
    """Our table over a store that has read a snapshot of `rows`: seconds until they were shown, and how to change one.

    A change goes the way of an event: into the store, and with the frame that is asked for then into view and table.
    """
    store = Store()
    view = GroupView(GROUP, store, lambda: NOW)
    table = DelegationTable(view, lambda: Facts(NOW, store.name_of, store.notes), lambda: 0.0)
    snapshot = Snapshot.model_construct(
        epoch="bench", seq=len(rows), workspaces=AGENTS, delegations=rows, totals={Status.IN_PROGRESS: len(rows)}
    )

    def change(number: int) -> None:
        row = store.rows[visible[number % _VISIBLE]]
        percent = ((row.progress_percent or 0) + _STEP) % 100
        progressed = Progressed(
            delegation_id=row.delegation_id,
            target_id=row.target_id,
            text="",
            offset=row.progress.end,
            progress_percent=percent,
        )
        store.apply([Event(len(rows) + number + 1, progressed.TYPE, NOW, progressed)])
        table.app.call_next(frame)

    def frame() -> None:
        with cast("PaintsAtOnce[None]", table.screen).one_paint():
            changes = store.take_changes()
            moved = view.take(changes)
            table.update_rows(changes.touched, changes.entered.get(GROUP, frozenset()), moved=moved)

    async with _on_screen(table) as terminal:
        begun = time.perf_counter()
        store.load(snapshot)
        view.take(store.take_changes())
        table.reload()
        await terminal.painted(showing=_TASK)
        seconds = time.perf_counter() - begun
        visible = view.window(0, _VISIBLE)
        yield seconds, change, terminal


@asynccontextmanager
async def open_data_table(rows: list[Row]) -> AsyncIterator[tuple[float, Change, Terminal]]:
    """A DataTable with the same cells, given to it as ready text before the time is taken."""
    cells = [cells_of(row) for row in rows]
    at = next(number for number, place in enumerate(PLACES) if place.column.id == "progress")
    table: DataTable[str] = DataTable(cursor_type="row")

    def change(number: int) -> None:
        # The text of another row: as wide, and not the same from one turn to the next.
        turn, line = divmod(number, _VISIBLE)
        table.update_cell(rows[line].delegation_id, "progress", cells[line + (turn + 1) * _VISIBLE][at])

    async with _on_screen(table) as terminal:
        for place in PLACES:
            table.add_column(place.column.title, key=place.column.id, width=place.width)
        await terminal.painted(showing="progress")
        terminal.forget()
        begun = time.perf_counter()
        for row, texts in zip(rows, cells, strict=True):
            table.add_row(*texts, key=row.delegation_id)
        await terminal.painted(showing=_TASK)
        yield time.perf_counter() - begun, change, terminal


class _Bare(ScrollView):
    """One line of text that differs in eight cells, refreshed there: nothing of a table."""

    number = 0

    def on_mount(self) -> None:
        self.virtual_size = Size(SCREEN[0], 10_000)

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("x" * 50), Segment(f"{self.number:8d}"), Segment("x" * 50)], 108)


@asynccontextmanager
async def open_bare() -> AsyncIterator[tuple[Change, Terminal]]:
    """The least that a frame of Textual costs when eight cells changed."""
    bare = _Bare()

    def change(number: int) -> None:
        bare.number = number
        bare.refresh(Region(50, 5, 8, 1))

    async with _on_screen(bare) as terminal:
        yield change, terminal
