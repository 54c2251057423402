"""Who reads an event stream with which token, so that the streams of a token that is forgotten end with it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Readers:
    """The open event streams, by what they go with: the hash of their token, its scope."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def reading(self, *keys: str) -> Iterator[asyncio.Event]:
        """A stream is open while the block runs; the event is set when it must end."""
        ended = asyncio.Event()
        for key in keys:
            self._open[key].add(ended)
        try:
            yield ended
        finally:
            for key in keys:
                self._open[key].discard(ended)
                if not self._open[key]:
                    del self._open[key]

    def end(self, key: str) -> None:
        """End every stream that goes with a token's hash or with a scope."""
        for ended in self._open.get(key, ()):
            ended.set()
