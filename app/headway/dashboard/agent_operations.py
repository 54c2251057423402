"""What a person asks of the platform about its agents, carried out and told about. No Textual.

A read-only connector is refused here too, whatever the keys let through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from headway.connectors.connector import Connector
from headway.connectors.errors import ConnectorError, NotAllowed, OutcomeUnknown
from headway.core.api import Workspace
from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.cells import one_line
from headway.dashboard.durations import spelled

Answer = TypeVar("Answer")


class AgentOperations:
    """None of these raises for what a platform does: the outcome is told to `tell`."""

    def __init__(self, connector: Connector, *, tell: Callable[[Notice], None]) -> None:
        self._connector = connector
        self._tell = tell

    async def add(self, url: str, *, name: str | None = None, slots: int = 1) -> str | None:
        """Register the agent at `url`; its id, or None where it is not known to be registered."""
        called = one_line(name or url)
        added = await self._do(f"Adding {called}", lambda: self._connector.add_agent(url, name=name, slots=slots))
        if added is not None:
            self._tell(Notice(f"Added {called}", "Its card is read now; its row shows what became of that."))
        return added

    async def remove(self, agent: Workspace) -> None:
        """Take an agent away, with all that waits for it."""
        name = one_line(agent.name)

        async def remove() -> bool:
            await self._connector.remove_agent(agent.id)
            return True

        if await self._do(f"Removal of {name}", remove):
            self._tell(Notice(f"Removed {name}"))

    async def drop_stale(self, agent: Workspace, older_than_ms: int) -> None:
        """Fail what has waited for this agent for longer."""
        name = one_line(agent.name)
        dropped = await self._do(
            f"Dropping the stale queue of {name}", lambda: self._connector.drop_stale(older_than_ms, agent.id)
        )
        if dropped is not None:
            waited = f" that had waited longer than {spelled(older_than_ms)}" if older_than_ms else ""
            self._tell(Notice(f"Dropped {dropped:,} from the queue of {name}", f"Those{waited} have failed now."))

    async def _do(self, what: str, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        try:
            if self._connector.capabilities.read_only:
                raise NotAllowed("This board is read-only.", next_step="Use a token that may write.")
            return await ask()
        except OutcomeUnknown as error:
            self._tell(Notice(f"{what}: outcome unknown", str(error), Tidings.UNSURE))
        except ConnectorError as error:
            self._tell(Notice(f"{what} did not happen", str(error), Tidings.FAILED))
        return None
