"""What the looking keys do with one delegation: copy a part of it, or read it in a pager.

Every method is given the delegation as it was under the cursor when the key was pressed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from textual.app import SuspendNotSupported

from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.detail import Looked, Part
from headway.dashboard.host import host_of
from headway.dashboard.pager import NoPager, pager_command, read_in_pager

if TYPE_CHECKING:
    from textual.screen import Screen

    from headway.dashboard.session import Session

_ON_ROWS: Final = (Part.ID, Part.ERROR)
"""What a row has whole; for the rest the record is fetched."""


class Looking:
    """Opens the question and the pager over `screen`."""

    def __init__(self, screen: Screen[None], session: Session) -> None:
        self._screen = screen
        self._session = session

    def copy(self, looked: Looked) -> None:
        """Ask what of it is to be copied, and copy that."""
        from headway.dashboard.screens.copy import CopyScreen

        def answered(part: Part | None) -> None:
            if part is not None:
                self._screen.run_worker(self._copy(looked, part), group="copying")

        self._screen.app.push_screen(CopyScreen(looked, self._session.facts()), answered)

    def page(self, looked: Looked, part: Part) -> None:
        """Read a part of it in the pager."""
        self._screen.run_worker(self._page(looked, part), group="paging", exclusive=True)

    async def _copy(self, looked: Looked, part: Part) -> None:
        text = await self._whole(looked, part)
        if text is None:
            self._tell(f"Its {part} was not copied", "The platform did not give it. Try again.", Tidings.FAILED)
            return
        copied = host_of(self._screen.app).copy_text(text)
        if copied.is_cut:
            said = f"{copied.copied:,} of {copied.whole:,} bytes: terminals take no more. The pager has it whole."
            self._tell(f"Copied the beginning of its {part}", said, Tidings.UNSURE)
        else:
            self._tell(f"Copied its {part}", f"{copied.copied:,} bytes, where the terminal allows it.", Tidings.DONE)

    async def _page(self, looked: Looked, part: Part) -> None:
        text = await self._whole(looked, part)
        if not text:
            self._tell("Nothing to read", f"There is no {part} of it, or the platform did not give it.", Tidings.FAILED)
            return
        try:
            command = pager_command(os.environ)
            with self._screen.app.suspend():
                read_in_pager(command, text, os.environ)
        except NoPager as error:
            self._tell("No pager was opened", str(error), Tidings.FAILED)
        except SuspendNotSupported:
            self._tell("No pager was opened", "This terminal cannot be handed to another program.", Tidings.FAILED)

    async def _whole(self, looked: Looked, part: Part) -> str | None:
        """The text of a part, from the whole record where the row has not all of it; None where it cannot be had."""
        if part in _ON_ROWS or looked.is_whole:
            return looked.part(part)
        record = await self._session.operations.record(looked.row.delegation_id)
        if record is None:
            return None
        row = self._session.store.rows.get(looked.row.delegation_id, looked.row)
        return Looked(row, record).part(part)

    def _tell(self, title: str, text: str, tidings: Tidings) -> None:
        self._session.tell(Notice(title, text, tidings))
