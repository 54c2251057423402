"""The board in a terminal: what a person sees, and the bytes that their terminal gets (spec: safety, "Text" 6)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from support.board_terminal import board, gone, quits, shows
from support.hostile_agent import CORPUS, ENDINGS, MARKDOWN, SHORT, hostile_agent
from support.processes import platform, until
from support.seeding import Seeding, seeding
from terminal import Terminal

ORDINARY = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[\d+;\d+H")
"""Colors, and where the cursor goes: how a board is drawn, whatever it shows."""
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)

DOWN, ESCAPE, PALETTE = "\x1b[B", "\x1b", "\x10"
ENTER, PAGE_DOWN = "\r", "\x1b[6~"
DRAWING = re.compile(rb"\x1b\[\?2026[hl]|\x1b\]22;[a-z-]*(?:\x07|\x1b\\\\)")
"""With each frame: when it begins and ends, and the shape of the pointer."""


def pages(terminal: Terminal, count: int) -> None:
    """Show so many pages, each painted before the next one."""
    for _ in range(count):
        terminal.send(PAGE_DOWN)
        rests(terminal)


def rests(terminal: Terminal) -> None:
    terminal.wait_until_quiet(seconds=2, quiet=0.15)


def visit(terminal: Terminal, rows: int) -> None:
    """Go over every screen there is: over every row of its tables, and over the whole corpus in each of its panes."""
    for table in "123":
        terminal.send(table + "g")
        pages(terminal, rows // 12 + 1)
    for ending in ("completed", "failed", "input-required"):
        terminal.send(f'/"all:{ending}"{ENTER}')
        shows(terminal, "1 of ")
        terminal.send("2" if ending == "input-required" else "3")
        shows(terminal, "⏎ Detail")
        look_at_one(terminal, asks=ending == "input-required")
        shows(terminal, "esc Clear")
        terminal.send(ESCAPE)
        gone(terminal, "esc Clear")
    look_at_many(terminal)
    look_around(terminal, rows)


def look_at_one(terminal: Terminal, *, asks: bool) -> None:
    rests(terminal)
    for keys, shown in (
        ("y", "letter copies"),
        ("D", "Dispatch again"),
        *([("x", "Cancel this"), ("r", "^s send")] * asks),
    ):
        visit_dialog(terminal, keys, shown)
    terminal.send(ENTER)
    shows(terminal, "esc Back")
    for tab in "12345":
        terminal.send(tab)
        rests(terminal)
        pages(terminal, 2)
        terminal.send("w" if tab == "3" else "m")
        rests(terminal)
    visit_dialog(terminal, "y", "letter copies")
    terminal.send("/owned")
    shows(terminal, "owned")
    rests(terminal)
    terminal.send(ESCAPE)
    gone(terminal, "End search")
    terminal.send(ESCAPE)
    gone(terminal, "esc Back")


def look_at_many(terminal: Terminal) -> None:
    """The questions about many at once, which are answered with no."""
    for table, key in (("2", "x"), ("3", "R")):
        terminal.send(table)
        rests(terminal)
        terminal.send("*")
        shows(terminal, " marked")
        visit_dialog(terminal, key, "leave them", no="n")
        terminal.send(ESCAPE)
        gone(terminal, " marked")


def look_around(terminal: Terminal, rows: int) -> None:
    for keys, shown in (("d", "What is to be done?"), ("?", "↑ ↓ scroll"), (PALETTE, "Search"), ("t", "⏎ keep")):
        visit_dialog(terminal, keys, shown)
    terminal.send("a")
    shows(terminal, "n Add")
    terminal.send("g")
    pages(terminal, 3)
    for key, shown in (("x", "Remove this agent?"), ("Q", "Drop its stale queue?")):
        visit_dialog(terminal, key, shown)
    terminal.send("v")
    shows(terminal, "⏎ Whole")
    terminal.send("g" + ENTER)
    for _ in range(rows // 12 + 1):
        rests(terminal)
        terminal.send(PAGE_DOWN)
    terminal.send(ESCAPE)
    gone(terminal, "⏎ Whole")


def visit_dialog(terminal: Terminal, keys: str, shown: str, no: str = ESCAPE) -> None:
    terminal.send(keys)
    shows(terminal, shown)
    terminal.send(DOWN * 3)
    rests(terminal)
    terminal.send(no)
    gone(terminal, shown)
    rests(terminal)


def unusual(written: bytes) -> Counter[bytes]:
    """What is not ordinary drawing, and how often: modes are set once and taken back once, whatever is shown."""
    found = Counter(SEQUENCE.findall(written))
    return Counter(
        {one: times for one, times in found.items() if not ORDINARY.fullmatch(one) and not DRAWING.fullmatch(one)}
    )


def fill_with_hostile_texts(api: Seeding, agent_url: str) -> None:
    """Every text as the name, task and state of an agent, and as what one says, asks, ends and fails with."""
    stranger = api.agent("stranger", agent_url, slots=500)
    for number, text in enumerate(CORPUS):
        named = api.post("/workspaces", {"name": text}, allowed=(422,))
        if named.is_success:
            state = {"current_task": text, "sample_error": text, "error_rate": 0.5, "active_tasks": 1}
            api.post("/registry/heartbeat", {"workspace_id": named.json()["id"], **state}, allowed=(422,))
        for ending in ENDINGS:
            api.dispatch(stranger, f"{number}:{ending} {text}")
    for ending in ENDINGS:
        api.dispatch(stranger, f"all:{ending} {SHORT}")
    api.dispatch(stranger, f"markdown:completed {MARKDOWN}")


@pytest.mark.req("D9")
@pytest.mark.timeout(240)
def test_no_text_from_outside_reaches_the_terminal_as_anything_but_text(tmp_path: Path) -> None:
    with platform(tmp_path) as running, seeding(running, tmp_path) as api, hostile_agent() as url:
        with board(tmp_path, columns=160, lines=60) as terminal:
            quits(terminal)
            harmless = unusual(terminal.written)
        fill_with_hostile_texts(api, url)
        rows = len(CORPUS) + 2
        path = "/admin/delegations?limit=500"
        until(lambda: {one["status"] for one in api.get(path)} == {"completed", "failed", "input_required"})
        before = {one["delegation_id"]: (one["status"], one["attempt"]) for one in api.get(path)}
        agents = len(api.get("/workspaces"))
        with board(tmp_path, columns=160, lines=60) as terminal:
            shows(terminal, f"In progress {len(CORPUS) + 1}")
            visit(terminal, rows)
            quits(terminal)
            written = bytes(terminal.written)
        assert {one["delegation_id"]: (one["status"], one["attempt"]) for one in api.get(path)} == before
        assert len(api.get("/workspaces")) == agents
    assert unusual(written) == harmless
    assert not UNSEEN.search(SEQUENCE.sub(b"", written).decode("utf-8"))


@pytest.mark.timeout(180)
def test_what_comes_from_the_keyboard_is_text_however_it_comes(tmp_path: Path) -> None:
    """Bytes that are no text end nothing, sequences in a paste press no key, and a flood without marks is cut."""
    with platform(tmp_path), board(tmp_path) as terminal:
        for pasted, shown in (
            (b"\x9b", "esc Clear"),
            (b"\xff\xfe\x80", "esc Clear"),
            (b"\x1b[200~\x9b pasted \xf0\x28\x1b[201~", " pasted "),
            (b"\x1b[200~lint\x1b[2J it\x1b]0;title\x07 q\x9b x\x1b\x1b[201~", "/ lint it q"),
            (b"x" * 60_000, "/ xxx"),
        ):
            terminal.send("/")
            shows(terminal, "esc Clear")
            terminal.send(pasted)
            shows(terminal, shown)
            # A cursor that blinks is never quiet for long.
            terminal.wait_until_quiet(seconds=3, quiet=1.0 if len(pasted) > 1_000 else 0.25)
            terminal.send(ESCAPE)
            gone(terminal, "esc Clear")
        quits(terminal)
        assert b"title" not in terminal.written
