"""Lines that are no message of the protocol, answered where somebody waits for an answer.

The SDK's stdio transport drops them: whoever sent a request in a form that it cannot read would wait for ever.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from mcp import types
from pydantic import ValidationError

from headway.net.parsing import loads
from headway.tools.mcp.pipes import Lines, Output

_ID_LIMIT: Final = 1_000
"""Characters of an id that is sent back."""
_log = logging.getLogger(__name__)


class Checked:
    """The messages among the lines of a client, in an `async for`."""

    def __init__(self, lines: Lines, output: Output) -> None:
        self._lines = lines
        self._output = output

    def __aiter__(self) -> Checked:
        return self

    async def __anext__(self) -> str:
        while True:
            line = await anext(self._lines)
            if _is_message(line):
                return line
            if (asked := _id_of(line)) is None:
                _log.warning("the client sent a line that is no message of the protocol")
            else:
                await self._output.write(_refusal(asked))


def _is_message(line: str) -> bool:
    try:
        types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return False
    return True


def _id_of(line: str) -> str | int | None:
    """The id of what was meant as a request; None where nobody can wait for an answer."""
    try:
        sent: Any = loads(line)
    except ValueError:
        return None
    asked = sent.get("id") if isinstance(sent, dict) and "method" in sent else None
    if isinstance(asked, bool) or not isinstance(asked, str | int) or len(str(asked)) > _ID_LIMIT:
        return None
    return asked


def _refusal(asked: str | int) -> str:
    words = "this is no request of JSON-RPC 2.0 in UTF-8 that can be read; nothing was done"
    error = {"code": types.INVALID_REQUEST, "message": words}
    # In ASCII: a lone surrogate in an id could not be written otherwise.
    return json.dumps({"jsonrpc": "2.0", "id": asked, "error": error}) + "\n"
