"""Who has room: what is in flight from here, what heartbeats report, and who said to be left alone."""

from __future__ import annotations

from collections import Counter

from headway.core.api import Workspace
from headway.core.clock import Clock


class Slots:
    """The slots of every target, shared by the dispatcher and the gateway.

    A target that reports its own count is believed for what is not ours: of what it said was active at its last
    heartbeat, the most that was in flight from here since the one before is subtracted, and what is in flight now is
    added. Rather too much is taken for ours than too little: a target that is fuller than believed says so.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_flight: Counter[str] = Counter()
        self._peak: dict[str, int] = {}
        self._foreign: dict[str, int] = {}
        self._rests_until: dict[str, float] = {}
        self._full: dict[str, Workspace] = {}

    def take(self, target_id: str) -> None:
        """Something of ours is at the target from now on."""
        self._in_flight[target_id] += 1
        self._peak[target_id] = max(self._peak.get(target_id, 0), self._in_flight[target_id])

    def give_back(self, target_id: str) -> None:
        """Something of ours has left the target."""
        self._in_flight[target_id] -= 1
        if not self._in_flight[target_id]:
            del self._in_flight[target_id]

    def in_flight(self, target_id: str) -> int:
        """How many of ours hold a slot of the target."""
        return self._in_flight[target_id]

    def taken(self, target_id: str) -> int | None:
        """How many the target works on now, as far as it reports them; None where it has reported nothing."""
        foreign = self._foreign.get(target_id)
        return None if foreign is None else foreign + self._in_flight[target_id]

    @property
    def total(self) -> int:
        """How many of ours hold a slot anywhere."""
        return self._in_flight.total()

    def free(self, workspace: Workspace) -> int:
        """How many more the target can take now; none while it rests."""
        return 0 if self.rests(workspace.id) else self.room(workspace)

    def room(self, workspace: Workspace) -> int:
        """How many more the target could take, whether it rests or not."""
        taken = self._in_flight[workspace.id] + self._foreign.get(workspace.id, 0)
        return max(0, workspace.max_concurrent_tasks - taken)

    def found_full(self, workspace: Workspace) -> None:
        """The target had no free slot when it was looked at."""
        self._full[workspace.id] = workspace

    def is_full(self, target_id: str) -> bool:
        """Whether the target was found full and is so still; False also where it has not been looked at."""
        workspace = self._full.get(target_id)
        return workspace is not None and not self.free(workspace)

    def look_anew(self, target_id: str) -> None:
        """Take nothing for known of how full the target is."""
        self._full.pop(target_id, None)

    def report(self, target_id: str, active_tasks: int) -> None:
        """The target's heartbeat: how many tasks it works on, ours among them."""
        in_flight = self._in_flight[target_id]
        # It counted before this arrived: what of ours has ended in between is among what it counted.
        ours = max(in_flight, self._peak.get(target_id, 0))
        self._foreign[target_id] = max(0, active_tasks - ours)
        self._peak[target_id] = in_flight

    def rest(self, target_id: str, seconds: float) -> None:
        """Leave the target alone for so long: it said that it is busy, or could not be reached."""
        self._rests_until[target_id] = self._clock.monotonic() + seconds
        # What it refused is none of what it will report.
        self._peak.pop(target_id, None)

    def end_rest(self, target_id: str) -> None:
        """The target has room again, whatever it said before."""
        self._rests_until.pop(target_id, None)

    def rests(self, target_id: str) -> bool:
        """Whether the target is left alone for now."""
        return self.rest_left(target_id) > 0

    def rest_left(self, target_id: str) -> float:
        """Seconds for which the target is still left alone; 0 where it is not."""
        return max(0.0, self._rests_until.get(target_id, 0.0) - self._clock.monotonic())

    def forget(self, target_id: str) -> None:
        """The target is gone, or its heartbeats are: what it reported means nothing any more."""
        self.look_anew(target_id)
        self._foreign.pop(target_id, None)
        self._peak.pop(target_id, None)
        self._rests_until.pop(target_id, None)
