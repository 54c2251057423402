"""What an agent imports to talk to other agents, straight or through a platform (spec: agent-tools).

    from headway.tools import a2a_send

    answer = await a2a_send("https://agent.example.org", "Which river is the longest?")

Each name is loaded when it is first asked for, and what a name needs to work when it is first used, so that the import
costs little: no HTTP client, no models, no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headway.tools.default import a2a_cancel_task as a2a_cancel_task
    from headway.tools.default import a2a_check_task as a2a_check_task
    from headway.tools.default import a2a_send as a2a_send
    from headway.tools.default import a2a_send_async as a2a_send_async
    from headway.tools.default import cancel_delegation as cancel_delegation
    from headway.tools.default import check_delegation_status as check_delegation_status
    from headway.tools.default import close_default_tools as close_default_tools
    from headway.tools.default import delegate_to_workspace as delegate_to_workspace
    from headway.tools.default import reply_to_task as reply_to_task
    from headway.tools.errors import ToolError as ToolError
    from headway.tools.outcome import Outcome as Outcome
    from headway.tools.outcome import Progress as Progress
    from headway.tools.outcome import State as State
    from headway.tools.settings import ToolSettings as ToolSettings
    from headway.tools.tool_messages import as_tool_messages as as_tool_messages
    from headway.tools.tools import Tools as Tools
    from headway.tools.tools import open_tools as open_tools
    from headway.tools.tracing import continuing as continuing

_PLACES: Final = {
    "Outcome": "outcome",
    "Progress": "outcome",
    "State": "outcome",
    "ToolError": "errors",
    "ToolSettings": "settings",
    "Tools": "tools",
    "a2a_cancel_task": "default",
    "a2a_check_task": "default",
    "a2a_send": "default",
    "a2a_send_async": "default",
    "as_tool_messages": "tool_messages",
    "cancel_delegation": "default",
    "check_delegation_status": "default",
    "close_default_tools": "default",
    "continuing": "tracing",
    "delegate_to_workspace": "default",
    "open_tools": "tools",
    "reply_to_task": "default",
}
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
