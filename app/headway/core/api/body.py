"""What every body of the HTTP API has in common."""

from __future__ import annotations

import json
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class Body(BaseModel):
    """A JSON body; unknown fields are let pass, so that older and newer sides get on."""

    model_config = ConfigDict(extra="ignore")


class ErrorBody(Body):
    error: str


def json_of_at_most(characters: int) -> AfterValidator:
    """Refuses a value whose compact JSON is longer."""

    def check(value: Any) -> Any:
        if len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > characters:
            raise ValueError(f"it is longer than {characters:,} characters of JSON")
        return value

    return AfterValidator(check)
