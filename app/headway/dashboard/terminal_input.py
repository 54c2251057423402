"""Bytes from a terminal that are no UTF-8: a stray one, typed or pasted, must not end the board."""

from __future__ import annotations

import codecs
import sys
from functools import partial


def forgive_undecodable_input() -> None:
    """Have Textual read U+FFFD in place of what cannot be decoded; to be called before an app runs.

    Textual 8.2 decodes strictly in its input thread, and a byte such as 0x9b ends the app there. The decoder is made
    inside a method, so the name by which that method finds it is what can be replaced.
    """
    if sys.platform != "win32":
        from textual.drivers import linux_driver

        linux_driver.getincrementaldecoder = _forgiving_decoder  # type: ignore[assignment, attr-defined]


def _forgiving_decoder(encoding: str) -> partial[codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
