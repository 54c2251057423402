"""What the dialog that hands a task over is filled in with, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """What was filled in, kept when the dialog is left."""

    target_id: str | None = None
    search: str = ""
    task: str = ""
    priority: str = ""
    expiry: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer of the dialog: hand this over."""

    target_id: str
    task: str
    priority: int | None
    expires_in_seconds: int | None
