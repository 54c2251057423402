"""The agents: how each is, what it does and what waits for it, with what its card says beside it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from headway.core.delegation import WAITING, Group
from headway.dashboard.action import Action, Moment, Where
from headway.dashboard.agent_columns import LANGUAGE, AgentRow
from headway.dashboard.agent_details import detail_lines
from headway.dashboard.agent_operations import AgentOperations
from headway.dashboard.agents_view import AgentsView
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Spans, Tone
from headway.dashboard.screens.add_agent import AddAgentScreen, NewAgent
from headway.dashboard.screens.drop_stale import DropStaleScreen
from headway.dashboard.screens.question import QuestionScreen
from headway.dashboard.screens.table_screen import TableScreen
from headway.dashboard.widgets.agent_table import AgentTable

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.session import Session


class AgentsScreen(TableScreen):
    """`show_delegations` is given the name of an agent whose delegations are wanted, `dispatch_to` the id of one."""

    WHERE: ClassVar = Where.AGENTS

    def __init__(
        self,
        session: Session,
        actions: Sequence[Action],
        *,
        show_delegations: Callable[[str], None],
        dispatch_to: Callable[[str], None],
    ) -> None:
        self._store = session.store
        self._agents = AgentsView(session.store)
        self._clock = session.clock
        self._operations = AgentOperations(session.connector, tell=session.tell)
        self._show_delegations = show_delegations
        self._dispatch_to = dispatch_to
        self._shown: str | None = None
        self._read: frozenset[str] = frozenset()
        """The workspaces that there were when they were last read whole."""
        table = AgentTable(self._agents, session.facts, session.clock.monotonic, id="agents")
        super().__init__(
            session, actions, table, self._agents, LANGUAGE, placeholder="words  status:offline  role:reviewer  name:co"
        )

    @property
    def selected(self) -> AgentRow | None:
        return self._agents.get(self.table.cursor_id)

    def on_mount(self) -> None:
        self._read_if_new()
        self.table.reload()
        self.selection_changed()

    def take_changes(self, changes: Changes) -> None:
        if changes.reloaded or changes.workspaces:
            self._refresh()
        super().take_changes(changes)

    def tick(self) -> None:
        self._refresh()
        self.table.tick()
        super().tick()

    def _read_if_new(self) -> None:
        """Events do not bring what a card says: it is read for those that came since."""
        there = frozenset(self._store.workspaces)
        if not there <= self._read:
            self._read = there
            self.run_worker(self.session.operations.read_agents(), group="agents")

    def _refresh(self) -> None:
        self._read_if_new()
        touched, moved = self._agents.refresh()
        self.table.update_rows(touched, (), moved=moved)
        self._show_details()

    def selection_changed(self) -> None:
        self._show_details()
        super().selection_changed()

    def _show_details(self) -> None:
        row = self.selected
        shown = row.workspace.id if row else None
        anew, self._shown = shown != self._shown, shown

        def lines(width: int) -> Sequence[Spans]:
            return detail_lines(row, self.session.facts(), width) if row else [(("select an agent", Tone.FAINT),)]

        self.details.show(one_line(row.workspace.name) if row else "agent", lines, anew=anew)

    def moment(self) -> Moment:
        row = self.selected
        return replace(super().moment(), agent=row.workspace if row else None)

    def action_sort(self) -> None:
        self._agents.sort_by_next(self.table.shown_columns)
        self.table.reload()

    def action_reverse(self) -> None:
        self._agents.reverse()
        self.table.reload()

    # What can be done with an agent

    def action_agent_delegations(self) -> None:
        if row := self.selected:
            self.dismiss()
            self._show_delegations(row.workspace.name)

    def action_dispatch(self) -> None:
        if row := self.selected:
            self._dispatch_to(row.workspace.id)

    def action_drop_stale(self) -> None:
        row = self.selected
        if row is None:
            return
        agent, now, rows = row.workspace, self._clock.now_ms(), self._store.rows
        waiting = [rows[one] for one in self._store.group(Group.QUEUED)]
        ages = [now - one.created_at for one in waiting if one.target_id == agent.id and one.status in WAITING]

        def answered(age_ms: int | None) -> None:
            if age_ms is not None:
                self._run(self._operations.drop_stale(agent, age_ms))

        self.app.push_screen(DropStaleScreen(one_line(agent.name), ages), answered)

    def action_add_agent(self) -> None:
        def answered(new: NewAgent | None) -> None:
            if new is not None:
                self._run(self._operations.add(new.url, name=new.name, slots=new.slots))

        self.app.push_screen(AddAgentScreen(), answered)

    def action_remove_agent(self) -> None:
        row = self.selected
        if row is None:
            return
        agent = row.workspace

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(self._operations.remove(agent))

        consequences = [
            f"What waits for it ({agent.queue_depth:,}) and what runs there ({agent.active_tasks:,}) fails with that "
            "reason. The agent itself is not told and goes on running.",
        ]
        said = f"{one_line(agent.name)}  {one_line(agent.url or agent.id)}"
        self.app.push_screen(QuestionScreen("Remove this agent?", said, consequences, "Remove it"), answered)

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        # The app's worker, not this screen's: what was asked for is carried out though the screen is left.
        self.app.run_worker(work, group="agents")
