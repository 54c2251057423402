"""A board that may only look, in a real terminal: acting keys are not shown and not obeyed, whatever forbids them."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.dashboard.action import Where
from headway.dashboard.actions import actions_on
from support.board_terminal import TRUECOLOR, board, gone, quits, shows
from support.processes import Cli, agent, platform
from support.seeding import Seeding, fill, seeding
from terminal import Terminal

ESCAPE, ENTER, PALETTE = "\x1b", "\r", "\x10"
BYTES = {"delete": "\x1b[3~", "space": " ", "asterisk": "*"}
MARKING = ("mark", "mark_all")


def presses_every_acting_key(terminal: Terminal, where: Where) -> None:
    """None is in the footer, none opens a dialog (the key of help would not help there), none is in help."""
    acting = [one for one in actions_on(where) if one.acts or one.id in MARKING]
    assert acting
    terminal.wait_until_quiet(seconds=1)
    footer = terminal.text.splitlines()[-1]
    assert "q Quit" in footer
    assert [one.title for one in acting if f" {one.title} " in f"{footer} "] == []
    for action in acting:
        for key in action.keys:
            terminal.send(BYTES.get(key, key))
    terminal.send("?")
    shows(terminal, "↑ ↓ scroll")
    assert not any(one.description[:40] in terminal.text for one in acting if one.acts)
    terminal.send(ESCAPE)
    gone(terminal, "↑ ↓ scroll")


def everything(api: Seeding) -> tuple[object, object]:
    """What a person might have changed: every delegation with its status and attempt, and the agents."""
    delegations = api.get("/admin/delegations?limit=100")
    told = ("status", "attempt", "cancel_requested_at", "priority")
    return {one["delegation_id"]: [one[name] for name in told] for one in delegations}, [
        (one["id"], one["name"]) for one in api.get("/workspaces")
    ]


@pytest.mark.req("D7")
@pytest.mark.parametrize("by", ["flag", "token"])
def test_acting_keys_are_neither_shown_nor_obeyed(tmp_path: Path, by: str) -> None:
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker")
    with platform(tmp_path) as running, worker as there, seeding(running, tmp_path) as api:
        fill(api, there.url)
        seat = api.agent("nobody")
        api.record("waits", seat, "Nobody takes this", status="queued")
        token = Cli(tmp_path)("token", "new", "--scope", "read").out.strip() if by == "token" else ""
        environment = {**TRUECOLOR, **({"HEADWAY_TOKEN": token} if token else {})}
        flags = ("--read-only",) if by == "flag" else ()
        with board(tmp_path, *flags, environment=environment) as terminal:
            shows(terminal, "read-only")
            shows(terminal, "? needs input")
            before = everything(api)
            for table in "123":
                terminal.send(table)
                presses_every_acting_key(terminal, Where.BOARD)
            terminal.send("/status:input" + ENTER)
            shows(terminal, "1 of 6 match")
            terminal.send("2")
            shows(terminal, "⏎ Detail")
            terminal.send(ENTER)
            shows(terminal, "esc Back")
            presses_every_acting_key(terminal, Where.DETAIL)
            terminal.send(ESCAPE)
            gone(terminal, "esc Back")
            terminal.send("a")
            shows(terminal, "Agents 3")
            presses_every_acting_key(terminal, Where.AGENTS)
            terminal.send(PALETTE)
            shows(terminal, "Search")
            terminal.send("remove")
            shows(terminal, "No matches found")
            terminal.send(ESCAPE)
            gone(terminal, "No matches found")
            assert everything(api) == before
            quits(terminal)
            assert token.encode() not in terminal.written or not token
