"""Hand a task to an agent: who, what, how urgent, and until when it is worth doing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Key
from textual.fuzzy import FuzzySearch
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from headway.connectors.connector import Capabilities
from headway.core.api import DEGRADED, MAX_PRIORITY, MAX_SECONDS, OFFLINE, ONLINE, Workspace
from headway.dashboard.cells import fit, one_line
from headway.dashboard.draft import Draft, Sent
from headway.dashboard.screens.dialog import Dialog, titled

_EXPIRY: Final = re.compile(r"(\d{1,9})\s*([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STATES: Final = {ONLINE: ("●", "$success"), DEGRADED: ("▲", "$warning"), OFFLINE: ("○", "$error")}
_NAME_WIDTH: Final = 22


class DispatchScreen(Dialog[Sent | Draft]):
    """Answers what to send, or the draft when a person leaves.

    `agents` gives those that there are at a moment. Where the draft names none, `suggested` is chosen to begin with.
    With `again`, another agent than that one is wanted for its task, which comes later by `give_task`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "send", "Send"),
        Binding("escape", "leave", "Keep the draft"),
    ]

    def __init__(
        self,
        agents: Callable[[], Iterable[Workspace]],
        draft: Draft,
        capabilities: Capabilities,
        *,
        suggested: str | None = None,
        again: str | None = None,
    ) -> None:
        super().__init__()
        self._agents_now = agents
        self._agents: dict[str, Workspace] = {}
        self._draft = draft
        self._capabilities = capabilities
        self._suggested = suggested
        self._again = again
        self._reading = again is not None and not draft.task
        self._fuzzy = FuzzySearch()
        self._searched = ""

    def compose(self) -> ComposeResult:
        title = "Dispatch again, to another agent" if self._again else "Dispatch"
        with self.frame(title, "^s send   tab next field   esc keep the draft"):
            search = Input(self._draft.search, placeholder="part of its name", id="search", select_on_focus=False)
            yield titled(search, "agent")
            agents = OptionList(id="agents", markup=False)
            # The arrows reach it from the search field above; tab goes on to the task.
            agents.can_focus = False
            yield agents
            asks = "Reading the task …" if self._reading else "What is to be done?"
            yield titled(TextArea(self._draft.task, id="task", placeholder=asks), "task")
            yield from self._compose_limits()
            yield Static(Content(""), id="problem", classes="problem")

    def _compose_limits(self) -> ComposeResult:
        with Horizontal(classes="limits") as limits:
            limits.set_class(not (self._capabilities.priority or self._capabilities.expiry), "-absent")
            if self._capabilities.priority:
                priority = Input(self._draft.priority, placeholder="50; 100 is urgent", id="priority")
                yield titled(priority, "priority")
            if self._capabilities.expiry:
                yield titled(Input(self._draft.expiry, placeholder="never; or 30m, 2h, 1d", id="expiry"), "expires in")

    def on_mount(self) -> None:
        self._agents = {agent.id: agent for agent in self._agents_now()}
        self._list_agents(self._draft.search, self._draft.target_id or self._first_choice())
        task = self.query_one(TextArea)
        task.move_cursor(task.document.end)
        self.set_focus(task if self._draft.target_id and not self._draft.search else self.query_one("#search"))

    def _first_choice(self) -> str | None:
        if self._again is None:
            return self._suggested
        return next((agent.id for agent, _ in self._found("") if agent.id != self._again), None)

    def take_frame(self) -> None:
        agents = {agent.id: agent for agent in self._agents_now()}
        if agents != self._agents:
            self._agents = agents
            self._list_agents(self._value("#search"), self._target_id)

    def give_task(self, task: str | None) -> None:
        """The task that is to be handed over again; None where it could not be read."""
        if not self._reading:
            return
        self._reading = False
        field = self.query_one(TextArea)
        field.placeholder = "What is to be done?"
        if task is None:
            self._complain("The task could not be read. Type it here, or leave with esc and try again.")
        elif not field.text:
            field.text = task
            field.move_cursor(field.document.end)

    # The agents

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search":
            self._search(event.value)
        self._complain("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "search":
            self.query_one(TextArea).focus()
        else:
            self.action_send()

    def on_key(self, event: Key) -> None:
        """In the search field, the arrows go through the list below it."""
        agents = self.query_one(OptionList)
        if self.focused is self.query_one("#search") and event.key in ("down", "up"):
            agents.action_cursor_down() if event.key == "down" else agents.action_cursor_up()
            event.stop()
            event.prevent_default()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.query_one(TextArea).focus()

    def _search(self, text: str) -> None:
        if text != self._searched:
            self._list_agents(text, None if text.strip() else self._target_id)

    def _list_agents(self, search: str, chosen: str | None) -> None:
        """Show what fits the search, with `chosen` chosen where it is among them, else the best."""
        self._searched = search
        agents = self.query_one(OptionList)
        agents.clear_options()
        found = self._found(search)
        if not found:
            agents.add_options([Option(Content(self._none), disabled=True)])
            return
        agents.add_options(
            Option(_in_the_list(agent, places, has_it=agent.id == self._again), id=agent.id) for agent, places in found
        )
        ids = [agent.id for agent, _ in found]
        agents.highlighted = ids.index(chosen) if chosen in ids else 0

    @property
    def _none(self) -> str:
        """Why the list of agents is empty."""
        return "No agent fits the search. Clear it to see them all." if self._agents else "No agent is known yet."

    def _found(self, search: str) -> list[tuple[Workspace, Sequence[int]]]:
        """The agents that fit the search, best first; by name where nothing is searched for."""
        if not search.strip():
            return [(agent, ()) for agent in sorted(self._agents.values(), key=lambda agent: agent.name.casefold())]
        scored = [(*self._fuzzy.match(search.strip(), one_line(agent.name)), agent) for agent in self._agents.values()]
        scored.sort(key=lambda found: (-found[0], found[2].name.casefold()))
        return [(agent, places) for score, places, agent in scored if score > 0]

    @property
    def _target_id(self) -> str | None:
        option = self.query_one(OptionList).highlighted_option
        return option.id if option else None

    # Sending and leaving

    def action_send(self) -> None:
        target_id = self._target_id
        task = self.query_one(TextArea).text.strip()
        if target_id is None:
            self._complain(self._none, "#search")
        elif self._reading:
            self._complain("The task is still being read. Send it when it is here.")
        elif not task:
            self._complain("The task is empty. Say what is to be done.", "#task")
        else:
            try:
                priority = read_priority(self._value("#priority"))
            except ValueError as error:
                self._complain(str(error), "#priority")
                return
            try:
                expires = read_expiry(self._value("#expiry"))
            except ValueError as error:
                self._complain(str(error), "#expiry")
                return
            self.dismiss(Sent(target_id, task, priority, expires))

    def action_leave(self) -> None:
        self.dismiss(
            Draft(
                self._target_id,
                self._value("#search"),
                self.query_one(TextArea).text,
                self._value("#priority"),
                self._value("#expiry"),
            )
        )

    def _value(self, selector: str) -> str:
        return next((field.value for field in self.query(selector).results(Input)), "")

    def _complain(self, problem: str, field: str | None = None) -> None:
        self.say("problem", Content(problem))
        if field:
            self.query_one(field).focus()


def _in_the_list(agent: Workspace, matched: Sequence[int], *, has_it: bool) -> Content:
    symbol, color = _STATES.get(agent.status, ("·", "$faint"))
    name = Content(fit(one_line(agent.name), _NAME_WIDTH))
    for place in matched:
        name = name.stylize("bold $accent", place, place + 1)
    busy = f"{agent.active_tasks}/{agent.max_concurrent_tasks} busy"
    waiting = f"  {agent.queue_depth} queued" if agent.queue_depth else ""
    state = fit(one_line(agent.status), 10)
    had = "  has had this task" if has_it else ""
    return Content.assemble((f"{symbol} ", color), name, (f"  {state}", color), (f" {busy}{waiting}{had}", "$faint"))


def read_priority(text: str) -> int | None:
    """A priority as typed; None where none was. Raises ValueError, which says what is wanted."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= MAX_PRIORITY):
        raise ValueError(f"A priority is a whole number from 0 to {MAX_PRIORITY}; leave it empty for the usual one.")
    return int(text)


def read_expiry(text: str) -> int | None:
    """An expiry as typed, in seconds; None where none was. Raises ValueError, which says what is wanted."""
    text = text.strip().lower()
    if text in ("", "never"):
        return None
    found = _EXPIRY.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 0 < seconds <= MAX_SECONDS:
        raise ValueError("An expiry is a number and a unit, such as 30m, 2h or 1d; leave it empty for never.")
    return seconds
