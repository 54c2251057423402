"""A ledger on a real SQLite file, with a clock that tests move and ids that can be told apart."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from headway.ledger.ledger import Ledger
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path


@pytest.fixture
def clock() -> Clockwork:
    return Clockwork()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
async def open_ledger(path: Path, clock: Clockwork) -> AsyncIterator[Callable[[], Awaitable[Ledger]]]:
    """Open the ledger of this test; what was opened before is closed first."""
    new_id = numbered_ids()
    async with AsyncExitStack() as stack:

        async def reopen() -> Ledger:
            await stack.aclose()
            return await stack.enter_async_context(Ledger.open(path, clock=clock, new_id=new_id))

        yield reopen


@pytest.fixture
async def ledger(open_ledger: Callable[[], Awaitable[Ledger]]) -> Ledger:
    return await open_ledger()
