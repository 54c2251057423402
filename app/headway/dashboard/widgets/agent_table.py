"""The table of agents."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from headway.dashboard.agent_columns import COLUMNS
from headway.dashboard.agents_view import AgentsView
from headway.dashboard.columns import Facts, Place, Spans
from headway.dashboard.widgets.row_table import RowTable


class AgentTable(RowTable):
    """The agents of an `AgentsView`; one that changes its status stands out for a moment."""

    def __init__(
        self,
        view: AgentsView,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(view, COLUMNS, monotonic, id=id)
        self.agents: Final = view
        self._facts = facts

    @property
    def title(self) -> str:
        return "Agents"

    @property
    def empty(self) -> str:
        return "no agent is registered yet"

    def cell(self, row_id: str, place: Place) -> Spans:
        return place.column.render(self.agents.row(row_id), self._facts(), place.width)

    def state_of(self, row_id: str) -> Hashable:
        return self.agents.row(row_id).workspace.status
