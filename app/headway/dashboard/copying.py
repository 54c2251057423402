"""What is written to a terminal so that it puts a text on the clipboard, over SSH and through tmux and screen too.

OSC 52, in the wrapping that multiplexers pass on. No Textual.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headway.core.text import clean

MOST_BYTES: Final = 74_994
"""Bytes of UTF-8 that are copied at most: 100,000 characters of base64 is what terminals take."""
_SCREEN_PIECE: Final = 240
"""Characters in one of GNU screen's strings; it drops what is longer."""
_ESC: Final = "\x1b"
_END: Final = "\x1b\\"


@dataclass(frozen=True, slots=True)
class Copy:
    """`sequence` is for the terminal; `copied` of `whole` bytes are in it."""

    sequence: str
    copied: int
    whole: int

    @property
    def is_cut(self) -> bool:
        return self.copied < self.whole


def copy_of(text: str, environ: Mapping[str, str]) -> Copy:
    """The copy of a text, cleaned, cut at `MOST_BYTES` between two characters, wrapped as `environ` says."""
    data = clean(text).encode()
    kept = data[:MOST_BYTES].decode(errors="ignore").encode()
    plain = f"{_ESC}]52;c;{base64.b64encode(kept).decode()}\a"
    return Copy(wrapped(plain, environ), len(kept), len(data))


def wrapped(plain: str, environ: Mapping[str, str]) -> str:
    """A sequence so that tmux and screen pass it on to the terminal outside."""
    if environ.get("TMUX"):
        # Bare as well: which of the two tmux passes on is up to its allow-passthrough and set-clipboard.
        doubled = plain.replace(_ESC, _ESC + _ESC)
        return f"{_ESC}Ptmux;{doubled}{_END}{plain}"
    if environ.get("STY"):
        pieces = (plain[at : at + _SCREEN_PIECE] for at in range(0, len(plain), _SCREEN_PIECE))
        return "".join(f"{_ESC}P{piece}{_END}" for piece in pieces)
    return plain
