"""How far a task has come, in the three forms that agents use (spec: a2a, "Rules"). Pure."""

from __future__ import annotations

import math
import re
from typing import Final

_PERCENT: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?%")
_LOOKED_AT: Final = 4_096
"""Characters of a text: one of a megabyte is no status line, and to search it takes a while."""


def metadata_percent(metadata: object) -> float | None:
    """0-100 from `progressPercentage` (0-100) or `progress` (0-1); None for what is neither, or no sane number."""
    if not isinstance(metadata, dict):
        return None
    whole, share = _number(metadata.get("progressPercentage")), _number(metadata.get("progress"))
    if whole is not None:
        return min(whole, 100.0)
    if share is None:
        return None
    # Above 1 it can only have been meant as a percentage.
    return share * 100 if share <= 1 else min(share, 100.0)


def text_percent(text: str) -> float | None:
    """0-100 from the first "63%" in a status text, looked for where a status line can have it."""
    found = _PERCENT.search(text[:_LOOKED_AT])
    percent = float(found[1]) if found else None
    return percent if percent is not None and percent <= 100 else None


def _number(value: object) -> float | None:
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value.strip()[:16])
        return float(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Compared before it is converted: an int may be too large for a float.
    return float(value) if 0 <= value <= 1e6 and math.isfinite(value) else None
