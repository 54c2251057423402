"""The three tables of the board, and which of them is the active one: what is under its cursor is selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Final

from headway.core.delegation import Group, Row
from headway.dashboard.attention import next_wanting
from headway.dashboard.group_view import GroupView
from headway.dashboard.widgets.delegation_table import DelegationTable

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.marks import Marks
    from headway.dashboard.session import Session

_FIRST_LOOK: Final = (Group.IN_PROGRESS, Group.QUEUED, Group.COMPLETED)


class GroupTables:
    """Keeps the selected delegation selected, wherever it goes. `on_selection` is called when another may be."""

    def __init__(self, session: Session, marks: Marks, on_selection: Callable[[], None]) -> None:
        self._rows = session.store.rows
        self._marks = marks
        self._on_selection = on_selection
        self._tables = {
            group: DelegationTable(
                GroupView(group, session.store, session.clock.now_ms),
                session.facts,
                session.clock.monotonic,
                marks,
                id=group.value,
            )
            for group in Group
        }
        self._active = Group.IN_PROGRESS
        self._chosen = False
        """A person has moved the cursor, or chosen a table."""
        self._awaited: str | None = None
        """A delegation that was dispatched here, to be selected when its row comes."""

    def __iter__(self) -> Iterator[DelegationTable]:
        return iter(self._tables.values())

    def __getitem__(self, group: Group) -> DelegationTable:
        return self._tables[group]

    @property
    def active(self) -> DelegationTable:
        return self._tables[self._active]

    @property
    def under_cursor(self) -> Row | None:
        """The delegation under the active table's cursor."""
        cursor_id = self.active.cursor_id
        return self._rows.get(cursor_id) if cursor_id else None

    # What changes

    def take(self, changes: Changes) -> None:
        """Show what changed, and follow the selected delegation into whichever table it went."""
        followed = self.active.cursor_id
        for table in self:
            moved = table.view.take(changes)
            if changes.reloaded:
                table.reload()
            else:
                entered = changes.entered.get(table.view.group, frozenset())
                table.update_rows(changes.touched, entered, moved=moved)
            if changes.workspaces:
                table.repaint_visible()
        self._follow(followed)

    def tick(self) -> None:
        """A second has passed."""
        for table in self:
            if table.view.pass_time():
                table.reload()
            table.tick()

    def show_marks(self, changed: Collection[str]) -> None:
        """The marks of these came or went."""
        marked = Counter(row.status.group for row in self._marks.rows())
        for group, table in self._tables.items():
            table.show_marks(changed, marked[group])

    def expect(self, delegation_id: str) -> None:
        """Select this one when its row comes."""
        self._awaited = delegation_id

    def _follow(self, delegation_id: str | None) -> None:
        """Keep the selected delegation selected; begin where there is something."""
        if self._awaited and self._awaited in self._rows:
            delegation_id, self._awaited = self._awaited, None
            self._chosen = True
        if delegation_id and (row := self._rows.get(delegation_id)) and self._chosen:
            group = row.status.group
            if self._tables[group].select(delegation_id) and group is not self._active:
                self.go_to(group)
        elif not self._chosen and not len(self.active.view):
            filled = self._first_filled()
            if filled is not None:
                self.go_to(filled)

    def _first_filled(self) -> Group | None:
        """The table to look at first, of those that have rows."""
        return next((group for group in _FIRST_LOOK if len(self._tables[group].view)), None)

    # Going from one to another

    def begin(self) -> None:
        """Show which table is the active one."""
        self.go_to(self._active)

    def go_to(self, group: Group) -> None:
        """Make a table the active one; the focus goes there too, unless something else is being typed in or read."""
        self._active = group
        for one, table in self._tables.items():
            table.set_class(one is group, "-active")
            table.repaint_visible()
        focused = self.active.screen.focused
        if focused is None or isinstance(focused, DelegationTable):
            self.active.focus()
        self._on_selection()

    def work_in(self, group: Group) -> None:
        """A person goes to a table; it is the active one as soon as it has the focus."""
        self._chosen = True
        self._tables[group].focus()
        if group is self._active:
            self._on_selection()

    def work_where_rows_are(self) -> None:
        """Where nothing here matches, a person goes on where something does."""
        here = self._active if len(self.active.view) else self._first_filled()
        self.work_in(here or self._active)

    def was_focused(self, table: DelegationTable) -> None:
        """A person went to this one."""
        if table is not self.active:
            self._chosen = True
            self.go_to(table.view.group)

    def cursor_moved(self, table: DelegationTable, *, by_person: bool) -> None:
        """The cursor of a table is on another row."""
        if by_person:
            self._chosen = True
            if table is not self.active:
                self.go_to(table.view.group)
        if table is self.active:
            self._on_selection()

    @property
    def near_the_oldest(self) -> bool:
        """Whether what is seen of the finished ones, or the cursor there, is within a page of the oldest that are held.

        Where they are not in the order of their end, that is the last of them in whichever order they are.
        """
        table = self._tables[Group.COMPLETED]
        top, page, length = table.top, table.page, len(table.view)
        if table.view.sort_column == "finished" and table.view.descending:
            return min(top, table.cursor_index) < page
        return max(top + page, table.cursor_index + 1) > length - page

    @property
    def at_the_newest(self) -> bool:
        """Whether a person is back at the first of the finished ones."""
        table = self._tables[Group.COMPLETED]
        return not table.top and not table.cursor_index and not table.view.descending

    def next_wanting(self) -> None:
        """Go to the next delegation that wants a person: around in this table first, then in the others."""
        here = self.active.cursor_id
        for group in (self._active, *(one for one in _FIRST_LOOK if one is not self._active)):
            wanted = next_wanting(self._tables[group].view.ids(), here, self._rows)
            if wanted is not None and wanted != here:
                self._tables[group].select(wanted)
                self.work_in(group)
                return
