"""The agents in the order and through the filter of their table, made anew from the store. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headway.a2a.card import AgentCard, read_card, read_facts
from headway.dashboard.agent_columns import COLUMNS, SORT_KEYS, AgentRow
from headway.dashboard.ordered_view import OrderedView
from headway.dashboard.ordering import SortKey
from headway.dashboard.store import Store


class AgentsView(OrderedView):
    """The workspaces that tasks can be handed to. There are few: each `refresh` takes all of them anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, AgentRow] = {}
        self._cards: dict[str, tuple[Mapping[str, Any], AgentCard | None]] = {}
        super().__init__(COLUMNS, "name")
        self.refresh()

    @property
    def total(self) -> int:
        return len(self._rows)

    def row(self, workspace_id: str) -> AgentRow:
        """Raises KeyError for one that is gone."""
        return self._rows[workspace_id]

    def get(self, workspace_id: str | None) -> AgentRow | None:
        return self._rows.get(workspace_id) if workspace_id else None

    def refresh(self) -> tuple[frozenset[str], bool]:
        """Take what the store has now; the ids of those that differ, and whether rows came, went or moved."""
        before, order = self._rows, list(self._order)
        self._rows = {
            agent.id: AgentRow(agent, self._card(agent.id, agent.agent_card)) for agent in self._store.agents()
        }
        self._cards = {one: card for one, card in self._cards.items() if one in self._rows}
        self.rebuild()
        changed = frozenset(one for one, row in self._rows.items() if before.get(one) != row)
        return changed, list(self._order) != order

    def rebuild(self) -> None:
        self._order.rebuild((one for one, row in self._rows.items() if self._filter.matches(row)), self._sort_key())

    def _card(self, workspace_id: str, card: Mapping[str, Any] | None) -> AgentCard | None:
        """What a card says; one that was read is not read again."""
        if not card:
            return None
        known = self._cards.get(workspace_id)
        if known is None or known[0] is not card:
            known = self._cards[workspace_id] = (card, read_facts(dict(card)) or read_card(dict(card), ""))
        return known[1]

    def _sort_key(self) -> Callable[[str], SortKey]:
        key = SORT_KEYS[self.sort_column]
        return lambda workspace_id: key(self._rows[workspace_id])
