"""What a person asks of the platform, carried out and told about: optimistic at once, truthful at the end. No Textual.

A read-only connector is refused here too, whatever the keys let through.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from headway.connectors.connector import Connector, DispatchOrder
from headway.connectors.errors import ConnectorError, NotAllowed, NotReachable, OutcomeUnknown
from headway.core.delegation import RETRYABLE, Delegation, Row, Status
from headway.core.events import Event
from headway.dashboard.answers import Answers, Notice, Tidings, notice_of
from headway.dashboard.cells import one_line
from headway.dashboard.changes import Note
from headway.dashboard.store import Store

CANCELING: Final = Note("canceling…", Status.CANCELING)
POLLING: Final = Note("polling…")
REPLYING: Final = Note("replying…")
RETRYING: Final = Note("retrying…")
AT_ONCE: Final = 8
"""Questions under way at a time, where many are asked about."""

Answer = TypeVar("Answer")


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

    # What is done to delegations

    async def cancel(self, *rows: Row) -> None:
        """Ask for a cancel of each of these; their rows say so before the platform does.

        Those that have ended meanwhile are left alone, and counted.
        """
        wanted = [row for row in rows if not self._now(row).status.is_terminal]
        if len(rows) == 1:
            await self._cancel_one(rows[0])
            return
        answers = await self._ask_each(wanted, self._connector.cancel, CANCELING)
        statuses = Counter(status for _, status in answers.answered)
        stopping = statuses.pop(Status.CANCELING, 0)
        done = [("canceled", statuses.total()), ("canceling", stopping)]
        over = len(rows) - len(wanted)
        self._tell(notice_of(done, over, "had finished", (error for _, error in answers.failed)))
        await self._settle(answers)

    async def _cancel_one(self, row: Row) -> None:
        name = self._name(row)
        answers = await self._ask_each([row], self._connector.cancel, CANCELING)
        for _, status in answers.answered:
            if status is Status.CANCELING:
                self._tell(Notice(f"Canceling {name}", "The agent was asked to stop; its row shows what it answers."))
            else:
                self._tell(Notice(f"{name} is {status.value}"))
        await self._settle(answers, f"Cancel of {name}")

    async def poll(self, rows: Sequence[Row]) -> None:
        """Have the platform ask after each of these now; one notice for all of them."""
        wanted = list(rows)
        answers = await self._ask_each(wanted, self._connector.poll, POLLING)
        for row in wanted:
            self._withdraw_own(row, POLLING)
        failed = [error for _, error in answers.failed]
        what = f"Poll of {self._name(wanted[0])}" if len(wanted) == 1 else f"Poll of {len(wanted):,} delegations"
        if failed:
            self._tell_error(what if len(wanted) == 1 else f"{what}: {len(failed):,} failed", failed[0])
        elif len(answers.answered) == 1:
            _, record = answers.answered[0]
            self._tell(Notice(f"Polled {self._name(wanted[0])}", f"It is {_in_words(record.status)}."))
        elif answers.answered:
            self._tell(Notice(f"Polled {len(answers.answered):,} delegations"))

    async def reply(self, row: Row, text: str) -> bool:
        """Answer what the agent asks; whether the platform is known to have it."""
        name = self._name(row)
        answers = await self._ask_each([row], lambda one: self._connector.reply(one, text), REPLYING)
        self._withdraw_own(row, REPLYING)
        for _, status in answers.answered:
            self._tell(Notice(f"Replied to {name}", f"It is {_in_words(status)}."))
        await self._settle(answers, f"Reply to {name}")
        return bool(answers.answered)

    async def retry(self, *rows: Row) -> list[str]:
        """Hand over again what failed or was canceled; the ids of the new delegations, as far as they are known."""
        wanted = [row for row in rows if self._now(row).status in RETRYABLE]
        answers = await self._ask_each(wanted if len(rows) > 1 else rows, self._connector.retry, RETRYING)
        for row in wanted:
            self._withdraw_own(row, RETRYING)
        if len(rows) == 1:
            name = self._name(rows[0])
            for _, made in answers.answered:
                again = "Its retry was under way already" if made.repeated else "Its retry"
                self._tell(Notice(f"Retried {name}", f"{again}: {made.delegation_id[:8]}."))
            await self._settle(answers, f"Retry of {name}")
        else:
            over = len(rows) - len(wanted)
            errors = (error for _, error in answers.failed)
            self._tell(notice_of([("retried", len(answers.answered))], over, "had nothing to retry", errors))
            await self._settle(answers)
        return [made.delegation_id for _, made in answers.answered]

    # Dispatching

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

    # Reading

    async def record(self, delegation_id: str) -> Delegation | None:
        """The whole record, its output merged into the store; None, without a word, where it cannot be had now."""
        try:
            record = await self._connector.delegation(delegation_id)
        except ConnectorError:
            return None
        if self._store.merge_record(record):
            self._on_change()
        return record

    async def read_agents(self) -> None:
        """Read what no event tells of the agents, such as their cards; nothing differs where it cannot be had now."""
        try:
            agents = await self._connector.agents()
        except ConnectorError:
            return
        self._store.learn(agents)
        self._on_change()

    async def timeline(self, row: Row) -> Sequence[Event]:
        """What happened to a delegation, oldest first; nothing, without a word, where it cannot be had now."""
        try:
            return await self._connector.timeline(row)
        except ConnectorError:
            return ()

    # How it is carried out

    async def _ask_each(
        self, rows: Sequence[Row], ask: Callable[[Row], Awaitable[Answer]], note: Note
    ) -> Answers[Answer]:
        """Ask about each of these, a few at a time; a platform that is away or forbids it is not asked further."""
        answers: Answers[Answer] = Answers()
        try:
            self._demand_writing()
        except NotAllowed as error:
            answers.failed += [(row, error) for row in rows]
            return answers
        for row in rows:
            if note is CANCELING or row.delegation_id not in self._store.notes:
                self._store.note(row.delegation_id, note)
        self._on_change()
        waiting = iter(rows)
        stopped: ConnectorError | None = None

        async def ask_on() -> None:
            nonlocal stopped
            for row in waiting:
                if stopped is not None:
                    answers.failed.append((row, stopped))
                    continue
                try:
                    answers.answered.append((row, await ask(row)))
                except ConnectorError as error:
                    answers.failed.append((row, error))
                    if isinstance(error, (NotAllowed, NotReachable)):
                        stopped = error

        async with asyncio.TaskGroup() as askers:
            for _ in range(min(AT_ONCE, len(rows))):
                askers.create_task(ask_on())
        return answers

    async def _settle(self, answers: Answers[Answer], what: str | None = None) -> None:
        """Take back what did not happen, read again what is unknown, and say it of a single one."""
        for row, error in answers.failed:
            if what is not None:
                self._tell_error(what, error)
            if not isinstance(error, OutcomeUnknown):
                self._withdraw(row)
        for row in answers.unknown():
            record = await self.record(row.delegation_id)
            self._withdraw(row)
            if record is not None and what is not None:
                self._tell(Notice(f"Read again: {self._name(row)} is {_in_words(record.status)}"))

    def _demand_writing(self) -> None:
        if self._connector.capabilities.read_only:
            raise NotAllowed("This board is read-only.", next_step="Use a token that may write.")

    def _now(self, row: Row) -> Row:
        return self._store.rows.get(row.delegation_id, row)

    def _withdraw(self, row: Row) -> None:
        self._store.withdraw_note(row.delegation_id)
        self._on_change()

    def _withdraw_own(self, row: Row, note: Note) -> None:
        if self._store.notes.get(row.delegation_id) is note:
            self._withdraw(row)

    def _name(self, row: Row) -> str:
        return f"{row.delegation_id[:4]} {one_line(self._store.name_of(row.target_id))}"

    def _tell_error(self, what: str, error: ConnectorError) -> None:
        unsure = isinstance(error, OutcomeUnknown)
        title = f"{what}: outcome unknown" if unsure else f"{what} did not happen"
        self._tell(Notice(title, str(error), Tidings.UNSURE if unsure else Tidings.FAILED))


def _in_words(status: Status) -> str:
    return status.value.replace("_", " ")
