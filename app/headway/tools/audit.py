"""Audit events: one JSON object on a line each, through `logging` (spec: agent-tools; requirements B3).

The logger is `headway.audit`, at INFO. Where its lines go is up to whoever runs the agent: a handler of their own, or
whatever the root logger has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from headway.core.clock import Clock
from headway.core.text import ERROR_LIMIT, clean_line, preview
from headway.core.timestamps import to_rfc3339

LOGGER: Final = "headway.audit"
PREVIEW: Final = 200
"""Characters of a task that an event tells."""

_log = logging.getLogger(LOGGER)


class Outcome(StrEnum):
    """What became of what was attempted."""

    DISPATCHED = "dispatched"
    DENIED = "denied"
    QUEUED = "queued"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELED = "canceled"


class Audit:
    """Writes the events of one workspace."""

    def __init__(self, workspace_id: str, clock: Clock) -> None:
        self._workspace_id = workspace_id
        self._clock = clock

    def delegation(
        self,
        outcome: Outcome,
        target: str,
        *,
        task_id: str,
        trace_id: str,
        task: str,
        attempt: int = 0,
        reason: str | None = None,
    ) -> None:
        """A task was handed over, or came to an end. `attempt` counts the sends so far."""
        self._write(
            event_type="delegation",
            action="delegate",
            resource=target,
            outcome=outcome,
            task_id=task_id,
            trace_id=trace_id,
            attempt=attempt,
            task_preview=preview(clean_line(task, limit=PREVIEW), PREVIEW),
            reason=reason,
        )

    def denied(self, action: str, target: str, roles: Sequence[str], *, trace_id: str, task: str, reason: str) -> None:
        """Somebody wanted to do what their roles do not allow."""
        self._write(
            event_type="rbac",
            action="rbac.deny",
            attempted_action=action,
            resource=target,
            outcome=Outcome.DENIED,
            trace_id=trace_id,
            task_preview=preview(clean_line(task, limit=PREVIEW), PREVIEW),
            roles=list(roles),
            reason=reason,
        )

    def _write(self, **fields: object) -> None:
        if not _log.isEnabledFor(logging.INFO):
            return
        event = {"timestamp": to_rfc3339(self._clock.now_ms()), "workspace_id": self._workspace_id, **fields}
        reason = event.get("reason")
        event["reason"] = clean_line(reason, limit=ERROR_LIMIT) if isinstance(reason, str) else None
        # ASCII: whatever reads the log cannot be reached by what an agent has said.
        _log.info("%s", json.dumps({name: value for name, value in event.items() if value is not None}))
