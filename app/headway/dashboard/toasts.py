"""Notices that are late: Textual must not wait for less than nothing."""

from __future__ import annotations

from typing import Any, Final

from textual.timer import Timer
from textual.widget import Widget
from textual.widgets._toast import Toast

_LEAST: Final = 0.01


def let_late_toasts_end() -> None:
    """Give each toast some time, however late it is made; to be called before an app runs.

    Textual 8.2 counts its time from when it was raised. One whose time runs out while it is made asks for a timer of
    less than nothing, and such a timer never lets the app's loop go on.
    """
    Toast.set_timer = _set_timer  # type: ignore[method-assign, assignment]


def _set_timer(toast: Toast, delay: float, *arguments: Any, **options: Any) -> Timer:
    return Widget.set_timer(toast, max(delay, _LEAST), *arguments, **options)
