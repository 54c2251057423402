"""The feed on the real platform, a process of its own that is killed and started again under it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from headway.agents.fleet import serve_agent
from headway.connectors.connector import DispatchOrder
from headway.connectors.headway import HeadwayConnector
from headway.core.cursor import Cursor
from headway.core.delegation import TERMINAL
from headway.dashboard.feed import Feed
from headway.dashboard.link import Live, Reconnecting
from headway.dashboard.store import Store
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock
from support.platforms import Serve, serve
from support.scripted_platform import until


def connector_to(served: Serve) -> HeadwayConnector:
    return HeadwayConnector(
        served.url,
        served.folder.token(),
        clock=SystemClock(),
        rng=random.Random(1),
        backoff=Backoff(first=0.02, most=0.1),
    )


async def dispatch(connector: HeadwayConnector, target: str, count: int) -> list[str]:
    orders = [DispatchOrder(target, "steps=3 delay=0.01", str(uuid4())) for _ in range(count)]
    return [(await connector.dispatch(order)).delegation_id for order in orders]


@pytest.mark.req("D6", "E1")
async def test_a_restart_of_the_platform_is_followed_with_nothing_missed(tmp_path: Path) -> None:
    async with serve_agent("coder", slots=64) as agent:
        async with serve(tmp_path) as first:
            connector = connector_to(first)
            store = Store()
            feed = Feed(connector, store, clock=SystemClock(), rng=random.Random(2), backoff=Backoff(0.02, 0.1))
            following = asyncio.create_task(feed.run())
            target = await connector.add_agent(agent.url, name="coder", slots=64)
            before = await dispatch(connector, target, 10)
            await until(lambda: set(before) <= store.rows.keys() and isinstance(feed.link, Live))
            await first.kill()
        await until(lambda: isinstance(feed.link, Reconnecting))
        assert set(before) <= store.rows.keys()

        async with serve(tmp_path, "--port", str(urlsplit(first.url).port)):
            await until(lambda: isinstance(feed.link, Live))
            after = await dispatch(connector, target, 10)
            everything = {*before, *after}
            await until(
                lambda: everything <= store.rows.keys() and all(row.status in TERMINAL for row in store.rows.values())
            )
            truth = await connector.snapshot()
            await until(lambda: store.cursor == Cursor(truth.epoch, truth.seq))
            for row in truth.delegations:
                held = store.rows[row.delegation_id]
                assert held.progress.text.endswith(row.progress.text)
                assert {**_fields(held), "progress": None} == {**_fields(row), "progress": None}
            assert len(store.rows) == len(truth.delegations) == 20
            assert store.totals == {**dict.fromkeys(store.totals, 0), **truth.totals}
            assert store.generation == 1
            assert not following.done()
            following.cancel()
            await asyncio.wait([following])
            await connector.aclose()


def _fields(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__slots__}  # type: ignore[attr-defined]


async def test_every_call_of_the_connector_on_the_real_platform(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent, serve(tmp_path) as served:
        connector = connector_to(served)
        target = await connector.add_agent(agent.url, name="coder", slots=4)
        assert target in {each.id for each in await connector.agents()}
        order = DispatchOrder(target, "steps=500 delay=0.05", str(uuid4()), priority=100)
        dispatched = await connector.dispatch(order)
        assert (await connector.dispatch(order)).repeated
        record = await connector.delegation(dispatched.delegation_id[:8])
        assert (record.delegation_id, record.task, record.priority) == (dispatched.delegation_id, order.task, 100)
        assert [each.delegation_id for each in await connector.delegations()] == [record.delegation_id]
        assert (await connector.poll(record)).delegation_id == record.delegation_id
        assert (await connector.cancel(record, reason="enough")).value in ("canceling", "canceled")
        assert (await connector.health()).seq > 0
        await connector.aclose()
