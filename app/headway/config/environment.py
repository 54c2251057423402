"""The variables `HEADWAY_…`: one for each plain setting, and those that name a platform, a token or the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from headway.config.errors import ConfigError
from headway.config.model import Config
from headway.config.words import problems_of
from headway.core.naming import nearest, quoted
from headway.core.text import clean_line

CONFIG: Final = "HEADWAY_CONFIG"
URL: Final = "HEADWAY_URL"
TOKEN: Final = "HEADWAY_TOKEN"  # noqa: S105 - a name
TOOLS_DATA: Final = "HEADWAY_TOOLS_DATA"
"""Read by `headway.tools` and `headway mcp`, which have no other setting of this form."""
SCALARS: Final = tuple(name for name in Config.model_fields if name not in ("board", "contexts", "keys"))
"""The settings that are one value each; only these have a variable or a flag."""
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")


def variable(name: str) -> str:
    """The variable of a setting."""
    return f"HEADWAY_{name.upper()}"


KNOWN: Final = frozenset({CONFIG, URL, TOKEN, TOOLS_DATA, *map(variable, SCALARS)})


def settings_in(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings that variables give; an empty variable gives none. Raises ConfigError for values of no use."""
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name in SCALARS:
        if text := environ.get(variable(name)):
            try:
                found[name] = checked(name, _parsed(name, text), variable(name))
            except ConfigError as error:
                problems += error.problems
    if problems:
        raise ConfigError(problems)
    return found


def checked(name: str, value: Any, place: str) -> Any:
    """A setting's value as the model takes it. Raises ConfigError, which names `place`."""
    try:
        return getattr(Config.model_validate({name: value}), name)
    except ValidationError as error:
        raise ConfigError([f"{place}: {words}" for _, words in problems_of(error)]) from error


def _parsed(name: str, text: str) -> bool | str:
    if Config.model_fields[name].annotation is not bool:
        return text
    word = text.strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ConfigError([f"{variable(name)} must be one of {', '.join((*_TRUE, *_FALSE))}, not {quoted(text)}"])


def strangers(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and are none, each with the nearest that is; they may be another program's."""
    return [
        f"{clean_line(name)} is not a variable of headway{nearest(name, KNOWN)}"
        for name in sorted(environ)
        if name.startswith("HEADWAY_") and name not in KNOWN
    ]
