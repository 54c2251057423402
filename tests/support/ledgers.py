"""What tests hand to a ledger, and short ways to say the common things."""

from __future__ import annotations

import itertools
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from headway.ledger import migrate
from headway.ledger.records import NewDelegation
from headway.platform.folder import DataFolder
from sqlalchemy import create_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.core.delegation import Delegation
    from headway.ledger.ledger import Ledger

START_MS = 1_700_000_000_000


class Clockwork:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


def lay_ledger(folder: Path) -> None:
    """Give a data folder that has no ledger an empty one, whose migrations ran once for all of them."""
    ledger = DataFolder(folder).ledger
    if not ledger.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ledger.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "empty.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as conn:
            migrate.upgrade(conn)
        engine.dispose()
        return path.read_bytes()


def numbered_ids() -> Callable[[], str]:
    """Ids that look like UUIDs and count up."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):08d}-0000-4000-8000-000000000000"


async def dispatched(ledger: Ledger, *, source: str = "s", target: str = "t", task: str = "task") -> Delegation:
    """A delegation at its agent, attempt 1."""
    made = await ledger.delegate(NewDelegation(source, target, task))
    claimed = await ledger.claim(target, 1_000)
    [delegation] = [one.delegation for one in claimed if one.delegation.delegation_id == made.delegation.delegation_id]
    return delegation
