"""The locks: every package pinned with a hash, no index named, and in step with pyproject.toml."""

from __future__ import annotations

import lock
import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling>=1"]
[project]
requires-python = ">=3.11"
dependencies = ["httpx>=0.28"]
[dependency-groups]
dev = ["pytest>=9"]
[tool.ruff]
line-length = 120
"""
HASH = "--hash=sha256:" + "0" * 64
HEADER = lock.HEADER.format(fingerprint="f")
GOOD = f"{HEADER}httpx[http2]==0.28.1 ; sys_platform == 'win32' \\\n    {HASH}\n    # via me\n"
CHANGES = {"httpx>=0.28": "httpx>=0.29", ">=3.11": ">=3.12", "pytest>=9": "pytest>=10", "hatchling>=1": "hatchling>=2"}


def test_the_committed_locks_are_in_step() -> None:
    assert lock.check(lock.ROOT) == []


@pytest.mark.parametrize(("before", "after"), CHANGES.items())
def test_a_changed_dependency_makes_the_lock_old(before: str, after: str) -> None:
    assert lock.fingerprint(PYPROJECT.replace(before, after)) != lock.fingerprint(PYPROJECT)


def test_other_settings_do_not_make_it_old() -> None:
    assert lock.fingerprint(PYPROJECT.replace("120", "100")) == lock.fingerprint(PYPROJECT)


def test_a_good_lock_has_no_problem() -> None:
    assert lock.problems(GOOD, "f") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("fingerprint f", "fingerprint e"), "today's pyproject.toml"),
        (GOOD.replace(HASH, ""), "without a hash"),
        (GOOD + "--index-url https://packages.example/simple\n", "no pinned package"),
        (GOOD + "--find-links /opt/somewhere\n", "no pinned package"),
        (GOOD + f"thing @ file:///somewhere/thing.whl {HASH}\n", "no pinned package"),
        (GOOD + f"thing>=1 {HASH}\n", "no pinned package"),
    ],
)
def test_what_is_wrong_with_a_lock_is_said(text: str, problem: str) -> None:
    assert any(problem in found for found in lock.problems(text, "f"))
