"""The rules of the house: which files are read, how long they may be, and that nothing is left for later."""

from __future__ import annotations

from pathlib import Path

import house_rules
import pytest
from house_files import text_files

LATER = "TO" + "DO"


def test_a_long_module_is_reported() -> None:
    assert house_rules.problems("app/headway/a.py", "x = 1\n" * 500) == []
    (problem,) = house_rules.problems("app/headway/a.py", "x = 1\n" * 501)
    assert "501 lines" in problem


def test_tests_may_be_long() -> None:
    assert house_rules.problems("tests/test_a.py", "x = 1\n" * 501) == []


@pytest.mark.parametrize("path", ["app/headway/a.py", "styles/theme.tcss", "tests/test_a.py"])
def test_what_is_left_for_later_is_reported(path: str) -> None:
    assert house_rules.problems(path, f"x\n# {LATER}: this\n") == [
        f"{path}:2: left for later; do it, or open an issue and say why in docs/decisions.md"
    ]


def test_recorded_data_may_say_anything() -> None:
    assert house_rules.problems("tests/data/a.jsonl", LATER) == []


def test_ignored_and_binary_files_are_not_read(tmp_path: Path) -> None:
    for name in [".git/config", ".venv/a.py", "app/x.egg-info/a.py", "app/a.py", ".ci/run", "stray.log"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff")
    (tmp_path / ".gitignore").write_text(".venv/\n*.egg-info/\n*.log\n")
    assert dict(text_files(tmp_path)).keys() == {".gitignore", ".ci/run", "app/a.py"}


def test_this_repository_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert house_rules.main() == 0, capsys.readouterr().out
