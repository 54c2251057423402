"""The board's terminal on POSIX: Textual's own driver, which also says how far the terminal is behind it."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, Final, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from headway.dashboard.host import host_of
from headway.dashboard.pacing import Outlet
from headway.dashboard.pasting import TerminalGone

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message


MOST_KEYS_WAITING: Final = 1_024
"""Letters that may wait to be worked on; more come from no hand, but from a paste without its marks."""


class BoardDriver(LinuxDriver):
    """Counts what it writes by `outlet`, and takes no more letters while very many wait."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        # Textual draws on stderr, which may go to a file.
        drawn = cast("IO[str]", self._file)
        self.outlet = Outlet(drawn if drawn.isatty() else cast("IO[str]", sys.__stdout__))
        self._file = self.outlet  # type: ignore[assignment]
        self._was_stopped = False

    def write(self, data: str) -> None:
        self.outlet.hand_over(data)
        super().write(data)

    def _sigtstp_application(self, *_: Any) -> None:
        self._was_stopped = True
        super()._sigtstp_application()

    def _sigcont_application(self, *_: Any) -> None:
        # A terminal that goes away sends SIGCONT after SIGHUP. Textual would begin to read again, on its way out, and a
        # thread that reads the end of a file for ever keeps the process.
        if self._was_stopped:
            self._was_stopped = False
            super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Read the terminal until the app ends; one that goes away ends the app, as `q` does.

        Textual 8.2 would read the end of its input again and again, for ever.
        """
        try:
            super().run_input_thread()
        except (TerminalGone, OSError):
            self._app.call_later(self._app.exit)

    def process_message(self, message: Message) -> None:
        waiting = host_of(self._app).keys_waiting
        if isinstance(message, Key) and message.is_printable and waiting >= MOST_KEYS_WAITING:
            return
        super().process_message(message)
