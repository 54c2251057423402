"""The question before a cancel."""

from __future__ import annotations

from collections.abc import Sequence

from headway.core.delegation import WAITING, Row, Status
from headway.dashboard.screens.rows_question import RowsQuestion

_TAKEN_OUT = "taken out of the queue at once, and the agent hears nothing of it."
_DONE_STAYS = "What it has done by then stays done; there is no undo."


class CancelScreen(RowsQuestion):
    """Answers whether to cancel these delegations."""

    YES = "Yes, cancel"

    def title_of(self, count: int) -> str:
        return "Cancel this delegation?" if count == 1 else f"Cancel {count:,} delegations?"

    def keys_of(self, count: int) -> str:
        them = "it" if count == 1 else "them"
        return f"y cancel {them}   n or esc leave {them}"

    def applies(self, row: Row) -> bool:
        return not row.status.is_terminal and row.status is not Status.CANCELING

    def left_words(self, count: int) -> str:
        if len(self.rows) == 1:
            return "It cannot be canceled any more:"
        return f"{count:,} cannot be canceled: finished, or canceling already"

    def consequences(self, rows: Sequence[Row]) -> Sequence[str]:
        """What a cancel of these does (spec: lifecycle, "Cancel")."""
        waiting = sum(row.status in WAITING for row in rows)
        running = len(rows) - waiting
        if len(self.rows) == 1:
            said = [f"It has not reached its agent: it is {_TAKEN_OUT}"] if waiting else []
            asked = "The agent is asked to stop, and the row shows canceling until it answers."
            return [*said, *([f"{asked} {_DONE_STAYS}"] if running else [])]
        said = [f"{waiting:,} waiting: {_TAKEN_OUT}"] if waiting else []
        asked = "the agent is asked to stop, and the row shows canceling until it answers."
        return [*said, *([f"{running:,} running: {asked} {_DONE_STAYS}"] if running else [])]
