"""`/openapi.json`: whole, without loose ends, and true of what every operation asks and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.platforms import Json, platform

NO_TOKEN_NEEDED = {"/health"}
ERROR_OBJECTS = {"/workspaces/{workspace_id}/a2a"}
"""What answers errors as JSON-RPC does."""


def operations(text: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in text["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@pytest.mark.req("S6")
async def test_openapi_has_no_loose_ends(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        text = await served.get("/openapi.json")
        named = {f"#/components/schemas/{name}" for name in text["components"]["schemas"]}
        assert set(references(text)) <= named
        assert named == set(references(text)), "a schema that nothing refers to"
        assert "$defs" not in str(text)
        for page in ("/docs", "/redoc"):
            assert (await served.http.get(page)).status_code == 404


@pytest.mark.req("S6")
async def test_every_operation_says_what_it_asks_and_how_it_refuses(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        text = await served.get("/openapi.json")
        assert text["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
        for method, path, operation in operations(text):
            where = f"{method} {path}"
            assert operation.get("description"), where
            answers = operation["responses"]
            assert any(status.startswith("2") for status in answers), where
            if path in NO_TOKEN_NEEDED:
                assert "security" not in operation, where
                continue
            assert operation["security"] == [{"bearer": []}], where
            assert {"401", "403", "422", "503"} <= answers.keys(), where
            for status, answer in answers.items():
                if status.startswith(("4", "5")) and path not in ERROR_OBJECTS:
                    schemas = [content["schema"] for content in answer["content"].values()]
                    assert schemas == [{"$ref": "#/components/schemas/ErrorBody"}], (where, status)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert "413" in answers, where
                assert content["schema"]["$ref"], where
