"""Pydantic's errors in words for the person who wrote the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, get_args

from headway.config.model import BoardSection, Config, ContextEntry
from headway.core.naming import nearest, quoted
from headway.core.text import clean_line

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.fields import FieldInfo

_EXPECTED: Final = {
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_HINTS: Final = {
    ("url",): "a platform's address belongs in a table of its own: [contexts.NAME]",
    ("token",): "tokens are not kept in the configuration: put it in a file and name that with token_file in a context",
    ("token_file",): "it belongs in a context: [contexts.NAME]",
    ("contexts", "*", "token"): "tokens are not kept in the configuration: put it in a file and name that with "
    "token_file",
}


def problems_of(error: ValidationError) -> list[tuple[tuple[str, ...], str]]:
    """Each thing that is wrong: the path of the key, and what is wrong with it, clean and without the place."""
    found: dict[tuple[str, ...], str] = {}
    for details in error.errors(include_url=False):
        path = _path_of(details)
        found.setdefault(path, _words(path, details))
    return list(found.items())


def _path_of(details: Mapping[str, Any]) -> tuple[str, ...]:
    """Where it is in the file: no indexes, and no branches of a union."""
    path = tuple(part for part in details["loc"] if isinstance(part, str) and part != "[key]")
    return path[:2] if path[:1] == ("keys",) else path


def _words(path: tuple[str, ...], details: Mapping[str, Any]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    name = quoted(".".join(path))
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "missing":
        return f"{quoted(path[-1])} is missing from [{clean_line('.'.join(path[:-1]))}]"
    if path[:1] == ("keys",) and len(path) == 2:
        return f"{name} must be a key in quotes or a list of at least one such key{_not(details['input'])}"
    if kind in _EXPECTED:
        return f"{name} must be {_EXPECTED[kind]}{_not(details['input'])}"
    if kind == "literal_error":
        choices = get_args(_fields_beside(path)[path[-1]].annotation)
        near = nearest(str(details["input"]), choices)
        return f"{name} must be one of {', '.join(choices)}{_not(details['input'])}{near}"
    if kind == "value_error":
        # An address with a password in it is not repeated.
        shown = "" if "@" in str(details["input"]) else _not(details["input"])
        return f"{name} {context['error']}{shown}"
    return f"{name}: {clean_line(details['msg'])}{_not(details['input'])}"


def _not(value: Any) -> str:
    if isinstance(value, str):
        return f", not {quoted(value)}"
    if isinstance(value, bool):
        return f", not {str(value).lower()}"
    if isinstance(value, int | float):
        return f", not {clean_line(str(value), limit=40)}"
    return ""


def _unknown(path: tuple[str, ...]) -> str:
    hint = _HINTS.get((path[0], "*", path[-1]) if len(path) == 3 else path)
    if hint:
        return f"{quoted('.'.join(path))} is not a key here: {hint}"
    return f"unknown key {quoted(path[-1])}{nearest(path[-1], _fields_beside(path))}"


def _fields_beside(path: tuple[str, ...]) -> Mapping[str, FieldInfo]:
    """What can stand in the table where this key stands."""
    if len(path) == 2 and path[0] == "board":
        return BoardSection.model_fields
    return ContextEntry.model_fields if len(path) == 3 else Config.model_fields
