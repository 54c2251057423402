"""Whether there is a terminal that a board can be drawn on, and what lies between."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

CURSORLESS: Final = ("", "dumb", "unknown")
"""What TERM is where a cursor cannot be moved."""


def can_draw() -> bool:
    """Whether input and output are a terminal, and one whose cursor can be moved."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return sys.platform == "win32" or os.environ.get("TERM", "") not in CURSORLESS


def is_over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether what is drawn goes over SSH."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
