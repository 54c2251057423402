"""What is started when a block begins and stopped when it ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Running(ABC):
    """`async with` for whatever has `start` and `stop`."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to run."""

    @abstractmethod
    async def stop(self) -> None:
        """End; to stop twice does nothing."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
