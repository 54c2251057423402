"""docs/api.md: what OpenAPI says of every call, below a part by hand for what it cannot say (.ci/api_docs.md).

Also the table of limits in docs/operations.md, from `headway.platform.settings`, docs/commands.md (`command_docs`), and
docs/keys.md with the table of keys in README.md (`key_docs`). `api_docs.py write` makes all of them again
(`make docs`); `api_docs.py check` says when one is not what the code gives.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command_docs
import key_docs
from headway.platform import settings
from headway.platform.app import create_app

ROOT = Path(__file__).resolve().parent.parent
PAGE, BY_HAND = ROOT / "docs/api.md", ROOT / ".ci/api_docs.md"
COMMON = ("401", "403", "421", "422", "500", "503")
"""Refusals of every call, told once."""
OPERATIONS, COMMANDS = ROOT / "docs/operations.md", ROOT / "docs/commands.md"
LIMITS = re.compile(r"(?<=<!-- settings: made by `make docs` -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)
METHODS = ("get", "post", "put", "patch", "delete")
Json = dict[str, Any]


def page(openapi: Json, by_hand: str) -> str:
    """The whole page."""
    lines = [by_hand.rstrip(), "", "## Calls", ""]
    for path, operations in openapi["paths"].items():
        for method in METHODS:
            if method in operations:
                lines += call(f"{method.upper()} {shown(path)}", operations[method])
    lines += ["## Bodies", ""]
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        lines += body(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def shown(path: str) -> str:
    """`{name}` as `:name`, the way people write it."""
    return path.replace("{", ":").replace("}", "")


def call(title: str, operation: Json) -> Iterator[str]:
    """One operation: what it does, what it takes, what it answers."""
    yield f"### `{title}`"
    yield ""
    yield plain(operation.get("description", ""))
    yield ""
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "path":
            needed = ", required" if parameter.get("required") else ""
            place = "" if parameter["in"] == "query" else f" ({parameter['in']})"
            yield f"- `{parameter['name']}`{place}: {kind(parameter['schema'])}{needed}"
    if "requestBody" in operation:
        optional = "" if operation["requestBody"].get("required") else " (may be left out)"
        yield f"- body: {'; '.join(contents(operation['requestBody']))}{optional}"
    for status, answer in sorted(operation["responses"].items()):
        if status < "400":
            what = "; ".join(contents(answer)) or "no body"
            yield f"- {status}: {what}"
    refused = [status for status in sorted(operation["responses"]) if status >= "400" and status not in COMMON]
    if refused:
        yield f"- refused: {', '.join(refused)}"
    yield ""


def contents(part: Json) -> Iterator[str]:
    """Media types with what is in them; plain JSON needs no word."""
    for media, content in part.get("content", {}).items():
        schema = kind(content.get("schema", {}))
        yield schema if media == "application/json" else f"{media}{f' ({schema})' if content.get('schema') else ''}"


def body(name: str, schema: Json) -> Iterator[str]:
    """One schema: a line for each field."""
    yield f"### {name}"
    yield ""
    if schema.get("description"):
        yield plain(schema["description"])
        yield ""
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
        yield ""
        return
    required = schema.get("required", [])
    for field, content in schema.get("properties", {}).items():
        said = plain(content.get("description", ""))
        yield f"- `{field}`: {kind(content)}{', required' if field in required else ''}{f'. {said}' if said else ''}"
    yield ""


def kind(schema: Json) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(kind(each) for each in schema.get("anyOf") or schema["oneOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    words = schema.get("format") or schema.get("type") or "anything"
    least, most = (schema.get(key) for key in ("minLength", "maxLength"))
    if least or most:
        words += f" of {least or 0} to {most} characters" if most else f" of {least} or more characters"
    words += "".join(f" {word} {schema[key]:g}" for key, word in BOUNDS.items() if key in schema)
    return words + (f" = {json.dumps(schema['default'])}" if schema.get("default") is not None else "")


BOUNDS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}


def plain(text: str) -> str:
    """A docstring as one paragraph."""
    return " ".join(text.split())


def limits() -> str:
    """A table of the settings: name, default, what it is; of the docstrings, without the names of specs."""
    rows = ["", "| setting | default | |", "|---|---|---|"]
    tree = ast.parse(inspect.getsource(settings.Settings))
    fields = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for field, after in zip(fields, [*fields[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            said = str(after.value.value) if documented else ""  # type: ignore[attr-defined]
            said = re.sub(r" ?\(spec: [^)]*\)", "", plain(said)).replace("|", "\\|")
            rows.append(f"| `{field.target.id}` | {default(field.target.id)} | {said} |")
    return "\n".join([*rows, "", ""])


def default(name: str) -> str:
    value = getattr(settings.Settings(), name)
    if isinstance(value, int | float | str):
        return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{value}"
    return "none" if value == () else "see the options"


def current() -> dict[Path, str]:
    """The pages that the code gives now."""
    app = create_app(None)  # type: ignore[arg-type]
    table = limits()
    return {
        PAGE: page(app.openapi(), BY_HAND.read_text()),
        COMMANDS: command_docs.page(),
        OPERATIONS: LIMITS.sub(lambda _: table, OPERATIONS.read_text()),
        **key_docs.current(),
    }


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            for path, text in current().items():
                path.write_text(text)
            return 0
        case ["check"]:
            old = [path.name for path, text in current().items() if not path.exists() or path.read_text() != text]
            print(f"old, run `make docs`: {', '.join(old)}" if old else "docs: in step with the code")
            return 1 if old else 0
        case _:
            print("usage: api_docs.py write | check", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
