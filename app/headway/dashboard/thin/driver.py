"""The board's terminal behind a thin link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.dashboard.terminal_driver import BoardDriver
from headway.dashboard.thin.output import ThinOutput

if TYPE_CHECKING:
    from textual.app import App


class ThinDriver(BoardDriver):
    """Writes what changes the screen, in place of all that Textual paints."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._output = ThinOutput(*app.size)

    def write(self, data: str) -> None:
        if sent := self._output.feed(data):
            super().write(sent)

    def resized(self, columns: int, rows: int) -> None:
        """The terminal may show something else than what was written, also where it has its old size again."""
        self._output.resize(columns, rows)
