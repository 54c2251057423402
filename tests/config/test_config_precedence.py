"""Flags come before the environment, that before the file, that before the defaults; and which platform it comes to."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support.settings import Configured

# A setting, and what flag, variable and file make of it; the default is something else again, or the other boolean.
TABLE: dict[str, tuple[tuple[tuple[str, ...], Any], tuple[str, Any], tuple[str, Any], Any]] = {
    "theme": (
        (("--theme", "headway-light"), "headway-light"),
        ("headway", "headway"),
        ("'headway-light'", "headway-light"),
        "headway",
    ),
    "read_only": ((("--no-read-only",), False), ("yes", True), ("false", False), False),
    "color": ((("--color",), True), ("0", False), ("true", True), True),
    "ascii": ((("--no-ascii",), False), ("on", True), ("false", False), False),
    "animations": ((("--no-animations",), False), ("TRUE", True), ("false", False), True),
    "link": ((("--link", "thin"), "thin"), ("wide", "wide"), ("'auto'", "auto"), "auto"),
    "context": ((("--context", "one"), "one"), ("two", "two"), ("'three'", "three"), None),
}
CONTEXTS = "".join(f"[contexts.{name}]\nurl = 'http://{name}.test'\n" for name in ("one", "two", "three"))

LAYERS = list(product((True, False), repeat=3))


@pytest.mark.req("D16")
@pytest.mark.parametrize("layers", LAYERS, ids=str)
@pytest.mark.parametrize("name", TABLE)
def test_the_strongest_layer_counts(tmp_path: Path, name: str, layers: tuple[bool, bool, bool]) -> None:
    (flags, by_flag), (variable, by_variable), (text, by_file), default = TABLE[name]
    flagged, exported, written = layers
    person = Configured(tmp_path, {f"HEADWAY_{name.upper()}": variable} if exported else {})
    person.writes((f"{name} = {text}\n" if written else "") + CONTEXTS)
    told = person.effective(*(flags if flagged else ()))[name]
    wanted = by_flag if flagged else by_variable if exported else by_file if written else default
    assert told["value"] == wanted
    place = "--" if flagged else "HEADWAY_" if exported else "line 1" if written else "default"
    assert place in told["from"]


@pytest.mark.req("D16")
@pytest.mark.parametrize("layers", LAYERS, ids=str)
def test_the_data_folder_of_the_strongest_layer_counts(tmp_path: Path, layers: tuple[bool, bool, bool]) -> None:
    flagged, exported, written = layers
    person = Configured(tmp_path, {"HEADWAY_DATA": "/by/variable"} if exported else {})
    person.writes("data = 'by-file'\n" if written else "")
    told = person.effective(*(("--data", "/by/flag") if flagged else ()))["data"]["value"]
    beside = str(person.file.parent / "by-file")
    wanted = "/by/flag" if flagged else "/by/variable" if exported else beside if written else None
    assert told == (wanted or str(tmp_path / "data/headway"))


@pytest.mark.parametrize(
    ("flags", "variables", "switch", "file", "url"),
    [
        ((), {}, None, None, None),
        ((), {}, None, "three", "http://three.test"),
        ((), {}, "two", "three", "http://two.test"),
        ((), {"HEADWAY_CONTEXT": "one"}, "two", "three", "http://one.test"),
        ((), {"HEADWAY_URL": "http://v.test"}, "two", "three", "http://v.test"),
        ((), {"HEADWAY_DATA": "/d"}, "two", "three", None),
        ((), {"HEADWAY_DATA": "/d", "HEADWAY_CONTEXT": "one"}, "two", "three", "http://one.test"),
        (("-c", "three"), {"HEADWAY_URL": "http://v.test"}, "two", None, "http://three.test"),
        (("--url", "http://f.test"), {"HEADWAY_CONTEXT": "one"}, "two", None, "http://f.test"),
        (("--data", "/d"), {"HEADWAY_URL": "http://v.test"}, "two", "three", None),
    ],
)
def test_which_platform_it_comes_to(
    tmp_path: Path,
    flags: tuple[str, ...],
    variables: dict[str, str],
    switch: str | None,
    file: str | None,
    url: str | None,
) -> None:
    person = Configured(tmp_path).writes((f"context = '{file}'\n" if file else "") + CONTEXTS)
    if switch:
        assert person.run("ctx", switch).code == 0
    assert Configured(tmp_path, variables).effective(*flags)["url"]["value"] == url


@pytest.mark.parametrize(
    ("flags", "variables"),
    [(("--url", "http://x", "-c", "one"), {}), ((), {"HEADWAY_URL": "http://x", "HEADWAY_CONTEXT": "one"})],
)
def test_two_platforms_at_one_level_are_refused(
    tmp_path: Path, flags: tuple[str, ...], variables: dict[str, str]
) -> None:
    ran = Configured(tmp_path, variables).writes(CONTEXTS).run(*flags, "ls")
    assert (ran.code, "name a platform each; give one of them" in ran.err) == (2, True), ran


def test_a_flag_after_the_command_comes_before_one_ahead_of_it(tmp_path: Path) -> None:
    person = Configured(tmp_path).writes(CONTEXTS)
    told = person.run("-c", "one", "config", "-c", "two", "--json").json()["settings"]
    assert told["url"]["value"] == "http://two.test"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HEADWAY_READ_ONLY": "maybe"}, "HEADWAY_READ_ONLY must be one of 1, true, yes, on"),
        (
            {"HEADWAY_THEME": "headwy"},
            "HEADWAY_THEME: 'theme' must be one of headway, headway-light, ",
        ),
        ({"HEADWAY_CONTEXT": "oen"}, "HEADWAY_CONTEXT: there is no context 'oen'; did you mean 'one'?"),
    ],
)
def test_variables_of_no_use_are_said(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    ran = Configured(tmp_path, variables).writes(CONTEXTS).run("ls")
    assert (ran.code, said in ran.err) == (2, True), ran


def test_an_empty_variable_sets_nothing(tmp_path: Path) -> None:
    person = Configured(tmp_path, {"HEADWAY_THEME": "", "HEADWAY_URL": "", "HEADWAY_CONFIG": ""})
    assert person.writes("theme = 'headway-light'").effective()["theme"]["value"] == "headway-light"


def test_the_token_is_said_to_be_set_and_never_shown(tmp_path: Path) -> None:
    person = Configured(tmp_path, {"HEADWAY_TOKEN": "s3cret"})
    for arguments in (("config",), ("config", "--json")):
        ran = person.run(*arguments)
        assert "HEADWAY_TOKEN" in ran.out
        assert "s3cret" not in ran.out + ran.err
