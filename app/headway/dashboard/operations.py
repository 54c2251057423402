"""What a person asks of the platform, carried out and told about: optimistic at once, truthful at the end. No Textual.

A read-only connector is refused here too, whatever the keys let through.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headway.connectors.connector import Connector, DispatchOrder
from headway.connectors.errors import ConnectorError, NotAllowed, OutcomeUnknown
from headway.core.delegation import Delegation, Row, Status
from headway.core.events import Event
from headway.dashboard.cells import one_line
from headway.dashboard.store import Note, Store

CANCELING: Final = Note("canceling…", Status.CANCELING)
POLLING: Final = Note("polling…")


class Tidings(StrEnum):
    """How a notice is meant."""

    DONE = "done"
    UNSURE = "unsure"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of an action: in `title` what happened, in `text` what was not changed and what to do next."""

    title: str
    text: str = ""
    tidings: Tidings = Tidings.DONE


class Operations:
    """The actions on delegations. None raises for what a platform does: the outcome is told to `tell`.

    `on_change` is called when a note in the store came or went.
    """

    def __init__(
        self,
        connector: Connector,
        store: Store,
        *,
        tell: Callable[[Notice], None],
        on_change: Callable[[], None],
        new_key: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._connector = connector
        self._store = store
        self._tell = tell
        self._on_change = on_change
        self._new_key = new_key

    async def cancel(self, row: Row) -> None:
        """Ask for a cancel of this delegation; its row says so before the platform does."""
        name = self._name(row)
        try:
            self._demand_writing()
            self._note(row, CANCELING)
            status = await self._connector.cancel(row)
        except OutcomeUnknown as error:
            self._tell_error(f"Cancel of {name}", error)
            await self._reread(row)
        except ConnectorError as error:
            self._withdraw(row)
            self._tell_error(f"Cancel of {name}", error)
        else:
            if status is Status.CANCELING:
                self._tell(Notice(f"Canceling {name}", "The agent was asked to stop; its row shows what it answers."))
            else:
                self._tell(Notice(f"{name} is {status.value}"))

    async def poll(self, rows: Iterable[Row]) -> None:
        """Have the platform ask after each of these now, one after another; one notice for all of them."""
        asked: list[Delegation] = []
        failed: list[ConnectorError] = []
        wanted = list(rows)
        for row in wanted:
            try:
                self._demand_writing()
                if row.delegation_id not in self._store.notes:
                    self._note(row, POLLING)
                asked.append(await self._connector.poll(row))
            except ConnectorError as error:
                failed.append(error)
                if isinstance(error, NotAllowed):
                    break
            finally:
                if self._store.notes.get(row.delegation_id) is POLLING:
                    self._withdraw(row)
        what = f"Poll of {self._name(wanted[0])}" if len(wanted) == 1 else f"Poll of {len(wanted):,} delegations"
        if failed:
            self._tell_error(what if len(wanted) == 1 else f"{what}: {len(failed):,} failed", failed[0])
        elif len(asked) == 1:
            self._tell(Notice(f"Polled {self._name(wanted[0])}", f"It is {_in_words(asked[0].status)}."))
        elif asked:
            self._tell(Notice(f"Polled {len(asked):,} delegations"))

    def order(
        self, target_id: str, task: str, *, priority: int | None = None, expires_in_seconds: int | None = None
    ) -> DispatchOrder:
        """An order with a key of its own: sent again as it is, it is carried out once."""
        return DispatchOrder(target_id, task, self._new_key(), priority, expires_in_seconds)

    async def dispatch(self, order: DispatchOrder) -> str | None:
        """Hand over a task; the id of its delegation, or None when it is not known to be there."""
        target = one_line(self._store.name_of(order.target_id))
        try:
            self._demand_writing()
            dispatched = await self._connector.dispatch(order)
        except ConnectorError as error:
            self._tell_error(f"Dispatch to {target}", error)
            return None
        again = " It was there already." if dispatched.repeated else ""
        self._tell(Notice(f"Dispatched to {target}", f"It is {dispatched.delegation_id[:8]}.{again}"))
        return dispatched.delegation_id

    async def record(self, delegation_id: str) -> Delegation | None:
        """The whole record, its output merged into the store; None, without a word, where it cannot be had now."""
        try:
            record = await self._connector.delegation(delegation_id)
        except ConnectorError:
            return None
        if self._store.merge_record(record):
            self._on_change()
        return record

    async def timeline(self, row: Row) -> Sequence[Event]:
        """What happened to a delegation, oldest first; nothing, without a word, where it cannot be had now."""
        try:
            return await self._connector.timeline(row)
        except ConnectorError:
            return ()

    async def _reread(self, row: Row) -> None:
        """After an unknown outcome: what does the platform say? Its events bring the row itself up to date."""
        record = await self.record(row.delegation_id)
        self._withdraw(row)
        if record is not None:
            self._tell(Notice(f"Read again: {self._name(row)} is {_in_words(record.status)}"))

    def _demand_writing(self) -> None:
        if self._connector.capabilities.read_only:
            raise NotAllowed("This board is read-only.", next_step="Use a token that may write.")

    def _note(self, row: Row, note: Note) -> None:
        self._store.note(row.delegation_id, note)
        self._on_change()

    def _withdraw(self, row: Row) -> None:
        self._store.withdraw_note(row.delegation_id)
        self._on_change()

    def _name(self, row: Row) -> str:
        return f"{row.delegation_id[:4]} {one_line(self._store.name_of(row.target_id))}"

    def _tell_error(self, what: str, error: ConnectorError) -> None:
        unsure = isinstance(error, OutcomeUnknown)
        title = f"{what}: outcome unknown" if unsure else f"{what} did not happen"
        self._tell(Notice(title, str(error), Tidings.UNSURE if unsure else Tidings.FAILED))


def _in_words(status: Status) -> str:
    return status.value.replace("_", " ")
