"""docs/api.md: what OpenAPI says of every call, below a part by hand for what it cannot say (.ci/api_docs.md).

`api_docs.py write` makes it again (`make docs`); `api_docs.py check` says when it is not what the code would give.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headway.platform.app import create_app

ROOT = Path(__file__).resolve().parent.parent
PAGE, BY_HAND = ROOT / "docs/api.md", ROOT / ".ci/api_docs.md"
COMMON = ("401", "403", "421", "422", "500", "503")
"""Refusals of every call, told once."""
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


def current() -> str:
    """The page that the code gives now."""
    app = create_app(None)  # type: ignore[arg-type]
    return page(app.openapi(), BY_HAND.read_text())


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            PAGE.write_text(current())
            return 0
        case ["check"]:
            if PAGE.exists() and PAGE.read_text() == current():
                print("docs/api.md: in step with the code")
                return 0
            print("docs/api.md is not what the code says; run `make docs` and commit it")
            return 1
        case _:
            print("usage: api_docs.py write | check", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
