"""What editors and people read about `config.toml`, made from the models so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from headway.config.descriptions import described, descriptions_of
from headway.config.environment import CONFIG, SCALARS, TOKEN, URL, variable
from headway.config.model import MAX_KEYS, BoardSection, Config, ContextEntry

_INTRODUCTION: Final = """\
# Configuration

What a person sets on their side. `headway config` prints every value that holds and where it comes from;
`headway doctor` says whether it works. This page and [config.schema.json](config.schema.json) are made from the code
(`headway config reference`, `headway config schema`).

The file is `~/.config/headway/config.toml` (`XDG_CONFIG_HOME` is heeded), or what `--config PATH` or `HEADWAY_CONFIG`
names. It need not be there. Flags come before the environment, that before the file, that before the defaults.

What cannot be understood is an error that names the line and the nearest name that exists; nothing is started then,
and the exit code is 2.

```toml
#:schema ./config.schema.json
theme = "headway-light"
context = "work"

[contexts.work]
url = "https://headway.example.org"
token_file = "work.token"       # beside this file; tokens themselves are not kept here
read_only = true

[keys]
poll = "f5"                     # one key
cursor_down = ["down", "ctrl+n"]     # or several; they replace the action's own
```
"""

_CONTEXTS: Final = f"""
## Contexts

A context is a platform with a name. `headway ctx` lists them and marks the one that is used, `headway ctx NAME`
switches to one for every later command, and `headway ctx -` switches back to the one that the file says, or to none.
`headway ctx add NAME URL [--token-file FILE] [--read-only]` keeps another one and `headway ctx rm NAME` forgets it:
these are kept in `config.contexts.json` beside the file, which itself is never written. `--context NAME` or `-c NAME`,
before a command or after it, is for one run. The board names its context in the line on top.

Which platform is used is said by the first of these that says any: the flags `--url`, `--context` and `--data`; the
variables `{URL}`, `HEADWAY_CONTEXT` and `HEADWAY_DATA`; `headway ctx NAME`; `context` in the file; else it is the
one of this account's data folder. An address and a context at the same level are refused.

The token is `{TOKEN}`, else what the context's `token_file` holds, else the one in the data folder, which goes to the
platform that runs on that folder and to no other address.
"""

_KEYS: Final = f"""
## Keys

`[keys]` gives an action of the board other keys, at most {MAX_KEYS}; footer, help and palette show them, the first
one first. A key is a character (`x`, `X`, `?`), a name (`f5`, `space`, `enter`, `esc`, `pgup`) or one with `ctrl+`,
`alt+` or `shift+` before it. A key that two actions share is an error, so exchanging two keys sets both. `ctrl+q`
and `ctrl+c` stay as they are, and so do the keys inside dialogs, which each dialog names.
"""


def json_schema(actions: Sequence[str]) -> dict[str, Any]:
    """The JSON Schema of the file; `actions` are the ids that `[keys]` may name."""
    schema = described(Config.model_json_schema(), Config)
    for model in (BoardSection, ContextEntry):
        described(schema["$defs"][model.__name__], model)
    keys = schema["properties"]["keys"]
    kind = keys.pop("additionalProperties")
    schema["$defs"]["Keys"] = kind
    keys["properties"] = {name: {"$ref": "#/$defs/Keys"} for name in actions}
    keys["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Headway's config.toml"}


def markdown(actions: Iterable[tuple[str, str, str]]) -> str:
    """docs/config.md; `actions` are id, keys and description of each action of the board."""
    parts = [
        _INTRODUCTION,
        "\n## Settings\n\n",
        "| setting | takes | default | variable | flag | |\n|---|---|---|---|---|---|\n",
    ]
    for name, field in Config.model_fields.items():
        if name in SCALARS:
            flag = f"`--{name.replace('_', '-')}`"
            cells = (f"`{name}`", _takes(field), _default(field), f"`{variable(name)}`", flag, _meaning(Config, name))
            parts.append(_row(cells))
    parts.append(_row(("", "address", "", f"`{URL}`", "`--url`", "The platform's address, for one run.")))
    parts.append(_row(("", "text", "", f"`{TOKEN}`", "", "The platform's token; never on a command line.")))
    parts.append(_row(("", "path", "", f"`{CONFIG}`", "`--config`", "The file itself.")))
    parts += ["\n## The board\n\n| in `[board]` | takes | default | |\n|---|---|---|---|\n"]
    for name, field in BoardSection.model_fields.items():
        parts.append(_row((f"`{name}`", _takes(field), _default(field), _meaning(BoardSection, name))))
    parts += [_CONTEXTS, "\n| in `[contexts.NAME]` | takes | default | |\n|---|---|---|---|\n"]
    for name, field in ContextEntry.model_fields.items():
        parts.append(_row((f"`{name}`", _takes(field), _default(field), _meaning(ContextEntry, name))))
    parts += [_KEYS, "\n| action | keys | |\n|---|---|---|\n"]
    for action, keys, description in actions:
        parts.append(_row((f"`{action}`", " ".join(f"`{key}`" for key in keys.split()), description)))
    return "".join(parts)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells).replace("\n", " ") + " |\n"


def _takes(field: FieldInfo) -> str:
    kind = field.annotation
    if kind is bool:
        return "true or false"
    if kind is int:
        return "a number"
    choices = [one for one in get_args(kind) if isinstance(one, str)]
    return ", ".join(f"`{one}`" for one in choices) if choices else "text"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.default
    return "none" if value is None else f"`{str(value).lower()}`"


def _meaning(model: type[BaseModel], name: str) -> str:
    return " ".join(descriptions_of(model)[name].split())
