"""Where a board is drawn, and where it is not."""

from __future__ import annotations

import io
import sys

import pytest
from headway.cli.terminal import can_draw, is_over_ssh
from headway.dashboard.terminal_driver import BoardDriver
from support.boards import fleet, open_board


class Window(io.StringIO):
    """A terminal, as far as can be asked."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0


@pytest.mark.parametrize(("term", "can"), [("xterm", True), ("linux", True), ("dumb", False), ("", False)])
def test_a_board_needs_a_terminal_whose_cursor_can_be_moved(
    monkeypatch: pytest.MonkeyPatch, term: str, can: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Window())
    monkeypatch.setattr(sys, "stdout", Window())
    monkeypatch.setenv("TERM", term)
    assert can_draw() is can
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not can_draw()


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY"])
def test_ssh_is_known_by_either_of_what_it_sets(name: str) -> None:
    assert is_over_ssh({name: "there"})
    assert not is_over_ssh({name: ""})


async def test_a_board_whose_errors_go_to_a_file_is_drawn_on_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    output, errors = Window(), io.StringIO()
    for name, file in (("__stdin__", Window()), ("__stdout__", output), ("__stderr__", errors)):
        monkeypatch.setattr(sys, name, file)
    async with open_board(fleet()) as board:
        driver = BoardDriver(board.app, size=(80, 24))
        driver.outlet.write("a frame")
    assert output.getvalue() == "a frame"
    assert not errors.getvalue()
