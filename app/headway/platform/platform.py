"""The platform as a whole: the ledger, and what runs on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from headway.core.api import ONLINE, OPERATOR, Workspace
from headway.core.clock import Clock
from headway.ledger.ledger import Ledger
from headway.ledger.records import NewWorkspace, StoredEvent
from headway.net.guard import Guard
from headway.net.http import open_client
from headway.platform.agents import Agents
from headway.platform.auth import new_token, token_hash
from headway.platform.dispatcher import Dispatcher
from headway.platform.folder import DataFolder
from headway.platform.gateway.gateway import Gateway
from headway.platform.pushes import Pushes
from headway.platform.readers import Readers
from headway.platform.registry import Registry
from headway.platform.ring import Frame, Ring
from headway.platform.settings import Settings
from headway.platform.slots import Slots
from headway.platform.stream import encode_frame
from headway.platform.sweeper import Sweeper


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that a request may need. `dispatcher` and `sweeper` run until `open` ends."""

    ledger: Ledger
    ring: Ring
    agents: Agents
    slots: Slots
    registry: Registry
    dispatcher: Dispatcher
    sweeper: Sweeper
    gateway: Gateway
    pushes: Pushes
    readers: Readers
    clock: Clock
    settings: Settings
    started_ms: int

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        folder: DataFolder,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        rng: random.Random,
        settings: Settings,
        guard: Guard,
        admin_token: str | None = None,
    ) -> AsyncIterator[Platform]:
        """Open the ledger in `folder`, resume what an earlier run left, and dispatch until the block ends.

        `guard` says which addresses agents may be dialled at; an `admin_token` replaces the one in the folder.

        Raises `ledger.errors.LedgerLocked` where another process runs on the folder, LedgerUnavailable where the
        ledger cannot be used.
        """
        async with (
            Ledger.open(folder.ledger, clock=clock, new_id=new_id, inbox_push=settings.result_inbox_push) as ledger,
            open_client(connections=None, guard=guard) as http,
        ):
            await _admit_admin(ledger, folder, admin_token)
            agents = Agents(http, clock, rng, idle_timeout=settings.idle_timeout, policy=settings.follow_policy)
            slots = Slots(clock)
            pushes = Pushes(settings.push_url, new_token)
            dispatcher = Dispatcher(ledger, agents, slots, clock, settings, pushes)
            ring = Ring(head=ledger.head, limit=settings.ring_bytes)
            readers = Readers()
            registry = Registry(ledger, ring, slots, clock, settings)
            await registry.load()
            gateway = Gateway(ledger, registry, agents, slots, dispatcher, clock, settings, new_id)
            sweeper = Sweeper(ledger, dispatcher, agents, registry, clock, settings)
            subscriptions = (
                ledger.subscribe(lambda events: ring.publish(frame(ledger.epoch, event) for event in events)),
                ledger.subscribe(registry.note),
            )
            # A fault in either ends the block: a platform that accepts and does not dispatch helps nobody.
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(dispatcher.run()), group.create_task(sweeper.run())]
                try:
                    yield cls(
                        ledger,
                        ring,
                        agents,
                        slots,
                        registry,
                        dispatcher,
                        sweeper,
                        gateway,
                        pushes,
                        readers,
                        clock,
                        settings,
                        clock.now_ms(),
                    )
                finally:
                    for unsubscribe in subscriptions:
                        unsubscribe()
                    for task in running:
                        task.cancel()

    async def operator(self) -> Workspace:
        """The person's own workspace, made when it is first needed."""
        found = await self.ledger.named_workspace(OPERATOR, OPERATOR)
        return found or await self.ledger.ensure_workspace(NewWorkspace(name=OPERATOR, role=OPERATOR, status=ONLINE))

    async def replay(self, after: int, *, limit: int, workspace_id: str | None = None) -> tuple[Sequence[Frame], int]:
        """Frames from the ledger, for streams that begin before the ring, and the seq up to which these are all."""
        events, upto = await self.ledger.replay_page(after, limit, workspace_id)
        return [frame(self.ledger.epoch, event) for event in events], upto


def frame(epoch: str, event: StoredEvent) -> Frame:
    """A committed event as every stream sends it, encoded once."""
    envelope = b'{"type":"%s","timestamp":%d,"data":%s}' % (
        event.type.encode(),
        event.timestamp,
        event.payload.encode(),
    )
    return Frame(event.seq, event.workspace_id, event.target_id, encode_frame(epoch, event.seq, envelope))


async def _admit_admin(ledger: Ledger, folder: DataFolder, given: str | None) -> None:
    if given is not None and given != folder.token():
        folder.keep_token(given)
    await ledger.admit_file_token(token_hash(folder.ensure_token(new_token)))
