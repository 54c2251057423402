"""Rules of the house that no other tool knows: short files, and nothing left for later."""

from __future__ import annotations

import re
import sys
from typing import Final

from house_files import ROOT, text_files

LONGEST: Final = 500
LATER: Final = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")


def problems(path: str, text: str) -> list[str]:
    """What is wrong with one file, one line each."""
    lines = text.splitlines()
    found = [
        f"{path}:{number}: left for later; do it, or open an issue and say why in docs/decisions.md"
        for number, line in enumerate(lines, start=1)
        if path.startswith(("app/", "styles/", ".ci/", "tests/"))
        and not path.startswith("tests/data/")
        and LATER.search(line)
    ]
    found += [
        f"{path}:{number}: Textual's timers for once may be lost; use headway.dashboard.later"
        for number, line in enumerate(lines, start=1)
        if path.startswith("app/") and ".set_timer(" in line
    ]
    if path.startswith("app/") and len(lines) > LONGEST:
        found.append(f"{path}: {len(lines)} lines; a module holds one concept and at most {LONGEST} lines")
    return found


def main() -> int:
    """Check every file of the repository."""
    found = [problem for path, text in text_files(ROOT) for problem in problems(path, text)]
    print("\n".join(found) or "house rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
