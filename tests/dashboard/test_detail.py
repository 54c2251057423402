"""The detail screen: everything about one delegation, live, from the key that opens it to the one that leaves it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from headway.connectors.errors import NotReachable
from headway.core.delegation import Group, Status
from headway.dashboard.page_text import PIECE, PageText
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.detail import DetailScreen
from headway.dashboard.widgets.text_pane import TextPane
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector

CORPUS = [json.loads(line) for line in (Path(__file__).parent.parent / "data/hostile.jsonl").read_text().splitlines()]
OWN_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]22;[a-z-]*\x07")
"""What Textual itself writes: cursor moves, colors, modes, and the shape of the pointer."""
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TASK = "Fix the race\n\nin settle(), and say in the log why it was there. " + "Then write it down. " * 20


def one(status: Status = Status.IN_PROGRESS) -> tuple[FakeConnector, str]:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    connector.send(connector.agent("planner"), "Another one", status=Status.IN_PROGRESS, ago_ms=90_000)
    did = connector.send(coder, TASK, status=status, ago_ms=42_000)
    connector.records[did] = {"task": TASK}
    return connector, did


async def opened(board: OpenBoard, did: str) -> DetailScreen:
    """The detail of a delegation, opened from the board, its record read."""
    table = board.table(board.app.session.store.rows[did].status.group)
    table.focus()
    table.select(did)
    await board.settled()
    await board.pilot.press("enter")
    await board.until(lambda: isinstance(board.app.screen, DetailScreen))
    screen = board.app.screen
    assert isinstance(screen, DetailScreen)
    await board.until(lambda: screen._read or board.connector.errors)
    await board.settled()
    return screen


def pane(board: OpenBoard) -> TextPane:
    screen = board.app.screen
    assert isinstance(screen, DetailScreen)
    return screen.pane


@pytest.mark.req("D5")
async def test_enter_opens_it_and_escape_goes_back_to_the_same_selection() -> None:
    connector, did = one()
    async with open_board(connector) as board:
        await opened(board, did)
        await board.seen(did)
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        assert board.table(Group.IN_PROGRESS).cursor_id == did


@pytest.mark.req("D5")
async def test_the_overview_has_its_facts_and_the_timeline_with_attempts() -> None:
    connector, did = one()
    connector.become(did, Status.STUCK, ago_ms=12_000)
    connector.fail(did, "agent: 403 from prices.example", ago_ms=2_000)
    async with open_board(connector, size=(140, 40)) as board:
        await opened(board, did)
        shown = board.text()
        for words in (
            did,
            "✗ failed",
            "coder  ws-coder",
            "2023-11-14 22:12:38Z  42 s ago",
            "agent: 403 from prices.example",
            "handed over to coder by operator, priority 50",
            "+0:30      ! stuck",
            "+0:40      ✗ failed: agent: 403",
            "#1",
        ):
            assert words in shown, words


@pytest.mark.req("D5")
async def test_it_stays_live() -> None:
    connector, did = one()
    async with open_board(connector) as board:
        await opened(board, did)
        await board.pilot.press("3")
        await board.seen("no output yet")
        connector.say(did, "Reading the ledger\n")
        await board.seen("Reading the ledger")
        connector.complete(did, "The race is gone")
        await board.seen("✓ completed in 0:42")
        await board.pilot.press("4")
        await board.seen("The race is gone")
        await board.pilot.press("1")
        await board.seen("✓ completed")
        connector.evict(did)
        await board.seen("keeps it no more")
        assert "The race is gone" in board.text()


@pytest.mark.req("D5")
async def test_the_whole_task_and_the_record_as_json_are_there() -> None:
    connector, did = one()
    async with open_board(connector, size=(100, 40)) as board:
        await opened(board, did)
        await board.pilot.press("2")
        await board.seen("in settle(), and say in the log why it was there.")
        assert board.text().count("Then write it down.") > 15
        await board.pilot.press("J")
        await board.seen(f'"delegation_id": "{did}"')
        assert json.loads(pane(board)._page._text)["task"] == TASK


@pytest.mark.req("D5")
async def test_a_stream_is_searched_and_wrapped() -> None:
    connector, did = one()
    connector.say(did, "".join(f"line {number} of it\n" for number in range(200)))
    connector.say(did, "a needle that stands far down in a line that is broken " * 3 + "\n")
    connector.say(did, "".join(f"more {number}\n" for number in range(200)))
    async with open_board(connector, size=(80, 24)) as board:
        await opened(board, did)
        await board.pilot.press("3", "slash", *"NEEDLE", "enter")
        await board.seen("not found")
        await board.pilot.press("escape", "slash", *"a needle")
        await board.seen("1 of 3")
        assert "a needle that stands" in board.text()
        await board.pilot.press("enter", "n")
        await board.seen("2 of 3")
        await board.pilot.press("N", "N")
        await board.seen("3 of 3")
        before = pane(board).length
        await board.pilot.press("w")
        await board.until(lambda: pane(board).length < before)
        await board.pilot.press("right")
        await board.until(lambda: "dle that stands" in board.text())
        await board.pilot.press("escape")
        await board.settled()
        assert isinstance(board.app.screen, DetailScreen), "the first escape ends the search"
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))


@pytest.mark.req("D5")
async def test_a_search_finds_what_a_line_break_parts() -> None:
    connector, did = one()
    connector.say(did, "x" * 70 + " the flaky retry test is named here")
    async with open_board(connector, size=(80, 24)) as board:
        await opened(board, did)
        await board.pilot.press("3", "slash", *"flaky retry test")
        await board.seen("1 of 1")


async def test_a_stream_follows_its_end_until_a_person_scrolls_up_and_says_what_is_new() -> None:
    connector, did = one()
    connector.say(did, "".join(f"line {number}\n" for number in range(100)))
    async with open_board(connector, size=(80, 24)) as board:
        await opened(board, did)
        await board.pilot.press("3")
        await board.seen("line 99")
        connector.say(did, "the newest\n")
        await board.seen("the newest")
        await board.pilot.press("pageup")
        await board.until(lambda: "the newest" not in board.text())
        top = pane(board).top
        connector.say(did, "one\ntwo\nthree\n")
        await board.seen("↓ 3 new lines")
        assert pane(board).top == top
        await board.pilot.press("end")
        await board.seen("three")
        assert "new lines" not in board.text()


async def test_the_head_of_a_long_stream_is_fetched() -> None:
    connector, did = one()
    connector.say(did, "the very first line\n" + "more\n" * 50)
    whole = connector.rows[did].progress
    async with open_board(connector, size=(80, 24)) as board:
        store = board.app.session.store
        store._rows[did] = replace(store.rows[did], progress=whole.tail(30))
        await opened(board, did)
        await board.pilot.press("3", "home")
        await board.seen("the very first line")


async def test_a_result_is_drawn_as_markdown_or_as_it_was_written() -> None:
    connector, did = one()
    connector.complete(did, "# Done\n\n- **one** [site](http://evil.example)\n\n```\ncode\n```\n")
    async with open_board(connector, size=(80, 24)) as board:
        await opened(board, did)
        await board.pilot.press("4")
        await board.seen("• one site (http://evil.example)")
        assert "**" not in board.text()
        await board.pilot.press("m")
        await board.seen("- **one** [site](http://evil.example)")
        await board.pilot.press("m")
        await board.seen("• one")


async def test_a_platform_that_is_lost_leaves_what_the_row_says() -> None:
    connector, did = one()
    connector.errors["delegation"] = NotReachable("no answer")
    async with open_board(connector) as board:
        await opened(board, did)
        await board.seen(did)
        board.board.tick()
        board.app.screen.tick()  # type: ignore[attr-defined]
        await board.until(lambda: board.app.screen._read)  # type: ignore[attr-defined]
        assert "not here yet" not in board.text()


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "line\n" * 200_000, "漢" * 500_000, "e\u0301\u0302\u0303\u0304" * 200_000]
)
async def test_a_large_body_is_laid_out_in_pieces_between_which_keys_are_answered(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []

    def counting(self: PageText, characters: int = PIECE) -> bool:
        before = self._at
        done = advance(self, characters)
        pieces.append(self._at - before)
        return done

    advance = PageText.advance
    monkeypatch.setattr(PageText, "advance", counting)
    connector, did = one()
    connector.complete(did, text)
    async with open_board(connector, size=(80, 24)) as board:
        await opened(board, did)
        await board.pilot.press("4")
        shown = pane(board)
        await board.until(lambda: shown._page.is_done and shown._page.size >= len(text))
        assert len([piece for piece in pieces if piece]) > 5
        assert max(pieces) < PIECE + 1_000, "one step takes a piece and the line that it ends in"
        await board.pilot.press("end")
        await board.until(lambda: shown.top > 0)


def written_about(texts: Sequence[str]) -> str:
    """Markdown with each text in every place where one can stand."""
    return "\n\n".join(
        f"# {text}\n\n**{text}**\n\n- [{text}]({text})\n\n`{text}` <{text}>\n\n```{text}\n{text}\n```" for text in texts
    )


@pytest.mark.req("D9")
async def test_the_corpus_reaches_no_terminal_from_any_tab_and_does_nothing() -> None:
    """Several short texts at once on a tall screen, so that all of each is painted; each long one by itself."""
    short = [entry["text"] for entry in CORPUS if len(entry["text"]) <= 200]
    together = [short[at : at + 8] for at in range(0, len(short), 8)]
    together += [[entry["text"]] for entry in CORPUS if len(entry["text"]) > 200]
    connector = FakeConnector(now_ms=NOW_MS)
    agent = connector.agent("agent")
    for texts in together:
        said = "\n".join(texts)
        did = connector.send(agent, said, status=Status.IN_PROGRESS)
        connector.records[did] = {"task": written_about(texts)}
        connector.say(did, said)
        for text in texts:
            connector.become(did, Status.STUCK, message=text[:1_000])
        connector.complete(did, written_about(texts))
    async with open_board(connector, record=True, size=(100, 100)) as board:
        for number, did in enumerate(list(connector.rows)):
            row = connector.rows[did]
            board.app.push_screen(DetailScreen(board.app.session, board.board.all_actions, row, board.board.acting))
            await board.until(lambda: isinstance(board.app.screen, DetailScreen) and board.app.screen._read)
            screen = board.app.screen
            assert isinstance(screen, DetailScreen)
            for _ in range(5):
                screen.action_next_tab()
                await board.pilot.pause()
            if number % 4 == 0:
                await board.pilot.click(f"#{screen._tab}-pane", offset=(4, 2))
            screen.action_back()
            await board.until(lambda: board.app.screen is board.board)
        assert CONTROLS.findall(OWN_SEQUENCES.sub("", board.written)) == []
        assert board.app.is_running
