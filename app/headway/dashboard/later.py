"""Something done once, after a while, surely."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump


def later(pump: MessagePump, seconds: float, callback: Callable[[], Any]) -> None:
    """Have a widget, a screen or the app call this after so many seconds, if it is still there then.

    Textual 8.2's timers for once are not called at all where the process has no processor for longer than they last,
    just when they begin: a frame that is a few microseconds ahead would never come, nor any frame after it.
    """
    asyncio.get_running_loop().call_later(seconds, pump.call_next, callback)
