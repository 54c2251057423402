"""What follows when an agent did not take a delegation (spec: platform-api, "Dispatch", and the queue). Pure."""

from __future__ import annotations

from typing import Final

from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentUnreachable,
)
from headway.core.api import OFFLINE, Workspace
from headway.ledger.records import Undelivered
from headway.platform.settings import Settings

BUSY: Final = "the agent is busy"
ONE_RETRY: Final = 2
"""Failed deliveries that are the end of one whose workspace sends no heartbeats: the first, and its retry."""


def heartbeats(workspace: Workspace | None) -> bool:
    """Whether the workspace still says that it is there."""
    return workspace is not None and workspace.last_heartbeat_at is not None and workspace.status != OFFLINE


def is_worth_a_retry(error: AgentError) -> bool:
    """Whether the answer is that of a proxy whose agent is down or restarts, with no word of the agent itself."""
    if not isinstance(error, AgentHttpError) or error.body_present:
        return False
    return error.status == 502 or (error.status == 503 and error.restarting)


def refusal_pause(error: AgentUnreachable, tries: int, settings: Settings) -> float:
    """Seconds to leave an agent alone that could not be reached so many times."""
    return 0.0 if error.hopeless else back_off(tries, settings)


def needs_rest(error: AgentError) -> bool:
    """Whether what else waits for the agent would most likely meet the same end."""
    return isinstance(error, (AgentHttpError, AgentIdle, AgentLost, AgentUnreachable))


def after_refusal(error: AgentUnreachable, tries: int, now_ms: int, settings: Settings, *, alive: bool) -> Undelivered:
    """What becomes of one that could not be delivered; `tries` failed before. `alive` is `heartbeats` of its target."""
    tries += 1
    last = settings.queue_tries if alive else min(ONE_RETRY, settings.queue_tries)
    if tries >= last or error.hopeless:
        times = f" ({tries} tries)" if tries > 1 else ""
        return Undelivered(f"failed to reach workspace agent: {error}{times}", tries, give_up=True)
    pause = back_off(tries, settings)
    not_before = now_ms + round(pause * 1_000)
    return Undelivered(f"{error}; try {tries + 1} of {last} follows in {pause:g} s", tries, not_before)


def back_off(tries: int, settings: Settings) -> float:
    """Seconds to wait after so many failed deliveries."""
    return float(min(settings.retry_pause * 2 ** (tries - 1), settings.retry_pause_max))


def busy_pause(error: AgentBusy, settings: Settings, *, works_for_us: bool) -> float:
    """Seconds to leave a busy agent alone; where it works on others of ours, the end of those says that it has room."""
    pause = max(error.retry_after or 0.0, settings.busy_pause)
    return max(pause, settings.busy_recheck) if works_for_us else pause
