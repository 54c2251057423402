"""What every body of the HTTP API has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A JSON body; unknown fields are let pass, so that older and newer sides get on."""

    model_config = ConfigDict(extra="ignore")


class ErrorBody(Body):
    error: str
