"""`headway reply`, `retry` and `agents remove` as a person runs them: words, JSON and exit codes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import WITHIN, Cli, agent, journal, platform

ASKS = "steps=2 delay=0 ask=which_file"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a running platform and one agent, `planner`, with four slots."""
    data = tmp_path_factory.mktemp("data")
    with platform(data), agent(data / "planner.jsonl", "--name", "planner") as planner:
        assert Cli(data)("agents", "add", "planner", planner.url, "--slots", "4").code == 0
        yield data


@pytest.fixture
def cli(place: Path) -> Cli:
    return Cli(place)


def asking(cli: Cli) -> str:
    """A delegation that waits for input."""
    delegation_id: str = cli("dispatch", "planner", ASKS, "--json").json()["delegation_id"]
    cli.until(lambda record: record["status"] == "input_required", "show", delegation_id, "--json")
    return delegation_id


def test_a_reply_that_is_waited_for_prints_the_result(cli: Cli, place: Path) -> None:
    delegation_id = asking(cli)
    done = cli("reply", delegation_id[:13], "the second", "--wait")
    assert (done.code, done.out) == (0, "chunk 1\nchunk 2\n\n")
    assert delegation_id in [line["message_id"] for line in journal(place / "planner.jsonl", "send")]
    again = cli("reply", delegation_id, "once more")
    assert again.code == 5
    assert "is completed and asks for no input" in again.err
    assert "Traceback" not in again.err


def test_a_reply_prints_the_status_or_the_record(cli: Cli) -> None:
    first, second = asking(cli), asking(cli)
    assert cli("reply", first, "the second").out == "in_progress\n"
    record = cli("reply", second, "the second", "--json").json()
    assert (record["delegation_id"], record["attempt"]) == (second, 2)


@pytest.mark.parametrize("command", [("dispatch", "planner", ASKS, "--wait"), ("watch",)])
def test_who_waits_is_told_what_the_agent_asks(cli: Cli, command: tuple[str, ...]) -> None:
    arguments = command if command[0] == "dispatch" else ("watch", asking(cli))
    waiting = subprocess.Popen(
        [sys.executable, "-m", "headway", *arguments, "--data", str(cli.data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert waiting.stderr is not None
    said = ""
    while "answer with" not in said:
        line = waiting.stderr.readline()
        assert line, said
        said += line
    *_, asked, answer = said.splitlines()
    assert asked == "needs input: which file"
    assert answer.startswith("answer with: headway reply ")
    delegation_id = answer.split()[-2]
    assert cli("reply", delegation_id, "the second").code == 0
    _, rest = waiting.communicate(timeout=WITHIN)
    assert waiting.returncode == 0
    # How it ended, without the message of the question that came before.
    assert command[0] == "dispatch" or rest.splitlines()[-1] == "completed"


def test_a_retry_prints_the_new_id_and_shows_what_it_is_of(cli: Cli) -> None:
    failed = cli("dispatch", "planner", "steps=2 delay=0 fail=unreadable", "--wait", "--json")
    assert failed.code == 1
    old = cli("ls", "--status", "failed", "--limit", "1", "--json").json()[0]["delegation_id"]
    again = cli("retry", old)
    assert again.code == 0
    new = again.out.strip()
    assert new not in ("", old)
    assert f"retry of  {old}" in cli("show", new).out
    cli.until(lambda record: record["status"] == "failed", "show", new, "--json")
    waited = cli("retry", new, "--wait")
    assert waited.code == 1
    assert "failed: unreadable" in waited.err


def test_a_retry_that_still_runs_is_not_made_twice(cli: Cli) -> None:
    canceled = cli("dispatch", "planner", "steps=1 delay=60", "--json").json()["delegation_id"]
    cli("cancel", canceled, "--reason", "took too long")
    cli.until(lambda record: record["status"] == "canceled", "show", canceled, "--json")
    assert "reason    took too long" in cli("show", canceled).out
    first, second = cli("retry", canceled), cli("retry", canceled, "--json").json()
    assert (second["delegation_id"], second["retry_of"]) == (first.out.strip(), canceled)
    refused = cli("retry", second["delegation_id"])
    assert refused.code == 5
    assert "only a failed or canceled one can be retried" in refused.err
    cli("cancel", second["delegation_id"])


def test_blank_texts_are_refused_before_anything_is_sent(cli: Cli, place: Path) -> None:
    before = journal(place / "planner.jsonl", "send")
    for arguments in (("dispatch", "planner", ""), ("dispatch", "planner", " \n"), ("reply", "7f3a", " ")):
        refused = cli(*arguments)
        assert (refused.code, refused.out) == (2, "")
        assert "Nothing was sent" in refused.err
    assert journal(place / "planner.jsonl", "send") == before


def test_an_agent_is_removed_by_its_name(cli: Cli) -> None:
    assert cli("agents", "add", "gone", "http://127.0.0.1:9").code == 0
    removed = cli("agents", "remove", "gone")
    assert removed.code == 0
    assert removed.out.startswith("gone is removed (")
    assert "gone" not in cli("agents").out
    assert cli("agents", "remove", "gone").code == 5
    cli("dispatch", "planner", "steps=1 delay=0", "--wait")
    own = cli("agents", "remove", "operator")
    assert own.code == 5
    assert "your own workspace" in own.err
