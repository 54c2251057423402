"""The table of agents."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from headway.dashboard.agent_columns import COLUMNS
from headway.dashboard.agents_view import AgentsView
from headway.dashboard.columns import Place, Spans
from headway.dashboard.widgets.row_table import RowTable


class AgentTable(RowTable[AgentsView]):
    """The agents of an `AgentsView`; one that changes its status stands out for a moment."""

    COLUMNS: ClassVar = COLUMNS

    @property
    def title(self) -> str:
        return "Agents"

    @property
    def empty(self) -> str:
        return "no agent is registered yet"

    def cell(self, row_id: str, place: Place) -> Spans:
        return place.column.render(self.view.row(row_id), self.facts(), place.width)

    def state_of(self, row_id: str) -> Hashable:
        return self.view.row(row_id).workspace.status
