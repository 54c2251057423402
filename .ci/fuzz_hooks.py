"""What schemathesis is told about this API: ids that exist, and which answers are a fault. Loaded by `.ci/fuzz.py`."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["FUZZ_KNOWN"])
"""Ids that exist, by the name of the parameter or field that takes one."""
THE_AGENTS_FAULT = {502, 503, 504}
"""Answers of 5xx that tell of an agent, not of the platform."""


def known(name: str, value: Any) -> Any:
    """In two of three cases an id that exists in place of what was made up; always the same for the same value."""
    number = zlib.crc32(repr(value).encode())
    ids = KNOWN.get(name, [])
    return ids[number % len(ids)] if ids and number % 3 else value


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Ids that exist; a delegation's together with its source's, and never one of those for what deletes."""
    if context.operation.method.upper() == "DELETE" or not isinstance(path_parameters, dict):
        return path_parameters
    chosen = swapped(path_parameters)
    if chosen.get("delegation_id") in KNOWN["delegation_id"]:
        chosen["workspace_id"] = KNOWN["source"][0]
    return chosen


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_body(context: Any, body: Any) -> Any:
    return swapped(body)


def swapped(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    return {name: known(name, value) if isinstance(value, str) else value for name, value in values.items()}


@schemathesis.check  # type: ignore[untyped-decorator]
def no_fault_of_the_platform(context: Any, response: Any, case: Any) -> None:
    """No 5xx but those that tell of an agent, and every error is in words; 401 would be a fault of the set-up."""
    sent = response.request.headers
    assert response.status_code != 401 or "Authorization" not in sent, "the token was not taken"
    if response.status_code >= 500 and response.status_code not in THE_AGENTS_FAULT:
        raise AssertionError(f"{response.status_code}: {response.text[:500]}")
    if response.status_code >= 400 and case.method != "HEAD":
        assert json.loads(response.text)["error"], response.text[:500]
