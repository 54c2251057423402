"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headway.cli.flags import note, settings_of
from headway.cli.place import Place

Url = Annotated[
    str | None, typer.Option("--url", help="The platform's address; else HEADWAY_URL, else the data folder's.")
]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder; else HEADWAY_DATA, else this account's.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def place_of(context: typer.Context, url: str | None, data: Path | None) -> Place:
    """Which platform a command speaks to.

    Flags of the command come before flags of `headway` itself, and those before environment and file. Ends the command
    where the configuration cannot be used.
    """
    note(context, url=url, data=data)
    return Place.of(settings_of(context))
