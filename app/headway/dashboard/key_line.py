"""Keys stand in line: each is worked on when all that the one before it led to is done.

Textual 8.2 sends a key to what has the focus when it comes, and moves the focus and mounts screens later. Of keys that
come in one burst, as over a slow link, the next would go to where the one before is about to leave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.events import Key, Paste

from headway.dashboard.later import later
from headway.dashboard.palette import Palette
from headway.dashboard.screens.action_screen import ActionScreen
from headway.dashboard.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

    from headway.core.clock import Clock

MOST_ROUNDS: Final = 32
"""Times that the next key waits for messages; where some always come, it is not they that the key led to."""
PATIENCE: Final = 0.5
"""Seconds after which a key is no longer waited for: nothing may make the keys dead."""
LOOK_AGAIN: Final = 1 / 60
"""Seconds between two looks at whether a search has ended."""


class KeyLine:
    """Takes keys and pastes as they come and hands them on by `hand_on`, one by one; lives in the app's own task."""

    def __init__(self, app: App[None], clock: Clock, hand_on: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._clock = clock
        self._hand_on = hand_on
        self._waiting: deque[Key | Paste] = deque()
        self._wait = 0
        """The number of this wait: what is heard of an earlier one is of no interest any more."""
        self._waits_since: float | None = None
        """None where nothing is being worked on."""
        self._rounds = 0
        self._was_quiet = False
        self._moved = False
        """What was handed on last only moved a cursor; no key after it that does so too needs to wait."""

    def __len__(self) -> int:
        return len(self._waiting)

    async def take(self, event: Key | Paste) -> None:
        """Hand this on: at once where nothing is being worked on. While the board is being left, it is dropped."""
        if not self._app.screen_stack:
            return
        self._waiting.append(event)
        if self._waits_since is not None:
            if self._clock.monotonic() - self._waits_since > PATIENCE:
                await self._next()
        elif not (self._moved and self._only_moves()) and (self._moved or self._is_something_due()):
            self._begin_to_wait()
        else:
            await self._next()

    async def _next(self) -> None:
        typed, self._moved = self._is_letter_for_field(), self._only_moves()
        await self._hand_on(self._waiting.popleft())
        while (typed and self._is_letter_for_field()) or (self._moved and self._only_moves()):
            # A field keeps its letters, in order, and a table its moves: they lead nowhere, and need not wait.
            await self._hand_on(self._waiting.popleft())
        if self._moved and not self._waiting:
            # Whether all is done is asked when a key comes that must know.
            self._waits_since = None
        else:
            self._begin_to_wait()

    def _only_moves(self) -> bool:
        """Whether the next key moves a cursor and no more."""
        event = self._waiting[0] if self._waiting else None
        screen = self._app.screen if self._app.screen_stack else None
        return (
            isinstance(event, Key)
            and isinstance(screen, ActionScreen)
            and event.key in screen.moving_keys
            and isinstance(screen.focused, LineView)
        )

    def _is_letter_for_field(self) -> bool:
        event, field = self._waiting[0] if self._waiting else None, self._app.focused
        return isinstance(event, Key) and field is not None and field.check_consume_key(event.key, event.character)

    def _begin_to_wait(self) -> None:
        self._wait += 1
        self._moved = False
        self._waits_since = self._clock.monotonic()
        self._rounds, self._was_quiet = 0, False
        # A message is lost with the widget that it waits on, and the round with it.
        later(self._app, PATIENCE, partial(self._give_up, self._wait))
        self._go_round(self._wait)

    async def _give_up(self, wait: int) -> None:
        """Wait no longer for a round that does not come."""
        if wait != self._wait or self._waits_since is None:
            return
        if self._waiting:
            await self._next()
        else:
            self._waits_since = None

    def _go_round(self, wait: int) -> None:
        """Have a message go the way of keys: through what has the focus, its screen and the app."""
        if not self._app.screen_stack:
            return
        screen = self._app.screen
        self._pass(wait, (screen.focused or screen, screen, self._app))

    def _pass(self, wait: int, stops: Sequence[MessagePump]) -> None:
        for number, stop in enumerate(stops, 1):
            rest = stops[number:]
            # One that is being taken away takes no messages any more.
            if stop.call_later(self._pass, wait, rest) if rest else stop.call_later(self._came_round, wait):
                return

    async def _came_round(self, wait: int) -> None:
        if wait != self._wait:
            return
        screen = self._app.screen
        was_quiet, self._was_quiet = self._was_quiet, not self._is_something_due()
        self._rounds += 1
        if isinstance(screen, Palette) and screen.is_searching:
            later(self._app, LOOK_AGAIN, lambda: self._go_round(wait))
        elif not (was_quiet and self._was_quiet) and self._rounds < MOST_ROUNDS:
            # Quiet twice: what came to the app behind the message of one round is done after the next.
            self._go_round(wait)
        elif self._waiting:
            await self._next()
        else:
            self._waits_since = None

    def _is_something_due(self) -> bool:
        """Whether the screen is not there yet, or messages wait on it, which a key may have led to."""
        screen = self._app.screen
        return not screen.is_mounted or any(
            widget.message_queue_size for widget in screen.walk_children(with_self=True)
        )
