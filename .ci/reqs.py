"""The table of requirement ids with the tests that prove them; fails on an id without a test, or on an unknown id.

The ids are in tests/requirements.toml, those a later issue completes in tests/requirements_pending.toml. The tests are
collected by pytest, not run; one that is marked to be skipped or to fail does not count (a test that skips itself
while it runs is failed by tests/conftest.py).
"""

from __future__ import annotations

import contextlib
import io
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(slots=True)
class Marked:
    """What a collection of the tests says about requirements. `proofs` has the tests of each id, parameters merged."""

    proofs: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """pytest calls this on the registered plugin once every test is collected."""
        for item in session.items:
            self.add(item)

    def add(self, item: pytest.Item) -> None:
        """Count one collected test for the ids it carries, unless it is not going to prove anything."""
        test = item.nodeid.partition("[")[0]
        for mark in item.iter_markers("req"):
            ids = [name for name in mark.args if isinstance(name, str)]
            if not ids or len(ids) != len(mark.args):
                self.problems.append(f"{test}: req() takes one or more ids, as strings")
            for name in ids if may_run(item) else ():
                tests = self.proofs.setdefault(name, [])
                if test not in tests:
                    tests.append(test)


def may_run(item: pytest.Item) -> bool:
    """False when a mark says that the test is skipped or expected to fail; a condition in a string counts as true."""
    if item.get_closest_marker("skip") or item.get_closest_marker("xfail"):
        return False
    return not any(mark.args[0] if mark.args else mark.kwargs["condition"] for mark in item.iter_markers("skipif"))


def collect(root: Path) -> Marked:
    """Collect the tests of the project at `root` in this process."""
    marked = Marked()
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:syrupy", f"--rootdir={root}"]
        code = pytest.main([*options, str(root / "tests")], [marked])
    if code != pytest.ExitCode.OK:
        marked.problems.append(f"pytest could not collect the tests:\n{output.getvalue()}")
    return marked


def table(titles: dict[str, str], pending: dict[str, str], marked: Marked) -> tuple[list[str], list[str]]:
    """The lines of the table, and the problems: an id with no test that no issue owns, an unknown id."""
    problems = list(marked.problems)
    problems += [f"{name}: unknown id, on {tests[0]}" for name, tests in marked.proofs.items() if name not in titles]
    problems += [f"{name}: unknown id, in requirements_pending.toml" for name in pending if name not in titles]
    lines = []
    for name, title in titles.items():
        tests = marked.proofs.get(name, [])
        state = f"issue {pending[name]}" if name in pending else "proved" if tests else "NO TEST"
        lines.append(f"{name:<4} {state:<8} {title}")
        lines += [f"              {test}" for test in tests]
        if state == "NO TEST":
            problems.append(f"{name}: no test proves it ({title})")
    return lines, problems


def pending_issues(lists: dict[str, list[str]]) -> dict[str, str]:
    """The issue of each pending id; an id that waits for two issues is an error of the list (ValueError)."""
    owners: dict[str, str] = {}
    for issue, names in lists.items():
        for name in names:
            if owners.setdefault(name, issue) != issue:
                raise ValueError(f"requirements_pending.toml: {name} waits for issue {owners[name]} and issue {issue}")
    return owners


def main(root: Path) -> int:
    """Print the table of the project at `root`; 1 when it has a problem."""
    titles = tomllib.loads((root / "tests/requirements.toml").read_text())
    pending = pending_issues(tomllib.loads((root / "tests/requirements_pending.toml").read_text()))
    lines, problems = table(titles, pending, collect(root))
    print("\n".join(lines))
    print(f"\n{len(titles)} requirements, {len(pending)} of them wait for a later issue")
    for problem in problems:
        print(f"reqs: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:]) if sys.argv[1:] else ROOT))
