"""`headway board`, which is `headway` with flags."""

from __future__ import annotations

import typer

from headway.cli.boarding import open_board
from headway.cli.flags import settings_of
from headway.cli.manner import manner_of
from headway.cli.options import Data, Url, place_of


def board(context: typer.Context, url: Url = None, data: Data = None) -> None:
    """Open the board; with no platform configured or running, one is started for this account.

    Without a terminal, or where TERM is dumb, its three tables are printed instead, of a platform that runs.
    """
    open_board(place_of(context, url, data), manner_of(settings_of(context)))
