"""The events as they come: filtered, paused, each of them whole beside the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from headway.dashboard.action import Action, Moment, Where
from headway.dashboard.columns import Spans, Tone
from headway.dashboard.event_columns import LANGUAGE, json_lines
from headway.dashboard.events_view import EventsView
from headway.dashboard.screens.table_screen import TableScreen
from headway.dashboard.widgets.event_table import EventTable

if TYPE_CHECKING:
    from headway.core.events import Event
    from headway.dashboard.changes import Changes
    from headway.dashboard.session import Session


class EventsScreen(TableScreen):
    """The newest stay in view until a person goes up."""

    WHERE: ClassVar = Where.EVENTS

    def __init__(self, session: Session, actions: Sequence[Action]) -> None:
        self._events = EventsView(session.events, session.facts)
        self._table = EventTable(self._events, session.facts, session.clock.monotonic, id="events")
        self._shown: Event | None = None
        super().__init__(
            session,
            actions,
            self._table,
            self._events,
            LANGUAGE,
            placeholder="words  type:failed  of:coder  status:stuck  id:7f3a  -type:heartbeat",
        )
        self.details.display = False

    @property
    def selected(self) -> Event | None:
        return self._events.event(self._table.cursor_id)

    def on_mount(self) -> None:
        self._table.reload()
        self._table.go_to_end()

    def take_changes(self, changes: Changes) -> None:
        self._table.take()
        super().take_changes(changes)

    def selection_changed(self) -> None:
        self._show_details()
        super().selection_changed()

    def _show_details(self) -> None:
        event = self.selected
        if not self.details.display or event is self._shown:
            return
        self._shown = event

        def lines(width: int) -> Sequence[Spans]:
            return json_lines(event, width) if event else [(("select an event", Tone.FAINT),)]

        self.details.show(f"event {event.seq}" if event and event.seq else "event", lines, anew=True)

    def moment(self) -> Moment:
        return replace(
            super().moment(),
            event=self.selected is not None,
            expanded=self.details.display,
            paused=self._events.paused,
        )

    def action_expand(self) -> None:
        self.details.display = not self.details.display
        self._shown = None
        if not self.details.display:
            self.table.focus()
        self._show_details()
        self.show_surroundings()

    def action_pause_events(self) -> None:
        self._events.paused = not self._events.paused
        self._table.take()
        self.show_surroundings()
