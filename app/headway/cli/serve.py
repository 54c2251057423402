"""`headway serve`: the platform in the foreground."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from headway.cli.ending import EndWithParent, set_when_stdin_closes
from headway.cli.exits import ExitCode, fail
from headway.cli.lean import staying
from headway.cli.options import Data, place_of

Entry = TypeVar("Entry")

DEFAULT_PORT = 8765


class Discover(Enum):
    """Whose address one workspace is told of another."""

    GATEWAY = "gateway"
    DIRECT = "direct"


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    stuck_after: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a sign of life after which a delegation is stuck.")
    ] = 600.0,
    offline_after: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a heartbeat after which a workspace is offline.")
    ] = 90.0,
    retry_pause: Annotated[
        float, typer.Option(min=0, help="Seconds before a delivery that failed for a moment is tried again.")
    ] = 8.0,
    discover: Annotated[
        Discover, typer.Option(help="What workspaces find when they look for each other: gateway, or the agent itself.")
    ] = Discover.GATEWAY,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST[:PORT]|CIDR", help="Let agents be dialled there too; repeat it for more."),
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:PORT]", help="Answer to this host name too, as behind a proxy; repeatable."),
    ] = None,
    push_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where agents reach this platform, for those that push and do not stream."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="Take the admin token from this file, which only you can read, instead of making one."),
    ] = None,
    allow_anonymous_loopback: Annotated[
        bool,
        typer.Option("--allow-anonymous-loopback", help="Let runtimes on this machine go without a token."),
    ] = False,
    deny_loopback: Annotated[
        bool, typer.Option("--deny-loopback", help="Dial no agent on this machine unless --allow says so.")
    ] = False,
    keep_finished: Annotated[
        int, typer.Option(min=0, help="How many finished delegations are kept; the oldest go first.")
    ] = 100_000,
    keep_days: Annotated[
        float, typer.Option(min=0.001, max=36_500, help="Days for which a finished delegation is kept at most.")
    ] = 30.0,
    keep_events: Annotated[
        int, typer.Option(min=0, help="How many events are kept for readers that come back.")
    ] = 500_000,
    keep_event_mib: Annotated[
        int, typer.Option(min=0, help="MiB of events that are kept; the oldest go first, whichever bound is met first.")
    ] = 1024,
    listener: Annotated[int | None, typer.Option("--fd", hidden=True, help="Serve on this open socket.")] = None,
    end_with_parent: EndWithParent = False,
    data: Data = None,
) -> None:
    """Run the delegation platform until SIGTERM or ctrl+c."""
    from headway.cli.logs import log_to_stderr
    from headway.ledger.errors import LedgerError
    from headway.ledger.records import DAY_MS, Retention
    from headway.net.addresses import Allowance
    from headway.net.sockets import PortTaken, listen, raise_descriptor_limit
    from headway.net.token_file import TokenFileRefused, read_token_file
    from headway.platform.edge import PublicHost
    from headway.platform.pushes import read_push_url
    from headway.platform.server import serve_on, take_over
    from headway.platform.settings import Settings
    from headway.platform.start import StartRefused

    log_to_stderr()
    raise_descriptor_limit()
    folder = place_of(context, None, data).folder()
    settings = Settings(
        stuck_after=stuck_after,
        offline_after=offline_after,
        retry_pause=retry_pause,
        discover=discover.value,
        allow=[_read("--allow", Allowance.parse, entry) for entry in allow or []],
        public_hosts=[_read("--public-host", PublicHost.parse, entry) for entry in public_host or []],
        push_url=_read("--push-url", read_push_url, push_url) if push_url is not None else None,
        deny_loopback=deny_loopback,
        allow_anonymous_loopback=allow_anonymous_loopback,
        result_inbox_push=os.environ.get("DELEGATION_RESULT_INBOX_PUSH") == "1",
        retention=Retention(
            finished=keep_finished,
            finished_ms=round(keep_days * DAY_MS),
            events=keep_events,
            event_bytes=keep_event_mib << 20,
        ),
    )

    async def run() -> None:
        stop = asyncio.Event()
        if end_with_parent:
            set_when_stdin_closes(stop)
        with listen(host, port) if listener is None else take_over(listener) as server_socket:
            await serve_on(server_socket, folder, ready=announce, stop=stop, settings=settings, admin_token=admin_token)

    try:
        admin_token = read_token_file(token_file) if token_file is not None else None
        asyncio.run(staying(run()))
    except (StartRefused, TokenFileRefused) as error:
        fail(f"{error}. Nothing was started.", ExitCode.USAGE)
    except PortTaken as error:
        fail(f"{error.strerror}. Nothing was started; choose another with --port.", ExitCode.NOT_FOUND)
    except LedgerError as error:
        fail(f"{error}. Nothing was started.", ExitCode.FAILED)
    except OSError as error:
        fail(f"the data folder {folder.path} cannot be used: {error.strerror}. Nothing was started.")


def _read(option: str, parse: Callable[[str], Entry], text: str) -> Entry:
    try:
        return parse(text)
    except ValueError as error:
        fail(f"{option}: {error}. Nothing was started.", ExitCode.USAGE)


def announce(url: str) -> None:
    """The line by which scripts know that a server is ready."""
    typer.echo(f"listening on {url}")
    sys.stdout.flush()
