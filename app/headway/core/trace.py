"""W3C trace context: reading and writing `traceparent` (https://www.w3.org/TR/trace-context/). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 256
"""Characters of a traceparent that are looked at; later versions of the format may be longer than today's 55."""
SAMPLED: Final = 1

_FORMAT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraceContext:
    """One place in a trace: 32 and 16 lower-case hex digits, neither all zeros, and the flags."""

    trace_id: str
    span_id: str
    flags: int = SAMPLED

    def __str__(self) -> str:
        """The `traceparent`, in version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def child(self, span_id: str) -> TraceContext:
        """The same trace, seen from another span."""
        return TraceContext(self.trace_id, span_id, self.flags)


def read(value: object) -> TraceContext | None:
    """Read a `traceparent`; None for what is none: other digits, an id of zeros, version ff.

    Version 00 has no more than its four fields; of a later one, what this version knows is read.
    """
    if not isinstance(value, str) or len(value) > LIMIT:
        return None
    found = _FORMAT.fullmatch(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, int(flags, 16))


def begin(random_bits: Callable[[int], int]) -> TraceContext:
    """The first place of a new trace; `random_bits` gives that many random bits."""
    return TraceContext(f"{random_bits(128) or 1:032x}", new_span_id(random_bits))


def new_span_id(random_bits: Callable[[int], int]) -> str:
    """16 hex digits that are not all zeros."""
    return f"{random_bits(64) or 1:016x}"
