"""`headway dispatch | ls | show | watch | cancel | poll`; `reply` and `retry` are in `answering`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from headway.cli.exits import ExitCode, fail, run
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place
from headway.core.delegation import Status

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.delegation import Delegation, Row

Id = Annotated[str, typer.Argument(metavar="ID", help="A delegation's id, or a beginning that no other shares.")]


def dispatch(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="An agent's name or id.")],
    task: Annotated[str, typer.Argument(metavar="TASK", help="What it is to do.")],
    wait: Annotated[bool, typer.Option("--wait", help="Stream progress to stderr and print the result.")] = False,
    priority: Annotated[int | None, typer.Option(min=0, max=1000, help="100 critical, 50 task, 10 info.")] = None,
    expires_in: Annotated[int | None, typer.Option(min=0, help="Seconds it may wait for a slot; 0 is forever.")] = None,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Hand a task to an agent."""
    if not task.strip():
        fail("the task is empty. Nothing was sent; say what the agent is to do.", ExitCode.USAGE)
    run(_dispatch(place_of(context, url, data), target, task, wait, priority, expires_in, json))


async def _dispatch(
    place: Place, target: str, task: str, wait: bool, priority: int | None, expires_in: int | None, json: bool
) -> int:
    from uuid import uuid4

    from headway.cli.render import print_record
    from headway.cli.targets import find_target
    from headway.connectors.connector import DispatchOrder

    async with place.connect() as connector:
        workspace = await find_target(connector, target)
        order = DispatchOrder(
            target_id=workspace.id,
            task=task,
            idempotency_key=uuid4().hex,
            priority=priority,
            expires_in_seconds=expires_in,
        )
        dispatched = await connector.dispatch(order)
        if wait:
            return await see_through(connector, dispatched.delegation_id, json)
        if json:
            print_record(await connector.delegation(dispatched.delegation_id))
        else:
            typer.echo(dispatched.delegation_id)
        return ExitCode.OK


def ls(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option("--status", help="Only those in this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, the newest first.")] = 50,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List delegations, the newest first."""
    run(list_delegations(place_of(context, url, data), status, limit, json))


async def list_delegations(place: Place, status: Status | None, limit: int, json: bool) -> int:
    """Print a page of delegations, the newest first; returns the exit code."""
    from headway.cli.render import print_delegations, print_records

    async with place.connect() as connector:
        delegations = await connector.delegations(status=status, limit=limit)
        if json:
            print_records(delegations)
        else:
            names = {workspace.id: workspace.name for workspace in await connector.agents()}
            print_delegations(delegations, names)
    return ExitCode.OK


def show(context: typer.Context, delegation_id: Id, json: Json = False, url: Url = None, data: Data = None) -> None:
    """Print one delegation in full."""
    run(_show(place_of(context, url, data), delegation_id, json))


async def _show(place: Place, delegation_id: str, json: bool) -> int:
    async with place.connect() as connector:
        delegation = await connector.delegation(delegation_id)
        await print_delegation_of(connector, delegation, json)
    return ExitCode.OK


def watch(context: typer.Context, delegation_id: Id, json: Json = False, url: Url = None, data: Data = None) -> None:
    """Follow one delegation until it ends; its progress goes to stdout, or with --json to stderr."""
    run(_watch(place_of(context, url, data), delegation_id, json))


async def _watch(place: Place, delegation_id: str, json: bool) -> int:
    from headway.cli.following import follow

    async with place.connect() as connector:
        known = await connector.delegation(delegation_id)
        delegation = await follow(connector, known.delegation_id, _to_stderr if json else _to_stdout, tell_question)
    if json:
        return _report(delegation, json)
    typer.echo(f"{delegation.status.value}{_reason(delegation)}", err=True)
    return _outcome(delegation)


def cancel(
    context: typer.Context,
    delegation_id: Id,
    reason: Annotated[str | None, typer.Option("--reason", help="Kept with the delegation.")] = None,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Cancel a delegation; a running one is canceled once its agent has answered."""
    run(_cancel(place_of(context, url, data), delegation_id, reason, json))


async def _cancel(place: Place, delegation_id: str, reason: str | None, json: bool) -> int:
    async with place.connect() as connector:
        delegation = await connector.delegation(delegation_id)
        status = await connector.cancel(delegation, reason=reason)
        if json:
            await print_delegation_of(connector, await connector.delegation(delegation.delegation_id), json)
        else:
            typer.echo(status.value)
    return ExitCode.OK


def poll(context: typer.Context, delegation_id: Id, json: Json = False, url: Url = None, data: Data = None) -> None:
    """Ask the agent now how a delegation stands, and print it."""
    run(_poll(place_of(context, url, data), delegation_id, json))


async def _poll(place: Place, delegation_id: str, json: bool) -> int:
    async with place.connect() as connector:
        delegation = await connector.poll(await connector.delegation(delegation_id))
        await print_delegation_of(connector, delegation, json)
    return ExitCode.OK


async def see_through(connector: Connector, delegation_id: str, json: bool) -> int:
    """Follow a delegation to its end, its progress on stderr, and print the result; returns the exit code.

    Where both go to a terminal, a result that was seen as it came is not printed again.
    """
    from headway.cli.following import follow

    delegation = await follow(connector, delegation_id, _to_stderr, tell_question)
    if not json and sys.stdout.isatty() and sys.stderr.isatty() and _was_seen(delegation):
        return ExitCode.OK
    return _report(delegation, json)


def _was_seen(delegation: Delegation) -> bool:
    """Whether the result is what the progress has ended with."""
    result = (delegation.result or "").strip()
    return delegation.status is Status.COMPLETED and delegation.progress_text.rstrip().endswith(result)


def tell_question(row: Row, mid_line: bool) -> None:
    """Say on stderr what the agent asks, and how it is answered."""
    from headway.core.text import clean_line

    asked = clean_line(row.status_message or "it did not say what")
    start = "\n" if mid_line else ""
    typer.echo(f"{start}needs input: {asked}\nanswer with: headway reply {row.delegation_id} TEXT", err=True)


async def print_delegation_of(connector: Connector, delegation: Delegation, json: bool) -> None:
    """Print one delegation in full, for scripts or for people."""
    from headway.cli.render import print_delegation, print_record

    if json:
        print_record(delegation)
    else:
        names = {workspace.id: workspace.name for workspace in await connector.agents()}
        print_delegation(delegation, names)


def _report(delegation: Delegation, json: bool) -> int:
    from headway.cli.render import print_record

    if json:
        print_record(delegation)
    elif delegation.status is Status.COMPLETED:
        typer.echo(delegation.result or "")
    else:
        typer.echo(f"headway: {delegation.status.value}{_reason(delegation)}", err=True)
    return _outcome(delegation)


def _outcome(delegation: Delegation) -> int:
    return ExitCode.OK if delegation.status is Status.COMPLETED else ExitCode.FAILED


def _reason(delegation: Delegation) -> str:
    # The last message of one that is completed is about what it did before.
    reason = None if delegation.status is Status.COMPLETED else delegation.error or delegation.status_message
    return f": {reason}" if reason else ""


def _to_stderr(text: str) -> None:
    typer.echo(text, nl=False, err=True)


def _to_stdout(text: str) -> None:
    typer.echo(text, nl=False)
