"""The headless twin of the board: every command under every condition, by its exit code and its JSON."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from headway.cli.app import app
from headway.cli.export import PAGE, cell
from support.dispatching import dispatch_many
from support.processes import Cli, Ran, Server, agent, platform
from typer.testing import CliRunner

CORPUS = [json.loads(line)["text"] for line in Path("tests/data/hostile.jsonl").read_text("utf-8").splitlines()]
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Place:
    """A platform with an agent; `ids` names a delegation in each state that the tests need."""

    data: Path
    server: Server
    ids: dict[str, str]
    reader: str
    """A token that may only read."""

    def run(self, *arguments: str, token: str | None = None) -> Ran:
        """A command in this process: its code, what it printed and what it said."""
        words = [self.ids.get(word, word) for word in arguments]
        where = () if "--url" in words else ("--data", str(self.data))
        environment = {name: None for name in os.environ if name.startswith("HEADWAY_")} | {"HEADWAY_TOKEN": token}
        ran = CliRunner().invoke(app, [*words, *where], env=environment)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return Ran(ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data = tmp_path_factory.mktemp("data")
    with platform(data) as server, agent(data / "coder.jsonl", "--name", "coder", "--slots", "9") as coder:
        place = Place(data, server, {}, "")
        assert place.run("agents", "add", "coder", coder.url, "--slots", "9").code == 0
        for name, task in TASKS.items():
            place.ids[name] = json.loads(place.run("dispatch", "coder", task, "--json").out)["delegation_id"]
        place.run("watch", "DONE")
        place.run("watch", "FAILED")
        place.reader = place.run("token", "new", "--scope", "read").out.strip()
        cli = Cli(data)
        cli.until(lambda one: one["status"] == "in_progress", "show", place.ids["RUNNING"], "--json")
        cli.until(lambda one: one["status"] == "input_required", "show", place.ids["ASKING"], "--json")
        yield place


TASKS = {
    "DONE": "steps=1 delay=0 done",
    "FAILED": "steps=1 delay=0 fail=unreadable",
    "RUNNING": "steps=900 delay=0.1 runs",
    "ASKING": "steps=2 delay=0 ask=which",
}
COMMANDS = {
    "ls": ("ls",),
    "show": ("show", "DONE"),
    "watch": ("watch", "DONE"),
    "dispatch": ("dispatch", "coder", "steps=1 delay=0"),
    "cancel": ("cancel", "RUNNING"),
    "poll": ("poll", "RUNNING"),
    "reply": ("reply", "ASKING", "this one"),
    "retry": ("retry", "FAILED"),
    "agents": ("agents",),
    "events": ("events",),
    "export": ("export",),
}
ACTING = ("dispatch", "cancel", "poll", "reply", "retry")


@pytest.mark.req("D11")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_platform_that_is_not_there_is_3(place: Place, name: str) -> None:
    ran = place.run(*COMMANDS[name], "--url", NOWHERE)
    assert (ran.code, ran.out) == (3, "")
    assert "could not be reached (refused). Nothing was changed." in ran.err


@pytest.mark.req("D11")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_token_that_is_not_known_is_4(place: Place, name: str) -> None:
    ran = place.run(*COMMANDS[name], token="not-the-token")
    assert (ran.code, ran.out) == (4, "")
    assert "HEADWAY_TOKEN" in ran.err
    assert "not-the-token" not in ran.err


@pytest.mark.req("D11")
@pytest.mark.parametrize("name", ACTING)
def test_acting_with_a_token_that_may_only_read_is_4(place: Place, name: str) -> None:
    assert place.run(*COMMANDS[name], token=place.reader).code == 4
    assert place.run(*COMMANDS[name], "--read-only").code == 4


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ACTING])
def test_looking_with_a_token_that_may_only_read_is_0(place: Place, name: str) -> None:
    assert place.run(*COMMANDS[name], token=place.reader).code == 0


@pytest.mark.req("D11")
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_misspelled_is_2(place: Place, name: str) -> None:
    ran = place.run(*COMMANDS[name], "--nonsense")
    assert (ran.code, ran.out) == (2, "")
    assert "--nonsense" in ran.err


@pytest.mark.req("D11")
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("watch", "nobody"),
        ("cancel", "nobody"),
        ("poll", "nobody"),
        ("reply", "nobody", "yes"),
        ("retry", "nobody"),
        ("dispatch", "nobody", "task"),
        ("cancel", "DONE"),
        ("reply", "DONE", "yes"),
        ("reply", "RUNNING", "yes"),
        ("retry", "DONE"),
        ("retry", "RUNNING"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_or_does_not_fit_is_5(place: Place, arguments: tuple[str, ...]) -> None:
    ran = place.run(*arguments, "--json")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith("headway: ")


@pytest.mark.req("D11")
@pytest.mark.parametrize(
    "arguments",
    [
        ("watch", "FAILED"),
        ("dispatch", "coder", "steps=1 delay=0 fail=unreadable", "--wait"),
        ("retry", "FAILED", "--wait"),
    ],
    ids=" ".join,
)
def test_what_came_to_nothing_is_1(place: Place, arguments: tuple[str, ...]) -> None:
    assert place.run(*arguments).code == 1
    ran = place.run(*arguments, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["status"] == "failed"


@pytest.mark.req("D11")
@pytest.mark.parametrize(
    "name", ["ls", "agents", "export", "show", "watch", "dispatch", "poll", "retry", "reply", "cancel"]
)
def test_what_went_well_is_0_and_its_json_can_be_read(place: Place, name: str) -> None:
    ran = place.run(*COMMANDS[name], *([] if name == "export" else ["--json"]))
    assert ran.code == 0, ran
    assert json.loads(ran.out)


@pytest.mark.req("D11")
def test_events_are_a_line_each_by_type_and_as_many_as_asked(place: Place) -> None:
    lines = place.run("events", "--json", "--last", "100000").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    assert {"DELEGATION_SENT", "DELEGATION_FAILED"} <= {event["type"] for event in events}
    failed = place.run("events", "--type", "delegation_failed", "--last", "100000")
    assert failed.code == 0
    assert all("  DELEGATION_FAILED    " in line for line in failed.out.splitlines())
    assert f"{place.ids['FAILED'][:8]}  coder         unreadable" in failed.out
    assert place.run("events", "--last", "0").out == ""
    assert place.run("events", "--type", "nonsense").code == 2


@pytest.mark.req("D17")
def test_an_export_has_all_of_the_history_in_three_formats(place: Place, tmp_path: Path) -> None:
    dispatch_many(place.server, Cli(place.data), PAGE + 20, "steps=1 delay=0 one of many")
    listed = json.loads(place.run("export").out)
    assert len({one["delegation_id"] for one in listed}) == len(listed) > PAGE + 20
    mine = next(one for one in listed if one["delegation_id"] == place.ids["FAILED"])
    assert (mine["task"], mine["error"]) == (TASKS["FAILED"], "unreadable")
    file = tmp_path / "out.csv"
    written = place.run("export", "--format", "csv", "--output", str(file))
    assert (written.code, written.out) == (0, "")
    assert f"{len(listed):,} delegations are in out.csv" in written.err
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    assert [row["delegation_id"] for row in rows] == [one["delegation_id"] for one in listed]
    assert rows[0]["target"] == "coder"
    table = place.run("export", "--format", "md").out.splitlines()
    assert len(table) == len(listed) + 2
    assert table[0].startswith("| id | target |")


@pytest.mark.req("D17")
def test_an_export_of_hostile_texts_is_neither_formula_nor_markup_nor_control(place: Place, tmp_path: Path) -> None:
    for text in ("=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "@SUM(A1)", "a|b<img src=x>[x](y)\n`c`", *CORPUS[:12]):
        # An agent that does nothing gets them: what counts is what is written of them.
        place.run("dispatch", "coder", f"{text}", "--priority", "0")
    rows = list(csv.DictReader(io.StringIO(place.run("export", "--format", "csv").out)))
    tasks = [row["task"] for row in rows]
    assert {"'=HYPERLINK(1)", "'+1+cmd|' /C calc'!A0", "'@SUM(A1)"} <= set(tasks)
    assert not [task for row in rows for task in row.values() if task.startswith(("=", "+", "-", "@", "\t", "\r"))]
    table = place.run("export", "--format", "md").out
    assert r"a\|b\<img src=x\>\[x\](y) \`c\`" in table
    for said in (table, "".join(tasks)):
        assert not [char for char in said if ord(char) < 32 and char not in "\n\t"]


@pytest.mark.req("D17")
def test_a_file_that_cannot_be_written_leaves_the_one_that_was_there(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("mine")
    (tmp_path / "kept.json.part").mkdir()
    ran = place.run("export", "--output", str(kept))
    assert ran.code == 1
    assert "What was there is as it was." in ran.err
    assert kept.read_text() == "mine"


@pytest.mark.parametrize(
    ("value", "written"), [("=1", "'=1"), (" =1", "' =1"), ("\t=1", "'\t=1"), ("a=1", "a=1"), (None, ""), (0.5, 0.5)]
)
def test_a_cell_that_would_be_a_formula_is_text(value: Any, written: Any) -> None:
    assert cell(value) == written


@pytest.mark.req("D11")
def test_help_names_the_exit_codes() -> None:
    said = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    assert "0 ok, 1 failed, 2 usage, 3 not reachable, 4 not allowed, 5 not found or conflict" in said
