"""The door for request bodies: bounded, parsed, normalised, bound to a model (spec: safety, "The platform").

Nothing that has passed here can break a row, a list or a stream later.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.types import Receive

from headway.core.text import clean_json, clean_line
from headway.platform.errors import BadRequest, TooLarge, TooSlow, Unprocessable

MAX_DEPTH: Final = 64
BODY_SECONDS: Final = 30.0
"""How long a body may take to come; a megabyte needs 280 kbit/s."""
_MAX_INT: Final = 2**63 - 1
_MAX_DIGITS: Final = 400

Model = TypeVar("Model", bound=BaseModel)


async def read_body(receive: Receive, *, limit: int, seconds: float | None = BODY_SECONDS) -> bytes:
    """Collect a body of at most `limit` bytes that has come within `seconds`; None is for one that is here already.

    Raises TooLarge, TooSlow, and BadRequest where the caller hangs up.
    """
    if seconds is None:
        return await _collect(receive, limit)
    try:
        async with asyncio.timeout(seconds):
            return await _collect(receive, limit)
    except TimeoutError as late:
        raise TooSlow(f"the body did not come within {seconds:g} s; nothing was changed") from late


async def _collect(receive: Receive, limit: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("the body ended early; nothing was changed")
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLarge(f"the body is larger than {limit:,} bytes; nothing was changed")
        more = message.get("more_body", False)
    return bytes(body)


def parse(body: bytes) -> Any:
    """Parse JSON as `decode` does, and normalise its texts with `clean`."""
    return clean_json(decode(body))


def decode(body: bytes) -> Any:
    """Parse JSON, its texts as they came: for what is passed on and not kept.

    Raises BadRequest for what is no JSON in UTF-8 (RFC 8259, 8.1), NaN and infinities, numbers beyond 64 bits, nesting
    beyond 64 levels.
    """
    if _depth(body) > MAX_DEPTH:
        raise BadRequest(f"the JSON is nested deeper than {MAX_DEPTH} levels")
    try:
        # Decoded here: json.loads would take UTF-16 too, whose brackets `_depth` cannot count.
        text = body.decode("utf-8-sig")
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error


def bind(model: type[Model], value: Any, *, error: str | None = None) -> Model:
    """Bind parsed JSON to `model`; nothing is made to fit, so "1" and true are no numbers.

    Raises BadRequest with the given `error`, or where none is given Unprocessable with the field named.
    """
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as invalid:
        if error is not None:
            raise BadRequest(error) from invalid
        first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise Unprocessable(clean_line(f"{field}: {_in_words(first)}")) from invalid


def _in_words(wrong: Mapping[str, Any]) -> str:
    """What pydantic found, without the names of its own and of our classes."""
    if wrong["type"] == "model_type":
        return "Input should be a JSON object"
    return str(wrong["msg"]).removeprefix("Value error, ")


def parse_and_bind(model: type[Model], body: bytes, *, error: str | None = None) -> Model:
    """`parse`, then `bind`; with `error` given, whatever does not fit is that 400 (Molecule's own endpoints)."""
    try:
        return bind(model, parse(body), error=error)
    except BadRequest as bad:
        if error is None:
            raise
        raise BadRequest(error) from bad


def _depth(body: bytes) -> int:
    """How deep the brackets nest; bodies with few brackets are not walked."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or abs(number := int(digits)) > _MAX_INT:
        raise ValueError("a number is beyond 64 bits")
    return number


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is beyond 64 bits")
    return number


# Made once: `json.loads` makes one at each call that names any of these.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int, parse_float=_parse_float)
