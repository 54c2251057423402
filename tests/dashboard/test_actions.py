"""One registry makes bindings, footer, help and palette."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from headway.connectors.connector import Capabilities
from headway.core.api import Workspace
from headway.core.delegation import Status
from headway.dashboard.action import Moment, Where
from headway.dashboard.actions import ACTIONS, BY_ID, actions_on, in_sections
from headway.dashboard.keymap import remapped
from headway.dashboard.screens.action_screen import ActionScreen, bindings_of
from headway.dashboard.screens.agents import AgentsScreen
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.detail import DetailScreen
from headway.dashboard.screens.events import EventsScreen
from support.dashboard_rows import a_row

RUNNING = Moment(
    Capabilities(), row=a_row(Status.IN_PROGRESS), pollable=1, agent=Workspace(id="ws-coder", name="coder")
)


SCREENS: dict[Where, type[ActionScreen]] = {
    Where.BOARD: BoardScreen,
    Where.DETAIL: DetailScreen,
    Where.AGENTS: AgentsScreen,
    Where.EVENTS: EventsScreen,
}


@pytest.mark.parametrize("where", SCREENS)
def test_no_key_of_a_screen_means_two_things_at_once(where: Where) -> None:
    for yields in (False, True):
        keys = Counter(key for action in actions_on(where) if action.yields is yields for key in action.keys)
        assert [key for key, times in keys.items() if times > 1] == []
    assert len(BY_ID) == len(ACTIONS)
    assert remapped({"dispatch": "d"}) == ACTIONS


@pytest.mark.parametrize("where", SCREENS)
def test_every_action_is_bound_described_and_done(where: Where) -> None:
    actions = actions_on(where)
    bound = {(key, binding.action) for binding in bindings_of(actions) for key in binding.key.split(",")}
    for action in actions:
        assert {(key, action.id) for key in action.keys} <= bound
        assert action.description
        assert action.title
        assert callable(getattr(SCREENS[where], f"action_{action.id}"))
    assert sorted(action.id for _, those in in_sections(actions) for action in those) == sorted(
        action.id for action in actions
    )


def test_acting_keys_are_not_there_when_the_board_is_read_only() -> None:
    read_only = replace(RUNNING, capabilities=Capabilities(read_only=True))
    assert {action.id for action in actions_on(Where.BOARD) if action.acts} == {
        "dispatch", "dispatch_again", "poll", "poll_waiting", "cancel", "reply", "retry",
    }  # fmt: skip
    assert all(BY_ID[name].is_available(RUNNING) for name in ("dispatch", "dispatch_again", "poll", "cancel"))
    assert not any(action.is_available(read_only) for action in ACTIONS if action.acts)


def test_a_finished_one_can_be_neither_polled_nor_canceled() -> None:
    finished = replace(RUNNING, row=a_row(Status.COMPLETED))
    assert not BY_ID["cancel"].is_available(finished)
    assert not BY_ID["poll"].is_available(finished)
    assert BY_ID["pin"].is_available(finished)


def test_what_a_platform_lacks_is_not_offered() -> None:
    lacking = replace(RUNNING, capabilities=Capabilities(poll=False, cancel=False))
    assert not any(BY_ID[name].is_available(lacking) for name in ("poll", "poll_waiting", "cancel"))


def test_letters_belong_to_the_filter_while_it_is_typed() -> None:
    typing = replace(RUNNING, typing=True, filtered=True)
    offered = {action.id for action in ACTIONS if action.is_available(typing)}
    assert {"keep_filter", "clear", "cursor_down"} <= offered
    assert not offered & {"dispatch", "cancel", "poll", "quit"}
