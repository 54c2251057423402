"""Finds secrets and traces of a machine in the files of the house: keys, tokens, passwords in URLs, home folders.

What is meant to be there is listed with its reason in secret_scan_allowed.toml, by path and rule. An entry that allows
nothing any more is a problem too, so the list stays as short as it can be.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from house_files import ROOT, text_files

RULES: Final = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b"),
    "service token": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{20,}|pypi-[\w-]{50,}"
        r"|npm_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,})"
    ),
    "JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "bearer token": re.compile(r"\bbearer\s+(?=\S*[0-9])[\w.~+/-]{20,}", re.IGNORECASE),
    "assigned secret": re.compile(
        r"\b\w*(?:password|passwd|secret|token|api_?key)\b[\"']?\s*[:=]\s*[\"'](?=[^\"']*[0-9])(?=[^\"']*[A-Za-z])"
        r"[A-Za-z0-9+/=_-]{20,}[\"']",
        re.IGNORECASE,
    ),
    "password in a URL": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>]+:[^\s/@\"'{}<>]+@", re.IGNORECASE),
    "home folder": re.compile(
        r"(?<![\w.])/(?:home|Users)/[a-z_][\w.-]*/|(?<![\w.])/root/\w|\b[A-Z]:\\+Users\\+\w", re.IGNORECASE
    ),
}
ALLOWED: Final = Path(__file__).with_name("secret_scan_allowed.toml")


def scan(files: Iterable[tuple[str, str]], allowed: set[tuple[str, str]]) -> list[str]:
    """One line for every finding that no (path, rule) in `allowed` covers, and for every entry that covers nothing.

    What was found is not repeated: the report of a secret must not become a second copy of it.
    """
    problems = []
    used = set()
    for path, text in files:
        for number, line in enumerate(text.splitlines(), start=1):
            for rule in (rule for rule, pattern in RULES.items() if pattern.search(line)):
                if (path, rule) in allowed:
                    used.add((path, rule))
                else:
                    problems.append(f"{path}:{number}: {rule}")
    return problems + [f"{ALLOWED.name}: nothing to allow any more: {rule} in {path}" for path, rule in allowed - used]


def allowed_findings(text: str) -> set[tuple[str, str]]:
    """The pairs of path and rule in the list; ValueError for an entry without a reason or with an unknown rule."""
    entries = tomllib.loads(text).get("allowed", [])
    for entry in entries:
        if not entry.get("reason") or entry.get("rule") not in RULES:
            raise ValueError(f"{ALLOWED.name}: an entry needs a path, one of the rules, and a reason: {entry}")
    return {(entry["path"], entry["rule"]) for entry in entries}


def main() -> int:
    """Scan the repository."""
    problems = scan(text_files(ROOT), allowed_findings(ALLOWED.read_text()))
    print("\n".join(problems) or "secrets: none found")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
