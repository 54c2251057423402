"""What a paste may bring: no keys, no controls, no more than its share, however the terminal cuts it into pieces."""

from __future__ import annotations

import random

import pytest
from headway.dashboard.pasting import (
    CUT,
    END,
    FIELD_LIMIT,
    FLOOD_PAUSE,
    FLOOD_RATE,
    FLOOD_ROOM,
    START,
    GatedDecoder,
    PasteGate,
    pasted_line,
)
from hypothesis import given
from hypothesis import strategies as st
from support.boards import ManualClock, fleet, open_board
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.widgets import Input

PRINTABLE_AFTER_ESCAPE = "\x1b[2J" + "\x1b" + "q" * 40 + "\x1b\x1b" + "xy\x1b]52;c;AAAA\x07 done"


def in_pieces(text: str, seed: int, most: int = 9) -> list[str]:
    rng = random.Random(seed)
    pieces = []
    while text:
        size = rng.randint(1, most)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def passed(text: str, seed: int = 0, limit: int = 1_000) -> str:
    gate = PasteGate(limit=limit)
    return "".join(gate.feed(piece) for piece in in_pieces(text, seed))


@given(st.text(), st.integers(0, 1_000))
def test_what_is_typed_passes_as_it_is(text: str, seed: int) -> None:
    typed = text.replace(START, "")
    assert passed(typed, seed) == typed


@given(st.text("a\x1b[]0~;q\x07\x9b\x00\nß", max_size=80), st.integers(0, 1_000))
def test_a_paste_is_plain_text_and_what_follows_is_typed(text: str, seed: int) -> None:
    pasted = text.replace(END, "")
    before, mark, rest = passed(f"k{START}{pasted}{END}\x1b[A", seed).partition(START)
    inside, end, after = rest.partition(END)
    assert (before, mark, end, after) == ("k", START, END, "\x1b[A")
    assert not set(inside) & set("\x1b\x07\x9b\x00")
    assert inside.count("\n") <= pasted.count("\n")


@pytest.mark.parametrize("seed", range(30))
def test_a_paste_presses_no_key(seed: int) -> None:
    parser, gate = XTermParser(), PasteGate()
    told = []
    for piece in in_pieces(START + PRINTABLE_AFTER_ESCAPE + END + "k", seed):
        # Nothing is not fed, as in the driver: it would end the parser.
        told += parser.feed(text) if (text := gate.feed(piece)) else ()
    pasted, pressed = told
    assert isinstance(pasted, Paste)
    assert pasted.text.endswith("done")
    assert isinstance(pressed, Key)
    assert pressed.key == "k"


def test_a_paste_is_cut_and_says_so_once() -> None:
    text = passed(START + "x" * 5_000 + END + "k", limit=100)
    assert text == START + "x" * 100 + CUT + END + "k"
    assert passed(START + "x" * 100 + END, limit=100) == START + "x" * 100 + END


@pytest.mark.parametrize("size", [1, 17, 1_000, 4_096])
def test_of_keys_that_no_hand_typed_only_the_beginning_passes_however_they_come(size: int) -> None:
    clock = ManualClock()
    decoder = GatedDecoder("utf-8", clock.monotonic)
    passed = 0
    for _ in range(1_000_000 // size):
        passed += len(decoder.decode(b"x" * size))
        clock.advance(size / 100_000)
    assert 0 < passed <= 2 * FLOOD_ROOM
    clock.advance(FLOOD_PAUSE)
    assert decoder.decode(b"q") == "q", "a key after it is one"


def test_a_hand_a_mouse_and_a_paste_with_its_marks_are_no_flood() -> None:
    clock = ManualClock()
    decoder = GatedDecoder("utf-8", clock.monotonic)
    moved = b"\x1b[<35;120;36M"
    for _ in range(3_000):
        assert decoder.decode(moved) == moved.decode()
        clock.advance(len(moved) / FLOOD_RATE)
    taken = "".join(decoder.decode(piece) for piece in [START.encode(), *[b"x" * 4_096] * 20, END.encode()])
    assert len(taken) == len(START) + 20 * 4_096 + len(END)
    assert decoder.decode(b"q") == "q"


def test_a_field_of_one_line_takes_the_first_with_anything_on_it() -> None:
    assert pasted_line("\n  \r\n  status:failed\tcoder \nmore") == "status:failed coder"
    assert pasted_line("") == ""
    assert len(pasted_line("漢" * 1_000_000)) == FIELD_LIMIT


async def test_a_paste_into_the_filter_is_one_bounded_line() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("slash")
        board.app.post_message(Paste("\n[2J coder\u202e\nq" + "x" * 1_000_000))
        await board.until(lambda: board.app.screen.query_one("#filter", Input).value == "[2J coder")
        board.app.post_message(Paste("y" * 1_000_000))
        await board.until(lambda: len(board.app.screen.query_one("#filter", Input).value) > 100)
        assert len(board.app.screen.query_one("#filter", Input).value) <= FIELD_LIMIT + 20
        await board.pilot.press("escape")
        assert board.app.is_running
