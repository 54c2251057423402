"""A view kept from the changes of each frame equals one built anew from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.core.api import Snapshot
from headway.core.delegation import Group, Status
from headway.core.events import Completed, Event, Evicted, Payload, Progressed, Sent, StatusChanged, WorkspaceHeartbeat
from headway.dashboard.filters import EVERYTHING, parse_filter
from headway.dashboard.group_view import GroupView
from headway.dashboard.sorting import SORT_KEYS
from headway.dashboard.store import Store
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.dashboard_rows import NOW_MS

if TYPE_CHECKING:
    from headway.core.delegation import Row

FILTERS = [EVERYTHING, *map(parse_filter, ("task-1", "status:stuck", "target:b", "-status:queued"))]
EMPTY = Snapshot.model_construct(epoch="e", seq=0, workspaces=[], delegations=[], totals={})


class Views(RuleBasedStateMachine):
    """Events come, filters and orders change, frames are taken now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.store.load(EMPTY)
        self.store.take_changes()
        self.views = {group: GroupView(group, self.store, lambda: NOW_MS) for group in Group}
        self.filter = EVERYTHING
        self.seq = 0

    def tell(self, payload: Payload, kind: Any) -> None:
        self.seq += 1
        self.store.apply([Event(self.seq, kind, NOW_MS + self.seq, payload)])

    @rule(priority=st.sampled_from([10, 50, 100]), to=st.sampled_from(["a", "b"]))
    def send(self, priority: int, to: str) -> None:
        sent = Sent(
            delegation_id=f"id-{self.seq}",
            target_id=to,
            task_preview=f"task-{self.seq}",
            source_id="operator",
            status=Status.PENDING,
            priority=priority,
            attempt=0,
            created_at=NOW_MS + self.seq,
        )
        self.tell(sent, sent.TYPE)

    @precondition(lambda self: self.store.rows)
    @rule(data=st.data(), status=st.sampled_from([Status.QUEUED, Status.IN_PROGRESS, Status.STUCK]))
    def move(self, data: st.DataObject, status: Status) -> None:
        row = self._any(data)
        self.tell(
            StatusChanged(delegation_id=row.delegation_id, target_id=row.target_id, status=status, attempt=1),
            StatusChanged.TYPE,
        )

    @precondition(lambda self: self.store.rows)
    @rule(data=st.data(), percent=st.floats(0, 100))
    def say(self, data: st.DataObject, percent: float) -> None:
        row = self._any(data)
        said = Progressed(
            delegation_id=row.delegation_id,
            target_id=row.target_id,
            text="more",
            offset=row.progress.end,
            progress_percent=percent,
        )
        self.tell(said, said.TYPE)

    @precondition(lambda self: self.store.rows)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        row = self._any(data)
        done = Completed(delegation_id=row.delegation_id, target_id=row.target_id, response_preview="done")
        self.tell(done, done.TYPE)

    @precondition(lambda self: self.store.rows)
    @rule(data=st.data())
    def evict(self, data: st.DataObject) -> None:
        self.tell(Evicted(delegation_ids=(self._any(data).delegation_id,)), Evicted.TYPE)

    @rule(to=st.sampled_from(["a", "b"]), name=st.sampled_from(["coder", "planner", "b-team"]))
    def rename(self, to: str, name: str) -> None:
        self.tell(WorkspaceHeartbeat(workspace_id=to, name=name), WorkspaceHeartbeat.TYPE)

    @rule(wanted=st.sampled_from(FILTERS))
    def set_filter(self, wanted: Any) -> None:
        self.filter = wanted
        for view in self.views.values():
            view.set_filter(wanted)

    @rule(group=st.sampled_from(list(Group)), turns=st.integers(1, 6))
    def sort(self, group: Group, turns: int) -> None:
        for _ in range(turns):
            self.views[group].sort_by_next(SORT_KEYS)

    @rule(group=st.sampled_from(list(Group)))
    def reverse(self, group: Group) -> None:
        self.views[group].reverse()

    @invariant()
    def a_frame_shows_what_there_is(self) -> None:
        changes = self.store.take_changes()
        for group, view in self.views.items():
            view.take(changes)
            key = SORT_KEYS[view.sort_column]
            passing = [
                (key(row, self.store.name_of), row.delegation_id)
                for row in self.store.rows.values()
                if row.status.group is group and self.filter.matches(row, self.store.name_of, NOW_MS)
            ]
            wanted = [delegation_id for _, delegation_id in sorted(passing, reverse=view.descending)]
            assert view.window(0, len(view)) == wanted
            assert [view.index_of(one) for one in wanted] == list(range(len(wanted)))

    def _any(self, data: st.DataObject) -> Row:
        return self.store.rows[data.draw(st.sampled_from(sorted(self.store.rows)))]


TestViews = Views.TestCase
TestViews.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


def test_a_workspace_that_is_called_otherwise_passes_other_filters_and_stands_elsewhere() -> None:
    views = Views()
    views.send(priority=50, to="x")
    views.send(priority=50, to="y")
    view = views.views[Group.QUEUED]
    view.set_filter(parse_filter("target:coder"))
    view.take(views.store.take_changes())
    assert len(view) == 0
    views.rename(to="x", name="coder")
    assert view.take(views.store.take_changes())
    assert view.window(0, 9) == ["id-0"]
    assert not view.take(views.store.take_changes())
