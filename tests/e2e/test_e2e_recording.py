"""`headway record` and `headway replay` as processes, and `headway` where there is no terminal."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from headway.platform.folder import DataFolder
from support.processes import WITHIN, Cli, Ran, agent, platform
from terminal import Terminal

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
ENVIRONMENT["TERM"] = "xterm-256color"


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A platform with one agent that has one slot."""
    data = tmp_path_factory.mktemp("data")
    with platform(data), agent(data / "coder.jsonl", "--name", "coder") as coder:
        cli = Cli(data)
        cli("agents", "add", "coder", coder.url, "--json").json()
        yield cli


def replay(file: Path, *options: str) -> Ran:
    """`headway replay` where there is no terminal; it needs no platform."""
    command = [sys.executable, "-m", "headway", "replay", str(file), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, stdin=subprocess.DEVNULL, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.req("D12")
def test_what_ctrl_c_ends_is_a_whole_recording_that_replays(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl.gz"
    command = [sys.executable, "-m", "headway", "record", str(file), "--data", str(cli.data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as recorder:
        assert recorder.stderr is not None
        assert "ctrl+c ends it" in recorder.stderr.readline()
        done = cli("dispatch", "coder", "steps=3 delay=0.01 recorded", "--wait", "--json").json()
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(WITHIN) == 0
        assert re.search(r"recorded \d+ events in run.jsonl.gz", recorder.stderr.read())
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert json.loads(lines[0])["headway_recording"] == 1
    assert json.loads(lines[-1])["end"] is True
    token = DataFolder(cli.data).token()
    assert token
    assert token not in "\n".join(lines)

    printed = replay(file, "--json")
    events = [json.loads(line) for line in printed.out.splitlines()]
    mine = [one["type"] for one in events if one["data"].get("delegation_id") == done["delegation_id"]]
    assert (mine[0], mine[-1]) == ("DELEGATION_SENT", "DELEGATION_COMPLETE")
    assert "steps=3 delay=0.01 recorded" in replay(file).out

    shown = [sys.executable, "-m", "headway", "replay", str(file), "--speed", "100"]
    with Terminal(shown, cwd=tmp_path, env=ENVIRONMENT, columns=120, lines=36) as terminal:
        assert terminal.wait_until(lambda screen: "replay ended" in screen and "✓" in screen, seconds=WITHIN)
        terminal.send("q")
        assert terminal.wait_for_exit(seconds=WITHIN) == 0


def test_a_recording_is_not_written_over_and_a_broken_one_names_its_line(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    assert cli("record", str(file), "--for", "0.2").code == 0
    again = cli("record", str(file), "--for", "0.2")
    assert again.code == 2
    assert "a.jsonl is there already. Nothing was recorded" in again.err
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:1], "{", *lines[1:]]))
    broken = replay(file, "--json")
    assert (broken.code, broken.out) == (1, "")
    assert "Line 2 of a.jsonl cannot be read" in broken.err
    assert replay(tmp_path / "none").code == 2


def test_no_file_is_left_where_nothing_can_be_recorded(tmp_path: Path) -> None:
    refused = Cli(tmp_path)("record", str(tmp_path / "a.jsonl"), "--url", "http://127.0.0.1:9")
    assert refused.code == 3
    assert not (tmp_path / "a.jsonl").exists()


@pytest.mark.req("D17")
def test_without_a_terminal_headway_prints_its_three_tables(cli: Cli) -> None:
    running = cli("dispatch", "coder", "steps=600 delay=0.1 the long one", "--json").json()["delegation_id"]
    cli.until(lambda one: one["status"] == "in_progress", "show", running, "--json")
    waiting = cli("dispatch", "coder", "waits \u001b]0;owned\u0007", "--json").json()["delegation_id"]
    tables = cli()
    assert tables.code == 0, tables
    queued, in_progress, completed = re.split(r"\n\n", tables.out)
    assert queued.startswith("Queued 1\nID ")
    assert waiting[:8] in queued
    assert re.search(rf"{running[:8]}  coder +steps=600 delay=0.1 the long one +working", in_progress)
    assert re.match(r"Completed \d+\n", completed)
    assert "\u001b" not in tables.out
    for one in (waiting, running):
        cli("cancel", one)
    nowhere = cli("--url", "http://127.0.0.1:9")
    assert nowhere.code == 3
