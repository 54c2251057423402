"""Living through a ledger that cannot be used for a while: a full disk, a lock held by somebody's tool."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from headway.core.clock import Clock
from headway.ledger.errors import LedgerUnavailable

T = TypeVar("T")

_log = logging.getLogger(__name__)


async def outlast(clock: Clock, pause: float, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which is tried again every `pause` seconds for as long as the ledger is unavailable.

    A refusal changes nothing, so trying again is safe. Other errors are raised as they come.
    """
    while True:
        try:
            return await work()
        except LedgerUnavailable as outage:
            _log.warning("%s; trying again in %g s", outage, pause)
            await clock.sleep(pause)
