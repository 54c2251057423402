"""P4: bytes to the terminal under the demo's load, at 120×36, against the cells that changed.

The demo's recording is played on the real board in its own time, and everything that Textual writes is kept, a frame at
a time. A terminal emulator that replays it says which cells each frame changed; the least that can be written for them
is a cursor movement for each run of them, the change of style and the characters themselves. The board behind a thin
link (`--link thin`) writes what `ThinOutput` makes of the same frames; the emulator says that it shows the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyte
from _measure import driver_to, print_bar
from headway.connectors.playback import Playback
from headway.connectors.recording import read_recording
from headway.connectors.replay import ReplayConnector
from headway.dashboard.app import HeadwayApp
from headway.dashboard.thin.output import ThinOutput
from headway.net.clock import SystemClock

SIZE: Final = (120, 36)
SECONDS: Final = 40
RECORDING: Final = Path(__file__).parent.parent / "screenshots" / "demo.jsonl.gz"
_ATTRIBUTES: Final = ("bold", "italics", "underscore", "strikethrough", "reverse", "blink")
_NAMES: Final = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")

Picture = Sequence[Sequence[pyte.screens.Char]]


async def play() -> list[str]:
    """What Textual writes while the recording plays, paint by paint."""
    written: list[str] = []

    playback = Playback(read_recording(RECORDING), SystemClock())
    app = HeadwayApp(ReplayConnector(playback._recording, playback), clock=playback, playback=playback)
    app.driver_class = driver_to(written.append)
    async with app.run_test(headless=False, size=SIZE):
        await asyncio.sleep(SECONDS)
        return list(written)


def color(name: str, *, back: bool) -> str:
    """The parameters that set it, as short as they can be."""
    if name == "default":
        return "49" if back else "39"
    bright, plain = name.startswith("bright"), name.removeprefix("bright")
    if plain in _NAMES:
        return str(
            (100 if back else 90) + _NAMES.index(plain) if bright else (40 if back else 30) + _NAMES.index(plain)
        )
    red, green, blue = (int(name[at : at + 2], 16) for at in (0, 2, 4))
    return f"{48 if back else 38};2;{red};{green};{blue}"


def style_bytes(before: Any, cell: Any) -> int:
    """The least that changes the style of one cell into that of another, all parameters in one sequence."""
    codes = [
        color(getattr(cell, side), back=side == "bg")
        for side in ("fg", "bg")
        if getattr(before, side) != getattr(cell, side)
    ]
    codes += ["22" for name in _ATTRIBUTES if getattr(before, name) != getattr(cell, name)]
    return len("\x1b[m") + len(";".join(codes)) if codes else 0


def least(before: Picture, after: Picture, style: Any) -> tuple[int, Any]:
    """Bytes for the cells that differ, and the style that the terminal is left with."""
    size = 0
    for y, (old, new) in enumerate(zip(before, after, strict=True)):
        behind = -1
        for x, (was, cell) in enumerate(zip(old, new, strict=True)):
            if was == cell:
                continue
            if x != behind:
                size += min(len(f"\x1b[{y + 1};{x + 1}H"), len(f"\x1b[{x - behind}C") if behind > 0 else 99)
            size += style_bytes(style, cell) + len(cell.data.encode())
            style, behind = cell, x + 1
    return size, style


def main() -> None:
    written = asyncio.run(play())
    shows = [pyte.Screen(*SIZE) for _ in range(2)]
    streams = [pyte.Stream(show) for show in shows]
    thin = ThinOutput(*SIZE)
    full_bytes = thin_bytes = least_bytes = 0
    before = picture(shows[0])
    style = before[0][0]
    for number, piece in enumerate(written):
        sent = thin.feed(piece)
        streams[0].feed(piece)
        streams[1].feed(sent)
        after = picture(shows[0])
        assert picture(shows[1]) == after, f"the screens differ after paint {number}"
        size, style = least(before, after, style)
        least_bytes, full_bytes, thin_bytes = (
            least_bytes + size,
            full_bytes + len(piece.encode()),
            thin_bytes + len(sent.encode()),
        )
        before = after
    for what, ours, at_most in (
        ("bytes by default, of the least for the cells that changed", full_bytes, 12.0),
        ("bytes behind a thin link, of the same", thin_bytes, 1.25),
    ):
        print_bar(
            "P4",
            f"{what}, {SECONDS} s of the demo",
            ours=f"{ours / SECONDS:,.0f} B/s",
            peer=f"{least_bytes / SECONDS:,.0f} B/s",
            peer_name="least",
            ratio=ours / least_bytes,
            at_most=at_most,
        )


def picture(screen: pyte.Screen) -> Picture:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


if __name__ == "__main__":
    main()
