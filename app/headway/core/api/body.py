"""What every body of the HTTP API has in common."""

from __future__ import annotations

import json
from functools import partial
from typing import TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

Value = TypeVar("Value")


class Body(BaseModel):
    """A JSON body; unknown fields are let pass, so that older and newer sides get on."""

    model_config = ConfigDict(extra="ignore", defer_build=True)


class ErrorBody(Body):
    error: str


def json_of_at_most(characters: int) -> AfterValidator:
    """Refuses a value whose compact JSON is longer."""
    return AfterValidator(partial(bounded, characters=characters))


def bounded(value: Value, *, characters: int) -> Value:
    """The value as it is. Raises ValueError where its compact JSON is longer."""
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > characters:
        raise ValueError(f"it is longer than {characters:,} characters of JSON")
    return value
