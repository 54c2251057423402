"""Notices end, however late they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.widgets._toast import Toast

from headway.dashboard.later import later


def let_late_toasts_end() -> None:
    """Have each toast wait by `later`, not by a timer of Textual's for once; to be called before an app runs.

    Textual 8.2 counts its time from when it was raised. One whose time runs out while it is made asks for a timer of
    less than nothing, and such a timer never lets the app's loop go on.
    """
    Toast.set_timer = _set_timer  # type: ignore[method-assign, assignment]


def _set_timer(toast: Toast, delay: float, callback: Callable[[], Any]) -> None:
    later(toast, delay, callback)
