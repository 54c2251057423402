"""The question before several are retried at once."""

from __future__ import annotations

from collections.abc import Sequence

from headway.core.delegation import RETRYABLE, Row
from headway.dashboard.screens.rows_question import RowsQuestion


class RetryScreen(RowsQuestion):
    """Answers whether to retry these delegations."""

    YES = "Yes, retry"

    def title_of(self, count: int) -> str:
        return "Retry this delegation?" if count == 1 else f"Retry {count:,} delegations?"

    def keys_of(self, count: int) -> str:
        return "y retry them   n or esc leave them"

    def applies(self, row: Row) -> bool:
        return row.status in RETRYABLE

    def left_words(self, count: int) -> str:
        return f"{count:,} cannot be retried: only what failed or was canceled can"

    def consequences(self, rows: Sequence[Row]) -> Sequence[str]:
        return ["Each is handed to its agent again as a new delegation; the old ones stay as they are."] if rows else []
