"""What the board can do, from start to quit in a real terminal on a real platform, as a person uses it."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import pytest
from support.board_terminal import board, gone, quits, shows
from support.processes import WITHIN, agent, platform
from support.seeding import FINISHED, Seeding, fill, seeding
from terminal import Terminal

DOWN, ESCAPE, ENTER, PALETTE = "\x1b[B", "\x1b", "\r", "\x10"
OSC52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def order(screen: str) -> list[str]:
    """The finished ones as they stand in their table, from the top."""
    return re.findall(rf"(?:coder|worker) +({'|'.join(FINISHED)})", screen)


def filters(terminal: Terminal) -> None:
    terminal.send("/fetch")
    shows(terminal, "1 of 5 match")
    gone(terminal, "Lint everything")
    terminal.send(ENTER)
    shows(terminal, "esc Clear")
    terminal.send(ESCAPE)
    shows(terminal, "Lint everything")
    terminal.send("/status:completed -notes" + ENTER)
    shows(terminal, "1 of 5 match")
    gone(terminal, "Write the notes")
    terminal.send(ESCAPE)
    shows(terminal, "Write the notes")


def sorts(terminal: Terminal) -> None:
    by_name, backwards = sorted(FINISHED), sorted(FINISHED, reverse=True)
    terminal.send("3")
    while "task▴" not in (heads := sorted_by(terminal.text)):
        terminal.send("s")
        # As many heads as before: a screen that is half drawn has lost the one and not got the other.
        assert terminal.wait_until(
            lambda screen: heads != (now := sorted_by(screen)) and len(now) == len(heads), seconds=WITHIN
        ), terminal.text
    assert terminal.wait_until(lambda screen: order(screen) == by_name, seconds=WITHIN), terminal.text
    terminal.send("S")
    assert terminal.wait_until(lambda screen: order(screen) == backwards, seconds=WITHIN), terminal.text


def sorted_by(screen: str) -> list[str]:
    """The columns by which the tables are sorted, and which way."""
    return re.findall(r"\w+[▴▾]", screen)


def looks_at_one(terminal: Terminal) -> None:
    terminal.send("g" + ENTER)
    shows(terminal, "Overview]")
    shows(terminal, "handed over to worker by operator")
    for key, words in (("2", "Write the notes"), ("4", "• one"), ("m", "- **one**"), ("J", '"delegation_id": "write"')):
        terminal.send(key)
        shows(terminal, words)
    terminal.send("/RESULT")
    shows(terminal, "not found")
    terminal.send(ESCAPE)
    gone(terminal, "not found")
    terminal.send("/target_id")
    shows(terminal, "1 of 1")
    terminal.send(ENTER)
    shows(terminal, "n Next found")
    terminal.send(ESCAPE)
    gone(terminal, "n Next found")
    terminal.send(ESCAPE)
    shows(terminal, "In progress 2")


def takes_along(terminal: Terminal) -> None:
    terminal.send("/lint" + ENTER)
    shows(terminal, "1 of 5 match")
    terminal.send("y")
    shows(terminal, "letter copies")
    terminal.send("r")
    shows(terminal, "Copied its result")
    assert [base64.b64decode(one) for one in OSC52.findall(terminal.written)] == [b"0 findings\nin 214 files"]
    terminal.send("e")
    shows(terminal, "PAGER has 0 findings")
    terminal.send("\n")
    shows(terminal, "● live")
    terminal.send(ESCAPE)
    shows(terminal, "Write the notes")


def looks_at_agents(terminal: Terminal) -> None:
    terminal.send("a")
    shows(terminal, "● online      1/4")
    terminal.send("/name:coder" + ENTER)
    shows(terminal, "1 of 2 match")
    terminal.send(ESCAPE)
    shows(terminal, "● online      1/4")
    for _ in range(4):
        if re.search(r"▌\W*worker", terminal.text):
            break
        terminal.send(DOWN)
        terminal.wait_until_quiet(seconds=1)
    terminal.send(ENTER)
    shows(terminal, 'target:"worker"')
    shows(terminal, "3 of 5 match")
    gone(terminal, "Lint everything")
    terminal.send(ESCAPE)
    shows(terminal, "Lint everything")


def looks_at_events(terminal: Terminal, platform: Seeding) -> None:
    terminal.send("v")
    shows(terminal, "⏎ Whole")
    terminal.send("/type:failed" + ENTER)
    terminal.wait_until_quiet(seconds=1)
    coder = next(one["id"] for one in platform.get("/workspaces") if one["name"] == "coder")
    platform.record("late", coder, "Too late", status="failed", error="no reason at all")
    shows(terminal, " late ")
    terminal.send(" ")
    shows(terminal, "paused")
    platform.record("afterwards", coder, "Later still", status="failed", error="another reason")
    terminal.send("G")
    terminal.wait_until_quiet(seconds=1)
    if "no reason at all" not in terminal.text:
        terminal.send(ENTER)
    shows(terminal, "no reason at all")
    assert "another reason" not in terminal.text
    terminal.send(" G")
    shows(terminal, "another reason")
    terminal.send(ESCAPE)
    terminal.wait_until_quiet(seconds=1)
    for _ in range(3):
        if "In progress 2" in terminal.text:
            break
        terminal.send(ESCAPE)
        terminal.wait_until(lambda screen: "In progress 2" in screen, seconds=2)
    shows(terminal, "In progress 2")


def finds_actions(terminal: Terminal) -> None:
    terminal.send("?")
    shows(terminal, "↑ ↓ scroll")
    for words in ("Hand a task to an agent", "Delegations"):
        assert words in terminal.text
    terminal.send("G" * 3)
    terminal.send(ESCAPE)
    gone(terminal, "↑ ↓ scroll")
    terminal.send(PALETTE)
    shows(terminal, "Search")
    terminal.send("agents")
    shows(terminal, "agents ")
    terminal.wait_until_quiet(seconds=1)
    terminal.send(ENTER)
    shows(terminal, "n Add")
    terminal.send(ESCAPE)
    shows(terminal, "In progress 2")


def types_fast(terminal: Terminal) -> None:
    """Keys that come in one read of the terminal act one after the other, each where the one before led."""
    terminal.send("3/lint" + ENTER * 2)
    shows(terminal, "esc Back")
    shows(terminal, "Lint everything")
    terminal.send(ESCAPE)
    shows(terminal, "/ lint")
    terminal.send(ESCAPE)
    gone(terminal, "/ lint")
    terminal.send(PALETTE + "agents" + ENTER)
    shows(terminal, "n Add")
    terminal.send(ESCAPE)
    shows(terminal, "In progress 2")
    terminal.send("dwork" + ENTER + "Typed in one go" + "\x13")
    shows(terminal, "Typed in one go")
    gone(terminal, "^s send")


@pytest.mark.req("D5")
def test_every_function_from_start_to_quit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pager = tmp_path / "pager.py"
    pager.write_text("import sys\nprint('PAGER has', open(sys.argv[1]).read()[:10])\nsys.stdin.readline()\n")
    monkeypatch.setenv("PAGER", f"{sys.executable} {pager}")
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "data"
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker")
    with platform(data) as running, worker as there, seeding(running, data) as api:
        fill(api, there.url)
        with board(data) as terminal:
            shows(terminal, "? needs input")
            shows(terminal, "✗ 403 from")
            filters(terminal)
            sorts(terminal)
            looks_at_one(terminal)
            takes_along(terminal)
            looks_at_agents(terminal)
            finds_actions(terminal)
            looks_at_events(terminal, api)
            types_fast(terminal)
            quits(terminal)
            assert b"\x1b[?1049l" in terminal.written, "the screen that was there before is back"
