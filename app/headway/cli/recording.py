"""`headway record` and `headway replay`: what happens on a platform, kept in a file and seen again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headway.cli.exits import ExitCode, fail, run
from headway.cli.flags import settings_of
from headway.cli.manner import Manner, manner_of
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place
from headway.cli.terminal import can_draw

if TYPE_CHECKING:
    from headway.connectors.connector import Closed
    from headway.connectors.recorder import Recorder
    from headway.connectors.recording import Recording

NewFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A file that is not there yet; one that ends in .gz is packed.")
]
OldFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="What `headway record` made.", exists=True, dir_okay=False)
]


def record(
    context: typer.Context,
    file: NewFile,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0.1, metavar="SECONDS", help="End by itself after so long.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Record everything that happens on the platform, until ctrl+c."""
    run(_record(place_of(context, url, data), file, seconds))


async def _record(place: Place, path: Path, seconds: float | None) -> int:
    from headway.connectors.recorder import Recorder, RecordingFile
    from headway.net.clock import SystemClock

    clock = SystemClock()
    async with place.connect() as connector:
        # Asked first, so that no file is left where nothing can be recorded.
        await connector.snapshot(finished=0)
        try:
            with RecordingFile(path, secret=place.token()) as file:
                recorder = Recorder(connector, file, clock, lost=_tell_lost)
                typer.echo(f"recording {connector.address} to {path.name}; ctrl+c ends it", err=True)
                await _until_ended(recorder, seconds)
        except FileExistsError:
            fail(f"{path.name} is there already. Nothing was recorded; name a new file.", ExitCode.USAGE)
        except OSError as error:
            fail(f"{path.name} cannot be written ({error.strerror}). What is in it up to here can be played.")
    typer.echo(f"recorded {recorder.events:,} events in {path.name}", err=True)
    return ExitCode.OK


async def _until_ended(recorder: Recorder, seconds: float | None) -> None:
    """Record until a signal or the time ends it."""
    import signal

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    recording = asyncio.create_task(recorder.run(), name="recorder")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({recording, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if recording.done():
            recording.result()
    finally:
        stopping.cancel()
        recording.cancel()
        await asyncio.wait({recording})


def _tell_lost(closed: Closed) -> None:
    typer.echo(f"connection lost ({closed.reason}); again in {closed.retry_in:.0f} s", err=True)


def replay(
    context: typer.Context,
    file: OldFile,
    speed: Annotated[float, typer.Option(min=0.01, max=1_000, help="How many times as fast.")] = 1.0,
    json: Json = False,
) -> None:
    """Play a recording on the board; with --json print its events. Nothing can be acted on."""
    manner = manner_of(settings_of(context))
    run(_replay(file, speed, manner, json))


async def _replay(path: Path, speed: float, manner: Manner, json: bool) -> int:
    from headway.connectors.recording import read_recording

    recording = await asyncio.to_thread(read_recording, path)
    if not recording.whole:
        typer.echo(f"headway: the end of {recording.name} is missing; what is there is played.", err=True)
    if json:
        return _print_events(recording)
    if not can_draw():
        return _print_last(recording)
    from headway.cli.boarding import run_board
    from headway.connectors.playback import Playback
    from headway.connectors.replay import ReplayConnector
    from headway.net.clock import SystemClock

    playback = Playback(recording, SystemClock(), speed=speed)
    return await run_board(ReplayConnector(recording, playback), title="", manner=manner, playback=playback)


def _print_events(recording: Recording) -> int:
    from json import dumps

    from headway.connectors.recording import envelope
    from headway.core.events import Event

    for entry in recording.entries:
        if isinstance(entry.heard, Event):
            typer.echo(dumps(envelope(entry.heard), ensure_ascii=False, separators=(",", ":")))
    return ExitCode.OK


def _print_last(recording: Recording) -> int:
    """How things stood at the end of the recording."""
    from headway.cli.tables import print_groups
    from headway.core.api import Snapshot
    from headway.dashboard.store import Store

    store = Store()
    for entry in recording.entries:
        if isinstance(entry.heard, Snapshot):
            store.load(entry.heard)
        else:
            store.apply([entry.heard])
    print_groups(store, recording.begins + recording.length)
    return ExitCode.OK
