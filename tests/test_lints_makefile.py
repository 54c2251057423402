"""The Makefile: its targets, one set-up for all of them, and a clear word when Python is too old."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = ("Makefile", "pyproject.toml", "requirements-dev.txt", "requirements-fuzz.txt")
TARGETS = ["install", "demo", "test", "soak", "fuzz", "check", "reqs", "bench", "screenshots", "docs", "clean"]


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def installed(fresh: Path) -> Path:
    """As after `make install`, with programs that only say their names."""
    programs = fresh / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "headway", "pytest"):
        (programs / name).write_text(f"#!/bin/sh\necho ran {name} $@\n")
        (programs / name).chmod(0o755)
    (fresh / ".venv/.installed").touch()
    return fresh


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_there_and_explained(fresh: Path, target: str) -> None:
    assert make(fresh, "--dry-run", target).returncode == 0
    assert f"make {target} " in make(fresh, "help").stdout


@pytest.mark.parametrize("python", ["false", "no-such-python"])
def test_an_old_or_missing_python_is_refused_before_anything_is_made(fresh: Path, python: str) -> None:
    result = make(fresh, f"PYTHON={python}", "test")
    assert result.returncode != 0
    assert "Headway needs Python 3.11 or newer" in result.stderr
    assert "make PYTHON=python3.12 test" in result.stderr
    assert not (fresh / ".venv").exists()


def test_the_second_time_nothing_is_installed(installed: Path) -> None:
    assert make(installed, "demo").stdout.splitlines() == ["ran python -m compileall -q app", "ran headway demo"]


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements-dev.txt"])
def test_a_change_of_what_is_needed_is_installed(installed: Path, changed: str) -> None:
    later = (installed / ".venv/.installed").stat().st_mtime + 10
    os.utime(installed / changed, (later, later))
    said = make(installed, "demo").stdout
    assert "install --require-hashes -r requirements-dev.txt" in said
    assert said.endswith("ran headway demo\n")


def test_ci_checks_and_tests() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    commands = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in commands if line.startswith("make")] == ["make check", "make test"]


def test_clean_removes_what_was_made_and_nothing_else(installed: Path) -> None:
    (installed / "app/__pycache__").mkdir(parents=True)
    assert make(installed, "clean").returncode == 0
    assert {path.name for path in installed.rglob("*")} == {*FILES, "app"}
