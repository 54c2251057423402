"""What the acting keys do: ask where it must be asked, then have the session carry it out.

Every method is given the delegations it acts on, as they were under the cursor or marked when the key was pressed:
what moves meanwhile moves nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headway.core.delegation import RETRYABLE, Status
from headway.dashboard.draft import Draft, Sent
from headway.dashboard.grace import Grace
from headway.dashboard.marks import Marks

if TYPE_CHECKING:
    from textual.screen import Screen

    from headway.core.delegation import Row
    from headway.dashboard.screens.dispatch import DispatchScreen
    from headway.dashboard.session import Session


class Acting:
    """Opens dialogs over `screen`. `expect` is told the id of what was dispatched, so that it can be selected.

    With `grace`, a cancel is not asked about: it can be undone for a while. `undo_key` is what people press for that.
    """

    def __init__(
        self,
        screen: Screen[None],
        session: Session,
        expect: Callable[[str], None],
        marks: Marks,
        *,
        grace: bool = False,
        undo_key: str = "u",
    ) -> None:
        self._screen = screen
        self._session = session
        self._expect = expect
        self._marks = marks
        self._with_grace = grace
        self._undo_key = undo_key
        self._draft = Draft()
        self._again: tuple[str, Draft] = ("", Draft())
        self._replies: dict[str, str] = {}
        self.grace = Grace(
            session.operations, session.store, session.clock, tell=session.tell, on_change=session.request_frame
        )

    @property
    def canceling(self) -> frozenset[str]:
        """The ids of those for which a cancel has been asked, or will be once its grace has passed."""
        notes = self._session.store.notes
        return self.grace.ids.union(one for one, note in notes.items() if note.status is Status.CANCELING)

    # Dispatching

    def dispatch(self, selected: Row | None = None) -> None:
        """Ask for a target and a task, and hand it over. Where none was used before, that of `selected` is chosen."""
        from headway.dashboard.screens.dispatch import DispatchScreen

        def answered(answer: Sent | Draft | None) -> None:
            if isinstance(answer, Draft):
                self._draft = answer
            elif answer is not None:
                # Until it is known to be there, what was typed is not lost.
                self._draft = Draft(answer.target_id, task=answer.task)
                self._run(self._dispatch(answer))

        session = self._session
        suggested = selected.target_id if selected else None
        dialog = DispatchScreen(session.store.agents, self._draft, session.connector.capabilities, suggested=suggested)
        self._screen.app.push_screen(dialog, answered)

    def dispatch_to(self, target_id: str) -> None:
        """Ask for a task for this agent, and hand it over."""
        self._draft = replace(self._draft, target_id=target_id, search="")
        self.dispatch()

    def dispatch_again(self, row: Row) -> None:
        """Ask for another agent for the same task, and hand it over."""
        from headway.dashboard.screens.dispatch import DispatchScreen

        delegation_id, draft = self._again
        if delegation_id != row.delegation_id:
            draft = Draft()

        def answered(answer: Sent | Draft | None) -> None:
            if isinstance(answer, Draft):
                self._again = (row.delegation_id, answer)
            elif answer is not None:
                self._again = (row.delegation_id, Draft(answer.target_id, task=answer.task))
                self._run(self._dispatch(answer, again=True))

        session = self._session
        dialog = DispatchScreen(session.store.agents, draft, session.connector.capabilities, again=row.target_id)
        self._screen.app.push_screen(dialog, answered)
        if not draft.task:
            self._run(self._read_task(row, dialog))

    async def _read_task(self, row: Row, dialog: DispatchScreen) -> None:
        record = await self._session.operations.record(row.delegation_id)
        dialog.call_later(dialog.give_task, record.task if record else None)

    async def _dispatch(self, sent: Sent, *, again: bool = False) -> None:
        operations = self._session.operations
        order = operations.order(
            sent.target_id, sent.task, priority=sent.priority, expires_in_seconds=sent.expires_in_seconds
        )
        delegation_id = await operations.dispatch(order)
        if delegation_id is None:
            return
        if again:
            self._again = ("", Draft())
        else:
            self._draft = Draft(sent.target_id)
        self._expect(delegation_id)

    # On delegations

    def poll(self, rows: Sequence[Row]) -> None:
        """Ask after each of these now; those that have ended are left out."""
        if asked := [row for row in rows if not row.status.is_terminal]:
            self._run(self._session.operations.poll(asked))

    def cancel(self, rows: Sequence[Row]) -> None:
        """Cancel these, after a question, or after a time of grace without one."""
        from headway.dashboard.screens.cancel import CancelScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self._unmark(rows)
                self._run(self._session.operations.cancel(*rows))

        if not rows:
            return
        if self._with_grace:
            open_ = [row for row in rows if not row.status.is_terminal]
            self._unmark(rows)
            self._run(self.grace.cancel(open_, undo_key=self._undo_key))
        else:
            self._screen.app.push_screen(CancelScreen(rows, self._session.facts, self._now), answered)

    def undo(self) -> None:
        """Take back the newest cancel that waits in its time of grace."""
        self.grace.undo()

    def reply(self, row: Row) -> None:
        """Answer what its agent asks."""
        from headway.dashboard.screens.reply import Reply, ReplyScreen

        def answered(answer: Reply | None) -> None:
            if answer is None:
                return
            self._replies[row.delegation_id] = answer.text
            if answer.send:
                self._run(self._reply(row, answer.text))

        rows = self._session.store.rows
        # Drafts of what is gone are of no use to anyone.
        self._replies = {one: text for one, text in self._replies.items() if one in rows and text}
        draft = self._replies.get(row.delegation_id, "")
        dialog = ReplyScreen(row, self._session.facts, lambda one: rows.get(one.delegation_id), draft)
        self._screen.app.push_screen(dialog, answered)

    async def _reply(self, row: Row, text: str) -> None:
        if await self._session.operations.reply(row, text):
            self._replies.pop(row.delegation_id, None)

    def retry(self, rows: Sequence[Row]) -> None:
        """Hand over again what failed or was canceled: one at once, several after a question."""
        from headway.dashboard.screens.retry import RetryScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self._unmark(rows)
                self._run(self._retry(rows))

        if len(rows) == 1:
            answered(rows[0].status in RETRYABLE)
        elif rows:
            self._screen.app.push_screen(RetryScreen(rows, self._session.facts, self._now), answered)

    async def _retry(self, rows: Sequence[Row]) -> None:
        made = await self._session.operations.retry(*rows)
        if len(rows) == 1 and made:
            self._expect(made[0])

    def _now(self, row: Row) -> Row:
        return self._session.store.rows.get(row.delegation_id, row)

    def _unmark(self, rows: Sequence[Row]) -> None:
        self._marks.remove([row.delegation_id for row in rows])

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        self._screen.run_worker(work, group="actions")
