"""Who is there: heartbeats, their absence, and who may talk to whom (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from headway.core.api import OFFLINE, Workspace
from headway.core.clock import Clock
from headway.core.events import EventType, WorkspaceHeartbeat
from headway.ledger.errors import NotFound
from headway.ledger.ledger import Ledger
from headway.ledger.records import Beat, StoredEvent
from headway.platform.access import may_talk
from headway.platform.ring import Ring
from headway.platform.settings import Settings
from headway.platform.slots import Slots
from headway.platform.stream import encode_passing

_NEWS: Final = frozenset(
    {
        EventType.WORKSPACE_ONLINE,
        EventType.WORKSPACE_DEGRADED,
        EventType.WORKSPACE_OFFLINE,
        EventType.DELEGATION_SENT,
        EventType.DELEGATION_STATUS,
    }
)
_SHARE_OF_STUCK: Final = 40
"""Signs of life are written this much finer than `stuck_after`: what is written lags by a twentieth of it at most."""


@dataclass(slots=True)
class _Heard:
    """A workspace that sends heartbeats. Seconds are of the monotonic clock."""

    beat: Beat | None
    """What the ledger holds of it; None where it has to be written whatever it says."""
    written: float
    last: float
    last_ms: int
    uptime_seconds: int | None = None
    waiting: bool = False
    """Whether something waits for it, which holds until the ledger tells something of it."""
    news: bool = False
    """Whether the ledger has told something of it since a write began, so that what comes back may be old."""


class Registry:
    """Keeps what heartbeats say. A heartbeat without news is kept in memory, and written now and then only.

    What the ledger tells of a workspace's status, or of a delegation at it, has the next heartbeat written.
    """

    def __init__(self, ledger: Ledger, ring: Ring, slots: Slots, clock: Clock, settings: Settings) -> None:
        self._ledger = ledger
        self._ring = ring
        self._slots = slots
        self._clock = clock
        self._offline_after = settings.offline_after
        self._sign_every = settings.stuck_after / _SHARE_OF_STUCK
        self._write_every = min(settings.heartbeat_write, self._sign_every)
        self._heard: dict[str, _Heard] = {}

    async def load(self) -> None:
        """Take up what the ledger knows; who was there before gets `offline_after` seconds to say so again."""
        now = self._clock.monotonic()
        for workspace in await self._ledger.workspaces():
            if workspace.last_heartbeat_at is not None and workspace.status != OFFLINE:
                self._heard[workspace.id] = _Heard(None, now, now, workspace.last_heartbeat_at)

    def note(self, events: Sequence[StoredEvent]) -> None:
        """Listen to the ledger's events."""
        for event in events:
            if event.type in _NEWS:
                heard = self._heard.get(event.target_id or event.workspace_id)
                if heard is not None:
                    heard.beat, heard.news = None, True
            elif event.type == EventType.WORKSPACE_REMOVED:
                self._heard.pop(event.workspace_id, None)
                self._slots.forget(event.workspace_id)

    async def heartbeat(self, workspace_id: str, beat: Beat) -> bool:
        """Keep a heartbeat and tell who listens; returns whether anything waits for the workspace, or it was to rest.

        Raises ledger.errors.NotFound, LedgerUnavailable.
        """
        now, now_ms = self._clock.monotonic(), self._clock.now_ms()
        heard = self._heard.get(workspace_id)
        known = heard is not None and self._is_written(heard, beat, now)
        if heard is None:
            heard = self._heard[workspace_id] = _Heard(None, now, now, now_ms)
        heard.last, heard.last_ms, heard.uptime_seconds = now, now_ms, beat.uptime_seconds
        if not known:
            await self._write(workspace_id, heard, beat)
            if self._heard.get(workspace_id) is not heard:
                # It was removed meanwhile, and nobody is to hear of it again.
                return False
        self._slots.report(workspace_id, beat.active_tasks)
        payload = WorkspaceHeartbeat(
            workspace_id=workspace_id, active_tasks=beat.active_tasks, uptime_seconds=beat.uptime_seconds
        )
        self._ring.tell(encode_passing(payload, now_ms, workspace_id))
        return heard.waiting or self._slots.rests(workspace_id)

    async def mark_silent(self) -> None:
        """Mark as offline whoever has sent no heartbeat for `offline_after` seconds."""
        since = self._clock.monotonic() - self._offline_after
        silent = [workspace_id for workspace_id, heard in self._heard.items() if heard.last <= since]
        if not silent:
            return
        for workspace_id in silent:
            # Before the write, so that a heartbeat that comes meanwhile is written after it.
            self._heard[workspace_id].beat = None
        await self._ledger.mark_offline(silent)
        for workspace_id in silent:
            heard = self._heard.get(workspace_id)
            if heard is not None and heard.last <= since:
                del self._heard[workspace_id]
                self._slots.forget(workspace_id)

    def now(self, workspace: Workspace) -> Workspace:
        """A workspace as the ledger has it, with what was heard since.

        Where nothing is heard of it, it is as busy as we keep it.
        """
        if workspace.last_heartbeat_at is None or workspace.status == OFFLINE:
            return workspace.model_copy(update={"active_tasks": self._slots.in_flight(workspace.id)})
        changes: dict[str, Any] = {}
        if (active := self._slots.taken(workspace.id)) is not None:
            changes["active_tasks"] = active
        if (heard := self._heard.get(workspace.id)) is not None:
            changes["last_heartbeat_at"] = max(heard.last_ms, workspace.last_heartbeat_at)
            changes["uptime_seconds"] = (
                workspace.uptime_seconds if heard.uptime_seconds is None else heard.uptime_seconds
            )
        return workspace.model_copy(update=changes)

    async def may_talk(self, caller_id: str, target_id: str) -> bool:
        """See `access.may_talk`."""
        return may_talk(caller_id, target_id, await self._ledger.lines(caller_id, target_id))

    async def refusal(self, source_id: str, target_id: str) -> str | None:
        """Why a delegation between the two fails at once; None where they may talk, or the target is not known."""
        known = await self._ledger.lines(source_id, target_id)
        if target_id not in known:
            return None
        if source_id not in known:
            return f"unknown source workspace {source_id}"
        return None if may_talk(source_id, target_id, known) else f"not allowed to talk to workspace {target_id}"

    async def _write(self, workspace_id: str, heard: _Heard, beat: Beat) -> None:
        heard.news = False
        quiet_since = heard.last_ms - round(self._sign_every * 1000)
        try:
            kept = await self._ledger.heartbeat(workspace_id, beat, quiet_since)
        except NotFound:
            self._heard.pop(workspace_id, None)
            raise
        heard.written = self._clock.monotonic()
        heard.beat = None if heard.news else beat
        heard.waiting = heard.news or kept.queue_depth > 0

    def _is_written(self, heard: _Heard, beat: Beat, now: float) -> bool:
        if heard.beat is None or now - heard.written >= self._write_every:
            return False
        return replace(beat, uptime_seconds=heard.beat.uptime_seconds) == heard.beat
