"""`headway mcp`: the verbs of `headway.tools` for whatever speaks MCP."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headway.cli.exits import ExitCode, fail
from headway.cli.extras import how_to_install
from headway.cli.lean import staying

if TYPE_CHECKING:
    import socket

    from headway.tools.mcp.edge import Access
    from headway.tools.settings import ToolSettings

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8766


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP at /mcp instead of stdio.")] = False,
    host: Annotated[str | None, typer.Option(help=f"The address to listen on.  [default: {DEFAULT_HOST}]")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help=f"0 takes a free one.  [default: {DEFAULT_PORT}]"),
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:PORT]", help="Answer to this host name too, as behind a proxy; repeatable."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="Let in who shows the token in this file, which only you can read; needed off loopback."),
    ] = None,
) -> None:
    """Offer the tools of an agent over MCP: talk to other agents, and delegate through a platform.

    Everything is set by variables of the environment: PLATFORM_URL, WORKSPACE_ID and WORKSPACE_TOKEN for delegations,
    A2A_ALLOW for agents on this machine or a private network. One process serves a workspace at a time; several clients
    share one with --http.
    """
    if importlib.util.find_spec("mcp") is None:
        fail(f"this needs the optional part mcp: {how_to_install('mcp')}. Nothing was started.")
    if not http and (host or port is not None or public_host or token_file):
        fail("--host, --port, --public-host and --token-file go with --http. Nothing was started.", ExitCode.USAGE)
    from headway.cli.logs import log_to_stderr
    from headway.tools.audit import LOGGER
    from headway.tools.errors import JournalLocked, SettingsError, ToolError
    from headway.tools.settings import ToolSettings

    log_to_stderr("headway.tools", LOGGER)
    try:
        settings = ToolSettings.from_environment()
        if http:
            _serve_http(settings, host or DEFAULT_HOST, DEFAULT_PORT if port is None else port, public_host, token_file)
        else:
            from headway.tools.mcp.serving import serve_stdio

            asyncio.run(staying(serve_stdio(settings)))
    except SettingsError as error:
        fail(f"{error}.", ExitCode.USAGE)
    except JournalLocked as error:
        fail(
            f"{error}. Nothing was started; share one server with --http, or set another WORKSPACE_ID or "
            "HEADWAY_TOOLS_DATA.",
            ExitCode.NOT_FOUND,
        )
    except ToolError as error:
        fail(f"{error}. Nothing was started.")


def _serve_http(
    settings: ToolSettings, host: str, port: int, public: list[str] | None, token_file: Path | None
) -> None:
    from headway.cli.serve import announce
    from headway.net.sockets import PortTaken, listen
    from headway.net.token_file import TokenFileRefused
    from headway.tools.mcp.edge import AccessRefused
    from headway.tools.mcp.serving import serve_http

    try:
        with listen(host, port) as listener:
            access = _access(listener, public or [], token_file)
            asyncio.run(staying(serve_http(settings, listener, access, ready=announce)))
    except (AccessRefused, TokenFileRefused) as error:
        fail(f"{error}. Nothing was started.", ExitCode.USAGE)
    except PortTaken as error:
        fail(f"{error.strerror}. Nothing was started; choose another with --port.", ExitCode.NOT_FOUND)


def _access(listener: socket.socket, public: list[str], token_file: Path | None) -> Access:
    from headway.net.token_file import read_token_file
    from headway.tools.mcp.edge import Access

    token = read_token_file(token_file) if token_file is not None else None
    return Access.of(str(listener.getsockname()[0]), public=public, token=token)
