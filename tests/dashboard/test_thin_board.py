"""A real board, whatever is done with it, looks the same behind a thin link (`THIN_STEPS` for a long run)."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from headway.core.delegation import Status
from headway.dashboard.screens.action_screen import ActionScreen
from headway.dashboard.thin.output import ThinOutput
from support.boards import OpenBoard, fleet, open_board
from support.emulator import Show

STEPS = int(os.environ.get("THIN_STEPS", "40"))
SEED = int(os.environ.get("THIN_SEED", "1"))
HOSTILE = [json.loads(line) for line in (Path(__file__).parent.parent / "data/hostile.jsonl").read_text().splitlines()]
PLAIN = [{"text": f"Part {number} of the archive " * (number % 4 + 1)} for number in range(50)]
"""What is seen of a wide or joined character that is half covered is the terminal's; here there are none."""
KEYS = ("tab", "down", "up", "end", "home", "s", "S", "o", "space", "1", "2", "3", "a", "v", "t", "question_mark", "d")
MORE_KEYS = ("enter", "slash", "f", "i", "x", "n", "escape", "escape", "escape", "ctrl+p", "pagedown")
SIZES = ((120, 36), (80, 24), (100, 30), (61, 19))


class Twins:
    """Two terminals of one size: one gets all that Textual writes, the other what the thin output makes of it."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.full, self.thin = Show(*size), Show(*size)
        self.output = ThinOutput(*size)
        self.sizes = [0, 0]

    def resize(self, size: tuple[int, int]) -> None:
        self.full, self.thin = Show(*size), Show(*size)
        self.output.resize(*size)

    def feed(self, board: OpenBoard) -> None:
        driver = board.app._driver
        for written in driver.written:  # type: ignore[union-attr]
            sent = self.output.feed(written)
            self.full.feed(written)
            self.thin.feed(sent)
            self.sizes = [self.sizes[0] + len(written), self.sizes[1] + len(sent)]
        board.forget()
        if self.thin.picture != self.full.picture:
            rows = enumerate(zip(self.full.picture, self.thin.picture, strict=True))
            pytest.fail("\n".join(f"{y}, full, thin:\n{full}\n{thin}" for y, (full, thin) in rows if full != thin))

    async def show_all(self, board: OpenBoard) -> None:
        """Wait until they show what is on the screen: nothing that changed was left unpainted."""

        def differing() -> list[tuple[str, str]]:
            self.feed(board)
            shown = ["".join(cell.data for cell in row) for row in self.full.picture]
            return [pair for pair in zip(shown, board.text().split("\n"), strict=True) if pair[0] != pair[1]]

        with suppress(AssertionError):
            await board.until(lambda: not differing())
        assert differing() == []


async def happen(board: OpenBoard, chance: random.Random, texts: Sequence[dict[str, str]]) -> None:
    """One thing that the platform tells, or that a person does."""
    fake, clock = board.connector, board.clock
    running = [did for did, row in fake.rows.items() if row.status is Status.IN_PROGRESS]
    match chance.randrange(6):
        case 0 if running:
            fake.say(chance.choice(running), f"{chance.choice(texts)['text']}\n", percent=chance.random() * 100)
        case 1 if len(running) > 2:
            fake.complete(chance.choice(running), chance.choice(texts)["text"])
        case 2:
            agent = chance.choice(list(fake.workspaces))
            fake.become(fake.send(agent, chance.choice(texts)["text"]), Status.IN_PROGRESS)
        case 3:
            clock.advance(chance.choice((0.5, 1.0, 61.0)))
            for screen in board.app.screen_stack:
                if isinstance(screen, ActionScreen):
                    screen.tick()
        case _:
            await board.pilot.press(chance.choice(KEYS if chance.random() < 0.6 else MORE_KEYS))


@pytest.mark.req("D15")
@pytest.mark.parametrize("texts", [HOSTILE, PLAIN], ids=["hostile", "plain"])
async def test_whatever_happens_on_a_board_both_terminals_show_the_same(
    texts: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tick paints what differs, and so what an earlier paint had lost.
    often = ActionScreen.set_interval
    monkeypatch.setattr(
        ActionScreen, "set_interval", lambda self, every, *rest, **more: every < 1 and often(self, every, *rest, **more)
    )
    chance = random.Random(SEED)
    async with open_board(fleet(), record=True) as board:
        twins = Twins(SIZES[0])
        twins.feed(board)
        for _ in range(STEPS):
            await happen(board, chance, texts)
            await board.settled()
            if texts is PLAIN:
                await twins.show_all(board)
            twins.feed(board)
            if chance.random() < 0.02:
                size = chance.choice([one for one in SIZES if one != board.app.size])
                twins.resize(size)
                await board.pilot.resize_terminal(*size)
                await board.settled()
                twins.feed(board)
    assert not twins.output.steps_aside
    assert twins.sizes[1] < twins.sizes[0]
