"""The dashboard's records: a snapshot and the events after it, folded into rows, groups and totals.

`core.projection.apply` is the only reducer. What changed is collected and taken once a frame (`take_changes`): the last
write of a row wins, and there is never a message per event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, KeysView, Mapping
from itertools import chain, repeat
from types import MappingProxyType
from typing import Any, Final

from headway.core.api import OPERATOR, Snapshot, Workspace
from headway.core.cursor import Cursor
from headway.core.delegation import ACTIVE, TERMINAL, Delegation, Group, Row, Status
from headway.core.events import Bookmark, DelegationPayload, Event, Evicted, Progressed, StatusChanged, WorkspaceFact
from headway.core.progress import ProgressText
from headway.core.projection import apply
from headway.core.text import BODY_LIMIT
from headway.dashboard.changes import Changes, Note
from headway.dashboard.workspaces import UNTOLD, updated

FINISHED_KEPT: Final = 10_000
"""Finished rows held, unless asked for another number; older ones are fetched when they are wanted."""
_COMMON: Final = frozenset({Progressed, StatusChanged})


class Store:
    """Rows by id, their groups, totals by status, and workspaces; bounded in finished rows.

    Not thread-safe: it belongs to the event loop of its dashboard.
    """

    def __init__(self, *, finished_kept: int = FINISHED_KEPT) -> None:
        self._finished_kept = finished_kept
        self._older_kept = 0
        """Finished rows held beyond that, because they were fetched."""
        self._older: set[str] = set()
        self._rows: dict[str, Row] = {}
        # Insertion-ordered sets; in Completed the order is that of finishing, so the oldest comes first.
        self._groups: dict[Group, dict[str, None]] = {group: {} for group in Group}
        self._totals: dict[Status, int] = dict.fromkeys(Status, 0)
        self._workspaces: dict[str, Workspace] = {}
        self._notes: dict[str, Note] = {}
        self._touched: set[str] = set()
        self._status_before: dict[str, Status | None] = {}
        """Of those that changed it, came or went since changes were taken; None for one that was not there."""
        self._totals_changed = False
        self._workspaces_changed: set[str] = set()
        self._reloaded = False
        self.rows: Final[Mapping[str, Row]] = MappingProxyType(self._rows)
        self.totals: Final[Mapping[Status, int]] = MappingProxyType(self._totals)
        """How many the platform has in each status, those that are not held here included."""
        self.workspaces: Final[Mapping[str, Workspace]] = MappingProxyType(self._workspaces)
        self.notes: Final[Mapping[str, Note]] = MappingProxyType(self._notes)
        self.cursor: Cursor | None = None
        """Where the events go on; None before the first snapshot."""
        self.generation = 0
        """Rises with each snapshot loaded."""

    @property
    def active(self) -> int:
        """How many delegations the platform has that have not ended."""
        return sum(self._totals[status] for status in ACTIVE)

    @property
    def oldest_finished(self) -> Row | None:
        """Of the finished rows that are held, the one that ended first; None where the platform has no older ones."""
        finished = self._groups[Group.COMPLETED]
        if not finished or len(finished) >= self.finished:
            return None
        return self._rows[next(iter(finished))]

    @property
    def finished(self) -> int:
        """How many delegations the platform has that have ended."""
        return sum(self._totals[status] for status in TERMINAL)

    def group(self, group: Group) -> KeysView[str]:
        """The ids of one table, in no order that means anything to a person."""
        return self._groups[group].keys()

    def name_of(self, workspace_id: str) -> str:
        """What a workspace is called; the start of its id where nothing else is known."""
        workspace = self._workspaces.get(workspace_id)
        return workspace.name if workspace else workspace_id[:8]

    def agents(self) -> list[Workspace]:
        """The workspaces that tasks can be handed to, with what runs and waits there now.

        An agent that sends heartbeats says itself how much it runs and what; of the others it is what the rows show.
        """
        rows = [self._rows[one] for one in self._groups[Group.IN_PROGRESS]]
        at_work = [row for row in rows if row.status is not Status.INPUT_REQUIRED]
        running = Counter(row.target_id for row in at_work)
        newest = {row.target_id: row.task_preview for row in sorted(at_work, key=lambda row: row.seq)}
        waiting = Counter(self._rows[one].target_id for one in self._groups[Group.QUEUED])
        return [
            agent.model_copy(
                update={
                    "queue_depth": waiting[agent.id],
                    "active_tasks": running[agent.id] if agent.last_heartbeat_at is None else agent.active_tasks,
                    "current_task": agent.current_task
                    or (newest.get(agent.id) if agent.last_heartbeat_at is None else None),
                }
            )
            for agent in self._workspaces.values()
            if agent.role != OPERATOR
        ]

    def learn(self, workspaces: Iterable[Workspace]) -> None:
        """Take over what no event tells of workspaces that are known: their cards, and what they say of themselves."""
        for read in workspaces:
            known = self._workspaces.get(read.id)
            if known is None:
                continue
            learned = known.model_copy(update={name: getattr(read, name) for name in UNTOLD})
            if learned != known:
                self._workspaces[read.id] = learned
                self._workspaces_changed.add(read.id)

    def status_of(self, delegation_id: str) -> Status:
        """The status to show: what a note expects, else the row's own. Raises KeyError for one that is not held."""
        note = self._notes.get(delegation_id)
        return note.status if note and note.status else self._rows[delegation_id].status

    def load(self, snapshot: Snapshot) -> None:
        """Begin anew from a snapshot. Notes of rows that are still there stay."""
        self._rows.clear()
        self._older_kept = 0
        for ids in self._groups.values():
            ids.clear()
        for row in sorted(snapshot.delegations, key=_finishing_order):
            self._rows[row.delegation_id] = row
            self._groups[row.status.group][row.delegation_id] = None
        self._bound_finished()
        self._totals.update({status: snapshot.totals.get(status, 0) for status in Status})
        self._workspaces.clear()
        self._workspaces.update({workspace.id: workspace for workspace in snapshot.workspaces})
        for delegation_id, note in list(self._notes.items()):
            if delegation_id not in self._rows or _answered(note, self._rows[delegation_id]):
                del self._notes[delegation_id]
        self.cursor = Cursor(snapshot.epoch, snapshot.seq)
        self.generation += 1
        self._reloaded = True

    def hold_older(self, rows: Iterable[Row]) -> None:
        """Hold rows that ended before all that are held, too, until `forget_older` or the next snapshot."""
        older = [row for row in rows if row.status.is_terminal and row.delegation_id not in self._rows]
        older.sort(key=_finishing_order)
        ids = [row.delegation_id for row in older]
        self._groups[Group.COMPLETED] = dict.fromkeys(ids) | self._groups[Group.COMPLETED]
        self._rows.update(zip(ids, older, strict=True))
        self._older.update(ids)
        self._older_kept += len(ids)

    def forget_older(self) -> bool:
        """Hold no more finished rows than `finished_kept` again; whether any were fetched beyond it."""
        fetched, self._older_kept = self._older_kept, 0
        self._bound_finished()
        return fetched > 0

    def apply(self, events: Iterable[Event]) -> None:
        """Fold events, in the order of the stream; those the snapshot or an earlier call has seen change nothing.

        Raises RuntimeError before the first snapshot.
        """
        if self.cursor is None:
            raise RuntimeError("events go on from a snapshot: load one first")
        seen = self.cursor.seq
        for event in events:
            if event.seq > seen:
                seen = event.seq
            elif event.seq:
                continue
            payload: Any = event.payload
            # Most are of these two kinds; an `isinstance` of a pydantic class costs more than all the rest here.
            if type(payload) in _COMMON or isinstance(payload, DelegationPayload):
                self._fold(payload.delegation_id, event)
            elif isinstance(payload, WorkspaceFact):
                self._note_fact(event, payload)
            elif isinstance(payload, Evicted):
                self._evict(payload)
            elif isinstance(payload, Bookmark):
                seen = max(seen, payload.seq)
        self.cursor = Cursor(self.cursor.epoch, seen)

    def note(self, delegation_id: str, note: Note) -> None:
        """Show what was asked for at once, until the platform's word comes. Ids that are not held are ignored."""
        if delegation_id in self._rows:
            self._touched.add(delegation_id)
            self._notes[delegation_id] = note

    def withdraw_note(self, delegation_id: str) -> None:
        """What was asked for did not happen."""
        if self._notes.pop(delegation_id, None) and delegation_id in self._rows:
            self._touched.add(delegation_id)

    def merge_record(self, record: Delegation) -> bool:
        """Put the head of the progress text, fetched with the whole record, before the tail that a snapshot gave.

        Whichever of record and row is newer, the events after the row bring both to the same text: a splice keeps only
        what lies before its offset. Returns whether the row's text grew.
        """
        row = self._rows.get(record.delegation_id)
        if row is None:
            return False
        head_end = record.progress_offset + len(record.progress_text)
        if not record.progress_offset < row.progress.start <= head_end:
            return False
        head = record.progress_text[: row.progress.start - record.progress_offset]
        whole = ProgressText.of(head + row.progress.text, start=record.progress_offset).tail(BODY_LIMIT)
        self._touched.add(row.delegation_id)
        self._rows[row.delegation_id] = row.changed(progress=whole)
        return True

    def take_changes(self) -> Changes:
        """What changed since the last call; the board asks once a frame."""
        changes = Changes(self.generation, reloaded=True) if self._reloaded else self._net_changes()
        self._touched.clear()
        self._status_before.clear()
        self._workspaces_changed.clear()
        self._older.clear()
        self._totals_changed = self._reloaded = False
        return changes

    def _net_changes(self) -> Changes:
        entered: dict[Group, set[str]] = {}
        left: dict[Group, set[str]] = {}
        for delegation_id, status in self._status_before.items():
            row = self._rows.get(delegation_id)
            if row is not None and row.status is status:
                continue
            before = status.group if status else None
            now = row.status.group if row else None
            if before is not now:
                if before is not None:
                    left.setdefault(before, set()).add(delegation_id)
                if now is not None:
                    entered.setdefault(now, set()).add(delegation_id)
        return Changes(
            self.generation,
            touched=frozenset(self._touched),
            entered={group: frozenset(ids) for group, ids in entered.items()},
            older=frozenset(self._older & self._rows.keys()),
            left={group: frozenset(ids) for group, ids in left.items()},
            totals=self._totals_changed,
            workspaces=frozenset(self._workspaces_changed),
        )

    def _fold(self, delegation_id: str, event: Event) -> None:
        before = self._rows.get(delegation_id)
        after = apply(event, before)
        if after is None or after is before:
            return
        self._touched.add(delegation_id)
        self._rows[delegation_id] = after
        if before is not None and before.status is after.status:
            return
        self._status_before.setdefault(delegation_id, before.status if before else None)
        if (note := self._notes.get(delegation_id)) and _answered(note, after):
            del self._notes[delegation_id]
        if before is not None:
            self._count(before.status, -1)
        self._count(after.status, +1)
        group = after.status.group
        if before is None or before.status.group is not group:
            if before is not None:
                del self._groups[before.status.group][delegation_id]
            self._groups[group][delegation_id] = None
            self._bound_finished()

    def _evict(self, evicted: Evicted) -> None:
        for delegation_id, status in zip(evicted.delegation_ids, chain(evicted.statuses, repeat(None)), strict=False):
            row = self._rows.get(delegation_id)
            if (ended := row.status if row else status) is not None:
                self._count(ended, -1)
            self._drop(delegation_id)

    def _bound_finished(self) -> None:
        finished = self._groups[Group.COMPLETED]
        while len(finished) > self._finished_kept + self._older_kept:
            self._drop(next(iter(finished)))

    def _drop(self, delegation_id: str) -> None:
        row = self._rows.pop(delegation_id, None)
        if row is not None:
            if delegation_id in self._older:
                # It came and went within one frame.
                self._older.discard(delegation_id)
            else:
                self._status_before.setdefault(delegation_id, row.status)
            self._touched.discard(delegation_id)
            del self._groups[row.status.group][delegation_id]
            self._notes.pop(delegation_id, None)

    def _count(self, status: Status, change: int) -> None:
        self._totals[status] = max(0, self._totals[status] + change)
        self._totals_changed = True

    def _note_fact(self, event: Event, fact: WorkspaceFact) -> None:
        before = self._workspaces.get(fact.workspace_id)
        after = updated(before, event, fact)
        if after == before:
            return
        if after is None:
            del self._workspaces[fact.workspace_id]
        else:
            self._workspaces[fact.workspace_id] = after
        self._workspaces_changed.add(fact.workspace_id)


def _finishing_order(row: Row) -> tuple[int, int]:
    return (row.finished_at or row.updated_at, row.seq)


def _answered(note: Note, row: Row) -> bool:
    return row.status.is_terminal or note.status in (None, row.status)
