"""Notices on a board that is late, as on a machine that was held up."""

from __future__ import annotations

from support.boards import fleet, open_board
from textual.notifications import Notification
from textual.widgets._toast import Toast


async def test_a_notice_that_is_late_before_it_is_there_ends_and_the_board_goes_on() -> None:
    async with open_board(fleet()) as board:
        await board.app.screen.mount(Toast(Notification("done", timeout=-1.5)))
        await board.until(lambda: not board.app.screen.query(Toast))
        await board.pilot.press("2")
        await board.settled()
        assert board.app.is_running
