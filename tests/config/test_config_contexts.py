"""`headway ctx`: platforms by name, switched durably, with config.toml only ever read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from support.settings import Configured

WRITTEN = "# my own words\ncontext = 'home'   # and these\n\n[contexts.home]\nurl = 'http://home.test'\n"

SECRET = "s3cret"


@pytest.fixture
def person(tmp_path: Path) -> Configured:
    return Configured(tmp_path).writes(WRITTEN)


def kept(person: Configured) -> Path:
    return person.file.with_name("config.contexts.json")


def marked(person: Configured) -> list[str]:
    return [one["name"] for one in person.run("ctx", "--json").json() if one["current"]]


@pytest.mark.req("D16")
def test_a_switch_is_durable_and_the_file_keeps_every_word(person: Configured) -> None:
    assert marked(person) == ["home"]
    assert person.run("ctx", "add", "work", "https://work.test", "--token-file", "~/w.token", "--read-only").code == 0
    assert person.run("ctx", "work").out == "switched to work\n"
    assert marked(person) == ["work"]
    listed = person.run("ctx").out.splitlines()
    assert [line.split()[:2] for line in listed] == [["NAME", "URL"], ["home", "http://home.test"], ["*", "work"]]
    assert "token read-only" in listed[2]
    told = person.effective()
    assert told["url"]["value"] == "https://work.test"
    assert told["read_only"]["value"] is True
    assert told["token_file"]["value"] == str(person.home / "w.token")
    assert person.file.read_text() == WRITTEN
    assert stat.S_IMODE(kept(person).stat().st_mode) == 0o600
    assert person.run("ctx", "-").out == "switched back to home\n"
    assert marked(person) == ["home"]


@pytest.mark.req("D16")
def test_what_cannot_be_done_changes_nothing(person: Configured) -> None:
    person.run("ctx", "add", "work", "https://work.test")
    before = kept(person).read_bytes()
    for arguments, code, said in (
        (("ctx", "wrok"), 5, "there is no context 'wrok'; did you mean 'work'? (known: home, work)"),
        (("ctx", "add", "work", "http://x.test"), 5, "there is a context work already"),
        (("ctx", "add", "home", "http://x.test"), 5, "there is a context home already"),
        (("ctx", "add", "a b", "http://x.test"), 2, "must begin with a letter or a digit"),
        (("ctx", "add", "x", "file:///x"), 2, "must be an address that begins with http://"),
        (("ctx", "add", "x", f"http://me:{SECRET}@x.test"), 2, "must hold no user and no password"),
        (("ctx", "rm", "home"), 5, "config.toml line 4. Nothing was changed; take it out there"),
        (("ctx", "rm", "wor"), 5, "there is no context 'wor'; did you mean 'work'?"),
    ):
        ran = person.run(*arguments)
        assert (ran.code, said in ran.err, "Nothing was changed" in ran.err) == (code, True, True), ran
        assert "s3cret" not in ran.err
        assert kept(person).read_bytes() == before


def test_removing_the_one_that_is_used_ends_the_switch(person: Configured) -> None:
    person.run("ctx", "add", "work", "https://work.test")
    person.run("ctx", "work")
    assert person.run("ctx", "rm", "work").code == 0
    assert marked(person) == ["home"]


def test_a_switch_that_has_no_effect_says_why(person: Configured) -> None:
    person.run("ctx", "add", "work", "https://work.test")
    for name, value in (("HEADWAY_URL", "http://v.test"), ("HEADWAY_DATA", "/d"), ("HEADWAY_CONTEXT", "home")):
        ran = Configured(person.home, {name: value}).run("ctx", "work")
        assert ran.code == 0
        assert ran.err == f"{name} is set and comes before the context that was switched to\n"


def test_a_context_that_is_gone_stops_commands_and_not_the_switch(person: Configured) -> None:
    person.run("ctx", "add", "work", "https://work.test")
    person.run("ctx", "work")
    kept(person).write_text(json.dumps({"current": "work"}))
    ran = person.run("ls")
    assert (ran.code, "headway ctx: there is no context 'work'" in ran.err) == (2, True), ran
    assert person.run("ctx", "home").code == 0
    assert marked(person) == ["home"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "holds no JSON"),
        (b"\xff", "holds no JSON"),
        (b"[" * 100_000, "holds no JSON"),
        (b'{"curent": "x"}', "unknown key 'curent'"),
        (b'{"current": 3}', "'current' must be a text in quotes, not 3"),
        (b'{"contexts": {"a": {"url": "http://\\u001b[2J"}}}', "'contexts.a.url' must be an address"),
    ],
)
def test_a_damaged_list_is_said_and_not_written_over(person: Configured, content: bytes, said: str) -> None:
    kept(person).write_bytes(content)
    for arguments in (("ls",), ("ctx", "home"), ("ctx", "add", "x", "http://x.test")):
        ran = person.run(*arguments)
        assert (ran.code, said in ran.err, "mend it, or remove it" in ran.err) == (2, True, True), ran
        assert "\x1b" not in ran.err
    assert kept(person).read_bytes() == content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "holds no token"),
        (b"two words", "holds no token"),
        (b"\xff", "no token"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_said_and_nothing_is_sent(
    person: Configured, content: bytes | None, said: str
) -> None:
    person.writes(WRITTEN + "token_file = 'home.token'\n")
    if content is not None:
        (person.file.parent / "home.token").write_bytes(content)
    ran = person.run("ls")
    assert (ran.code, said in ran.err, "Nothing was sent." in ran.err) == (2, True, True), ran
    assert "config.toml line 4: the token file of home" in ran.err


def test_another_file_has_contexts_of_its_own(person: Configured) -> None:
    person.run("ctx", "add", "work", "https://work.test")
    other = person.home / "other.toml"
    other.touch()
    assert person.run("ctx", "--json", "--config", str(other)).json() == []
    person.run("ctx", "add", "--config", str(other), "lab", "http://lab.test")
    assert (person.home / "other.contexts.json").exists()
    assert [one["name"] for one in person.run("ctx", "--json").json()] == ["home", "work"]
