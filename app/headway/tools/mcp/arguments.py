"""The arguments that a model gave, checked against a verb's schema; what is wrong is said so that it can be mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from headway.core.naming import nearest, quoted
from headway.tools.errors import ToolError
from headway.tools.mcp.schemas import Schema

_KINDS: Final = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


class BadArguments(ToolError):
    """A call whose arguments are not the verb's."""


def read_arguments(verb: str, schema: Schema, given: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of a call; null counts as left out. Raises BadArguments, which says what the verb takes."""
    known = schema["properties"]
    for name in given:
        if name not in known:
            raise BadArguments(
                f"{verb} has no argument {quoted(name)}{nearest(name, known)}; nothing was done; it takes "
                f"{', '.join(known)}"
            )
    taken = {name: value for name, value in given.items() if value is not None}
    for name, value in taken.items():
        if not isinstance(value, str):
            kind = _KINDS.get(type(value), "something else")
            raise BadArguments(f"{name} of {verb} must be a text, not {kind}; nothing was done")
    for name in schema["required"]:
        if name not in taken:
            raise BadArguments(f"{verb} needs {name}; nothing was done; {name}: {known[name]['description']}")
    return taken
