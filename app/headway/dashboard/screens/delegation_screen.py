"""A screen from which delegations are acted on and looked at: what these keys do is the same on all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from headway.dashboard.action import Action, Moment
from headway.dashboard.looking import Looking
from headway.dashboard.screens.action_screen import ActionScreen

if TYPE_CHECKING:
    from headway.core.delegation import Row
    from headway.dashboard.acting import Acting
    from headway.dashboard.session import Session


class DelegationScreen(ActionScreen):
    """A subclass sets `acting`, and says which delegation is the selected one."""

    def __init__(self, session: Session, actions: Sequence[Action]) -> None:
        super().__init__(session, actions)
        self.acting: Acting
        self.looking = Looking(self, session)

    @property
    @abstractmethod
    def selected(self) -> Row | None:
        """The delegation that a key acts on."""

    @property
    def chosen(self) -> Sequence[Row]:
        """What a key for several acts on."""
        row = self.selected
        return [row] if row else []

    def moment(self) -> Moment:
        acting = self.acting
        return replace(super().moment(), row=self.selected, canceling=acting.canceling, undoable=len(acting.grace) > 0)

    def action_poll(self) -> None:
        self.acting.poll(self.chosen)

    def action_cancel(self) -> None:
        self.acting.cancel(self.chosen)

    def action_undo(self) -> None:
        self.acting.undo()

    def action_reply(self) -> None:
        if row := self.selected:
            self.acting.reply(row)

    def action_retry(self) -> None:
        self.acting.retry(self.chosen)

    def action_dispatch_again(self) -> None:
        if row := self.selected:
            self.acting.dispatch_again(row)
