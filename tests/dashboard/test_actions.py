"""One registry makes bindings, footer, help and palette."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from headway.connectors.connector import Capabilities
from headway.core.delegation import Status
from headway.dashboard.actions import ACTIONS, BY_ID, Moment, in_sections
from headway.dashboard.screens.board import BoardScreen
from support.dashboard_rows import a_row

RUNNING = Moment(Capabilities(), row=a_row(Status.IN_PROGRESS), pollable=1)


def test_no_key_means_two_things() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, times in keys.items() if times > 1] == []
    assert len(BY_ID) == len(ACTIONS)


def test_every_action_is_bound_described_and_done() -> None:
    bound = {binding.id: binding for binding in BoardScreen.BINDINGS}  # type: ignore[union-attr]
    for action in ACTIONS:
        assert bound[action.id].action == action.id  # type: ignore[union-attr]
        assert action.description
        assert action.title
        assert callable(getattr(BoardScreen, f"action_{action.id}"))
    assert [action for _, actions in in_sections() for action in actions if action not in ACTIONS] == []
    assert sum(len(actions) for _, actions in in_sections()) == len(ACTIONS)


def test_acting_keys_are_not_there_when_the_board_is_read_only() -> None:
    read_only = replace(RUNNING, capabilities=Capabilities(read_only=True))
    assert {action.id for action in ACTIONS if action.acts} == {"dispatch", "poll", "poll_waiting", "cancel"}
    assert all(action.is_available(RUNNING) for action in ACTIONS if action.acts)
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
    assert {"keep_filter", "clear_filter", "cursor_down"} <= offered
    assert not offered & {"dispatch", "cancel", "poll", "quit"}
