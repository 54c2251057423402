"""One delegation, whole: its facts and timeline, its task, all it has put out, its result, its record as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from headway.dashboard.action import Action, Moment, Where
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Facts, Spans, Tone, standing, took
from headway.dashboard.detail import Looked, Part, as_json, ending_lines, overview
from headway.dashboard.markdown_lines import looks_like_markdown, markdown_lines
from headway.dashboard.screens.delegation_screen import DelegationScreen
from headway.dashboard.widgets.detail_head import DetailHead
from headway.dashboard.widgets.filter_bar import FilterBar
from headway.dashboard.widgets.text_pane import Drawn, TextPane

if TYPE_CHECKING:
    from headway.core.delegation import Row
    from headway.dashboard.acting import Acting
    from headway.dashboard.changes import Changes
    from headway.dashboard.session import Session

TABS: Final = (
    ("overview", "Overview", Part.RESULT),
    ("task", "Task", Part.TASK),
    ("stream", "Stream", Part.OUTPUT),
    ("result", "Result", Part.RESULT),
    ("json", "JSON", Part.JSON),
)
_PARTS: Final = {tab: part for tab, _, part in TABS}
_AS_MARKDOWN: Final = ("task", "result")


class DetailScreen(DelegationScreen):
    """Stays on one delegation, whatever becomes of it, and shows it as it is now; `acting` is what is done to it."""

    WHERE: ClassVar = Where.DETAIL

    def __init__(self, session: Session, actions: Sequence[Action], row: Row, acting: Acting) -> None:
        super().__init__(session, actions)
        self.acting = acting
        self._looked = Looked(row)
        self._read = ""
        """What the row was when record and timeline were read."""
        self._reading = False
        self._tab = "stream" if not row.status.is_terminal and row.progress.length else "overview"
        self._raw = False
        keys = {action.id: action.keys[0] for action in self.actions}
        self._head = DetailHead([(tab, keys[f"show_{tab}"], title) for tab, title, _ in TABS], id="head")
        self._panes = {
            tab: TextPane(follow=tab == "stream", empty=_EMPTY.get(tab, ""), id=f"{tab}-pane") for tab, _, _ in TABS
        }
        self._search = FilterBar(placeholder="find in this text; small letters find capitals too", id="filter-bar")

    def compose(self) -> ComposeResult:
        yield self.top_line
        yield self._head
        with Vertical(id="detail-body"):
            yield from self._panes.values()
        yield self._search
        yield self.key_bar

    def on_mount(self) -> None:
        self._go_to(self._tab)
        self._read_if_needed()

    # What is shown

    def take_changes(self, changes: Changes) -> None:
        row = self._looked.row
        if changes.reloaded or row.delegation_id in changes.touched or row.delegation_id in _left(changes):
            now = self.session.store.rows.get(row.delegation_id)
            self._looked = replace(self._looked, row=now or row, gone=now is None)
            self._show()
            # What only its messages tell anew waits for the tick: an agent may send many a second.
            if not self._looked.is_whole:
                self._read_if_needed()
        self._take_search()
        super().take_changes(changes)

    def tick(self) -> None:
        if self._tab == "overview":
            self._show()
        self._read_if_needed()
        super().tick()

    @property
    def pane(self) -> TextPane:
        return self._panes[self._tab]

    def _show(self) -> None:
        looked, facts = self._looked, self.session.facts()
        self._head.show(_heading(looked, facts), self._tab)
        pane = self.pane
        match self._tab:
            case "overview":
                pane.show_drawn(lambda width: [self._drawn(spans) for spans in overview(looked, facts, width)])
            case "stream":
                pane.show_progress(looked.row.progress, ending_lines(looked, max(2, pane.size.width - 2)))
            case "json":
                pane.show_text(as_json(looked))
            case _:
                self._show_written(pane, (looked.task if self._tab == "task" else _outcome(looked)) or "")
        self._say_found()

    def _show_written(self, pane: TextPane, text: str) -> None:
        if self._raw or not looks_like_markdown(text):
            pane.show_text(text)
        elif pane.shown_for != text:
            tones = {tone: pane.tone(tone) for tone in Tone}
            pane.show_drawn(lambda width: list(markdown_lines(text, width, tones)), text)

    def _drawn(self, spans: Spans) -> Drawn:
        return [Segment(text, self.pane.tone(tone)) for text, tone in spans]

    def _say_found(self) -> None:
        at, found = self.pane.found
        said = ""
        if self.pane.is_searched:
            said = f"{at:,} of {found:,}" if found else "not found"
        self._search.say(said, wrong=bool(said) and not found)

    @property
    def selected(self) -> Row:
        """The one that is shown, as it is now."""
        return self._looked.row

    def moment(self) -> Moment:
        now = super().moment()
        return replace(
            now,
            row=None if self._looked.gone else now.row,
            typing=self.focused is self._search.input,
            searched=self.pane.is_searched,
            markdown=self._tab in _AS_MARKDOWN
            and looks_like_markdown((self._looked.task if self._tab == "task" else _outcome(self._looked)) or ""),
        )

    def is_in_footer(self, action: Action) -> bool:
        return action.in_footer or action.id in ("copy", "pager")

    # What is fetched

    def _read_if_needed(self) -> None:
        row = self._looked.row
        wanted = f"{row.status}/{row.attempt}/{row.status_message}/{row.priority}"
        if self._reading or self._looked.gone or wanted == self._read:
            return
        self._reading = True
        self.run_worker(self._read_whole(wanted), group="records")

    async def _read_whole(self, wanted: str) -> None:
        operations = self.session.operations
        try:
            record = await operations.record(self._looked.row.delegation_id)
            events = await operations.timeline(self._looked.row)
        finally:
            self._reading = False
        if record is not None:
            self._read = wanted
            row = self.session.store.rows.get(record.delegation_id, self._looked.row)
            self._looked = replace(self._looked, row=row, record=record, events=events or self._looked.events)
            self._show()
            self.show_surroundings()

    # Tabs

    def _go_to(self, tab: str) -> None:
        self._tab = tab
        for name, pane in self._panes.items():
            pane.display = name == tab
        if self.focused is not self._search.input:
            self.set_focus(self.pane)
        self._show()
        self._take_search()
        self.show_surroundings()

    def _step_tab(self, by: int) -> None:
        names = list(self._panes)
        self._go_to(names[(names.index(self._tab) + by) % len(names)])

    def on_detail_head_chosen(self, message: DetailHead.Chosen) -> None:
        self._go_to(message.tab)

    def action_next_tab(self) -> None:
        self._step_tab(+1)

    def action_previous_tab(self) -> None:
        self._step_tab(-1)

    def action_show_overview(self) -> None:
        self._go_to("overview")

    def action_show_task(self) -> None:
        self._go_to("task")

    def action_show_stream(self) -> None:
        self._go_to("stream")

    def action_show_result(self) -> None:
        self._go_to("result")

    def action_show_json(self) -> None:
        self._go_to("json")

    # Moving

    def action_aside_left(self) -> None:
        self.pane.go_aside(-1)

    def action_aside_right(self) -> None:
        self.pane.go_aside(+1)

    def action_wrap(self) -> None:
        self.pane.toggle_wrap()

    def action_markdown(self) -> None:
        self._raw = not self._raw
        self._show()

    # Searching

    def action_search(self) -> None:
        self._search.open()
        self.show_surroundings()

    def on_input_changed(self, event: Input.Changed) -> None:
        # Once for all letters of a frame: the whole text is searched.
        self.session.request_frame()

    def _take_search(self) -> None:
        """Search for what stands in the field now."""
        if self.pane.wanted != self._search.input.value:
            self.pane.search(self._search.input.value)
            self._say_found()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_keep_search()

    def action_keep_search(self) -> None:
        self._take_search()
        if not self._search.input.value:
            self._search.close()
        self.set_focus(self.pane)
        self.show_surroundings()

    def action_end_search(self) -> None:
        self._search.close()
        for pane in self._panes.values():
            pane.search("")
        self.set_focus(self.pane)
        self.show_surroundings()

    def action_next_found(self) -> None:
        self.pane.go_to_found(+1)
        self._say_found()

    def action_previous_found(self) -> None:
        self.pane.go_to_found(-1)
        self._say_found()

    # Leaving and taking along

    def action_copy(self) -> None:
        self.looking.copy(self._looked)

    def action_pager(self) -> None:
        part = _PARTS[self._tab]
        if part is Part.RESULT and not self._looked.result:
            part = Part.ERROR if self._looked.error else Part.OUTPUT
        self.looking.page(self._looked, part)

    def action_back(self) -> None:
        self.dismiss()


_EMPTY: Final = {
    "task": "an empty task",
    "stream": "no output yet",
    "result": "no result yet",
}


def _outcome(looked: Looked) -> str | None:
    """The result; of one that failed, the reason."""
    return looked.result or looked.error


def _heading(looked: Looked, facts: Facts) -> Spans:
    row = looked.row
    name = one_line(facts.name_of(row.target_id))
    spent = f" in {took(row)}" if row.status.is_terminal else f"  {facts.age(row.created_at)}"
    return (
        (f"{row.delegation_id[:4]} {name}  ", Tone.PLAIN),
        standing(row, facts),
        (f"{spent}  {one_line(row.task_preview)}", Tone.FAINT),
    )


def _left(changes: Changes) -> set[str]:
    return {one for ids in changes.left.values() for one in ids}
