"""Headway as users get it: the wheel in a clean environment with the runtime lock, and its demo on a terminal.

Nothing of the source tree or of the development environment is in reach of what is tested: the program is started in
an empty folder, with an empty home.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from terminal import Terminal

ROOT: Final = Path(__file__).resolve().parent.parent
GROUPS: Final = ("Queued", "In progress", "Completed")
SECONDS_TO_ROWS: Final = 60.0
SECONDS_TO_QUIT: Final = 20.0
MCP_EXTRA: Final = "pip install '.[mcp]'"
FIND_STYLES: Final = "from headway.resources import styles_folder; print(styles_folder())"


class WheelProblem(Exception):
    """The wheel is not what users should get; the message says in what."""


def contents_problems(names: Sequence[str], styles: Sequence[str]) -> list[str]:
    """What is wrong with the list of a wheel's files, when the source tree has those style files."""
    wanted = ["headway/__init__.py", "headway/py.typed", *(f"headway/styles/{name}" for name in styles)]
    problems = [f"{name} is missing" for name in wanted if name not in names]
    if not any(name.endswith("licenses/LICENSE") for name in names):
        problems.append("the license is missing")
    strangers = {
        top for top in (name.partition("/")[0] for name in names) if not re.match(r"headway(-[^/]+\.dist-info)?$", top)
    }
    return problems + [f"it would install {top} beside the package" for top in sorted(strangers)]


def demo_problems(command: Sequence[str], folder: Path, env: dict[str, str], *, rows: float, quit_: float) -> list[str]:
    """Run the demo until each of the three tables has shown rows, then press q. Times in seconds.

    A count once seen is enough: a delegation may leave Queued before the first one is Completed.
    """
    filled: set[str] = set()

    def all_have_rows(screen: str) -> bool:
        filled.update(group for group in GROUPS if re.search(rf"\b{group}\W{{1,3}}[1-9]", screen))
        return filled.issuperset(GROUPS)

    with Terminal(command, cwd=folder, env=env) as terminal:
        if not terminal.wait_until(all_have_rows, seconds=rows):
            missing = ", ".join(group for group in GROUPS if group not in filled)
            return [f"after {rows:.0f} s these tables have no rows: {missing}; the screen was\n{terminal.text}"]
        terminal.send("q")
        code = terminal.wait_for_exit(seconds=quit_)
        if code is None:
            return [f"q did not end the demo within {quit_:.0f} s; the screen was\n{terminal.text}"]
        problems = [f"q ended the demo with exit code {code}; the screen was\n{terminal.text}"] if code else []
        if left := terminal.survivors():
            problems.append(f"the demo left processes behind: {left}")
        return problems


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """The output of a command that must succeed; WheelProblem with everything it said when it does not."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise WheelProblem(f"{' '.join(map(str, command))} failed:\n{result.stdout}{result.stderr}")
    return result.stdout.strip()


def build(folder: Path) -> Path:
    """The wheel of the source tree, built with the locked backend."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, ROOT, cwd=ROOT)
    (wheel,) = folder.glob("headway-*.whl")
    return wheel


def install(wheel: Path, venv: Path) -> Path:
    """A new environment that holds the wheel and the runtime lock, nothing else. Returns its folder of programs."""
    run(sys.executable, "-m", "venv", venv, cwd=venv.parent)
    pip = (venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements.txt", cwd=venv.parent)
    run(*pip, "--no-deps", wheel, cwd=venv.parent)
    return venv / "bin"


def installed_problems(
    programs: Path, home: Path, env: dict[str, str], styles: Sequence[str], version: str
) -> list[str]:
    """What is wrong with the installed package, before it is started for real."""
    problems = []
    said = run(programs / "headway", "--version", cwd=home, env=env)
    if version not in said.split():
        problems.append(f"headway --version says {said!r}, and the wheel is {version}")
    folder = Path(run(programs / "python", "-I", "-c", FIND_STYLES, cwd=home, env=env))
    if not folder.is_relative_to(programs.parent):
        problems.append(f"styles are taken from {folder}, not from the installed package")
    problems += [f"the installed styles lack {name}" for name in styles if not (folder / name).is_file()]
    run(programs / "python", "-m", "pip", "--disable-pip-version-check", "check", cwd=home, env=env)
    asked = subprocess.run(
        [programs / "headway", "mcp"], cwd=home, env=env, capture_output=True, text=True, check=False
    )
    if not asked.returncode or MCP_EXTRA not in asked.stderr:
        problems.append(f"without its extra, headway mcp says {asked.stderr!r}")
    return problems


def check() -> list[str]:
    """Every problem found on the way from the source tree to a running demo."""
    styles = sorted(file.relative_to(ROOT / "styles").as_posix() for file in (ROOT / "styles").rglob("*.tcss"))
    with tempfile.TemporaryDirectory(prefix="headway-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        if problems := contents_problems(zipfile.ZipFile(wheel).namelist(), styles):
            return problems
        programs = install(wheel, folder / "venv")
        home = folder / "home"
        home.mkdir()
        env = {"HOME": name, "PATH": f"{programs}:{os.defpath}", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        if problems := installed_problems(programs, home, env, styles, wheel.name.split("-")[1]):
            return problems
        command = [str(programs / "headway"), "demo"]
        return demo_problems(command, home, env, rows=SECONDS_TO_ROWS, quit_=SECONDS_TO_QUIT)


def main() -> int:
    """Run the check."""
    try:
        problems = check()
    except WheelProblem as failure:
        problems = [str(failure)]
    for problem in problems:
        print(f"wheel: {problem}", file=sys.stderr)
    if not problems:
        print("wheel: installs clean, and its demo runs and ends")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
