"""The locks: `requirements.txt` (what users get), `requirements-dev.txt` (that, the tools and the build backend) and
`requirements-fuzz.txt` (what `make fuzz` needs in an environment of its own).

`lock.py write` resolves them with uv; `lock.py check` works offline and says when pyproject.toml asks for something
else than it did when the locks were written, or when a lock names an index, a path or a package without a hash.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT, FUZZ = "requirements.txt", "requirements-dev.txt", "requirements-fuzz.txt"
HEADER = "# Written by `make lock` for the dependencies in pyproject.toml with the fingerprint {fingerprint}\n"
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^]]+\])?==[^ ;\\]+( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def fingerprint(pyproject: str) -> str:
    """A digest of everything in pyproject.toml that decides what is resolved; its other settings do not count."""
    data = tomllib.loads(pyproject)
    project = data["project"]
    asked = {
        "python": project["requires-python"],
        "build": sorted(data["build-system"]["requires"]),
        "dependencies": sorted(project.get("dependencies", [])),
        "extras": {name: sorted(wanted) for name, wanted in project.get("optional-dependencies", {}).items()},
        "groups": {name: sorted(wanted) for name, wanted in data.get("dependency-groups", {}).items()},
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def problems(lock: str, wanted: str) -> list[str]:
    """What is wrong with the text of a lock, given the fingerprint that pyproject.toml has now."""
    found = []
    if not lock.startswith(HEADER.format(fingerprint=wanted)):
        found.append("is not the lock of today's pyproject.toml; run `make lock` and commit the locks")
    logical = re.sub(r"\\\n", "", re.sub(r"^\s*#.*\n?", "", lock, flags=re.MULTILINE))
    for line in filter(None, map(str.strip, logical.splitlines())):
        pin = line.split(" --hash", 1)[0].strip()
        if not PIN.fullmatch(pin):
            found.append(f"holds a line that is no pinned package: {pin[:80]}")
        elif not HASH.search(line):
            found.append(f"pins {pin} without a hash")
    return found


def check(root: Path) -> list[str]:
    """Every problem of the locks under `root`."""
    wanted = fingerprint((root / "pyproject.toml").read_text())
    return [
        f"{name} {problem}"
        for name in (RUNTIME, DEVELOPMENT, FUZZ)
        for problem in problems((root / name).read_text(), wanted)
    ]


def write(root: Path, arguments: list[str]) -> None:
    """Resolve the locks for every platform; `arguments` go to uv, for example `--upgrade`."""
    header = HEADER.format(fingerprint=fingerprint((root / "pyproject.toml").read_text()))
    asked = {
        RUNTIME: ["pyproject.toml"],
        DEVELOPMENT: ["pyproject.toml", "--group", "dev", "--constraints", RUNTIME],
        FUZZ: ["--group", "fuzz"],
    }
    for name, extra in asked.items():
        command = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--quiet"]
        command += ["--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        subprocess.run([*command, *extra, "--output-file", name, *arguments], cwd=root, check=True)
        lock = root / name
        lock.write_text(header + lock.read_text().removeprefix(header))


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write", *rest]:
            write(ROOT, rest)
            return 0
        case ["check"]:
            found = check(ROOT)
            print("\n".join(found) or "locks: in step with pyproject.toml")
            return 1 if found else 0
        case _:
            print("usage: lock.py write [uv's options] | check", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
