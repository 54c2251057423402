"""What a caller of the direct verbs wants, as it was given: nothing in it is checked yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message for the agent at `agent_url`, or for the one that is called `agent_name`."""

    message: str
    agent_url: str | None = None
    agent_name: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    context: Mapping[str, Any] | None = None
