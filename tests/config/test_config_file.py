"""What is wrong in a config.toml is said with its line and the nearest name, and nothing is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from headway.config.lines import line_of
from support.settings import Configured

CORPUS = [json.loads(line)["text"] for line in Path("tests/data/hostile.jsonl").read_text("utf-8").splitlines()]

NUMBERED = '''# 1
a = 1

b.c = """
[t]
a = 3
"""
[t]
# 9
x = 1
u = { v = 2 }
[s]
long = [
  "[t]",
  "y = 1",
]
after = 1
'''

SECRET = "s3cret"


@pytest.fixture
def person(tmp_path: Path) -> Configured:
    return Configured(tmp_path)


@pytest.mark.req("D16")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '# mine\n\ncontext = "a"\n\n\n\nthem = "headway"\n',
            "config.toml line 7: unknown key 'them'; did you mean 'theme'?",
        ),
        ("[key]\npin = 'o'\n", "line 1: unknown key 'key'; did you mean 'keys'?"),
        ("zzz = 1\n", "line 1: unknown key 'zzz'\n"),
        ('"the\\u006d" = 1', "line 1: unknown key 'them'; did you mean 'theme'?"),
        (
            "[contexts.a]\nurl = 'http://h'\ntokenfile = 'x'",
            "line 3: unknown key 'tokenfile'; did you mean 'token_file'?",
        ),
        (
            "[contexts.a]\nurl = 'http://h'\ntoken = 's3cret'",
            "line 3: 'contexts.a.token' is not a key here: tokens are",
        ),
        ("contexts.a.url = 'http://h'\ncontexts.a.ur = 1", "line 2: unknown key 'ur'; did you mean 'url'?"),
        ("url = 'http://h'", "line 1: 'url' is not a key here: a platform's address belongs in a table of its own"),
        ("[contexts.a]\nread_only = true\n", "line 1: 'url' is missing from [contexts.a]"),
        ("read_only = 'yes'", "line 1: 'read_only' must be true or false, not 'yes'"),
        ("read_only = 1", "line 1: 'read_only' must be true or false, not 1"),
        ("\ntheme = true", "line 2: 'theme' must be one of headway, headway-light, headway-contrast, "),
        ("theme = 'headway-lite'", "not 'headway-lite'; did you mean 'headway-light'?"),
        ("data = ['x']", "line 1: 'data' must be a text in quotes"),
        ("contexts = 3", "line 1: 'contexts' must be a table, not 3"),
        ("[contexts.'a b']\nurl = 'http://h'", "line 1: 'contexts.a b' must begin with a letter or a digit"),
        ("[contexts.add]\nurl = 'http://h'", "line 1: 'contexts.add' must begin with"),
        ("[contexts.a]\nurl = 'ftp://h'", "line 2: 'contexts.a.url' must be an address that begins with http://"),
        (f"[contexts.a]\nurl = 'http://u:{SECRET}@h'", "line 2: 'contexts.a.url' must hold no user and no password"),
        ("[keys]\npin = 7", "line 2: 'keys.pin' must be a key in quotes or a list of at least one such key, not 7"),
        ("[keys]\npin = []", "line 2: 'keys.pin' must be a key in quotes or a list of at least one such key"),
        ("[keys]\ncursor_up = [\n  'up',\n  3,\n]\nquit = ''", "line 2: 'keys.cursor_up' must be a key in quotes"),
        ("theme = 'headway'\ntheme = 'headway'", "line 2: this is not TOML: Cannot overwrite a value"),
        ("theme = 'head", "line 1: this is not TOML"),
        ("a = [", "line 1: this is not TOML"),
        ("a = " + "[" * 3_000, "config.toml"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(person: Configured, text: str, said: str) -> None:
    ran = person.writes(text).run("ls")
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.endswith("Nothing was started.\n")
    assert "s3cret" not in ran.err + ran.out


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file(person: Configured) -> None:
    ran = person.writes("them = 1\nread_only = 'no'\n[contexts.a]\nurl = 2\n").run("config")
    places = [line.partition(":")[0].rpartition(" ")[2] for line in ran.err.splitlines()[:-1]]
    assert places[1:] == ["2", "4"]
    assert "line 1" in ran.err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(parents=True), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"theme = 'headway'\n# \xff"), "line 2: this is not UTF-8"),
        (lambda path: path.write_text("#" * 70_000), "larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(person: Configured, make: object, said: str) -> None:
    person.file.parent.mkdir(parents=True)
    make(person.file)  # type: ignore[operator]
    ran = person.run("ls")
    assert (ran.code, said in ran.err) == (2, True), ran


def test_a_file_that_was_named_must_be_there_and_the_usual_one_need_not(person: Configured) -> None:
    assert person.run("config").code == 0
    for arguments, variables in (
        (("--config", str(person.home / "no.toml")), {}),
        ((), {"HEADWAY_CONFIG": str(person.home / "no.toml")}),
    ):
        ran = Configured(person.home, variables).run(*arguments, "config")
        assert (ran.code, "no.toml: there is no such file" in ran.err) == (2, True), ran


@pytest.mark.req("D16")
def test_hostile_texts_in_the_file_reach_no_terminal(person: Configured) -> None:
    control = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))} - {"\n"}
    for text in CORPUS:
        name = json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")
        for line in (f"{name} = 1", f"data = {name}", f"[contexts.a]\nurl = {name}", f"[contexts.{name}]\nurl = 3"):
            for command in (("config",), ("ctx",), ("ctx", "use", "a")):
                ran = person.writes(line).run(*command)
                assert not control & set(ran.out + ran.err), (line, command)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("b", "c"), 4),
        (("t",), 8),
        (("t", "x"), 10),
        (("t", "u", "v"), 11),
        (("t", "w"), 8),
        (("s", "long"), 13),
        (("s", "after"), 17),
        (("nothing",), None),
    ],
)
def test_the_line_of_a_key(path: tuple[str, ...], line: int | None) -> None:
    assert line_of(NUMBERED, path) == line
