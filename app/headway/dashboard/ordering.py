"""The sorted order of one table, kept while rows come, go and move.

Own blocks rather than sortedcontainers: a block list is all that is needed, and it stays out of the runtime
dependencies. Adding, removing and finding cost a bisection over blocks and one within a block, at any number of rows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, Final, TypeAlias

SortKey: TypeAlias = Any
"""Anything ordered; all keys of one ordering must be comparable with each other."""
BLOCK: Final = 512
"""Entries per block once built; one that has grown to twice as many is split."""

_Entry: TypeAlias = tuple[SortKey, str]


class Ordering:
    """Ids in the order of their keys, equal keys in the order of their ids; `reverse` turns all of it around.

    An id keeps the place of the key it was last given (`put`), so the caller says when a key may have changed.
    """

    def __init__(self, key: Callable[[str], SortKey], *, reverse: bool = False, block: int = BLOCK) -> None:
        self._key = key
        self._block = block
        self._keys: dict[str, SortKey] = {}
        self._blocks: list[list[_Entry]] = []
        self._lasts: list[_Entry] = []
        # Where each block begins; made when a position is asked for, dropped when a block changes its length.
        self._starts: list[int] | None = None
        self.reverse = reverse

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, delegation_id: object) -> bool:
        return delegation_id in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self.slice(0, len(self)))

    def rebuild(self, ids: Iterable[str], key: Callable[[str], SortKey] | None = None) -> None:
        """Begin anew with these ids, and another key where one is given."""
        self._key = key or self._key
        self._keys = {delegation_id: self._key(delegation_id) for delegation_id in ids}
        entries = sorted((key, delegation_id) for delegation_id, key in self._keys.items())
        self._blocks = [entries[at : at + self._block] for at in range(0, len(entries), self._block)]
        self._lasts = [block[-1] for block in self._blocks]
        self._starts = None

    def put(self, delegation_id: str) -> bool:
        """Insert an id, or move it to where its key is now. Returns whether the order may differ."""
        key = self._key(delegation_id)
        if delegation_id in self._keys:
            if self._keys[delegation_id] == key:
                return False
            self.discard(delegation_id)
        self._keys[delegation_id] = key
        self._insert((key, delegation_id))
        return True

    def discard(self, delegation_id: str) -> bool:
        """Take an id out; whether it was in."""
        if delegation_id not in self._keys:
            return False
        entry = (self._keys.pop(delegation_id), delegation_id)
        at = bisect_left(self._lasts, entry)
        block = self._blocks[at]
        del block[bisect_left(block, entry)]
        if block:
            self._lasts[at] = block[-1]
        else:
            del self._blocks[at], self._lasts[at]
        self._starts = None
        return True

    def index_of(self, delegation_id: str) -> int:
        """The position of an id, from 0. Raises KeyError where it is not in."""
        entry = (self._keys[delegation_id], delegation_id)
        at = bisect_left(self._lasts, entry)
        position = self._begins()[at] + bisect_left(self._blocks[at], entry)
        return len(self) - 1 - position if self.reverse else position

    def id_at(self, index: int) -> str:
        """The id at a position, from 0. Raises IndexError outside."""
        if not 0 <= index < len(self):
            raise IndexError(f"no position {index} among {len(self)}")
        return self.slice(index, index + 1)[0]

    def slice(self, start: int, stop: int) -> list[str]:
        """The ids from `start` up to `stop`, as far as there are any; costs what it returns."""
        start, stop = max(0, start), min(stop, len(self))
        if start >= stop:
            return []
        if self.reverse:
            return self._forward(len(self) - stop, len(self) - start)[::-1]
        return self._forward(start, stop)

    def _forward(self, start: int, stop: int) -> list[str]:
        begins = self._begins()
        at = bisect_right(begins, start) - 1
        ids: list[str] = []
        while len(ids) < stop - start:
            offset = max(0, start - begins[at])
            ids += [entry[1] for entry in self._blocks[at][offset : stop - begins[at]]]
            at += 1
        return ids

    def _insert(self, entry: _Entry) -> None:
        self._starts = None
        if not self._blocks:
            self._blocks, self._lasts = [[entry]], [entry]
            return
        at = min(bisect_left(self._lasts, entry), len(self._blocks) - 1)
        block = self._blocks[at]
        insort(block, entry)
        if len(block) > 2 * self._block:
            half = len(block) // 2
            self._blocks.insert(at + 1, block[half:])
            del block[half:]
            self._lasts.insert(at, block[-1])
            at += 1
        self._lasts[at] = self._blocks[at][-1]

    def _begins(self) -> list[int]:
        if self._starts is None:
            self._starts = list(accumulate((len(block) for block in self._blocks), initial=0))
        return self._starts
