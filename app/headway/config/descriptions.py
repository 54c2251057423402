"""What each setting is for, read from the docstrings of the models: only the reference and the schema ask."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel


def descriptions_of(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstring below each field of a model, by the field's name."""
    # In place of pydantic's `use_attribute_docstrings`, which reads the source whenever the program starts.
    module = ast.parse(inspect.getsource(inspect.getmodule(model) or model))
    body = next(one.body for one in module.body if isinstance(one, ast.ClassDef) and one.name == model.__name__)
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def described(schema: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model, with what its fields are for."""
    properties = schema["properties"]
    for name, description in descriptions_of(model).items():
        properties[name] = dict(sorted({**properties[name], "description": description}.items()))
    return schema
