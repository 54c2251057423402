"""The secret scan. The samples are put together here, so that this file does not hold what it forbids."""

from __future__ import annotations

import pytest
import secret_scan

ALPHABET = "abcdefghij0123456789ABCDEFGHIJ0123456789"
FOUND = {
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "cloud key": "id = AKIA" + "ABCDEFGHIJ012345",
    "service token": "export KEY=ghp_" + ALPHABET,
    "JSON web token": "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + "." + ALPHABET,
    "bearer token": "Authorization: Bearer " + ALPHABET,
    "assigned secret": 'API_KEY = "' + ALPHABET + '"',
    "password in a URL": "postgresql://headway:" + "hunter2@db/headway",
    "home folder": "open('/home/" + "someone/notes.txt')",
}
CLEAN = [
    "Authorization: Bearer <token>",
    'headers = {"Authorization": f"Bearer {token}"}',
    'token = "test"',
    'TOKEN_HELP = "the token of the workspace that dispatches"',
    "http://127.0.0.1:8080/workspaces/{id}:cancel@later",
    "sha256:" + "0" * 64,
    "https://example.com/home/someone/",
    "GET /Users",
]


@pytest.mark.parametrize(("rule", "text"), FOUND.items(), ids=FOUND)
def test_it_finds(rule: str, text: str) -> None:
    problems = secret_scan.scan([("a.py", f"first line\n{text}\n")], set())
    assert f"a.py:2: {rule}" in problems
    assert not any(ALPHABET in problem for problem in problems), "the report repeats the secret"


@pytest.mark.parametrize("text", CLEAN)
def test_it_lets_pass(text: str) -> None:
    assert secret_scan.scan([("a.py", text)], set()) == []


def test_an_allowed_finding_passes_only_in_its_file() -> None:
    files = [("a.py", FOUND["bearer token"]), ("b.py", FOUND["bearer token"])]
    assert secret_scan.scan(files, {("a.py", "bearer token")}) == ["b.py:1: bearer token"]


def test_an_entry_that_allows_nothing_is_reported() -> None:
    assert secret_scan.scan([("a.py", "x = 1")], {("a.py", "bearer token")}) != []


@pytest.mark.parametrize(
    "entry",
    [
        'path = "a.py"\nrule = "bearer token"',
        'path = "a.py"\nrule = "bearer token"\nreason = ""',
        'rule = "x"\nreason = "y"',
    ],
)
def test_an_entry_without_a_reason_or_a_known_rule_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="an entry needs"):
        secret_scan.allowed_findings(f"[[allowed]]\n{entry}\n")


def test_this_repository_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert secret_scan.main() == 0, capsys.readouterr().out
