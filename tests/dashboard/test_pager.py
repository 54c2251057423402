"""The person's own pager: which one it is, and what it is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from headway.dashboard.pager import NoPager, pager_command, read_in_pager


def there(name: str) -> str | None:
    return f"/usr/bin/{name}" if name in ("less", "bat") else None


def test_the_pager_is_what_pager_says_else_what_is_there() -> None:
    assert pager_command({"PAGER": "bat --paging 'always on'"}, there) == ["bat", "--paging", "always on"]
    assert pager_command({}, there) == ["less"]
    assert pager_command({"PAGER": "  "}, there) == ["less"]


@pytest.mark.parametrize(
    ("environ", "which", "said"),
    [
        ({}, lambda name: None, "There is no pager here"),
        ({"PAGER": "nothing-of-the-kind -x"}, there, "names a program that is not there"),
        ({"PAGER": "bat 'open"}, there, "a quote is not closed"),
    ],
)
def test_where_there_is_none_it_is_said(environ: dict[str, str], which: object, said: str) -> None:
    with pytest.raises(NoPager, match=said):
        pager_command(environ, which)  # type: ignore[arg-type]


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    command = pager_command({"PAGER": f"less ; touch {tmp_path}/made"}, there)
    assert command == ["less", ";", "touch", f"{tmp_path}/made"]


def test_it_gets_a_clean_file_of_its_own_which_is_gone_afterwards(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    pager = tmp_path / "pager.py"
    pager.write_text(
        "import os, sys\n"
        "path = sys.argv[1]\n"
        f"with open({str(seen)!r}, 'w') as out:\n"
        "    out.write(oct(os.stat(path).st_mode & 0o777) + '\\n' + path + '\\n' + os.environ['LESSSECURE'] + '\\n')\n"
        "    out.write(open(path, encoding='utf-8').read())\n"
    )
    read_in_pager([sys.executable, str(pager)], "a\x1b[2Jb\u202e\nend", os.environ)
    mode, path, secure, text = seen.read_text().split("\n", 3)
    assert (mode, secure, text) == ("0o600", "1", "a\ufffd[2Jb\nend")
    assert not Path(path).exists()


def test_one_that_does_not_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoPager, match="did not start"):
        read_in_pager([str(tmp_path)], "text", os.environ)
