"""The board: three live tables, the streams beside them, and the keys that work right now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from headway.core.delegation import WAITING, Group, Row, Status
from headway.dashboard.acting import Acting
from headway.dashboard.action import Action, Moment, Where
from headway.dashboard.actions import ACTIONS
from headway.dashboard.attention import WANTING
from headway.dashboard.detail import Looked, Part
from headway.dashboard.first_steps import next_step
from headway.dashboard.group_tables import GroupTables
from headway.dashboard.host import host_of
from headway.dashboard.later import later
from headway.dashboard.marks import Marks
from headway.dashboard.screens.delegation_screen import DelegationScreen
from headway.dashboard.screens.filtered_screen import FilteredScreen
from headway.dashboard.widgets.delegation_table import DelegationTable
from headway.dashboard.widgets.line_view import LineView
from headway.dashboard.widgets.row_table import RowTable
from headway.dashboard.widgets.stream_area import StreamArea
from headway.dashboard.widgets.stream_pane import StreamPane

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.session import Session

RECORD_AFTER: Final = 0.15
"""Seconds that the cursor rests on a delegation before its whole record is fetched."""


class BoardScreen(DelegationScreen, FilteredScreen):
    """Shows a session's store, frame by frame, and does what keys ask for to the delegation under the cursor."""

    WHERE: ClassVar = Where.BOARD

    def __init__(self, session: Session, actions: Sequence[Action] = ACTIONS, *, cancel_grace: bool = False) -> None:
        super().__init__(session, actions)
        self._store = session.store
        self.marks: Final = Marks(self._store.rows, self._marks_changed)
        self.tables: Final = GroupTables(session, self.marks, self.selection_changed)
        self._streams = StreamArea(session.facts, id="streams")
        self.filter_these([(table.view, table) for table in self.tables])
        self.acting = Acting(self, session, self._expect, self.marks, grace=cancel_grace, undo_key=self.key_of("undo"))

    def compose(self) -> ComposeResult:
        yield self.top_line
        with Horizontal(id="body"):
            with Vertical(id="tables"):
                yield from self.tables
            yield self._streams
        yield self.filter_bar
        yield self.key_bar

    def on_mount(self) -> None:
        if self._store.cursor is not None:
            # There before the first paint, so that it shows them.
            host_of(self.app).take_frame()
        self.tables.begin()
        self.watch(self.tables[Group.COMPLETED], "scroll_y", self._look_back, init=False)

    # What is shown

    @property
    def selected(self) -> Row | None:
        """The delegation that a key acts on: of the stream that has the focus, else under the table's cursor."""
        if isinstance(self.focused, StreamPane) and self.focused.delegation_id:
            return self._store.rows.get(self.focused.delegation_id)
        return self.tables.under_cursor

    @property
    def chosen(self) -> Sequence[Row]:
        """Those that are marked, else the one that is selected."""
        return self.marks.rows() or super().chosen

    def take_changes(self, changes: Changes) -> None:
        self.filtering.take_frame()
        if changes:
            self.tables.take(changes)
            self.session.history.shown()
            self._show_streams()
            self.marks.forget_gone()
            self.tables.show_marks(frozenset())
        super().take_changes(changes)

    def tick(self) -> None:
        self.tables.tick()
        self._streams.tick()
        super().tick()

    def _show_streams(self) -> None:
        selected = self.tables.under_cursor
        hint = "" if selected else next_step(self._store, self.session.connector.capabilities, self.key_of)
        self._streams.show(selected, self._store.rows, self.session.results, hint)

    def moment(self) -> Moment:
        totals = self._store.totals
        return replace(
            super().moment(),
            marked=self.marks.rows(),
            wanting=any(totals[status] for status in WANTING),
            pollable=sum(totals[status] for status in (*WAITING, Status.STUCK)),
        )

    def selection_changed(self) -> None:
        self._show_streams()
        self.show_surroundings()
        if any(self.session.wants_record(row) for row in self._streams.rows()):
            later(self, RECORD_AFTER, self._fetch_selected)

    def _fetch_selected(self) -> None:
        for row in self._streams.rows():
            if self.session.wants_record(row):
                self.run_worker(self._fetch(row), group="records")

    async def _fetch(self, row: Row) -> None:
        await self.session.fetch_record(row)
        self._show_streams()

    # Moving

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        if isinstance(message.table, DelegationTable):
            self.tables.cursor_moved(message.table, by_person=message.by_person)
            if message.by_person and message.table is self.tables[Group.COMPLETED]:
                self._look_back()

    def _look_back(self) -> None:
        """Fetch older ones where a person has come to the end of those that are held; let them go at the beginning."""
        if self.tables.at_the_newest:
            if self._store.forget_older():
                self.session.request_frame()
        elif self.tables.near_the_oldest and self.session.history.begin():
            self.run_worker(self.session.history.go_back(), group="history")

    def on_row_table_title_clicked(self, message: RowTable.TitleClicked) -> None:
        if isinstance(message.table, DelegationTable):
            message.table.view.sort_by(message.column_id)
            message.table.reload()

    async def on_row_table_opened(self, message: RowTable.Opened) -> None:
        if isinstance(message.table, DelegationTable):
            await self.run_action("detail")

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, DelegationTable):
            self.tables.was_focused(self.focused)
        self.show_surroundings()

    def _panes(self) -> Iterator[LineView]:
        yield from self.tables
        yield from self._streams.visible_panes()

    def _step_focus(self, step: int) -> None:
        panes = list(self._panes())
        at = panes.index(self.focused) if isinstance(self.focused, LineView) and self.focused in panes else None
        panes[0 if at is None else (at + step) % len(panes)].focus()

    @property
    def pane(self) -> LineView:
        return self.focused if isinstance(self.focused, StreamPane) else self.tables.active

    def action_next_pane(self) -> None:
        self._step_focus(+1)

    def action_previous_pane(self) -> None:
        self._step_focus(-1)

    def action_next_wanting(self) -> None:
        self.tables.next_wanting()

    def action_show_queued(self) -> None:
        self.tables.work_in(Group.QUEUED)

    def action_show_in_progress(self) -> None:
        self.tables.work_in(Group.IN_PROGRESS)

    def action_show_completed(self) -> None:
        self.tables.work_in(Group.COMPLETED)

    def action_show_streams(self) -> None:
        self._streams.visible_panes()[0].focus()

    # Filter and sort

    def show_delegations_of(self, name: str) -> None:
        """Filter the tables by a target."""
        self.filtering.set_text(f'target:"{name}"')
        self.tables.active.focus()
        self.show_surroundings()

    def action_clear(self) -> None:
        if self.filtering.is_on:
            self.tables.active.focus()
            self.filtering.clear()
        else:
            self.marks.clear()

    def action_keep_filter(self) -> None:
        self.filtering.keep()
        self.tables.work_where_rows_are()

    def action_sort(self) -> None:
        table = self.tables.active
        table.view.sort_by_next(table.shown_columns)
        table.reload()

    def action_reverse(self) -> None:
        table = self.tables.active
        table.view.reverse()
        table.reload()

    # Marks

    def action_mark(self) -> None:
        if row := self.selected:
            self.marks.toggle(row.delegation_id)
            if not isinstance(self.focused, StreamPane):
                self.tables.active.go(+1)

    def action_mark_all(self) -> None:
        self.marks.toggle_all(self.tables.active.view.ids())

    def _marks_changed(self, ids: Collection[str]) -> None:
        self.tables.show_marks(ids)
        self.show_surroundings()

    # Acting on delegations

    def _expect(self, delegation_id: str) -> None:
        self.tables.expect(delegation_id)
        self.session.request_frame()

    def dispatch_to(self, workspace_id: str) -> None:
        """Ask for a task for this agent, and hand it over."""
        self.acting.dispatch_to(workspace_id)

    def action_dispatch(self) -> None:
        self.acting.dispatch(self.selected)

    def action_poll_waiting(self) -> None:
        rows = self._store.rows.values()
        self.acting.poll([row for row in rows if row.status in WAITING or row.status is Status.STUCK])

    # Looking at one

    def action_detail(self) -> None:
        from headway.dashboard.screens.detail import DetailScreen

        if row := self.selected:
            self.app.push_screen(DetailScreen(self.session, self.all_actions, row, self.acting))

    def action_copy(self) -> None:
        if row := self.selected:
            self.looking.copy(Looked(row))

    def action_pager(self) -> None:
        if row := self.selected:
            self.looking.page(Looked(row), Part.RESULT if row.result_preview else Part.OUTPUT)

    async def action_pin(self) -> None:
        row = self.selected
        if row is None:
            return
        if not await self._streams.toggle(row):
            said = f"{self._streams.MOST_PINNED} streams are pinned. Unpin one with {self.key_of('pin')} first."
            self.notify(said, markup=False)
            return
        self._show_streams()
