"""A recording as a platform: a board follows it as it would follow the one that was recorded."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn

from headway.connectors.connector import (
    Batch,
    Capabilities,
    DelegationRef,
    Dispatched,
    DispatchOrder,
    Opening,
    Playing,
    Reset,
    StreamMessage,
)
from headway.connectors.errors import Conflict, NotAllowed, NotFound
from headway.connectors.playback import Playback
from headway.core.api import SNAPSHOT_FINISHED, Health, Snapshot, Workspace
from headway.core.cursor import Cursor
from headway.core.delegation import Delegation, Row, Status
from headway.core.events import DelegationPayload, Event, Evicted, Progressed
from headway.core.projection import apply

if TYPE_CHECKING:
    from headway.connectors.recording import Recording

_BATCH: Final = 500
_NOTHING: Final = Capabilities(
    read_only=True,
    older=False,
    poll=False,
    cancel=False,
    reply=False,
    retry=False,
    add_agents=False,
    remove_agents=False,
    drop_stale=False,
    replay=True,
)


class ReplayConnector:
    """`Connector` of a recording, played by `playback`. Whatever would act raises `NotAllowed`.

    Records are what events tell of them: of a result, the preview.
    """

    def __init__(self, recording: Recording, playback: Playback) -> None:
        self._recording = recording
        self._playback = playback
        self._rows: dict[str, Row] = {}
        self._workspaces: list[Workspace] = []
        self._hold(recording.first)

    @property
    def capabilities(self) -> Capabilities:
        return _NOTHING

    @property
    def address(self) -> str:
        return self._recording.name

    def use_token(self, token: str | None) -> None:
        """A recording needs none."""

    async def snapshot(self, *, finished: int = SNAPSHOT_FINISHED) -> Snapshot:
        """How things stood when the recording began."""
        return self._hold(self._recording.first)

    async def finished_before(self, delegation: DelegationRef, *, limit: int = SNAPSHOT_FINISHED) -> list[Row]:
        """All that a recording knows is in its snapshot."""
        return []

    async def events(self, after: Cursor | None) -> AsyncGenerator[StreamMessage, None]:
        """Everything after the first snapshot, in its time; goes on when it is moved back, also from its end."""
        yield Opening()
        yield Playing(self._playback.words)
        playback, entries = self._playback, self._recording.entries
        index, jumps = 1, playback.jumps
        while True:
            if playback.jumps != jumps:
                index, jumps = 1, playback.jumps
                yield Reset(self._hold(self._recording.first))
            now = self._recording.begins + playback.position
            batch: list[Event] = []
            for entry in islice(entries, index, index + _BATCH):
                if entry.at > now or (batch and isinstance(entry.heard, Snapshot)):
                    break
                index += 1
                if isinstance(entry.heard, Snapshot):
                    yield Reset(self._hold(entry.heard))
                    break
                batch.append(entry.heard)
            if batch:
                self._fold(batch)
                yield Batch(batch)
            if index == len(entries) or entries[index].at > playback.now_ms():
                length = self._recording.length
                await playback.until(entries[index].at - self._recording.begins if index < len(entries) else length)
                if playback.ended and index == len(entries) and not playback.moved.is_set():
                    await playback.moved.wait()
            else:
                await playback.sleep(0)

    async def delegation(self, id_or_prefix: str) -> Delegation:
        found = [row for did, row in self._rows.items() if did.startswith(id_or_prefix)]
        if not found or not id_or_prefix:
            raise NotFound("There is no such delegation at this place of the recording.")
        if len(found) > 1:
            raise Conflict(f"{len(found)} delegations begin so.", next_step="Give more of the id.")
        return _record(found[0])

    async def timeline(self, delegation: DelegationRef) -> list[Event]:
        """Its events up to this place of the recording; what came before it began is not known."""
        now = self._recording.begins + self._playback.position
        told = (entry.heard for entry in self._recording.entries if entry.at <= now)
        return [
            event
            for event in told
            if isinstance(event, Event)
            and isinstance(event.payload, DelegationPayload)
            and event.payload.delegation_id == delegation.delegation_id
            and not isinstance(event.payload, Progressed)
        ]

    async def delegations(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> list[Delegation]:
        newest = sorted(self._rows.values(), key=lambda row: (row.created_at, row.delegation_id), reverse=True)
        ids = [row.delegation_id for row in newest]
        start = ids.index(before) + 1 if before in ids else 0
        return [_record(row) for row in newest[start:] if status in (None, row.status)][:limit]

    async def agents(self) -> list[Workspace]:
        return list(self._workspaces)

    async def health(self) -> Health:
        first = self._recording.first
        return Health(status="ok", version=self._recording.version, epoch=first.epoch, seq=first.seq)

    async def dispatch(self, order: DispatchOrder) -> Dispatched:
        _refuse()

    async def poll(self, delegation: DelegationRef) -> Delegation:
        _refuse()

    async def cancel(self, delegation: DelegationRef, *, reason: str | None = None) -> Status:
        _refuse()

    async def reply(self, delegation: DelegationRef, text: str) -> Status:
        _refuse()

    async def retry(self, delegation: DelegationRef) -> Dispatched:
        _refuse()

    async def add_agent(self, url: str, *, name: str | None = None, slots: int = 1) -> str:
        _refuse()

    async def remove_agent(self, workspace_id: str) -> None:
        _refuse()

    async def drop_stale(self, older_than_ms: int, workspace_id: str) -> int:
        _refuse()

    async def aclose(self) -> None:
        return None

    def _hold(self, snapshot: Snapshot) -> Snapshot:
        self._rows = {row.delegation_id: row for row in snapshot.delegations}
        self._workspaces = snapshot.workspaces
        return snapshot

    def _fold(self, events: list[Event]) -> None:
        for event in events:
            match event.payload:
                case DelegationPayload(delegation_id=delegation_id):
                    row = apply(event, self._rows.get(delegation_id))
                    if row is not None:
                        self._rows[delegation_id] = row
                case Evicted(delegation_ids=gone):
                    for delegation_id in gone:
                        self._rows.pop(delegation_id, None)
                case _:
                    pass


def _refuse() -> NoReturn:
    raise NotAllowed("This is a recording.", next_step="Open a board on a platform to act.")


def _record(row: Row) -> Delegation:
    return Delegation(
        delegation_id=row.delegation_id,
        source_id=row.source_id,
        target_id=row.target_id,
        task=row.task_preview,
        status=row.status,
        priority=row.priority,
        attempt=row.attempt,
        progress_percent=row.progress_percent,
        status_message=row.status_message,
        result=row.result_preview,
        error=row.error,
        deadline=row.deadline,
        expires_at=row.expires_at,
        last_activity_at=row.last_activity_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        via=row.via,
        recorded=row.recorded,
        seq=row.seq,
        progress_offset=row.progress.start,
        progress_text=row.progress.text,
    )
