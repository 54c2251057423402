"""A platform of this account that comes back on another port: who follows it finds it again in its data folder."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from headway.connectors.connector import DispatchOrder
from headway.connectors.headway import HeadwayConnector
from headway.dashboard.feed import Feed
from headway.dashboard.link import Live, Reconnecting
from headway.dashboard.store import Store
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock
from headway.platform.folder import DataFolder
from support.platforms import serve
from support.scripted_platform import until


@pytest.mark.req("D6", "D14")
async def test_a_board_finds_the_platform_again_on_another_port(tmp_path: Path) -> None:
    folder, store, rng = DataFolder(tmp_path), Store(), random.Random(1)

    def where() -> str | None:
        running = folder.running()
        return running.url if running else None

    async with serve(tmp_path) as first:
        connector = HeadwayConnector(
            first.url, folder.token(), clock=SystemClock(), rng=rng, backoff=Backoff(first=0.02, most=0.1), find=where
        )
        target = await connector.add_agent("http://127.0.0.1:9", name="coder")
        await connector.dispatch(DispatchOrder(target, "before", "key-1"))
        feed = Feed(connector, store, clock=SystemClock(), rng=rng)
        following = asyncio.create_task(feed.run())
        await until(lambda: isinstance(feed.link, Live) and len(store.rows) == 1)
        await first.kill()
    await until(lambda: isinstance(feed.link, Reconnecting))
    async with serve(tmp_path) as second:
        assert second.url != first.url
        await until(lambda: isinstance(feed.link, Live))
        assert (connector.address, store.generation) == (second.url, 1), "it goes on from its cursor"
        await connector.dispatch(DispatchOrder(target, "after", "key-2"))
        await until(lambda: sorted(row.task_preview for row in store.rows.values()) == ["after", "before"])
        following.cancel()
        await asyncio.wait([following])
        await connector.aclose()


async def test_what_the_folder_says_must_be_an_address(tmp_path: Path) -> None:
    for said in (None, "", "ftp://x", "http://u@127.0.0.1:1", "http://127.0.0.1:9"):
        connector = HeadwayConnector(
            "http://127.0.0.1:9", None, clock=SystemClock(), rng=random.Random(1), find=lambda said=said: said
        )
        assert not connector._has_moved()
        assert connector.address == "http://127.0.0.1:9"
        await connector.aclose()
