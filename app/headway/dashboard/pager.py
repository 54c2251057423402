"""Reading a text in the person's own pager. No Textual."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from headway.core.text import clean

_USUAL: Final = ("less", "more")


class NoPager(Exception):
    """There is none, or it does not start; the text says so to a person."""


def pager_command(environ: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """The command in PAGER, else what systems usually have. Raises NoPager. No shell ever reads it."""
    wanted = environ.get("PAGER", "").strip()
    if not wanted:
        found = next((name for name in _USUAL if which(name)), None)
        if found is None:
            raise NoPager("There is no pager here. Nothing was opened. Set PAGER to one, such as less.")
        return [found]
    try:
        command = shlex.split(wanted)
    except ValueError:
        raise NoPager("PAGER cannot be read: a quote is not closed. Nothing was opened. Set it anew.") from None
    if not command or which(command[0]) is None:
        raise NoPager("PAGER names a program that is not there. Nothing was opened. Set it to one, such as less.")
    return command


def read_in_pager(command: Sequence[str], text: str, environ: Mapping[str, str]) -> None:
    """Show a text, cleaned, in a file that only this user can read and that is gone afterwards.

    Blocks until the pager ends; the terminal must be free. Raises NoPager where it does not start.
    """
    descriptor, name = tempfile.mkstemp(prefix="headway-", suffix=".txt")
    # Ctrl+C belongs to the pager, which reads from the same terminal; with a handler of ours it keeps its own.
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(clean(text))
        subprocess.run([*command, name], check=False, env={**environ, "LESSSECURE": "1"})  # noqa: S603
    except OSError as error:
        raise NoPager(f"The pager did not start: {error.strerror}. Set PAGER to another, such as less.") from error
    finally:
        signal.signal(signal.SIGINT, before)
        Path(name).unlink(missing_ok=True)
