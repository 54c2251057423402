"""The board in a terminal: what a person sees, and the bytes that their terminal gets (spec: safety, "Text" 6)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from support import sdk_agents
from support.board_terminal import board, quits, shows
from support.processes import WITHIN, Cli, Server, agent, platform, server
from terminal import Terminal

CORPUS = [json.loads(line)["text"] for line in Path("tests/data/hostile.jsonl").read_text("utf-8").splitlines()]
ORDINARY = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[\d+;\d+H")
"""Colors, and where the cursor goes: how a board is drawn, whatever it shows."""
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)

DOWN, ESCAPE, PALETTE = "\x1b[B", "\x1b", "\x10"


def visit(terminal: Terminal) -> None:
    """Go over every screen there is, and over every row."""
    for table in "123":
        terminal.send(table)
        for _ in range(len(CORPUS) * 2):
            terminal.send(DOWN)
        terminal.send("s")
        terminal.wait_until_quiet(seconds=WITHIN)
    for opening, sign in (("d", "Dispatch"), ("?", "esc close"), (PALETTE, "Search")):
        terminal.send(opening)
        shows(terminal, sign)
        terminal.send(DOWN * 3)
        terminal.wait_until_quiet(seconds=WITHIN)
        terminal.send(ESCAPE)
        terminal.wait_until_quiet(seconds=WITHIN)
    for keys in ("2", "o", "x", "n", "/status:failed\r", ESCAPE):
        terminal.send(keys)
        terminal.wait_until_quiet(seconds=WITHIN)


def unusual(written: bytes) -> set[bytes]:
    """The kinds of escape sequences that are not ordinary drawing."""
    return {found for found in SEQUENCE.findall(written) if not ORDINARY.fullmatch(found)}


def fill_with_hostile_texts(running: Server, token: str, agent_url: str) -> int:
    """Every text of the corpus as a name, a task, a result, an error and as an agent's words; how many were made."""
    made = 0
    with httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:

        def post(path: str, body: dict[str, object]) -> httpx.Response:
            content = json.dumps(body).encode()
            return http.post(path, content=content, headers={"Content-Type": "application/json"})

        target = post("/workspaces", {"name": "echo", "url": agent_url, "max_concurrent_tasks": 5}).json()["id"]
        for number, text in enumerate(CORPUS):
            name = post("/workspaces", {"name": text})
            assert name.status_code in (201, 422), name.text
            seat = name.json().get("id", target)
            for ending in ({"status": "completed", "response_preview": text}, {"status": "failed", "error": text}):
                ours = f"hostile-{number}-{ending['status']}"
                path = "/workspaces/operator/delegations"
                recorded = post(f"{path}/record", {"target_id": seat, "task": text, "delegation_id": ours})
                assert recorded.status_code == 202, recorded.text
                assert post(f"{path}/{ours}/update", ending).status_code == 200
                made += 1
            sent = post("/workspaces/operator/delegate", {"target_id": target, "task": text})
            assert sent.status_code in (202, 400), sent.text
            made += sent.status_code == 202
    return made


@pytest.mark.req("D9")
@pytest.mark.timeout(240)
def test_no_text_from_outside_reaches_the_terminal_as_anything_but_text(tmp_path: Path) -> None:
    quiet, hostile = tmp_path / "quiet", tmp_path / "hostile"
    with platform(quiet), board(quiet) as terminal:
        visit(terminal)
        quits(terminal)
        harmless = unusual(bytes(terminal.written))

    sdk = server([sdk_agents.__file__, "--behaviour", "echo"], log=tmp_path / "echo.log")
    with platform(hostile) as running, sdk as echo, agent(tmp_path / "h.jsonl", "--behaviour", "hostile") as stranger:
        cli = Cli(hostile)
        token = (hostile / "admin-token").read_text().strip()
        made = fill_with_hostile_texts(running, token, echo.url)
        cli("agents", "add", "stranger", stranger.url)
        cli("dispatch", "stranger", "say what you have")
        with board(hostile) as terminal:
            visit(terminal)
            assert "headway" in terminal.text
            quits(terminal)
            written = bytes(terminal.written)
        counted = {
            status: len(cli("ls", "--status", status, "--limit", "500", "--json").json())
            for status in ("canceled", "canceling")
        }
        assert counted == {"canceled": 0, "canceling": 0}
        assert len(cli("ls", "--limit", "500", "--json").json()) == made + 1

    assert unusual(written) <= harmless
    assert not UNSEEN.search(SEQUENCE.sub(b"", written).decode("utf-8"))


@pytest.mark.parametrize("garbage", [b"\x9b", b"\xff\xfe\x80", b"\x1b[200~\x9b pasted \xf0\x28\x1b[201~"])
def test_bytes_that_are_no_text_do_not_end_the_board(tmp_path: Path, garbage: bytes) -> None:
    with platform(tmp_path), board(tmp_path) as terminal:
        terminal.send("/")
        shows(terminal, "esc Clear")
        terminal.send(garbage)
        terminal.wait_until_quiet(seconds=WITHIN)
        terminal.send(ESCAPE)
        shows(terminal, "● live")
        terminal.wait_until_quiet(seconds=WITHIN)
        quits(terminal)
