"""What tests of the platform need of its inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from headway.platform.platform import Platform


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Platform]:
    """The platforms that this process has opened since: for what no call of the API does yet, such as a read token."""
    platforms: list[Platform] = []
    open_ = Platform.open

    @asynccontextmanager
    async def opening(*args: Any, **named: Any) -> AsyncIterator[Platform]:
        async with open_(*args, **named) as platform:
            platforms.append(platform)
            yield platform

    monkeypatch.setattr(Platform, "open", opening)
    return platforms
