"""Other keys for the board's actions: one registry, so that bindings, footer, help and palette follow."""

from __future__ import annotations

import pytest
from headway.dashboard.actions import ACTIONS
from headway.dashboard.key_names import NAMED, key_name, key_of
from headway.dashboard.keymap import KeymapError, remapped
from support.boards import fleet, open_board
from textual.keys import Keys, _character_to_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("x", "x"),
        ("X", "X"),
        ("?", "question_mark"),
        ("/", "slash"),
        (",", "comma"),
        ("+", "plus"),
        (" ", "space"),
        ("é", "é"),
        ("F5", "f5"),
        ("esc", "escape"),
        ("PgDn", "pagedown"),
        ("Ctrl+P", "ctrl+p"),
        ("ctrl+i", "tab"),
        ("ctrl+m", "enter"),
        ("shift+a", "A"),
        ("shift+tab", "shift+tab"),
        ("shift+ctrl+up", "ctrl+shift+up"),
        ("ctrl++", "ctrl+plus"),
        ("question_mark", "question_mark"),
    ],
)
def test_keys_as_people_write_them(written: str, key: str) -> None:
    assert key_of(written) == key


@pytest.mark.parametrize(
    "written", ["", "ctl+x", "ctrl+", "+x", "f25", "ctrl+ctrl+x", "two words", "\x1b", "a,b", "\u202e"]
)
def test_what_is_no_key(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        key_of(written)


def test_names_of_keys_are_those_of_the_terminal_library() -> None:
    bare = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
    assert {name for name in NAMED if name in bare} >= {
        "escape",
        "enter",
        "pageup",
        "pagedown",
        "f24",
        "home",
        "delete",
    }
    for character in "?/,.;:!@#$%^&*()-_=+[]{}|\\'\"`~<>aZ0":
        assert key_of(character) == _character_to_key(character)


def test_the_names_shown_are_keys_that_can_be_written() -> None:
    for action in ACTIONS:
        for key in action.keys:
            if key_name(key).isascii() and not key_name(key).startswith("^"):
                assert key_of(key_name(key)) == key


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"dispach": "d"}, [("dispach", "unknown action 'dispach'; did you mean 'dispatch'?")]),
        ({"pin": "ctl+o"}, [("pin", "'ctl+o' is not a key; did you mean 'ctrl+o'?")]),
        ({"pin": "escpe"}, [("pin", "'escpe' is not a key; did you mean 'escape'?")]),
        ({"pin": "x"}, [("pin", "'pin': 'x' is the key of cancel too; give one of them another")]),
        ({"pin": "z", "poll": ["F5", "z"]}, [("pin", "'pin': 'z' is the key of poll too; give one of them another")]),
        ({"pin": "ctrl+q"}, [("pin", "'ctrl+q' cannot be a key of pin: it always quits")]),
        ({"pin": "ctrl+i"}, [("pin", "'pin': 'tab' is the key of next_pane too; give one of them another")]),
        ({"a\x1b[2J": "x"}, [("a\x1b[2J", "unknown action 'a\ufffd[2J'")]),
    ],
)
def test_what_cannot_be_used_is_named(keys: dict[str, str], said: list[tuple[str, str]]) -> None:
    with pytest.raises(KeymapError) as raised:
        remapped(keys)
    assert list(raised.value.problems) == said


def test_two_actions_can_exchange_their_keys() -> None:
    changed = {action.id: action.keys for action in remapped({"poll": "P", "poll_waiting": "p"})}
    assert (changed["poll"], changed["poll_waiting"]) == (("P",), ("p",))


def test_nothing_set_is_no_keymap() -> None:
    assert remapped({}) == ACTIONS


@pytest.mark.req("D10")
async def test_keys_footer_help_and_palette_follow() -> None:
    actions = remapped(
        {"dispatch": "f2", "poll": ["f5", "b"], "help": "h", "palette": "f1", "cursor_down": ["down", "f7"]}
    )
    async with open_board(fleet(), actions=actions) as opened:
        footer = opened.text("keys")
        assert "f2 Dispatch" in footer
        assert "f5 Poll" in footer
        assert "h Help" in footer
        assert " d Dispatch" not in footer

        await opened.pilot.press("d", "p", "question_mark", "ctrl+p")
        await opened.settled()
        assert opened.app.screen is opened.board
        assert opened.connector.calls.polled == []

        await opened.pilot.press("b")
        await opened.until(lambda: opened.connector.calls.polled)

        await opened.pilot.press("h")
        await opened.seen("esc close")
        assert "f5 b" in opened.text()
        await opened.pilot.press("h")
        await opened.until(lambda: opened.app.screen is opened.board)

        await opened.pilot.press("f1")
        await opened.seen("Search")
        await opened.pilot.press(*"Dispatch")
        await opened.seen("f2   Hand a task to an agent")
        await opened.pilot.press("escape", "f2")
        await opened.seen("send   tab next field")


@pytest.mark.req("D10")
async def test_exchanged_keys_do_each_others_work() -> None:
    connector = fleet()
    actions = remapped({"show_queued": "3", "show_completed": "1", "first": "G", "last": "g"})
    async with open_board(connector, actions=actions) as opened:
        await opened.pilot.press("3")
        assert opened.board.focused is opened.board.query_one("#queued")
        await opened.pilot.press("1")
        assert opened.board.focused is opened.board.query_one("#completed")


async def test_the_palettes_own_key_is_free_for_another_action() -> None:
    async with open_board(fleet(), actions=remapped({"palette": "f1", "help": "ctrl+p"})) as opened:
        await opened.pilot.press("ctrl+p")
        await opened.seen("esc close")
