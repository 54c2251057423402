"""`make reqs`: what it counts as a proof, and what makes it fail. Run on small projects of its own, as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[tool.pytest.ini_options]
addopts = "--strict-markers"
markers = ["req(id): proves a requirement"]
"""
REQUIREMENTS = "\n".join(f'A{n} = "line {n}"' for n in range(1, 10))

GOOD = """
import pytest

@pytest.mark.req("A1", "A2")
@pytest.mark.parametrize("n", [1, 2])
def test_both(n): pass

@pytest.mark.req("A3")
@pytest.mark.skipif(False, reason="never")
def test_condition_that_does_not_hold(): pass
"""

BAD = """
import pytest

@pytest.mark.req("A1", "A99")
def test_unknown(): pass

@pytest.mark.skip
@pytest.mark.req("A2")
def test_skipped(): pass

@pytest.mark.skipif(True, reason="always")
@pytest.mark.req("A3")
def test_skipped_now(): pass

@pytest.mark.skipif(condition=1, reason="always")
@pytest.mark.req("A4")
def test_skipped_by_keyword(): pass

@pytest.mark.xfail
@pytest.mark.req("A5")
def test_expected_to_fail(): pass

@pytest.mark.skip(reason="not yet")
class TestSkipped:
    @pytest.mark.req("A6")
    def test_inside(self): pass

@pytest.mark.req()
def test_without_an_id(): pass

@pytest.mark.req(7)
def test_with_a_number(): pass
"""

GIVING_UP = """
import pytest

@pytest.mark.req("A1")
def test_skips_itself(): pytest.skip("no")

@pytest.mark.req("A1")
def test_expects_to_fail(): pytest.xfail("no")

def test_free_to_skip(): pytest.skip("no")
"""


def run(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def run_reqs(project: Path, tests: str, pending: str) -> subprocess.CompletedProcess[str]:
    (project / "tests").mkdir()
    (project / "pyproject.toml").write_text(CONFIG)
    (project / "tests/requirements.toml").write_text(REQUIREMENTS)
    (project / "tests/requirements_pending.toml").write_text(pending)
    (project / "tests/test_it.py").write_text(tests)
    return run(project, ROOT / ".ci/reqs.py", project)


def test_ids_with_tests_pass_and_the_table_names_each_test_once(tmp_path: Path) -> None:
    result = run_reqs(tmp_path, GOOD, pending='3 = ["A4", "A5", "A6"]\n4 = ["A7", "A8", "A9"]')
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("tests/test_it.py::test_both") == 2
    assert "A3   proved   line 3" in result.stdout
    assert "A9   issue 4  line 9" in result.stdout


def test_ids_without_a_proof_fail_and_each_is_named(tmp_path: Path) -> None:
    result = run_reqs(tmp_path, BAD, pending='3 = ["A7", "A8", "A9", "Z1"]')
    assert result.returncode == 1
    said = result.stderr.splitlines()
    unproved = [line for line in said if "no test proves it" in line]
    assert unproved == [f"reqs: A{n}: no test proves it (line {n})" for n in range(2, 7)]
    assert "reqs: A99: unknown id, on tests/test_it.py::test_unknown" in said
    assert "reqs: Z1: unknown id, in requirements_pending.toml" in said
    assert sum("req() takes one or more ids" in line for line in said) == 2


def test_tests_that_cannot_be_collected_fail(tmp_path: Path) -> None:
    result = run_reqs(tmp_path, "import nothing_of_this_name", pending=f"3 = {[f'A{n}' for n in range(1, 10)]}")
    assert result.returncode == 1
    assert "nothing_of_this_name" in result.stderr


def test_an_id_that_waits_for_two_issues_is_refused(tmp_path: Path) -> None:
    result = run_reqs(tmp_path, GOOD, pending='3 = ["A9"]\n4 = ["A9"]')
    assert result.returncode == 1
    assert "A9 waits for issue 3 and issue 4" in result.stderr


def test_a_proof_that_gives_up_while_it_runs_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(GIVING_UP)
    result = run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", tmp_path)
    assert result.returncode == 1
    assert "2 failed, 1 skipped" in result.stdout
    assert result.stdout.count("neither skipped nor xfail") >= 2
