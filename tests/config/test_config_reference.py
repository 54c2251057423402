"""docs/config.md and docs/config.schema.json say what the code does."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from headway.config.model import Config
from support.settings import Configured


def test_the_reference_is_what_the_models_say(tmp_path: Path) -> None:
    ran = Configured(tmp_path).run("config", "reference")
    assert Path("docs/config.md").read_text("utf-8") == ran.out, "run: headway config reference > docs/config.md"


def test_the_schema_is_what_the_models_say(tmp_path: Path) -> None:
    ran = Configured(tmp_path).run("config", "schema")
    shipped = Path("docs/config.schema.json").read_text("utf-8")
    assert shipped == ran.out, "run: headway config schema > docs/config.schema.json"
    schema = json.loads(shipped)
    assert schema["additionalProperties"] is False
    assert schema["properties"].keys() == Config.model_fields.keys()
    assert "poll" in schema["properties"]["keys"]["properties"]
    assert schema["properties"]["keys"]["additionalProperties"] is False


def test_the_example_of_the_reference_is_a_good_file() -> None:
    found = re.search(r"```toml\n(.*?)```", Path("docs/config.md").read_text("utf-8"), re.DOTALL)
    assert found
    assert Config.model_validate(tomllib.loads(found[1])).contexts["work"].read_only
