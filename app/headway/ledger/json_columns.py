"""JSON in columns of text: cards, metadata, bodies of activity."""

from __future__ import annotations

import json
from typing import Any


def to_text(value: Any) -> str | None:
    """Compact JSON; None for None. Raises ValueError for what is not JSON, such as a NaN."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str | None) -> Any:
    """The value that `to_text` was given."""
    return None if text is None else json.loads(text)
