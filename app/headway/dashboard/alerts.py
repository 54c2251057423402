"""Calling a person who looks elsewhere: a bell, or a notification of the desktop. No Textual.

Off unless it is set (spec: dashboard, "Around it").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from headway.core.delegation import Group, Status
from headway.core.text import clean_line
from headway.dashboard.cells import one_line
from headway.dashboard.copying import wrapped

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.store import Store

Means: TypeAlias = Literal["off", "bell", "desktop"]
PAUSE: Final = 5.0
"""Seconds between two calls, at the least: what comes meanwhile is told with the next one."""
TEXT_LIMIT: Final = 120
_BELL: Final = "\a"


class Alerts:
    """Takes note of what finished or got stuck, and says now and then what is to be written to the terminal."""

    def __init__(self, store: Store, means: Means, environ: Mapping[str, str]) -> None:
        self._store = store
        self._means = means
        self._environ = environ
        self._stuck: set[str] = set()
        self._news: dict[str, str] = {}
        self._called_at = float("-inf")

    def take(self, changes: Changes, *, looking: bool) -> None:
        """Note a frame's changes; what a person looks at is no news."""
        if self._means == "off":
            return
        if changes.reloaded:
            # Not what happened now: the board has just begun, or was away.
            self._stuck = {did for did, row in self._store.rows.items() if row.status is Status.STUCK}
            return
        for did in changes.entered.get(Group.COMPLETED, ()):
            self._note(did)
        for did in changes.touched:
            if self._store.rows[did].status is not Status.STUCK:
                self._stuck.discard(did)
            elif did not in self._stuck:
                self._stuck.add(did)
                self._note(did)
        if looking:
            self._news.clear()

    def call(self, now: float) -> str:
        """What to write to the terminal at `now`, seconds of the board's clock; empty for nothing yet."""
        if not self._news or now < self._called_at + PAUSE:
            return ""
        news, self._news = self._news, {}
        self._called_at = now
        if self._means == "bell":
            return _BELL
        text = next(iter(news.values())) if len(news) == 1 else _counted(list(news.values()))
        return wrapped(f"\x1b]9;{clean_line(text, limit=TEXT_LIMIT)}{_BELL}", self._environ)

    def _note(self, delegation_id: str) -> None:
        row = self._store.rows[delegation_id]
        what = row.status.value
        self._news[delegation_id] = f"{what}: {one_line(self._store.name_of(row.target_id))}, {row.task_preview}"


def _counted(news: list[str]) -> str:
    """How many of each, the stuck first."""
    kinds = [text.partition(":")[0] for text in news]
    order = [status.value for status in (Status.STUCK, Status.FAILED, Status.COMPLETED, Status.CANCELED)]
    return "headway: " + ", ".join(f"{kinds.count(kind):,} {kind}" for kind in order if kind in kinds)
