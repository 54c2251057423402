"""Looking at one delegation in a terminal: the bytes of a copy, and a pager that gets the terminal and gives it up."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import httpx
import pytest
from support.board_terminal import board, quits, shows
from support.processes import WITHIN, Server, platform

RESULT = "It is gone.\x1b]52;c;aGk=\x07\x1b[2J\u202e\n" + "It was there for a reason. " * 40
CLEAN = "It is gone.\ufffd]52;c;aGk=\ufffd\ufffd[2J\n" + "It was there for a reason. " * 40
OSC52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
TMUX = re.compile(rb"\x1bPtmux;\x1b(\x1b\]52;c;[A-Za-z0-9+/=]*\x07)\x1b\\")


def finish_one(running: Server, token: str) -> str:
    """One delegation whose result is not to be trusted; its id."""
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        seat = http.post("/workspaces", json={"name": "coder"}).json()["id"]
        path = "/workspaces/operator/delegations"
        body = {"target_id": seat, "task": "Find the race", "delegation_id": "race-1"}
        assert http.post(f"{path}/record", json=body).status_code == 202
        ended = {"status": "completed", "response_preview": RESULT}
        assert http.post(f"{path}/race-1/update", json=ended).status_code == 200
    return "race-1"


@pytest.mark.req("D5")
@pytest.mark.parametrize("tmux", [False, True], ids=["bare", "tmux"])
def test_what_is_copied_is_clean_and_nothing_else_reaches_the_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmux: bool
) -> None:
    monkeypatch.delenv("STY", raising=False)
    monkeypatch.setenv("TMUX", "/tmp/none,1,0" if tmux else "")
    with platform(tmp_path) as running:
        finish_one(running, (tmp_path / "admin-token").read_text().strip())
        with board(tmp_path) as terminal:
            shows(terminal, "Find the race")
            terminal.send("3\r")
            shows(terminal, "Overview]")
            terminal.send("4")
            shows(terminal, "It is gone.")
            assert OSC52.findall(terminal.written) == []
            terminal.send("y")
            shows(terminal, "letter copies")
            terminal.send("r")
            shows(terminal, "Copied its result")
            copied = [base64.b64decode(one).decode() for one in OSC52.findall(TMUX.sub(b"", terminal.written))]
            assert copied == [CLEAN]
            assert len(TMUX.findall(terminal.written)) == (1 if tmux else 0)
            quits(terminal)


@pytest.mark.req("D5")
def test_the_pager_gets_the_terminal_and_the_board_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pager = tmp_path / "pager.py"
    pager.write_text(
        "import sys\nprint('PAGER', sys.argv[1], open(sys.argv[1], encoding='utf-8').read()[:11])\n"
        "print('press a key')\nsys.stdin.readline()\n"
    )
    monkeypatch.setenv("PAGER", f"{sys.executable} {pager}")
    data = tmp_path / "data"
    data.mkdir()
    with platform(data) as running:
        finish_one(running, (data / "admin-token").read_text().strip())
        with board(data, columns=160) as terminal:
            shows(terminal, "Find the race")
            terminal.send("3e")
            shows(terminal, "press a key")
            found = re.search(r"PAGER (\S+headway-\S+\.txt) It is gone\.", terminal.text)
            assert found, terminal.text
            terminal.send("\x03\n")
            shows(terminal, "● live", seconds=WITHIN)
            shows(terminal, "Find the race")
            assert not Path(found[1]).exists()
            quits(terminal)


def test_without_a_pager_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "no-such-program-at-all")
    with platform(tmp_path) as running:
        finish_one(running, (tmp_path / "admin-token").read_text().strip())
        with board(tmp_path) as terminal:
            shows(terminal, "Find the race")
            terminal.send("3e")
            shows(terminal, "No pager was opened")
            quits(terminal)
