"""The OpenAPI text of the API: what FastAPI derives from the routes, and what it cannot see (spec: platform-api).

Routes read their bodies through the door instead of through FastAPI, so what those refer to is put in its place here.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from headway.core.api import ErrorBody

_SCHEMAS: Final = "#/components/schemas/"
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})

OF_EVERY_REQUEST: Final = {
    "403": "The request came from a page of another origin.",
    "421": "The Host header is not one of this platform's.",
    "500": "A fault in the platform.",
}
"""What may be answered before or whatever the route: see `headway.platform.edge` and `headway.platform.app`."""
OF_EVERY_BODY: Final = {"408": "The body did not come in time."}

Json = dict[str, Any]


def describe(app: FastAPI) -> None:
    """Make `app.openapi()`, and with it `/openapi.json`, tell of every body and whatever it refers to."""

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def body_schema(model: type[BaseModel]) -> Json:
    """The schema of a body with the definitions it refers to; `describe` moves both to where they are looked up."""
    return model.model_json_schema(ref_template=_SCHEMAS + "{model}")


def _openapi(app: FastAPI) -> Json:
    text = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas: Json = text["components"]["schemas"]
    for operations in text["paths"].values():
        for method in _METHODS & operations.keys():
            _add_answers(operations[method])
            for content in operations[method].get("requestBody", {}).get("content", {}).values():
                content["schema"] = _moved(schemas, content["schema"])
    return text


def _add_answers(operation: Json) -> None:
    answers = {**OF_EVERY_REQUEST, **(OF_EVERY_BODY if "requestBody" in operation else {})}
    for status, description in answers.items():
        error = {"application/json": {"schema": {"$ref": _SCHEMAS + ErrorBody.__name__}}}
        operation["responses"].setdefault(status, {"description": description, "content": error})


def _moved(schemas: Json, schema: Json) -> Json:
    """Put a named schema and the definitions inside it where `$ref` looks for them; returns the reference."""
    name = schema.get("title")
    if name is None:
        return schema
    for inner, definition in schema.get("$defs", {}).items():
        schemas.setdefault(inner, definition)
    schemas[name] = {key: value for key, value in schema.items() if key != "$defs"}
    return {"$ref": _SCHEMAS + name}
