"""Workspaces, what they said and did, and the tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headway.core.api import Activity, TokenInfo, Workspace
from headway.core.delegation import Row
from headway.core.events import EventType, Payload
from headway.ledger import activity, heartbeats, places, tokens, workspaces
from headway.ledger.facade.access import Access
from headway.ledger.records import Beat, NewActivity, NewWorkspace, Place
from headway.ledger.transaction import Transaction


class Directory(Access):
    """The part of `Ledger` that keeps workspaces, their activity and tokens."""

    async def add_workspace(self, new: NewWorkspace) -> Workspace:
        """See `workspaces.add`."""
        return await self._write(workspaces.add, new)

    async def ensure_workspace(self, new: NewWorkspace) -> Workspace:
        """See `workspaces.ensure`."""
        return await self._write(workspaces.ensure, new)

    async def named_workspace(self, name: str, role: str | None) -> Workspace | None:
        """See `workspaces.named`."""
        return await self._read(workspaces.named, name, role)

    async def update_workspace(self, workspace_id: str, changes: Mapping[str, Any]) -> Workspace:
        """See `workspaces.update`."""
        return await self._write(workspaces.update, workspace_id, changes)

    async def remove_workspace(self, workspace_id: str) -> list[Row]:
        """See `workspaces.remove`."""
        return await self._write(workspaces.remove, workspace_id)

    async def heartbeat(self, workspace_id: str, beat: Beat, quiet_since_ms: int) -> Workspace:
        """See `heartbeats.take`."""
        return await self._write(heartbeats.take, workspace_id, beat, quiet_since_ms)

    async def mark_offline(self, workspace_ids: Sequence[str]) -> list[str]:
        """See `heartbeats.mark_offline`; in bounded batches."""
        return await self._write_batches(heartbeats.mark_offline, workspace_ids)

    async def workspace(self, workspace_id: str) -> Workspace | None:
        """See `workspaces.get`."""
        return await self._read(workspaces.get, workspace_id)

    async def target(self, workspace_id: str) -> Workspace | None:
        """See `workspaces.get`; its queue depth is 1 where anything waits."""
        return await self._read(workspaces.get, workspace_id, 1)

    async def workspaces(self) -> list[Workspace]:
        """See `workspaces.list_`."""
        return await self._read(workspaces.list_)

    async def lines(self, *workspace_ids: str) -> Mapping[str, Place]:
        """See `places.lines`."""
        return await self._remembered.ask(workspace_ids, lambda: self._read(places.lines, *workspace_ids))

    async def log_activity(self, new: NewActivity) -> str:
        """See `activity.log`."""
        return await self._write(activity.log, new)

    async def activity(
        self, workspace_id: str, *, kind: str | None = None, source: str | None = None, limit: int = 100
    ) -> list[Activity]:
        """See `activity.list_`."""
        return await self._read(activity.list_, workspace_id, kind=kind, source=source, limit=limit)

    async def announce(self, event_type: EventType, workspace_id: str, payload: Payload) -> None:
        """Store an event of a workspace that changes no record, such as AGENT_MESSAGE; its payload may be `Other`."""

        def emit(transaction: Transaction) -> None:
            transaction.emit(payload, event_type=event_type, workspace_id=workspace_id, timestamp=transaction.now_ms())

        await self._engine.write(emit)

    async def add_token(self, token_hash: str, scope: str, label: str | None = None) -> None:
        """See `tokens.add`."""
        await self._write(tokens.add, token_hash, scope, label)

    async def add_first_token(self, token_hash: str, scope: str) -> bool:
        """See `tokens.add_first`."""
        return await self._write(tokens.add_first, token_hash, scope)

    async def admit_file_token(self, token_hash: str) -> None:
        """See `tokens.admit_file`."""
        await self._write(tokens.admit_file, token_hash)

    async def remove_token(self, token_id: str) -> str:
        """See `tokens.remove`."""
        return await self._write(tokens.remove, token_id)

    async def find_token(self, token_hash: str) -> str | None:
        """See `tokens.find`."""
        return await self._remembered.ask(token_hash, lambda: self._read(tokens.find, token_hash))

    async def tokens(self) -> list[TokenInfo]:
        """See `tokens.list_`."""
        return await self._read(tokens.list_)
