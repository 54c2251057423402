"""Ending with the process that started this one."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

EndWithParent = Annotated[bool, typer.Option("--end-with-parent", hidden=True, help="End when stdin is closed.")]


def set_when_stdin_closes(stop: asyncio.Event) -> None:
    """Set `stop` when stdin, a pipe held open by the parent, is closed: also when the parent was killed."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, look)
