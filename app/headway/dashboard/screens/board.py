"""The board: three live tables, the streams beside them, and the keys that work right now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from headway.core.delegation import WAITING, Group, Row, Status
from headway.dashboard.acting import Acting
from headway.dashboard.action import Action, Moment, Where
from headway.dashboard.actions import ACTIONS
from headway.dashboard.attention import WANTING, next_wanting
from headway.dashboard.columns import Facts
from headway.dashboard.detail import Looked, Part
from headway.dashboard.filtering import Filtering
from headway.dashboard.first_steps import next_step
from headway.dashboard.group_view import GroupView
from headway.dashboard.looking import Looking
from headway.dashboard.marks import Marks
from headway.dashboard.screens.action_screen import ActionScreen
from headway.dashboard.widgets.delegation_table import DelegationTable
from headway.dashboard.widgets.filter_bar import FilterBar
from headway.dashboard.widgets.line_view import LineView
from headway.dashboard.widgets.row_table import RowTable
from headway.dashboard.widgets.stream_area import StreamArea
from headway.dashboard.widgets.stream_pane import StreamPane

if TYPE_CHECKING:
    from headway.dashboard.session import Session
    from headway.dashboard.store import Changes

RECORD_AFTER: Final = 0.15
"""Seconds that the cursor rests on a delegation before its whole record is fetched."""
_FIRST_LOOK: Final = (Group.IN_PROGRESS, Group.QUEUED, Group.COMPLETED)


class BoardScreen(ActionScreen):
    """Shows a session's store, frame by frame, and does what keys ask for to the delegation under the cursor."""

    WHERE: ClassVar = Where.BOARD

    def __init__(self, session: Session, actions: Sequence[Action] = ACTIONS, *, cancel_grace: bool = False) -> None:
        super().__init__(session, actions)
        self._session = session
        self._store = session.store
        self._views = {group: GroupView(group, session.store, session.clock.now_ms) for group in Group}
        self._marks = Marks(self._store.rows, self._marks_changed)
        self._tables = {
            group: DelegationTable(view, self._facts, session.clock.monotonic, self._marks, id=group.value)
            for group, view in self._views.items()
        }
        self._streams = StreamArea(self._facts, id="streams")
        self._filter_bar = FilterBar(id="filter-bar")
        self._active = Group.IN_PROGRESS
        self._chosen = False
        """A person has moved the cursor, or chosen a table."""
        self._awaited: str | None = None
        """A delegation that was dispatched here, to be selected when its row comes."""
        self._filtering = Filtering(
            self._filter_bar,
            [(view, self._tables[group]) for group, view in self._views.items()],
            self._selection_changed,
            session.request_frame,
        )
        self._looking = Looking(self, session, self._facts)
        self._acting = Acting(
            self,
            session,
            self._facts,
            self._expect,
            self._marks,
            grace=cancel_grace,
            undo_key=self.key_of("undo"),
        )

    def compose(self) -> ComposeResult:
        yield self.top_line
        with Horizontal(id="body"):
            with Vertical(id="tables"):
                yield from self._tables.values()
            yield self._streams
        yield self._filter_bar
        yield self.key_bar

    def on_mount(self) -> None:
        self._go_to(self._active)
        super().on_mount()

    # What is shown

    def _facts(self) -> Facts:
        return Facts(self._session.clock.now_ms(), self._store.name_of, self._store.notes)

    def table(self, group: Group) -> DelegationTable:
        return self._tables[group]

    @property
    def selected(self) -> Row | None:
        """The delegation that a key acts on: of the stream that has the focus, else under the table's cursor."""
        if isinstance(self.focused, StreamPane) and self.focused.delegation_id:
            return self._store.rows.get(self.focused.delegation_id)
        return self._under_cursor

    @property
    def _under_cursor(self) -> Row | None:
        cursor_id = self._tables[self._active].cursor_id
        return self._store.rows.get(cursor_id) if cursor_id else None

    def take_changes(self, changes: Changes) -> None:
        self._filtering.take_frame()
        if changes:
            followed = self._tables[self._active].cursor_id
            for group, view in self._views.items():
                moved = view.take(changes)
                if changes.reloaded:
                    self._tables[group].reload()
                else:
                    self._tables[group].update_rows(
                        changes.touched, changes.entered.get(group, frozenset()), moved=moved
                    )
                if changes.workspaces:
                    self._tables[group].repaint_visible()
            self._follow(followed)
            self._show_streams()
            self._marks.forget_gone()
            self._show_marks(frozenset())
        self.show_surroundings()

    def tick(self) -> None:
        for group, view in self._views.items():
            if view.pass_time():
                self._tables[group].reload()
            self._tables[group].tick()
        self._streams.tick()
        self.show_surroundings()

    def _follow(self, delegation_id: str | None) -> None:
        """Keep the selected delegation selected, into whichever table it went; begin where there is something."""
        if self._awaited and self._awaited in self._store.rows:
            delegation_id, self._awaited = self._awaited, None
            self._chosen = True
        if delegation_id and (row := self._store.rows.get(delegation_id)) and self._chosen:
            group = row.status.group
            if self._tables[group].select(delegation_id) and group is not self._active:
                self._go_to(group)
        elif not self._chosen and not len(self._views[self._active]):
            filled = self._first_filled()
            if filled is not None:
                self._go_to(filled)

    def _first_filled(self) -> Group | None:
        """The table to look at first, of those that have rows."""
        return next((group for group in _FIRST_LOOK if len(self._views[group])), None)

    def _show_streams(self) -> None:
        selected = self._under_cursor
        hint = "" if selected else next_step(self._store, self._session.connector.capabilities, self.key_of)
        self._streams.show(selected, self._store.rows, self._session.results, hint)

    def show_surroundings(self) -> None:
        self._filtering.say_matches()
        super().show_surroundings()

    # Which actions there are now

    def moment(self) -> Moment:
        row = self.selected
        totals = self._store.totals
        return replace(
            super().moment(),
            row=row,
            marked=self._marks.rows(),
            canceling=self._acting.canceling,
            undoable=len(self._acting.grace) > 0,
            filtered=self._filtering.is_on,
            wanting=any(totals[status] for status in WANTING),
            pollable=sum(totals[status] for status in (*WAITING, Status.STUCK)),
            typing=self._filtering.is_typed,
        )

    @property
    def chosen(self) -> list[Row]:
        """What a key for several acts on: those that are marked, else the one that is selected."""
        row = self.selected
        return self._marks.rows() or ([row] if row else [])

    # Moving

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        table = message.table
        if not isinstance(table, DelegationTable):
            return
        if message.by_person:
            self._chosen = True
            if table.view.group is not self._active:
                self._go_to(table.view.group)
        if table.view.group is self._active:
            self._selection_changed()

    def on_row_table_title_clicked(self, message: RowTable.TitleClicked) -> None:
        if isinstance(message.table, DelegationTable):
            message.table.view.sort_by(message.column_id)
            message.table.reload()

    async def on_row_table_opened(self, message: RowTable.Opened) -> None:
        if isinstance(message.table, DelegationTable):
            await self.run_action("detail")

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, DelegationTable) and self.focused.view.group is not self._active:
            self._chosen = True
            self._go_to(self.focused.view.group)
        self.show_surroundings()

    def _go_to(self, group: Group) -> None:
        """Make a table the active one; the focus goes there too, unless something else is being typed in or read."""
        self._active = group
        for one in Group:
            self._tables[one].set_class(one is group, "-active")
            self._tables[one].repaint_visible()
        if self.focused is None or isinstance(self.focused, DelegationTable):
            self._tables[group].focus()
        self._selection_changed()

    def _work_in(self, group: Group) -> None:
        """A person goes to a table; it is the active one as soon as it has the focus."""
        self._chosen = True
        self._tables[group].focus()
        if group is self._active:
            self._selection_changed()

    def _selection_changed(self) -> None:
        self._show_streams()
        self.show_surroundings()
        self.set_timer(RECORD_AFTER, self._fetch_selected)

    def _fetch_selected(self) -> None:
        for row in self._streams.rows():
            if self._session.wants_record(row):
                self.run_worker(self._fetch(row), group="records")

    async def _fetch(self, row: Row) -> None:
        await self._session.fetch_record(row)
        self._show_streams()

    def _panes(self) -> Iterator[LineView]:
        yield from (self._tables[group] for group in Group)
        yield from self._streams.visible_panes()

    def _step_focus(self, step: int) -> None:
        panes = list(self._panes())
        at = panes.index(self.focused) if isinstance(self.focused, LineView) and self.focused in panes else None
        panes[0 if at is None else (at + step) % len(panes)].focus()

    @property
    def pane(self) -> LineView:
        return self.focused if isinstance(self.focused, StreamPane) else self._tables[self._active]

    def action_next_pane(self) -> None:
        self._step_focus(+1)

    def action_previous_pane(self) -> None:
        self._step_focus(-1)

    def action_next_wanting(self) -> None:
        here = self._tables[self._active].cursor_id
        # Around in this table first; then in the others.
        for group in (self._active, *(one for one in _FIRST_LOOK if one is not self._active)):
            wanted = next_wanting(self._views[group].ids(), here, self._store.rows)
            if wanted is not None and wanted != here:
                self._tables[group].select(wanted)
                self._work_in(group)
                return

    def action_show_queued(self) -> None:
        self._work_in(Group.QUEUED)

    def action_show_in_progress(self) -> None:
        self._work_in(Group.IN_PROGRESS)

    def action_show_completed(self) -> None:
        self._work_in(Group.COMPLETED)

    def action_show_streams(self) -> None:
        self._streams.visible_panes()[0].focus()

    # Filter and sort

    def action_filter(self) -> None:
        self._filtering.open()
        self.show_surroundings()

    def show_delegations_of(self, name: str) -> None:
        """Filter the tables by a target."""
        self._filtering.set_text(f'target:"{name}"')
        self._tables[self._active].focus()
        self.show_surroundings()

    def action_clear(self) -> None:
        if self._filtering.is_on:
            self._tables[self._active].focus()
            self._filtering.clear()
        else:
            self._marks.clear()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filtering.type(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_keep_filter()

    def action_keep_filter(self) -> None:
        self._filtering.keep()
        # Where nothing here matches, a person goes on where something does.
        here = self._active if len(self._views[self._active]) else self._first_filled()
        self._work_in(here or self._active)

    def action_sort(self) -> None:
        self._views[self._active].sort_by_next(self._tables[self._active].shown_columns)
        self._tables[self._active].reload()

    def action_reverse(self) -> None:
        self._views[self._active].reverse()
        self._tables[self._active].reload()

    # Marks

    def action_mark(self) -> None:
        if row := self.selected:
            self._marks.toggle(row.delegation_id)
            if not isinstance(self.focused, StreamPane):
                self._tables[self._active].go(+1)

    def action_mark_all(self) -> None:
        self._marks.toggle_all(self._views[self._active].ids())

    def _marks_changed(self, ids: Collection[str]) -> None:
        self._show_marks(ids)
        self.show_surroundings()

    def _show_marks(self, changed: Collection[str]) -> None:
        marked = Counter(row.status.group for row in self._marks.rows())
        for group, table in self._tables.items():
            table.show_marks(changed, marked[group])

    # Acting on delegations

    def _expect(self, delegation_id: str) -> None:
        self._awaited = delegation_id
        self._session.request_frame()

    def dispatch_to(self, workspace_id: str) -> None:
        """Ask for a task for this agent, and hand it over."""
        self._acting.dispatch_to(workspace_id)

    def action_dispatch(self) -> None:
        self._acting.dispatch(self.selected)

    def action_dispatch_again(self) -> None:
        if row := self.selected:
            self._acting.dispatch_again(row)

    def action_poll(self) -> None:
        self._acting.poll(self.chosen)

    def action_poll_waiting(self) -> None:
        rows = self._store.rows.values()
        self._acting.poll([row for row in rows if row.status in WAITING or row.status is Status.STUCK])

    def action_cancel(self) -> None:
        self._acting.cancel(self.chosen)

    def action_undo(self) -> None:
        self._acting.undo()

    def action_reply(self) -> None:
        if row := self.selected:
            self._acting.reply(row)

    def action_retry(self) -> None:
        self._acting.retry(self.chosen)

    # Looking at one

    def action_detail(self) -> None:
        from headway.dashboard.screens.detail import DetailScreen

        if row := self.selected:
            self.app.push_screen(DetailScreen(self._session, self.all_actions, row, self._acting))

    def action_copy(self) -> None:
        if row := self.selected:
            self._looking.copy(Looked(row))

    def action_pager(self) -> None:
        if row := self.selected:
            self._looking.page(Looked(row), Part.RESULT if row.result_preview else Part.OUTPUT)

    # Streams

    async def action_pin(self) -> None:
        row = self.selected
        if row is None:
            return
        if not await self._streams.toggle(row):
            said = f"{self._streams.MOST_PINNED} streams are pinned. Unpin one with {self.key_of('pin')} first."
            self.notify(said, markup=False)
            return
        self._show_streams()
