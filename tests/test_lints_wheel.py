"""The check of the wheel, on small programs that behave like a demo or do not."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest
import wheel_demo

WHEEL = ["headway/__init__.py", "headway/py.typed", "headway/styles/theme.tcss", "headway-1.dist-info/licenses/LICENSE"]

# Shows what each of two moments has, in turn, until q is pressed: no moment has rows in all three tables.
DEMO = """
import os, select, subprocess, sys, termios, tty
old = termios.tcgetattr(0)
tty.setcbreak(0)
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
moments = ["╭ Queued 3 ─╮  ├ In progress 0  ├ Completed 0", "╭ Queued 0 ─╮  ├ In progress 5  ├ Completed 214"]
pressed = b""
while pressed != b"q":
    moments.reverse()
    os.write(1, b"\\x1b[2J\\x1b[H" + moments[0].encode())
    if select.select([0], [], [], 0.05)[0]:
        pressed = os.read(0, 1)
child.communicate(b"\\n")
termios.tcsetattr(0, termios.TCSANOW, old)
"""


def problems_of(program: str, folder: Path, *, rows: float = 20, quit_: float = 20) -> list[str]:
    env = {"PATH": os.defpath, "TERM": "xterm-256color", "HOME": str(folder), "LANG": "C.UTF-8"}
    return wheel_demo.demo_problems([sys.executable, "-c", program], folder, env, rows=rows, quit_=quit_)


def test_a_good_demo_passes(tmp_path: Path) -> None:
    assert problems_of(DEMO, tmp_path) == []


def test_an_empty_table_is_named_with_the_screen(tmp_path: Path) -> None:
    (problem,) = problems_of(DEMO.replace("Completed 214", "Completed 0"), tmp_path, rows=1)
    assert "no rows: Completed;" in problem
    assert "╭ Queued" in problem


def test_a_demo_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    (problem,) = problems_of("raise SystemExit('no port is free')", tmp_path)
    assert "no port is free" in problem


def test_a_demo_that_ignores_q_is_reported(tmp_path: Path) -> None:
    (problem,) = problems_of(DEMO.replace('b"q"', 'b"Q"'), tmp_path, quit_=1)
    assert "q did not end the demo" in problem


def test_an_exit_code_is_reported(tmp_path: Path) -> None:
    (problem,) = problems_of(f"{DEMO}\nsys.exit(3)", tmp_path)
    assert "exit code 3" in problem


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes that left their session are found in /proc only")
def test_a_process_that_is_left_behind_is_reported_and_ended(tmp_path: Path) -> None:
    leave = "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], start_new_session=True)"
    (problem,) = problems_of(f"{DEMO}\n{leave}", tmp_path)
    assert "left processes behind" in problem
    left = int(problem.rpartition("[")[2].rstrip("]"))
    assert has_ended(left, seconds=10)


def has_ended(pid: int, *, seconds: float) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(process) as descriptor:
        return bool(select.select([descriptor], [], [], seconds)[0])


def test_a_good_wheel_passes() -> None:
    assert wheel_demo.contents_problems(WHEEL, ["theme.tcss"]) == []


@pytest.mark.parametrize("name", WHEEL)
def test_a_missing_file_is_named(name: str) -> None:
    assert wheel_demo.contents_problems([other for other in WHEEL if other != name], ["theme.tcss"]) != []


def test_nothing_else_may_be_installed() -> None:
    assert wheel_demo.contents_problems([*WHEEL, "app/x.py"], []) == ["it would install app beside the package"]
