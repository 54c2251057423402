"""What keys do with delegations: hand one over, ask after it, stop it, answer it, take it along."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.core.delegation import RETRYABLE, Status
from headway.dashboard.action import ON_BOARD, Action, Moment, Section, Where, with_row
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


_ACTING: Final = partial(Action, section=Section.DELEGATIONS, acts=True, on=ON_BOTH)
_MARKING: Final = partial(Action, section=Section.DELEGATIONS, available=_can_mark)
_LOOKING: Final = partial(Action, section=Section.LOOKING, in_footer=True, shed=3)

DELEGATION_ACTIONS: Final[tuple[Action, ...]] = (
    _ACTING(
        "dispatch",
        ("d",),
        "Dispatch",
        "Hand a task to an agent",
        in_footer=True,
        on=frozenset({Where.BOARD, Where.AGENTS}),
    ),
    _ACTING(
        "poll",
        ("p",),
        "Poll",
        "Ask the agent now how this or each marked one is",
        available=_can_poll,
        in_footer=True,
    ),
    _ACTING(
        "poll_waiting",
        ("P",),
        "Poll waiting",
        "Poll every queued and every stuck delegation",
        available=lambda moment: moment.capabilities.poll and moment.pollable > 0,
        on=ON_BOARD,
    ),
    _ACTING(
        "cancel",
        ("x",),
        "Cancel",
        "Cancel this delegation, or all marked ones",
        available=_can_cancel,
        in_footer=True,
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
    _ACTING("reply", ("r",), "Reply", "Answer what the agent asks", available=_can_reply, in_footer=True),
    _ACTING(
        "retry",
        ("R",),
        "Retry",
        "Hand over again what failed or was canceled",
        available=_can_retry,
        in_footer=True,
    ),
    _ACTING("dispatch_again", ("D",), "Dispatch again", "Hand the same task to another agent", available=with_row),
    _MARKING(
        "mark",
        ("space",),
        "Mark",
        "Mark this one, or unmark it, and go on to the next",
        in_footer=True,
        shed=2,
        yields=True,
    ),
    _MARKING("mark_all", ("asterisk",), "Mark all", "Mark all that match in this table, or unmark them"),
    _LOOKING("pin", ("o",), "Pin", "Pin this delegation's stream, or unpin it", available=with_row),
    _LOOKING(
        "next_wanting",
        ("n",),
        "Next",
        "The next that asks, is stuck, or failed",
        available=lambda moment: moment.wanting,
    ),
)
"""In the order of footer and help; the actions of the detail screen stand among them."""
