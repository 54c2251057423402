"""What the acting keys do: ask where it must be asked, then have the session carry it out.

Every method is given the delegations it acts on, as they were under the cursor when the key was pressed: what moves
meanwhile moves nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headway.dashboard.screens.dispatch import DispatchScreen, Draft, Sent

if TYPE_CHECKING:
    from textual.screen import Screen

    from headway.core.delegation import Row
    from headway.dashboard.columns import Facts
    from headway.dashboard.session import Session


class Acting:
    """Opens dialogs over `screen`. `expect` is told the id of what was dispatched, so that it can be selected."""

    def __init__(
        self, screen: Screen[None], session: Session, facts: Callable[[], Facts], expect: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._session = session
        self._facts = facts
        self._expect = expect
        self._draft = Draft()

    def dispatch(self) -> None:
        """Ask for a target and a task, and hand it over."""
        session = self._session
        dialog = DispatchScreen(session.store.agents(), self._draft, session.connector.capabilities)
        self._screen.app.push_screen(dialog, self._dispatch_answered)

    def dispatch_to(self, target_id: str) -> None:
        """Ask for a task for this agent, and hand it over."""
        self._draft = replace(self._draft, target_id=target_id, search="")
        self.dispatch()

    def poll(self, rows: Sequence[Row]) -> None:
        """Ask after each of these now."""
        if rows:
            self._run(self._session.operations.poll(rows))

    def cancel(self, row: Row) -> None:
        """Cancel, after a question."""
        from headway.dashboard.screens.cancel import CancelScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(self._session.operations.cancel(row))

        self._screen.app.push_screen(CancelScreen(row, self._facts()), answered)

    def _dispatch_answered(self, answer: Sent | Draft | None) -> None:
        if isinstance(answer, Draft):
            self._draft = answer
        elif answer is not None:
            self._run(self._dispatch(answer))

    async def _dispatch(self, sent: Sent) -> None:
        operations = self._session.operations
        order = operations.order(
            sent.target_id, sent.task, priority=sent.priority, expires_in_seconds=sent.expires_in_seconds
        )
        # Until it is known to be there, what was typed is not lost.
        self._draft = Draft(sent.target_id, task=sent.task)
        delegation_id = await operations.dispatch(order)
        if delegation_id is not None:
            self._draft = Draft(sent.target_id)
            self._expect(delegation_id)

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        self._screen.run_worker(work, group="actions")
