"""`headway doctor`: what is so, whether it is good, and what to do about it."""

from __future__ import annotations

import os
import sys
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from headway.cli import checkup
from headway.cli.checkup import Level, TerminalFacts
from headway.cli.doctor import health_finding, token_finding
from headway.connectors.errors import ConnectorError, NotAllowed, NotReachable
from headway.ledger import engines
from support.boards import NOW_MS
from support.fake_connector import FakeConnector
from support.processes import WITHIN, Cli, platform
from support.settings import Configured
from terminal import Terminal

UTF8 = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.req("D16")
def test_a_platform_that_runs_is_well_and_one_that_does_not_exits_with_3(tmp_path: Path) -> None:
    cli = Cli(tmp_path, HEADWAY_DTA="1", XDG_CONFIG_HOME=str(tmp_path / "config"))
    with platform(tmp_path) as running:
        found = {one["what"]: one for one in cli("doctor", "--json").json()}
        assert found["platform"]["level"] == "ok"
        assert running.url in found["platform"]["says"]
        assert " ms" in found["platform"]["says"]
        assert found["token"]["says"] == "admin: sees everything and may act"
        assert "did you mean 'HEADWAY_DATA'?" in found["environment"]["says"]
        assert {"configuration", "data folder", "SQLite", "headway", "Python", "Textual", "terminal"} <= found.keys()
        wrong = Cli(tmp_path, HEADWAY_TOKEN="not-the-token")("doctor")
        assert wrong.code == 4
        assert "bad   token" in wrong.out
        assert "not-the-token" not in wrong.out + wrong.err
        address = running.url
    gone = cli("doctor")
    assert gone.code == 3
    assert "headway serve" in gone.out
    refused = cli("doctor", "--url", address)
    assert refused.code == 3
    assert "could not be reached (refused)" in refused.out


@pytest.mark.req("D16")
def test_what_cannot_be_used_is_told_and_never_started(tmp_path: Path) -> None:
    person = Configured(tmp_path).writes("[keys]\npin = 'x'\n")
    ran = person.run("doctor")
    assert ran.code == 3
    assert "bad   keys" in ran.out
    assert "config.toml line 2: 'pin': 'x' is the key of cancel too" in ran.out
    person.file.chmod(0o666)
    assert "can be written by others -> chmod go-w ~/config/headway/config.toml" in person.run("doctor").out
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("error", "read_only", "says", "code"),
    [
        (None, False, "sees everything and may act", 0),
        (NotAllowed("This token can only read."), False, "read: sees everything and changes nothing", 0),
        (NotReachable("It went away."), False, "whether it may act is unknown", 0),
        (None, True, "read-only here", 0),
    ],
)
async def test_what_a_token_opens(error: ConnectorError | None, read_only: bool, says: str, code: int) -> None:
    connector = FakeConnector(now_ms=NOW_MS, read_only=read_only)
    if error:
        connector.errors["poll"] = error
    finding, exit_code = await token_finding(connector)
    assert says in finding.says
    assert exit_code == code


@pytest.mark.parametrize("needs_token", [True, False])
async def test_a_token_that_does_not_open_the_board(needs_token: bool) -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.errors["delegations"] = NotAllowed("No.", needs_token=needs_token)
    finding, code = await token_finding(connector)
    assert (finding.level, code) == (Level.BAD, 4)


async def test_a_platform_of_another_version_is_told() -> None:
    finding, code = await health_finding(FakeConnector(now_ms=NOW_MS))
    assert (finding.level, code) == (Level.WARN, 0)
    assert "use one version on both sides" in finding.advice


@pytest.mark.parametrize(
    ("facts", "levels", "said"),
    [
        (TerminalFacts(UTF8, (120, 40), "UTF-8"), ["ok", "ok", "ok"], "xterm-256color, true color"),
        (
            TerminalFacts({**UTF8, "TMUX": "x", "SSH_CONNECTION": "y"}, (80, 24), "utf8"),
            ["ok"] * 3,
            "in tmux, over SSH",
        ),
        (TerminalFacts({"TERM": "linux"}, (80, 23), "UTF-8"), ["ok", "warn", "ok"], "make it 80×24 or larger"),
        (TerminalFacts({**UTF8, "NO_COLOR": "1"}, (80, 24), "ANSI_X3.4-1968"), ["ok", "ok", "warn"], "`ascii = true`"),
        (TerminalFacts({"TERM": "dumb"}, (80, 24), "UTF-8"), ["bad", "ok", "ok"], "no board can be drawn"),
        (TerminalFacts({}, (80, 24), "UTF-8"), ["bad", "ok", "ok"], "TERM is not set"),
        (TerminalFacts({"TERM": "\x1b]0;x\x07"}, (80, 24), "UTF-8"), ["ok", "ok", "ok"], "\ufffd]0;x\ufffd"),
        (TerminalFacts({}, None, "UTF-8"), ["ok"], "plain table"),
    ],
)
def test_terminals(facts: TerminalFacts, levels: list[str], said: str) -> None:
    found = list(checkup.terminal(facts))
    assert [one.level.value for one in found] == levels
    assert any(said in f"{one.says} {one.advice}" for one in found)


def test_sqlite_is_warned_of_where_the_ledger_warns() -> None:
    assert checkup.SAFE_WAL == engines._SAFE_WAL
    assert checkup.sqlite((3, 51, 2)).level is Level.WARN
    assert checkup.sqlite((3, 51, 3)).level is Level.OK


def test_data_folders(tmp_path: Path) -> None:
    assert checkup.data_folder(tmp_path / "none").level is Level.OK
    (tmp_path / "file").touch()
    assert checkup.data_folder(tmp_path / "file").level is Level.BAD
    assert checkup.data_folder(tmp_path / "file/below").level is Level.BAD
    private, shared = tmp_path / "private", tmp_path / "shared"
    private.mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o755)
    assert checkup.data_folder(private).level is Level.OK
    assert checkup.data_folder(shared).level is Level.WARN


def test_token_files_that_others_can_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    assert checkup.token_file(file) is None
    assert checkup.token_file(tmp_path / "none") is None
    file.chmod(0o644)
    told = checkup.token_file(file)
    assert told is not None
    assert told.level is Level.WARN


class Parts(metadata.Distribution):
    """A version with optional parts."""

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        message = Message()
        message["Provides-Extra"] = "postgres"
        message["Provides-Extra"] = "tests"
        return message

    @property
    def requires(self) -> list[str]:
        return ["httpx>=0.28", 'no-such-driver>=1 ; extra == "postgres"', "pytest>=9; extra == 'tests'"]

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: object) -> Path:  # type: ignore[override]
        return Path(str(path))


class Whole(Parts):
    """A version without optional parts."""

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        return Message()


def test_extras_are_told_with_how_to_install_what_is_missing() -> None:
    missing, there = checkup.extras(Parts())
    assert "not installed (no-such-driver)" in missing.says
    assert "pip install '.[postgres]'" in missing.advice
    assert there.says == "tests: installed"
    (none,) = checkup.extras(Whole())
    assert "no optional parts" in none.says


def test_on_a_terminal_its_facts_are_told(tmp_path: Path) -> None:
    environment = {**os.environ, **UTF8, "LC_ALL": "C.UTF-8", "TMUX": "/tmp/tmux,1,0"}
    command = [sys.executable, "-m", "headway", "doctor", "--data", str(tmp_path)]
    with Terminal(command, cwd=tmp_path, env=environment, columns=100, lines=40) as terminal:
        assert terminal.wait_for_exit(seconds=WITHIN) == 3
        assert "in tmux" in terminal.text
        assert "100×40" in terminal.text
