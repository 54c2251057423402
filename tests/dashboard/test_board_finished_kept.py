"""How many finished delegations a board holds is a setting, from the file to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from headway.cli.manner import manner_of
from headway.config.model import BoardSection, Config
from headway.config.settings import Flags, load
from headway.core.delegation import Group
from headway.dashboard.store import FINISHED_KEPT
from support.boards import fleet, open_board
from support.settings import Configured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("said", "kept"), [("", FINISHED_KEPT), ("[board]\nfinished = 250\n", 250)])
def test_the_file_says_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, kept: int) -> None:
    home = Configured(tmp_path).writes(said)
    for name, value in home.variables.items():
        monkeypatch.setenv(name, value)
    assert manner_of(load(Flags())).finished_kept == kept
    assert BoardSection().finished == Config().board.finished == FINISHED_KEPT


@pytest.mark.parametrize("wrong", ["99", "1000001", "true", '"many"'])
def test_a_number_out_of_bounds_starts_nothing(tmp_path: Path, wrong: str) -> None:
    ran = Configured(tmp_path).writes(f"[board]\nfinished = {wrong}\n").run("config")
    assert ran.code == 2
    assert "finished" in ran.err


async def test_a_board_holds_no_more_than_it_is_told() -> None:
    async with open_board(fleet(), finished_kept=2) as board:
        store = board.app.session.store
        assert len(store.group(Group.COMPLETED)) == 2
        assert sum(store.totals.values()) > len(store.rows)
