"""The board's three tables as plain text: for pipes, logs and places without a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import typer

from headway.cli.render import percent, print_table
from headway.core.delegation import Group
from headway.core.text import ellipsis
from headway.dashboard.columns import COLUMNS, Facts, standing
from headway.dashboard.group_view import GroupView

if TYPE_CHECKING:
    from headway.core.delegation import Row
    from headway.dashboard.columns import Column
    from headway.dashboard.store import Store

SHOWN: Final = 50
"""Rows printed of each table, in the board's order."""
CELL: Final = 60
"""Characters of a cell, at most."""
_TITLES: Final[Mapping[Group, str]] = {
    Group.QUEUED: "Queued",
    Group.IN_PROGRESS: "In progress",
    Group.COMPLETED: "Completed",
}


def print_groups(store: Store, now_ms: int) -> None:
    """Queued, in progress and completed, with how many there are of each, each row on its own line."""
    facts = Facts(now_ms, store.name_of, {})
    for number, (group, title) in enumerate(_TITLES.items()):
        view = GroupView(group, store, lambda: now_ms)
        total = sum(count for status, count in store.totals.items() if status.group is group)
        shown = view.window(0, SHOWN)
        more = f" (the first {len(shown):,} here)" if total > len(shown) else ""
        if number:
            typer.echo()
        typer.echo(f"{title} {total:,}{more}")
        if shown:
            rows = [(did[:8], *(_cell(column, view.row(did), facts) for column in COLUMNS[group])) for did in shown]
            print_table(("ID", *(column.title.upper() for column in COLUMNS[group])), rows)


def _cell(column: Column, row: Row, facts: Facts) -> str:
    if column.id == "progress":
        # A bar says nothing that the number beside it does not.
        return " ".join(filter(None, (standing(row, facts)[0], percent(row.progress_percent))))
    return ellipsis("".join(text for text, _ in column.render(row, facts, CELL)), CELL)
