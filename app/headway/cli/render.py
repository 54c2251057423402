"""What commands print: JSON for scripts, plain tables for people and pipes.

Texts of records are clean already (the connector's door); here they are only folded and cut to fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from headway.core.text import clean_line, ellipsis
from headway.core.timestamps import to_rfc3339

if TYPE_CHECKING:
    from pydantic import BaseModel

    from headway.core.api import Workspace
    from headway.core.delegation import Delegation

_GAP = "  "
_RECORD_EXTRAS = {"progress_text", "progress_offset"}


def print_record(delegation: Delegation) -> None:
    """The record of spec lifecycle, progress text included."""
    typer.echo(delegation.model_dump_json(indent=2))


def print_array(models: Iterable[BaseModel], *, exclude: set[str] | None = None) -> None:
    """A JSON array, an item a line."""
    lines = [model.model_dump_json(exclude=exclude) for model in models]
    typer.echo("[" + ",\n ".join(lines) + "]")


def print_records(delegations: Sequence[Delegation]) -> None:
    print_array(delegations, exclude=_RECORD_EXTRAS)


def print_delegations(delegations: Sequence[Delegation], names: dict[str, str]) -> None:
    """A line per delegation, newest first."""
    rows = [
        (
            delegation.delegation_id[:8],
            delegation.status.value,
            percent(delegation.progress_percent),
            clean_line(names.get(delegation.target_id, delegation.target_id[:8]), limit=20),
            clean_line(delegation.task, limit=48),
            clean_line(delegation.error or delegation.result or delegation.status_message or "", limit=60),
        )
        for delegation in delegations
    ]
    print_table(("ID", "STATUS", "DONE", "TARGET", "TASK", "LATEST"), rows)


def print_agents(workspaces: Sequence[Workspace]) -> None:
    """A line per agent."""
    rows = [
        (
            ellipsis(workspace.name, 24),
            workspace.status,
            f"{workspace.active_tasks}/{workspace.max_concurrent_tasks}",
            str(workspace.queue_depth),
            workspace.id,
            workspace.url or "",
        )
        for workspace in workspaces
    ]
    print_table(("NAME", "STATUS", "SLOTS", "QUEUE", "ID", "URL"), rows)


def print_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell; no colors, no borders, made for pipes as well as for eyes."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo(_GAP.join(cells).rstrip())


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}%"


def print_delegation(delegation: Delegation, names: dict[str, str]) -> None:
    """One delegation for people: its facts, then the task, then what came of it."""
    facts = [
        ("id", delegation.delegation_id),
        ("status", " ".join(filter(None, (delegation.status.value, percent(delegation.progress_percent))))),
        ("target", names.get(delegation.target_id, delegation.target_id)),
        ("source", names.get(delegation.source_id, delegation.source_id)),
        ("priority", str(delegation.priority)),
        ("attempt", str(delegation.attempt)),
        ("created", to_rfc3339(delegation.created_at)),
        ("finished", to_rfc3339(delegation.finished_at) if delegation.finished_at is not None else ""),
        ("message", delegation.status_message or ""),
        ("error", delegation.error or ""),
        ("reason", delegation.cancel_reason or ""),
        ("retry of", delegation.retry_of or ""),
    ]
    for name, value in facts:
        if value:
            typer.echo(f"{name:<10}{value}")
    for title, body in (
        ("task", delegation.task),
        ("progress", delegation.progress_text),
        ("result", delegation.result),
    ):
        if body:
            typer.echo(f"\n{title}\n{body}")
