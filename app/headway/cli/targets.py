"""Finding the agent that a person means by a name or an id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.connectors.errors import Conflict, NotFound
from headway.core.text import clean_line

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.api import Workspace


async def find_target(connector: Connector, target: str) -> Workspace:
    """The one agent with this id or name. Raises NotFound, and Conflict where several have the name."""
    workspaces = await connector.agents()
    for workspace in workspaces:
        if workspace.id == target:
            return workspace
    named = [workspace for workspace in workspaces if workspace.name == target]
    if not named:
        known = ", ".join(sorted(workspace.name for workspace in workspaces if workspace.url)) or "none yet"
        raise NotFound(
            f"No agent is called {clean_line(target, limit=60)}.", next_step=f"Known agents: {clean_line(known)}."
        )
    if len(named) > 1:
        ids = ", ".join(workspace.id for workspace in named)
        raise Conflict(f"{len(named)} agents are called {named[0].name}.", next_step=f"Name one by id: {ids}.")
    return named[0]
