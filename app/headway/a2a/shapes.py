"""Telling what an agent sent by its shape, never by the version it declares (spec: a2a, "Rules"). Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

Json = dict[str, Any]

AGENT_ROLES: Final = frozenset({"agent", "role_agent", "assistant", "model"})
USER_ROLES: Final = frozenset({"user", "role_user", "human"})


class Shape(Enum):
    """The four things that a result or a stream event may be."""

    TASK = auto()
    MESSAGE = auto()
    STATUS_UPDATE = auto()
    ARTIFACT_UPDATE = auto()


_ONEOF: Final = (
    ("task", Shape.TASK),
    ("message", Shape.MESSAGE),
    ("statusUpdate", Shape.STATUS_UPDATE),
    ("artifactUpdate", Shape.ARTIFACT_UPDATE),
    ("status_update", Shape.STATUS_UPDATE),
    ("artifact_update", Shape.ARTIFACT_UPDATE),
)


def shape_of(result: object) -> tuple[Shape, Json] | None:
    """Which of the four a result is, and the object itself, out of its oneof key; None for none of them.

    Told by a oneof key (v1.0), by `kind` (v0.3, and LangGraph's hybrids), by `final` or `artifact` (v0.1), or by
    nothing but its members.
    """
    if not isinstance(result, dict):
        return None
    for key, shape in _ONEOF:
        if isinstance(result.get(key), dict):
            return shape, result[key]
    kind = result.get("kind")
    if kind == "task":
        return Shape.TASK, result
    if kind == "artifact-update" or isinstance(result.get("artifact"), dict):
        return Shape.ARTIFACT_UPDATE, result
    if kind == "status-update" or ("status" in result and ("final" in result or "taskId" in result)):
        return Shape.STATUS_UPDATE, result
    if "status" in result or "artifacts" in result:
        return Shape.TASK, result
    if kind == "message" or "parts" in result or isinstance(result.get("messages"), list):
        return Shape.MESSAGE, result
    return None
