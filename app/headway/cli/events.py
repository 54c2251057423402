"""`headway events`: what has happened on the platform, and what happens."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from headway.cli.exits import ExitCode, run
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place
from headway.core.events import EventType

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.cursor import Cursor
    from headway.core.events import Event

Show = Callable[["Event"], None]


def events(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, until ctrl+c.")] = False,
    types: Annotated[
        list[EventType] | None,
        typer.Option("--type", metavar="TYPE", case_sensitive=False, help="Only these, such as DELEGATION_FAILED."),
    ] = None,
    last: Annotated[int, typer.Option(min=0, max=100_000, help="How many of the past to look at.")] = 50,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Print what has happened on the platform, the oldest first; with --json a line each."""
    run(_events(place_of(context, url, data), follow, set(types or EventType), last, json))


async def _events(place: Place, follow: bool, wanted: Collection[str], last: int, json: bool) -> int:
    from headway.connectors.errors import CursorGone
    from headway.core.cursor import Cursor

    async with place.connect() as connector:
        show = _json if json else _line(await _names(connector))
        health = await connector.health()
        head = Cursor(health.epoch, health.seq)
        looked = min(last, head.seq)
        while True:
            try:
                after = Cursor(head.epoch, head.seq - looked)
                await _print(connector, after, None if follow else head.seq, wanted, show)
                return ExitCode.OK
            except CursorGone:
                # So many are no longer kept; or, while following, the platform has begun another ledger.
                if follow and not looked:
                    health = await connector.health()
                    head = Cursor(health.epoch, health.seq)
                looked //= 2


async def _print(connector: Connector, after: Cursor, until: int | None, wanted: Collection[str], show: Show) -> None:
    """Show what comes after a cursor, up to the seq `until`; None goes on. Raises CursorGone."""
    from headway.connectors.connector import Batch, Closed
    from headway.core.events import Bookmark

    if until is not None and after.seq >= until:
        return
    async with aclosing(connector.events(after)) as messages:
        async for message in messages:
            if isinstance(message, Closed):
                typer.echo(f"connection lost ({message.reason}); again in {message.retry_in:.0f} s", err=True)
            if not isinstance(message, Batch):
                continue
            for event in message.events:
                if until is not None and event.seq > until:
                    return
                if event.type in wanted and not isinstance(event.payload, Bookmark):
                    show(event)
            if until is not None and message.cursor is not None and message.cursor.seq >= until:
                return


async def _names(connector: Connector) -> dict[str, str]:
    return {workspace.id: workspace.name for workspace in await connector.agents()}


def _json(event: Event) -> None:
    from json import dumps

    from headway.connectors.recording import envelope

    typer.echo(dumps(envelope(event), ensure_ascii=False, separators=(",", ":")))


def _line(names: dict[str, str]) -> Show:
    from headway.core.event_words import words_of
    from headway.core.text import clean_line
    from headway.core.timestamps import to_rfc3339

    def show(event: Event) -> None:
        said = event.payload.model_dump(mode="json", exclude_none=True)
        workspace = said.get("workspace_id") or said.get("target_id") or ""
        who = names.get(workspace, workspace[:8])
        time = f"{to_rfc3339(event.timestamp)[:19]}Z"
        did = said.get("delegation_id", "")[:8]
        words = clean_line(words_of(event), limit=80)
        line = f"{time}  {event.type:<19}  {did:<8}  {clean_line(who, limit=20):<12}  {words}"
        typer.echo(line.rstrip())

    return show
