"""What a model is told of each verb's arguments, made from the verb itself and its description. Pure."""

from __future__ import annotations

import inspect
from typing import Any, Final, get_type_hints

from headway.tools.descriptions import VERBS
from headway.tools.tools import Tools

_TEXTS: Final = (str, str | None)
_NEEDED: Final = {"a2a_send_async": frozenset({"message"})}
"""Arguments that have a default in Python only because one that may be left out goes before them."""
Schema = dict[str, Any]


def input_schema(verb: str) -> Schema:
    """The JSON schema of the arguments that a model gives. Raises TypeError for a verb that takes more than texts."""
    function = getattr(Tools, verb)
    hints, parameters = get_type_hints(function), inspect.signature(function).parameters
    described = VERBS[verb].arguments
    for name in described:
        if hints[name] not in _TEXTS:
            raise TypeError(f"{verb}: {name} is no text")
    needed = _NEEDED.get(verb, frozenset())
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": words} for name, words in described.items()},
        "required": [
            name for name in described if parameters[name].default is inspect.Parameter.empty or name in needed
        ],
        "additionalProperties": False,
    }
