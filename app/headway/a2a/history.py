"""What a task's history tells: which messages have reached its agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def message_ids(task: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the messages in a task's history; none where the agent gives no history. `task` is as it came."""
    history = task.get("history")
    messages = (message for message in history if isinstance(message, dict)) if isinstance(history, list) else ()
    ids = (message.get("messageId") or message.get("message_id") for message in messages)
    return frozenset(one for one in ids if isinstance(one, str))
