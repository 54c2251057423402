"""`headway export`: every delegation that the platform keeps, as a file for other programs."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from headway.cli.exits import ExitCode, fail, run
from headway.cli.options import Data, Url, place_of
from headway.cli.place import Place
from headway.core.text import clean_line

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.delegation import Delegation

PAGE: Final = 500
"""Delegations that are asked for at once."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MARKED: Final = re.compile(r"([\\`*_\[\]<>|~&])")
_EXTRAS: Final = {"progress_text", "progress_offset"}


class Format(StrEnum):
    """How an export is written."""

    JSON = "json"
    CSV = "csv"
    MD = "md"


Names = dict[str, str]
Writer = Callable[[TextIO, "Delegation", Names, bool], None]


def export(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="JSON has every field whole.")] = Format.JSON,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Else it is printed.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Write every delegation that is kept, the newest first."""
    run(_export(place_of(context, url, data), form, output))


async def _export(place: Place, form: Format, output: Path | None) -> int:
    count = 0
    async with place.connect() as connector:
        names = {workspace.id: workspace.name for workspace in await connector.agents()}
        try:
            with _opened(output) as file:
                begin, write, end = _FORMATS[form]
                file.write(begin)
                async for delegation in _all(connector):
                    write(file, delegation, names, count == 0)
                    count += 1
                file.write(end)
        except OSError as error:
            if output is None:
                raise
            fail(f"{output.name} cannot be written ({error.strerror}). What was there is as it was.")
    if output is not None:
        typer.echo(f"{count:,} delegations are in {output.name}", err=True)
    return ExitCode.OK


async def _all(connector: Connector) -> AsyncIterator[Delegation]:
    """Page by page; what is handed over meanwhile is newer than the first page and not among them."""
    before: str | None = None
    while page := await connector.delegations(limit=PAGE, before=before):
        for delegation in page:
            yield delegation
        before = page[-1].delegation_id


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there whole or not at all."""
    if path is None:
        yield sys.stdout
        return
    scratch = path.with_name(f"{path.name}.part")
    try:
        with scratch.open("w", encoding="utf-8", newline="") as file:
            yield file
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _write_json(file: TextIO, delegation: Delegation, names: Names, first: bool) -> None:
    file.write(("\n " if first else ",\n ") + delegation.model_dump_json(exclude=_EXTRAS))


def _columns() -> list[str]:
    from headway.core.delegation import Delegation

    return ["target", *(name for name in Delegation.model_fields if name not in _EXTRAS)]


def _write_csv(file: TextIO, delegation: Delegation, names: Names, first: bool) -> None:
    writer = csv.writer(file, lineterminator="\n")
    if first:
        writer.writerow(_columns())
    fields = delegation.model_dump(mode="json", exclude=_EXTRAS)
    fields["target"] = names.get(delegation.target_id, delegation.target_id)
    writer.writerow(cell(fields[name]) for name in _columns())


def cell(value: Any) -> Any:
    """A cell of CSV: what a spreadsheet would take for a formula begins with `'`, so that it is only text."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" \n").startswith(_FORMULA):
        return f"'{value}"
    return value


def _write_md(file: TextIO, delegation: Delegation, names: Names, first: bool) -> None:
    from headway.core.timestamps import to_rfc3339

    said = delegation.result or delegation.error or delegation.status_message or ""
    file.write(_md_row((
        delegation.delegation_id[:8],
        names.get(delegation.target_id, delegation.target_id[:8]),
        delegation.status.value,
        delegation.task,
        said,
        f"{to_rfc3339(delegation.created_at)[:19]}Z",
    )))  # fmt: skip


def _md_row(cells: Iterable[str]) -> str:
    escaped = (_MARKED.sub(r"\\\1", clean_line(text, limit=200)) for text in cells)
    return f"| {' | '.join(escaped)} |\n"


_MD_HEAD: Final = "| id | target | status | task | outcome | created |\n|---|---|---|---|---|---|\n"
_FORMATS: Final[dict[Format, tuple[str, Writer, str]]] = {
    Format.JSON: ("[", _write_json, "\n]\n"),
    Format.CSV: ("", _write_csv, ""),
    Format.MD: (_MD_HEAD, _write_md, ""),
}
