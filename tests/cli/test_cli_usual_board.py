"""Bare `headway`, the quick way: what it does without, and that it comes to what the long way comes to."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from headway.cli.manner import manner_of, usual_manner
from headway.cli.place import Place
from headway.config.settings import Flags, load
from headway.config.usual import nothing_is_set


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An account that has set nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "headway").mkdir()
    return tmp_path / "headway"


@pytest.mark.parametrize("ssh", [False, True])
def test_where_nothing_is_set_both_ways_come_to_the_same(ssh: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if ssh:
        monkeypatch.setenv("SSH_CONNECTION", "somewhere")
    settings = load(Flags(), {})
    long = manner_of(settings)
    assert replace(usual_manner(), keep_theme=long.keep_theme) == long
    assert replace(Place.of(settings), settings=None) == Place()


def test_a_theme_that_is_chosen_is_kept_and_then_something_is_set(home: Path) -> None:
    assert nothing_is_set({})
    usual_manner().keep_theme("nord")
    assert not nothing_is_set({})
    assert manner_of(load(Flags(), {})).look.theme == "nord"


@pytest.mark.parametrize("name", ["config.toml", "config.contexts.json"])
def test_a_file_is_read_and_so_is_a_variable(home: Path, name: str) -> None:
    assert not nothing_is_set({"HEADWAY_TOKEN": "x"})
    assert nothing_is_set({"PATH": "/bin"})
    (home / name).symlink_to("nowhere")
    assert not nothing_is_set({})


@pytest.mark.parametrize(("error", "code"), [("BrokenPipeError", 1), ("KeyboardInterrupt", 130)])
def test_what_ends_it_from_outside_is_no_traceback(error: str, code: int) -> None:
    program = (
        "import sys, headway.cli.boarding as boarding\n"
        f"def broken(): raise {error}\n"
        "boarding.open_usual_board = broken\n"
        "sys.argv = ['headway']\n"
        "from headway.cli import main\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", "")
