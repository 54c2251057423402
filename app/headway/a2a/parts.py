"""The parts of a message or an artifact, from whatever dialect, as A2A v1.0 JSON. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from headway.a2a.members import Check, is_object, is_text, members
from headway.a2a.shapes import Json

DATA_PART_COMPAT: Final = "data_part_compat"
"""Metadata by which the SDK marks a v0.3 data part whose `value` is the data: v0.3 knows objects only."""

_PART: Final[Mapping[str, Check]] = {"mediaType": is_text, "filename": is_text, "metadata": is_object}
_PART_TOLD: Final = frozenset({"kind", "type", "text", "file", "data", "raw", "url"})


def parts(listed: object) -> list[Json]:
    """The parts of a list; none of what is no list."""
    return [part(item) for item in listed] if isinstance(listed, list) else []


def part(value: object) -> Json:
    """A part of any dialect, told by its kind or type, or by what it holds; what cannot be told becomes data."""
    if isinstance(value, str):
        return {"text": value}
    # Older SDKs wrap a part in a `root`.
    if isinstance(value, dict) and isinstance(value.get("root"), dict):
        value = value["root"]
    if not isinstance(value, dict):
        return {"data": value}
    content = _content(value)
    if content is None:
        return {"data": value}
    kept = {name: member for name, member in members(value, _PART).items() if name not in _PART_TOLD}
    if isinstance(content.get("data"), dict) and "value" in content["data"]:
        _unwrap(content, kept)
    return {**kept, **content}


def _content(value: Json) -> Json | None:
    """What the part holds: by the kind it names where that is there, else by what is there."""
    named = value.get("kind", value.get("type"))
    kinds = ("text", "file", "raw", "url", "data")
    for kind in sorted(kinds, key=lambda kind: kind != named):
        if kind not in value:
            continue
        held = value[kind]
        if kind == "data":
            return {"data": held}
        if kind == "file":
            if (content := _file(held)) is not None:
                return content
        elif isinstance(held, str):
            return {kind: held}
    return None


def _file(file: object) -> Json | None:
    if not isinstance(file, dict):
        return None
    content: Json = {}
    for old, new in (("bytes", "raw"), ("uri", "url"), ("fileWithBytes", "raw"), ("fileWithUri", "url")):
        if isinstance(file.get(old), str):
            content[new] = file[old]
            break
    else:
        return None
    for olds, new in ((("mimeType", "mime_type", "mediaType"), "mediaType"), (("name",), "filename")):
        found = next((file[old] for old in olds if isinstance(file.get(old), str)), None)
        if found is not None:
            content[new] = found
    return content


def _unwrap(content: Json, kept: Json) -> None:
    metadata = kept.get("metadata", {})
    if metadata.get(DATA_PART_COMPAT) is not True:
        return
    content["data"] = content["data"]["value"]
    kept["metadata"] = {name: member for name, member in metadata.items() if name != DATA_PART_COMPAT}
    if not kept["metadata"]:
        del kept["metadata"]
