"""P3: streaming text, a visible pane and 50 that nobody looks at, against a `RichLog` each.

Lines come in batches as frames bring them, 1,000 lines a frame for the pane that is seen and as many shared among the
hidden ones. What is compared is CPU time, from the text to the bytes given to the terminal's driver: what one second
of it carries does not depend on what else the machine does. Ours goes the way of progress: an event's splice into the
record, the record into the pane; hidden streams are kept as records, which is how the board keeps them.
"""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, cast

from _measure import Terminal, percentile, print_bar, print_limit
from _ours import as_on_the_board, as_textual_has_it
from _tables import NOW, SCREEN, make_rows
from headway.core.delegation import Row
from headway.core.events import Event, Progressed
from headway.core.projection import apply
from headway.core.text import BODY_LIMIT
from headway.dashboard.columns import Facts
from headway.dashboard.light_strips import Joined
from headway.dashboard.painting import PaintsAtOnce
from headway.dashboard.stream_text import SHOWN_LINES
from headway.dashboard.text_net import TextNet
from headway.dashboard.theme import HEADWAY
from headway.dashboard.widgets.stream_pane import StreamPane
from headway.resources import styles_folder
from p2_firehose import Keys, Screen
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import RichLog

HIDDEN: Final = 50
LINES_A_FRAME: Final = 1_000
FRAMES: Final = 60
NAIVE_FRAMES: Final = 6
RATE: Final = 20_000
SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one side."""

    lines: int
    cpu: float
    wall: float

    @property
    def per_second(self) -> float:
        return self.lines / self.wall

    @property
    def per_cpu_second(self) -> float:
        return self.lines / self.cpu


def line(number: int) -> str:
    return f"{number:07d} Reading src/ledger.py, part {number % 97}: nothing found so far"


class _OursApp(App[None]):
    CSS_PATH = [styles_folder() / "theme.tcss", styles_folder() / "board.tcss"]  # noqa: RUF012

    def __init__(self, terminal: Terminal) -> None:
        as_on_the_board()
        super().__init__(driver_class=terminal.driver())
        self._filter = Joined((*super().get_line_filters(), TextNet()))
        self.pane = StreamPane(lambda: Facts(NOW, lambda one: one, {}), id="follow")

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [self._filter]

    def get_default_screen(self) -> PaintsAtOnce[None]:
        return PaintsAtOnce()

    def frame(self) -> AbstractContextManager[None]:
        """What is changed in it is painted at its end, as the board does."""
        return cast("PaintsAtOnce[None]", self.screen).one_paint()

    def on_load(self) -> None:
        self.register_theme(HEADWAY)
        self.theme = HEADWAY.name

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_key(self, event: events.Key) -> None:
        """Up leaves the end of the text, down goes back to it."""
        self.pane.go(-1 if event.key == "up" else self.pane.length)


class _NaiveApp(App[None]):
    def __init__(self, terminal: Terminal) -> None:
        super().__init__(driver_class=terminal.driver())
        self.log_seen = RichLog(max_lines=SHOWN_LINES)
        self.hidden = [RichLog(max_lines=SHOWN_LINES) for _ in range(HIDDEN)]

    def compose(self) -> ComposeResult:
        yield self.log_seen
        yield from self.hidden

    def hide(self) -> None:
        """All have had a size once, as a pane that was left; a log that never had one only piles up what it gets."""
        for one in self.hidden:
            one.display = False


def grown(row: Row, text: str) -> Row:
    told = Progressed(delegation_id=row.delegation_id, target_id=row.target_id, text=text, offset=row.progress.end)
    after = apply(Event(row.seq + 1, told.TYPE, NOW, told), row)
    assert after is not None
    return after


async def ours() -> tuple[Figures, bool]:
    terminal = Terminal()
    app = _OursApp(terminal)
    async with app.run_test(headless=False, size=SCREEN) as pilot:
        seen, *hidden = [replace(row, seq=0) for row in make_rows(HIDDEN + 1)]
        app.pane.show(seen)
        await pilot.pause()
        gc.collect()
        begun, wall_begun = time.process_time(), time.perf_counter()
        share = LINES_A_FRAME // HIDDEN
        for frame in range(FRAMES):
            first = frame * LINES_A_FRAME
            terminal.forget()
            # An event for every ten lines, as a platform sends them that joins what is waiting.
            for at in range(first, first + LINES_A_FRAME, 10):
                seen = grown(seen, "".join(f"{line(number)}\n" for number in range(at, at + 10)))
            for place, row in enumerate(hidden):
                hidden[place] = grown(row, "".join(f"{line(first + number)}\n" for number in range(share)))
            with app.frame():
                app.pane.show(seen)
            await terminal.painted()
        spent, wall = terminal.flushed_at - begun, time.perf_counter() - wall_begun
        last = line(FRAMES * LINES_A_FRAME - 1)
        whole = seen.progress.text.endswith(last + "\n") and any(last in one for one in app.pane._text.lines[-3:])
        kept = all(row.progress.length <= BODY_LIMIT for row in (seen, *hidden)) and whole
        return Figures(2 * FRAMES * LINES_A_FRAME, spent, wall), kept


async def steady() -> tuple[float, float, Screen]:
    """`RATE` lines a second for some seconds while keys are pressed: lines a second that came, and CPU of one core."""
    app = _OursApp(Terminal())
    screen = Screen(lambda: app.pane.follows)
    app.driver_class = screen.driver()
    async with app.run_test(headless=False, size=SCREEN) as pilot:
        seen, *hidden = [replace(row, seq=0) for row in make_rows(HIDDEN + 1)]
        app.pane.show(seen)
        await pilot.pause()
        assert app._driver is not None
        keys = Keys(asyncio.get_running_loop(), app._driver, screen, ("up", "down"))
        screen.forget()
        begun, cpu, sent = time.perf_counter(), time.process_time(), 0
        keys.start()
        while (passed := time.perf_counter() - begun) < SECONDS:
            due = int(passed * RATE / 2)
            for at in range(sent, due, 10):
                seen = grown(seen, "".join(f"{line(number)}\n" for number in range(at, min(at + 10, due))))
                place = at // 10 % HIDDEN
                hidden[place] = grown(hidden[place], "".join(f"{line(number)}\n" for number in range(10)))
            sent = max(sent, due)
            with app.frame():
                app.pane.show(seen)
            await asyncio.sleep(1 / 30)
        took, burnt = time.perf_counter() - begun, time.process_time() - cpu
        await asyncio.to_thread(keys.stop)
        await asyncio.sleep(0.5)
        screen.give_up()
        return 2 * sent / took, burnt / took, screen


async def naive() -> Figures:
    as_textual_has_it()
    terminal = Terminal()
    app = _NaiveApp(terminal)
    async with app.run_test(headless=False, size=SCREEN) as pilot:
        await pilot.pause()
        app.hide()
        await pilot.pause()
        gc.collect()
        begun, wall_begun = time.process_time(), time.perf_counter()
        share = LINES_A_FRAME // HIDDEN
        for frame in range(NAIVE_FRAMES):
            first = frame * LINES_A_FRAME
            terminal.forget()
            for number in range(first, first + LINES_A_FRAME):
                app.log_seen.write(line(number))
            for log in app.hidden:
                for number in range(share):
                    log.write(line(first + number))
            await terminal.painted()
        wall = time.perf_counter() - wall_begun
        return Figures(2 * NAIVE_FRAMES * LINES_A_FRAME, terminal.flushed_at - begun, wall)


def main() -> None:
    asyncio.run(ours())  # Imports, style sheets and caches are warm from here on.
    (board, kept), peer = asyncio.run(ours()), asyncio.run(naive())
    rate, cpu, screen = asyncio.run(steady())
    keys = percentile(screen.key_ms, 99)
    print_limit(
        "P3", f"{RATE:,} lines a second come, kept", ours=f"{rate:,.0f}/s", limit="all", met=rate >= RATE * 0.98
    )
    print_limit("P3", "key to paint meanwhile, p99", ours=f"{keys:.0f} ms", limit="< 50 ms", met=keys < 50)
    print_limit("P3", "CPU meanwhile, of one core", ours=f"{cpu:.0%}", limit="none", met=True)
    print_bar(
        "P3",
        "lines a second of wall time, as fast as it goes",
        ours=f"{board.per_second:,.0f}",
        peer=f"{peer.per_second:,.0f}",
        peer_name="RichLog",
        ratio=board.per_second / peer.per_second,
        at_least=7,
    )
    print_bar(
        "P3",
        "lines a CPU second, one pane seen and 50 hidden",
        ours=f"{board.per_cpu_second:,.0f}",
        peer=f"{peer.per_cpu_second:,.0f}",
        peer_name="RichLog",
        ratio=board.per_cpu_second / peer.per_cpu_second,
        at_least=20,
    )
    print_limit(
        "P3", "lines kept to the bound, the last one shown", ours=str(kept), peer="not compared", limit="all", met=kept
    )


if __name__ == "__main__":
    main()
