"""`headway doctor`: what is configured, whether the platform answers, and whether this machine is fit for a board."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from headway.cli.checkup import Finding, Level
from headway.cli.exits import ExitCode
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place, open_connector

if TYPE_CHECKING:
    from headway.cli.checkup import TerminalFacts
    from headway.connectors.connector import Connector


def doctor(context: typer.Context, json: Json = False, url: Url = None, data: Data = None) -> None:
    """Look at everything that Headway needs, and say what to do about what is not well.

    Exits with 0 where it can be used, 3 where the platform is not reachable, 4 where its token is not accepted, and 1
    where something else is bad.
    """
    import asyncio

    place = place_of(context, url, data)
    findings = list(_before(place))
    found, code = asyncio.run(platform_findings(place))
    findings += [*found, *_after(place)]
    if json:
        from dataclasses import asdict
        from json import dumps

        typer.echo(dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    bad = any(finding.level is Level.BAD for finding in findings)
    raise typer.Exit(code or (ExitCode.FAILED if bad else ExitCode.OK))


def _before(place: Place) -> Iterator[Finding]:
    from headway.cli import checkup

    if place.settings is not None:
        yield from checkup.configuration(place.settings)


def _after(place: Place) -> Iterator[Finding]:
    import sqlite3
    from importlib import metadata

    import headway
    from headway.cli import checkup

    yield checkup.data_folder(place.folder().path)
    yield checkup.sqlite(sqlite3.sqlite_version_info)
    yield from checkup.versions(sys.version_info[:3], headway.__version__)
    yield from checkup.terminal(_terminal_facts())
    yield from checkup.extras(metadata.distribution("headway"))


def _terminal_facts() -> TerminalFacts:
    import locale

    from headway.cli.checkup import TerminalFacts

    size = None
    if sys.stdin.isatty() and sys.stdout.isatty():
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        size = columns, lines
    return TerminalFacts(os.environ, size, locale.getencoding())


async def platform_findings(place: Place) -> tuple[list[Finding], int]:
    """How the platform and its token are, and the exit code that follows from it; 0 where both are well."""
    from headway.connectors.errors import ConnectorError

    url = place.running_url()
    if url is None:
        advice = "start it with `headway` or `headway serve`, or name another one with `headway ctx`"
        says = f"none runs for {place.folder().path}"
        return [Finding("platform", Level.BAD, says, advice)], ExitCode.NOT_REACHABLE
    try:
        connector = open_connector(url, place.token(), read_only=place.read_only)
    except ConnectorError as error:
        return [Finding("platform", Level.BAD, error.what, error.next_step)], error.exit_code
    try:
        health, code = await health_finding(connector)
        if code:
            return [health], code
        token, code = await token_finding(connector)
        return [health, token, *_token_file(place)], code
    finally:
        await connector.aclose()


async def health_finding(connector: Connector) -> tuple[Finding, int]:
    """Whether it answers, how fast, and which version it is."""
    import headway
    from headway.connectors.errors import ConnectorError
    from headway.net.clock import SystemClock

    clock = SystemClock()
    asked_at = clock.monotonic()
    try:
        health = await connector.health()
    except ConnectorError as error:
        return Finding("platform", Level.BAD, error.what, error.next_step), error.exit_code
    took = max(1, round((clock.monotonic() - asked_at) * 1000))
    says = f"{connector.address}, version {health.version}, answered in {took} ms"
    if health.status != "ok":
        advice = "look into the platform's log; its ledger cannot be written"
        return Finding("platform", Level.BAD, f"{says}: {health.status}", advice), ExitCode.OK
    if health.version != headway.__version__:
        advice = f"this is {headway.__version__}; use one version on both sides"
        return Finding("platform", Level.WARN, says, advice), ExitCode.OK
    return Finding("platform", Level.OK, says), ExitCode.OK


async def token_finding(connector: Connector) -> tuple[Finding, int]:
    """What the token opens. It is found out by asking: for a list, and for a poll of a delegation that is not there."""
    from headway.connectors.errors import ConnectorError, NotAllowed, NotFound

    try:
        await connector.delegations(limit=1)
    except NotAllowed as error:
        if error.needs_token:
            return Finding("token", Level.BAD, error.what, error.next_step), error.exit_code
        advice = "use the admin token, or one with scope read"
        return Finding("token", Level.BAD, "accepted, but it does not open the board", advice), error.exit_code
    except ConnectorError as error:
        return Finding("token", Level.BAD, error.what, error.next_step), error.exit_code
    if connector.capabilities.read_only:
        return Finding("token", Level.OK, "sees everything; read-only here, so whether it may act was not tried"), 0
    try:
        await connector.poll(_Nothing())
    except NotFound:
        return Finding("token", Level.OK, "admin: sees everything and may act"), ExitCode.OK
    except NotAllowed:
        return Finding("token", Level.OK, "read: sees everything and changes nothing"), ExitCode.OK
    except ConnectorError as error:
        return Finding("token", Level.WARN, f"sees everything; whether it may act is unknown: {error.what}"), 0
    return Finding("token", Level.OK, "sees everything and may act"), ExitCode.OK


class _Nothing:
    """A delegation that no platform has, of a workspace that it has not either: acting as the operator makes that."""

    def __init__(self) -> None:
        from uuid import uuid4

        self.delegation_id = str(uuid4())
        self.source_id = str(uuid4())


def _token_file(place: Place) -> Iterator[Finding]:
    from headway.cli.checkup import token_file

    used = place.settings.context if place.settings else None
    path = used.token_path if used else place.folder().token_file
    if path is not None and (finding := token_file(path)):
        yield finding


def _print(findings: list[Finding]) -> None:
    from headway.core.text import clean_line

    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        said = clean_line(finding.says, limit=400)
        advice = f" -> {clean_line(finding.advice, limit=400)}" if finding.advice else ""
        typer.echo(f"{finding.level.value:<5} {finding.what:<{width}}  {said}{advice}")
