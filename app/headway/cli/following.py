"""Following one delegation to its end over the event stream."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from headway.connectors.connector import Batch, Closed
from headway.connectors.errors import CursorGone
from headway.core.cursor import Cursor
from headway.core.delegation import Status
from headway.core.events import DelegationPayload
from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.core.projection import apply

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.delegation import Delegation, Row


Ask = Callable[["Row", bool], None]
"""Told of a delegation whose agent asks for input, and whether the last line written is not ended."""


async def follow(connector: Connector, delegation_id: str, write: Callable[[str], None], ask: Ask) -> Delegation:
    """Write the progress text of a delegation as it comes, through every reconnect; its record once it has ended.

    `ask` is told of each question once, for nothing goes on until somebody has answered it.
    Text that an agent takes back cannot be unwritten: what replaces it begins on a new line.
    The last line is ended, for on a terminal the result or the next prompt comes after it.
    """
    printed = EMPTY_PROGRESS
    questions = _Questions(ask)
    while True:
        try:
            printed = await _follow_until_ended(connector, delegation_id, printed, write, questions)
        except CursorGone:
            continue
        delegation = await connector.delegation(delegation_id)
        whole = _write_new(printed, _text_of(delegation), write)
        if _mid_line(whole):
            write("\n")
        return delegation


class _Questions:
    """Tells of each question once, also where it is seen again after a reconnect."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._told: tuple[int, str | None] | None = None

    def look(self, row: Row, printed: ProgressText) -> None:
        asked = (row.attempt, row.status_message)
        if row.status is Status.INPUT_REQUIRED and asked != self._told:
            self._told = asked
            self._ask(row, _mid_line(printed))


async def _follow_until_ended(
    connector: Connector,
    delegation_id: str,
    printed: ProgressText,
    write: Callable[[str], None],
    questions: _Questions,
) -> ProgressText:
    snapshot = await connector.snapshot(finished=0)
    row: Row | None = next((row for row in snapshot.delegations if row.delegation_id == delegation_id), None)
    if row is None:
        return printed
    whole = _text_of(await connector.delegation(delegation_id))
    printed = _write_new(printed, whole, write)
    questions.look(row, printed)
    events = connector.events(Cursor(snapshot.epoch, snapshot.seq))
    async with aclosing(events) as messages:
        async for message in messages:
            if isinstance(message, Closed):
                write(f"\n[connection lost: {message.reason}; again in {message.retry_in:.0f} s]\n")
            if not isinstance(message, Batch):
                continue
            for event in message.events:
                if isinstance(event.payload, DelegationPayload) and event.payload.delegation_id == delegation_id:
                    row = apply(event, row)
            if row is not None:
                printed = _write_new(printed, row.progress, write)
                if row.status.is_terminal:
                    return printed
                questions.look(row, printed)
    return printed


def _mid_line(text: ProgressText) -> bool:
    return bool(text.chunks) and not text.chunks[-1].endswith("\n")


def _text_of(delegation: Delegation) -> ProgressText:
    return ProgressText.of(delegation.progress_text, start=delegation.progress_offset)


def _write_new(printed: ProgressText, now: ProgressText, write: Callable[[str], None]) -> ProgressText:
    if new := _unprinted(printed, now):
        write(new)
    return now


def _unprinted(printed: ProgressText, now: ProgressText) -> str:
    """What goes on after what was printed; all that is shown now, on a new line, where that was taken back."""
    begin = max(printed.start, now.start)
    seen = printed.text[begin - printed.start :]
    fresh = now.text[begin - now.start :]
    return fresh[len(seen) :] if fresh.startswith(seen) else "\n" + now.text
