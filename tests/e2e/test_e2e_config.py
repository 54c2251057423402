"""The configuration as a person meets it: real processes, a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.board_terminal import board, quits, shows
from support.processes import WITHIN, platform
from terminal import Terminal


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """`headway …` to its end: the exit code, and all that it said."""
    command = [sys.executable, "-m", "headway", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**inherited, **environment}, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.req("D10", "D16")
def test_a_board_has_the_keys_and_the_context_that_were_set(tmp_path: Path) -> None:
    with platform(tmp_path) as running:
        file = tmp_path / "config.toml"
        office = f"[contexts.office]\nurl = '{running.url}'\ntoken_file = 'admin-token'\n"
        file.write_text(f"{office}[keys]\ndispatch = 'f2'\nquit = 'Z'\n")
        environment = {**os.environ, "TERM": "xterm-256color", "HEADWAY_CONFIG": str(file)}
        command = [sys.executable, "-m", "headway", "-c", "office"]
        with Terminal(command, cwd=tmp_path, env=environment, columns=120, lines=36) as terminal:
            shows(terminal, "headway  office  ● live")
            shows(terminal, "f2 Dispatch")
            shows(terminal, "Z Quit")
            terminal.send("q")
            terminal.send("\x1bOQ")
            shows(terminal, "esc keep the draft")
            terminal.send("\x1b")
            terminal.wait_until_quiet(seconds=WITHIN)
            terminal.send("Z")
            assert terminal.wait_for_exit(seconds=WITHIN) == 0, terminal.text


@pytest.mark.req("D10", "D16")
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("pin = 'x'", "config.toml line 3: 'pin': 'x' is the key of cancel too; give one of them another"),
        ("pinn = 'z'", "config.toml line 3: unknown action 'pinn'; did you mean 'pin'?"),
    ],
)
def test_a_board_with_keys_that_clash_is_not_started(tmp_path: Path, keys: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"theme = 'headway'\n[keys]\n{keys}\n")
    data = tmp_path / "data"
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "headway", "--config", str(file), "--data", str(data)]
    with Terminal(command, cwd=tmp_path, env=environment, columns=250, lines=10) as terminal:
        assert terminal.wait_for_exit(seconds=WITHIN) == 2
        assert said in terminal.text
        assert "Nothing was started." in terminal.text
    assert not data.exists()


@pytest.mark.req("D16")
def test_a_read_only_context_never_dispatches_and_never_gets_another_platforms_token(tmp_path: Path) -> None:
    with platform(tmp_path / "there") as running:
        token = tmp_path / "there/admin-token"
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "own")}
        run(environment, "ctx", "add", "there", running.url, "--token-file", str(token), "--read-only")
        run(environment, "ctx", "add", "bare", running.url)
        (tmp_path / "own/headway").mkdir(parents=True)
        (tmp_path / "own/headway/admin-token").write_text(token.read_text())
        assert "there" in run(environment, "ctx", "there")[1]
        assert run(environment, "ls")[0] == 0
        code, said = run(environment, "agents", "add", "coder", "http://127.0.0.1:9")
        assert code == 4, said
        assert "read-only" in said
        code, said = run(environment, "ls", "-c", "bare")
        assert code == 4, said


def test_a_board_paints_what_its_flags_say(tmp_path: Path) -> None:
    with platform(tmp_path), board(tmp_path, "--theme", "headway-light", "--read-only", "--no-animations") as terminal:
        assert "Dispatch" not in terminal.text
        quits(terminal)
