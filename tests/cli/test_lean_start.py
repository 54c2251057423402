"""The program starts without what nobody asked for; what somebody did ask for is there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_STARTS = """
import sys
from headway.cli.lean import start_lean
start_lean()
import pydantic
class Model(pydantic.BaseModel):
    number: int
assert Model(number="3").number == 3
print("importlib.metadata" in sys.modules)
from pydantic.plugin import _loader
print(callable(_loader.entry_points), _loader.get_plugins())
"""


@pytest.mark.parametrize(
    ("environment", "looked_for"), [({}, False), ({"PYDANTIC_DISABLE_PLUGINS": "of-somebody"}, True)]
)
def test_plugins_of_pydantic_are_looked_for_where_somebody_says_which(
    environment: dict[str, str], looked_for: bool
) -> None:
    usual = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    ran = subprocess.run(
        [sys.executable, "-c", _STARTS], env=usual | environment, capture_output=True, text=True, check=True, timeout=60
    )
    # What it has besides is pydantic's own.
    assert ran.stdout.split("\n")[:2] == [str(looked_for), f"True {'dict_values([])' if looked_for else '()'}"]
