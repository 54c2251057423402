"""The board of P6: as many finished delegations in it as the first argument says, of the platform at the second."""

from __future__ import annotations

import asyncio
import random
import sys

from headway.connectors.headway import HeadwayConnector
from headway.dashboard.app import HeadwayApp
from headway.net.clock import SystemClock


async def main(finished: int, url: str, token: str) -> None:
    connector = HeadwayConnector(url, token, clock=SystemClock(), rng=random.Random())  # noqa: S311
    app = HeadwayApp(connector, clock=SystemClock())
    # A board holds fewer and fetches the older ones: here it gets them all.
    app.session.feed._finished = finished
    await app.run_async()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
