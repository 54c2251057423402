"""The board as it looks. To take the pictures anew: `pytest tests/snapshots --snapshot-update`; then look at each."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from headway.connectors.connector import Closed
from headway.connectors.errors import NotAllowed
from headway.dashboard.app import HeadwayApp
from headway.dashboard.screens.leave import LeaveScreen
from support.boards import NOW_MS, ManualClock, fleet
from support.fake_connector import FakeConnector
from textual.pilot import Pilot

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 36), (200, 60)]
at_every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def at_rest(*keys: str, before: Callable[[HeadwayApp], None] | None = None, shows: str = "live") -> Any:
    """Wait for the first rows, press keys one by one, and let everything come to rest."""

    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, HeadwayApp)
        while not app.session.store.generation or "live" not in app.session.feed.link.words(0):
            await pilot.pause()
        if before is not None:
            before(app)
            while shows not in app.session.feed.link.words(app.session.clock.monotonic()):
                await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        shown: list[str] = []
        while app.animator._animations or app._frame_due or shown != _picture(app):
            shown = _picture(app)
            for _ in range(3):
                await pilot.pause()
        for field in app.screen.query("Input, TextArea"):
            field.cursor_blink = False  # type: ignore[attr-defined]
        await pilot.pause()

    return run


def _picture(app: HeadwayApp) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def same(compare: Compare, app: HeadwayApp, **options: Any) -> bool:
    """Whether the picture is the kept one, and the app that it is of did not fail: else it would be of nothing."""
    alike = compare(app, **options)
    assert not app.return_code, "the app failed; no picture was compared"
    return alike


def app_on(connector: FakeConnector | None = None) -> HeadwayApp:
    return HeadwayApp(connector or fleet(), clock=ManualClock(), title="demo", rng=random.Random(7))


@at_every_size
def test_the_board(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("down", "down"))


@at_every_size
def test_a_pinned_stream(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("o", "down"))


@at_every_size
def test_a_finished_one_with_its_result(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("3", "down", "down", "down", "down"))


@at_every_size
def test_the_dispatch_dialog(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("d", *"er", "enter", *"Port it"))


@at_every_size
def test_the_cancel_dialog(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("down", "down", "x"))


@at_every_size
def test_the_help(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("question_mark"))


@at_every_size
def test_the_filter(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("slash", *"coder"))


@at_every_size
def test_a_lost_platform(snap_compare: Compare, size: tuple[int, int]) -> None:
    connector = fleet()

    def lose(app: HeadwayApp) -> None:
        connector.interrupt(Closed("refused", 4.0))

    run = at_rest(before=lose, shows="reconnecting")
    assert same(snap_compare, app_on(connector), terminal_size=size, run_before=run)


@at_every_size
def test_a_read_only_board(snap_compare: Compare, size: tuple[int, int]) -> None:
    connector = fleet(FakeConnector(now_ms=NOW_MS, read_only=True))
    assert same(snap_compare, app_on(connector), terminal_size=size, run_before=at_rest())


@at_every_size
def test_an_empty_board(snap_compare: Compare, size: tuple[int, int]) -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    assert same(snap_compare, app_on(connector), terminal_size=size, run_before=at_rest())


def test_without_color(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert same(snap_compare, app_on(), terminal_size=(80, 24), run_before=at_rest("down", "down"))


@at_every_size
def test_a_question_about_several(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("1", "space", "space", "2", "space", "x")
    assert same(snap_compare, app_on(), terminal_size=size, run_before=run)


@at_every_size
def test_the_reply_dialog(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("down", "r", *"Q3"))


@at_every_size
def test_the_palette(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("ctrl+p", *"ca"))


@at_every_size
def test_the_themes(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest("t", "down"))


@at_every_size
def test_the_question_before_leaving(snap_compare: Compare, size: tuple[int, int]) -> None:
    def leave(app: HeadwayApp) -> None:
        app.push_screen(LeaveScreen(5))

    assert same(snap_compare, app_on(), terminal_size=size, run_before=at_rest(before=leave))


@at_every_size
def test_the_question_for_a_token(snap_compare: Compare, size: tuple[int, int]) -> None:
    connector = fleet()

    def refuse(app: HeadwayApp) -> None:
        connector.interrupt(NotAllowed("No.", needs_token=True))

    run = at_rest("T", before=refuse, shows="needs a token")
    assert same(snap_compare, app_on(connector), terminal_size=size, run_before=run)


def test_a_board_of_60_by_18(snap_compare: Compare) -> None:
    assert same(snap_compare, app_on(), terminal_size=(60, 18), run_before=at_rest("down", "down"))


def test_a_dialog_of_60_by_18(snap_compare: Compare) -> None:
    assert same(snap_compare, app_on(), terminal_size=(60, 18), run_before=at_rest("d", *"er", "enter", *"Port it"))
