"""What keys do with delegations: hand one over, ask after it, stop it, answer it, take it along."""

from __future__ import annotations

from typing import Final

from headway.core.delegation import RETRYABLE, Status
from headway.dashboard.action import Action, Moment, Section, Where
from headway.dashboard.detail_actions import DETAIL_ACTIONS, ON_BOTH, OPENING_ACTIONS


def _can_poll(moment: Moment) -> bool:
    return moment.capabilities.poll and any(not row.status.is_terminal for row in moment.rows)


def _can_cancel(moment: Moment) -> bool:
    return moment.capabilities.cancel and any(
        not row.status.is_terminal and row.status is not Status.CANCELING and row.delegation_id not in moment.canceling
        for row in moment.rows
    )


def _can_reply(moment: Moment) -> bool:
    row = moment.row
    return moment.capabilities.reply and row is not None and row.status is Status.INPUT_REQUIRED


def _can_mark(moment: Moment) -> bool:
    # Marks are there to be acted on.
    return moment.may_act and moment.row is not None


def _can_retry(moment: Moment) -> bool:
    return moment.capabilities.retry and any(row.status in RETRYABLE for row in moment.rows)


DELEGATION_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "dispatch",
        ("d",),
        "Dispatch",
        "Hand a task to an agent",
        Section.DELEGATIONS,
        acts=True,
        in_footer=True,
        on=frozenset({Where.BOARD, Where.AGENTS}),
    ),
    Action(
        "poll",
        ("p",),
        "Poll",
        "Ask the agent now how this or each marked one is",
        Section.DELEGATIONS,
        available=_can_poll,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "poll_waiting",
        ("P",),
        "Poll waiting",
        "Poll every queued and every stuck delegation",
        Section.DELEGATIONS,
        available=lambda moment: moment.capabilities.poll and moment.pollable > 0,
        acts=True,
    ),
    Action(
        "cancel",
        ("x",),
        "Cancel",
        "Cancel this delegation, or all marked ones",
        Section.DELEGATIONS,
        available=_can_cancel,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    *OPENING_ACTIONS,
    *DETAIL_ACTIONS,
    Action(
        "undo",
        ("u",),
        "Undo",
        "Take back a cancel in its time of grace",
        Section.DELEGATIONS,
        available=lambda moment: moment.undoable,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "reply",
        ("r",),
        "Reply",
        "Answer what the agent asks",
        Section.DELEGATIONS,
        available=_can_reply,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "retry",
        ("R",),
        "Retry",
        "Hand over again what failed or was canceled",
        Section.DELEGATIONS,
        available=_can_retry,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "dispatch_again",
        ("D",),
        "Dispatch again",
        "Hand the same task to another agent",
        Section.DELEGATIONS,
        available=lambda moment: moment.row is not None,
        acts=True,
        on=ON_BOTH,
    ),
    Action(
        "mark",
        ("space",),
        "Mark",
        "Mark this one, or unmark it, and go on to the next",
        Section.DELEGATIONS,
        available=_can_mark,
        in_footer=True,
        shed=2,
        yields=True,
    ),
    Action(
        "mark_all",
        ("asterisk",),
        "Mark all",
        "Mark all that match in this table, or unmark them",
        Section.DELEGATIONS,
        available=_can_mark,
    ),
    Action(
        "pin",
        ("o",),
        "Pin",
        "Pin this delegation's stream, or unpin it",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        in_footer=True,
        shed=3,
    ),
    Action(
        "next_wanting",
        ("n",),
        "Next",
        "The next that asks, is stuck, or failed",
        Section.LOOKING,
        available=lambda moment: moment.wanting,
        in_footer=True,
        shed=3,
    ),
)
"""In the order of footer and help; the actions of the detail screen stand among them."""
