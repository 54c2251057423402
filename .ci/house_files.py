"""The files of the house, for the checks that read them: everything that is not ignored by .gitignore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """The path under `root` and the text of every UTF-8 file, in order. Needs no git, so an archive is read as well."""
    ignored = [".git", *(line.strip().rstrip("/") for line in (root / ".gitignore").read_text().splitlines())]
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in ignored))
        for name in sorted(files):
            if any(fnmatch(name, pattern) for pattern in ignored):
                continue
            file = Path(folder, name)
            try:
                yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
