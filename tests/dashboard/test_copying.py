"""Copying: what goes to the terminal is clean, bounded, and wrapped as its multiplexers pass it on."""

from __future__ import annotations

import base64
import re

import pytest
from headway.core.delegation import Status
from headway.dashboard.copying import MOST_BYTES, copy_of
from support.boards import NOW_MS, open_board
from support.fake_connector import FakeConnector

OSC52 = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\a")


def copied(written: str) -> list[str]:
    return [base64.b64decode(one).decode() for one in OSC52.findall(written)]


def test_a_copy_is_osc_52_of_the_cleaned_text() -> None:
    copy = copy_of("a\x1b]0;title\x07\u202eb\n", {})
    assert copied(copy.sequence) == ["a\ufffd]0;title\ufffdb\n"]
    assert OSC52.sub("", copy.sequence) == ""
    assert not copy.is_cut


def test_tmux_gets_it_wrapped_with_every_escape_doubled_and_bare() -> None:
    sequence = copy_of("text", {"TMUX": "/tmp/tmux-1/default,1,0"}).sequence
    wrapped, bare = re.fullmatch(r"\x1bPtmux;(.*?)\x1b\\(\x1b\]52.*)", sequence, re.DOTALL).groups()  # type: ignore[union-attr]
    assert copied(wrapped.replace("\x1b\x1b", "\x1b")) == ["text"]
    assert copied(bare) == ["text"]


def test_screen_gets_it_in_pieces_that_it_passes_on() -> None:
    sequence = copy_of("text " * 500, {"STY": "1.pts-0.host"}).sequence
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sequence, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == sequence
    assert all(len(piece) <= 250 for piece in pieces)
    assert copied("".join(pieces)) == ["text " * 500]


@pytest.mark.parametrize("text", ["x" * 200_000, "漢" * 100_000, "\U0001f600" * 40_000])
def test_more_than_terminals_take_is_cut_between_characters_and_that_is_known(text: str) -> None:
    copy = copy_of(text, {})
    (kept,) = copied(copy.sequence)
    assert copy.is_cut
    assert (copy.copied, copy.whole) == (len(kept.encode()), len(text.encode()))
    assert MOST_BYTES - 4 < copy.copied <= MOST_BYTES
    assert text.startswith(kept)


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeConnector, str]:
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "Fix the race", status=Status.IN_PROGRESS)
    connector.records[did] = {"task": "Fix the race, and say why it was there"}
    connector.complete(did, "It is gone. " * 40)
    return connector, did


@pytest.mark.req("D5")
async def test_y_and_a_letter_copy_of_the_one_under_the_cursor(finished: tuple[FakeConnector, str]) -> None:
    connector, did = finished
    async with open_board(connector, record=True) as board:
        for letter, text in (
            ("i", did),
            ("r", "It is gone. " * 40),
            ("t", "Fix the race, and say why it was there"),
        ):
            board.forget()
            await board.pilot.press("y", letter)
            await board.until(lambda: copied(board.written))
            assert copied(board.written) == [text]
        board.forget()
        await board.pilot.press("y", "e")
        await board.settled()
        assert "Copy of" in board.text(), "there is no error to copy: the letter does nothing"
        await board.pilot.press("escape")
        await board.settled()
        assert copied(board.written) == []


async def test_what_was_cut_is_said(finished: tuple[FakeConnector, str]) -> None:
    connector, did = finished
    connector.records[did]["result"] = "x" * 100_000
    async with open_board(connector) as board:
        await board.pilot.press("y", "r")
        await board.seen("Copied the beginning of its result")
        await board.seen("74,994 of 100,000 bytes")


@pytest.mark.req("D5")
async def test_on_the_detail_screen_it_copies_too(finished: tuple[FakeConnector, str]) -> None:
    connector, did = finished
    async with open_board(connector, record=True) as board:
        await board.pilot.press("enter")
        await board.settled()
        board.forget()
        await board.pilot.press("y", "i")
        await board.until(lambda: copied(board.written) == [did])
