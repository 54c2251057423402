"""JSON from outside, parsed; apart from `net.http`, so that who only reads does without an HTTP client."""

from __future__ import annotations

import json


def loads(content: bytes | str) -> object:
    """Parse JSON; whatever JSON from outside can do to the parser becomes a `ValueError`.

    Among it: nesting too deep for the parser, integers longer than Python converts (spec: safety, "The platform").
    """
    try:
        value: object = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value
