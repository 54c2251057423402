"""What to do next where there is no delegation to show, in words with the keys that do it. No Textual."""

from __future__ import annotations

from collections.abc import Callable

from headway.connectors.connector import Capabilities
from headway.core.api import OPERATOR
from headway.dashboard.store import Store


def next_step(store: Store, capabilities: Capabilities, key_of: Callable[[str], str]) -> str:
    """What to press now; `key_of` gives an action's keys as people write them."""
    if store.rows:
        return "Select a delegation to see its stream."
    if not store.generation:
        return ""
    if capabilities.read_only:
        return "Nothing has been delegated yet."
    if any(one.role != OPERATOR for one in store.workspaces.values()):
        return f"Nothing has been delegated yet. Press {key_of('dispatch')} to hand a task to an agent."
    if not capabilities.add_agents:
        return "No agent is known yet."
    return f"No agent is known yet. Press {key_of('agents')} and then {key_of('add_agent')} to add one by its address."
