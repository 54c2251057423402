"""The store: a snapshot and the events after it are the records, however they come; changes are told net."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from headway.core.cursor import Cursor
from headway.core.delegation import EDGES, Delegation, Group, Row, Status
from headway.core.events import DelegationPayload, Event
from headway.core.progress import ProgressText
from headway.core.projection import apply
from headway.dashboard.changes import Changes, Note
from headway.dashboard.store import Store
from hypothesis import given
from hypothesis import strategies as st
from support.records import EPOCH, T0, completed, event, progress, row, sent, snapshot, status

_FINISHING = {
    Status.COMPLETED: ("DELEGATION_COMPLETE", {"response_preview": "done"}),
    Status.FAILED: ("DELEGATION_FAILED", {"error": "broke"}),
    Status.CANCELED: ("DELEGATION_CANCELED", {"confirmed": True}),
}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What a ledger might have told: each delegation along its legal edges, with progress, in one order."""
    now: dict[str, Row] = {}
    events: list[Event] = []
    for seq in range(1, draw(st.integers(1, 40)) + 1):
        running = [each for each in now.values() if not each.status.is_terminal]
        if not running or draw(st.booleans()):
            new = sent(seq, f"d{len(now)}")
        else:
            new = _goes_on(draw, seq, draw(st.sampled_from(running)))
        events.append(new)
        assert isinstance(new.payload, DelegationPayload)
        after = apply(new, now.get(new.payload.delegation_id))
        assert after is not None
        now[after.delegation_id] = after
    return events


def _goes_on(draw: st.DrawFn, seq: int, before: Row) -> Event:
    if draw(st.booleans()):
        return progress(seq, before.delegation_id, draw(st.integers(0, before.progress.end)), draw(st.text("ab\n")))
    target = draw(st.sampled_from(sorted(EDGES[before.status])))
    if target in _FINISHING:
        event_type, data = _FINISHING[target]
        return event(seq, event_type, before.delegation_id, **data)
    return status(seq, before.delegation_id, target)


def folded(events: list[Event]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for each in events:
        assert isinstance(each.payload, DelegationPayload)
        after = apply(each, rows.get(each.payload.delegation_id))
        if after is not None:
            rows[after.delegation_id] = after
    return rows


def counted(rows: dict[str, Row]) -> dict[Status, int]:
    return {each: sum(row.status is each for row in rows.values()) for each in Status}


def grouped(store: Store) -> dict[Group, set[str]]:
    return {group: set(store.group(group)) for group in Group}


@given(histories(), st.data())
def test_a_snapshot_at_any_point_and_the_events_after_it_in_overlapping_batches_are_the_rows(
    events: list[Event], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(events)), label="snapshot at")
    store = Store()
    store.load(snapshot(*folded(events[:at]).values(), seq=at))
    begin = data.draw(st.integers(0, at), label="stream begins at")
    while begin < len(events):
        end = data.draw(st.integers(begin + 1, len(events)), label="batch ends at")
        store.apply(events[begin:end])
        begin = data.draw(st.integers(max(0, end - 3), end), label="next begins at") if end < len(events) else end
    everything = folded(events)
    assert dict(store.rows) == everything
    assert dict(store.totals) == counted(everything)
    assert grouped(store) == {
        group: {each.delegation_id for each in everything.values() if each.status.group is group} for group in Group
    }
    assert store.cursor == Cursor(EPOCH, len(events))


@given(histories(), st.data())
def test_changes_lead_a_board_from_frame_to_frame(events: list[Event], data: st.DataObject) -> None:
    """A board that follows changes alone shows what the store holds, also while finished rows are dropped."""
    store = Store(finished_kept=data.draw(st.integers(0, 3)))
    store.load(snapshot(seq=0))
    assert store.take_changes().reloaded
    board: dict[Group, set[str]] = {group: set() for group in Group}
    shown: dict[str, Row] = {}
    for each in events:
        store.apply([each])
        if data.draw(st.booleans(), label="frame"):
            _draw(board, shown, store, store.take_changes())
    _draw(board, shown, store, store.take_changes())
    assert board == grouped(store)
    assert shown == dict(store.rows)
    assert not store.take_changes()


def _draw(board: dict[Group, set[str]], shown: dict[str, Row], store: Store, changes: Changes) -> None:
    assert not changes.reloaded
    for group, ids in changes.left.items():
        assert ids <= board[group]
        board[group] -= ids
        for gone in ids - store.rows.keys():
            del shown[gone]
    for group, ids in changes.entered.items():
        assert not ids & board[group]
        assert ids <= changes.touched
        board[group] |= ids
    shown.update({touched: store.rows[touched] for touched in changes.touched})


def test_what_came_and_went_between_two_frames_was_never_there() -> None:
    store = loaded(finished_kept=0)
    store.apply([sent(2, "d2"), completed(3, "d2")])
    changes = store.take_changes()
    assert (changes.entered, changes.left, changes.touched) == ({}, {}, frozenset())
    assert store.totals[Status.COMPLETED] == 1


def test_a_thousand_events_of_one_row_are_one_change() -> None:
    store = loaded(row("d1", status=Status.IN_PROGRESS))
    store.apply(progress(seq, "d1", seq - 2, "x") for seq in range(2, 1002))
    assert store.take_changes().touched == {"d1"}
    assert store.rows["d1"].progress.length == 1000


def loaded(*rows: Row, **options: int) -> Store:
    store = Store(**options)
    store.load(snapshot(*rows))
    store.take_changes()
    return store


def test_the_oldest_finished_rows_go_first_and_stay_in_the_totals() -> None:
    rows = [row(f"d{age}", status=Status.COMPLETED, finished_at=T0 - age) for age in (5, 9, 1)]
    store = loaded(*rows, row("live"), finished_kept=2)
    assert set(store.rows) == {"d5", "d1", "live"}
    store.apply([completed(2, "live")])
    assert set(store.group(Group.COMPLETED)) == {"d1", "live"}
    assert store.totals[Status.COMPLETED] == 4
    assert store.take_changes().left == {Group.QUEUED: {"live"}, Group.COMPLETED: {"d5"}}


def test_older_ones_are_held_beyond_the_bound_until_they_are_forgotten() -> None:
    def finished(*ages: int) -> list[Row]:
        return [row(f"d{age}", status=Status.COMPLETED, finished_at=T0 - age) for age in ages]

    store = Store(finished_kept=2)
    store.load(snapshot(*finished(1, 2), row("live"), totals={Status.COMPLETED: 6, Status.PENDING: 1}))
    store.take_changes()
    assert store.oldest_finished == store.rows["d2"]
    store.hold_older(finished(4, 3, 2))
    assert list(store.group(Group.COMPLETED)) == ["d4", "d3", "d2", "d1"]
    changes = store.take_changes()
    assert (changes.older, changes.entered, changes.touched) == ({"d3", "d4"}, {}, set())
    store.apply([completed(2, "live")])
    assert list(store.group(Group.COMPLETED)) == ["d3", "d2", "d1", "live"]
    store.take_changes()
    store.hold_older(finished(6, 5, 4))
    store.forget_older()
    assert list(store.group(Group.COMPLETED)) == ["d1", "live"]
    changes = store.take_changes()
    assert (changes.older, changes.left) == (set(), {Group.COMPLETED: {"d2", "d3"}})
    store.load(snapshot(*finished(1, 2, 3)))
    assert set(store.rows) == {"d1", "d2"}
    assert store.oldest_finished == store.rows["d2"]


def test_there_are_no_older_ones_than_the_platform_has() -> None:
    assert Store().oldest_finished is None
    assert loaded(row("d1", status=Status.FAILED)).oldest_finished is None


def test_evicted_ones_leave_rows_and_totals_also_those_that_were_not_held() -> None:
    store = Store()
    held = row("held", status=Status.FAILED)
    store.load(snapshot(held, totals={Status.FAILED: 1, Status.COMPLETED: 7}))
    ids = ["held", "old1", "old2"]
    store.apply([event(2, "DELEGATION_EVICTED", delegation_ids=ids, statuses=["failed", "completed", "completed"])])
    assert not store.rows
    assert (store.totals[Status.FAILED], store.totals[Status.COMPLETED]) == (0, 5)


def test_an_event_that_the_snapshot_knew_makes_no_second_row_of_what_it_left_out() -> None:
    store = Store()
    store.load(snapshot(seq=10, totals={Status.COMPLETED: 1}))
    store.apply([sent(2, "old"), completed(3, "old")])
    assert not store.rows
    assert store.totals[Status.COMPLETED] == 1


def test_events_need_a_snapshot_first() -> None:
    with pytest.raises(RuntimeError):
        Store().apply([sent(1)])


def test_a_bookmark_moves_the_cursor_and_nothing_else() -> None:
    store = loaded(row())
    store.apply([event(0, "BOOKMARK", seq=9)])
    assert store.cursor == Cursor(EPOCH, 9)
    assert not store.take_changes()


def test_a_new_snapshot_replaces_everything() -> None:
    store = loaded(row("old"))
    store.apply([sent(2, "newer")])
    store.load(snapshot(row("d9"), epoch="e2", seq=4))
    assert set(store.rows) == {"d9"}
    assert store.cursor == Cursor("e2", 4)
    changes = store.take_changes()
    assert changes.reloaded
    assert changes.generation == store.generation == 2


@pytest.mark.parametrize(
    ("event_type", "data", "expected"),
    [
        ("WORKSPACE_OFFLINE", {}, {"status": "offline"}),
        ("WORKSPACE_DEGRADED", {"error": "half fail"}, {"status": "degraded", "last_sample_error": "half fail"}),
        ("WORKSPACE_ONLINE", {"status": "online", "url": "http://x"}, {"status": "online", "url": "http://x"}),
        ("WORKSPACE_QUEUE", {"queue_depth": 3, "active_tasks": 1}, {"queue_depth": 3, "active_tasks": 1}),
        ("WORKSPACE_HEARTBEAT", {"active_tasks": 2, "uptime_seconds": 60}, {"active_tasks": 2, "uptime_seconds": 60}),
    ],
)
def test_workspace_facts(event_type: str, data: dict[str, object], expected: dict[str, object]) -> None:
    store = loaded()
    store.apply([event(2, event_type, workspace_id="coder-id", **data)])
    assert store.workspaces["coder-id"].model_dump(include=set(expected)) == expected
    assert store.workspaces["coder-id"].name == "coder"
    assert store.take_changes().workspaces == {"coder-id"}


def test_workspaces_come_and_go() -> None:
    store = loaded()
    store.apply([event(2, "WORKSPACE_ONLINE", workspace_id="fresh-id", name="fresh")])
    assert store.name_of("fresh-id") == "fresh"
    store.apply([event(3, "WORKSPACE_REMOVED", workspace_id="fresh-id")])
    assert store.name_of("fresh-id") == "fresh-id"
    assert "fresh-id" in store.take_changes().workspaces
    store.apply([event(4, "WORKSPACE_REMOVED", workspace_id="never-seen")])
    assert not store.take_changes()


def test_a_note_shows_at_once_and_the_platforms_word_replaces_it() -> None:
    store = loaded(row("d1", status=Status.IN_PROGRESS))
    store.note("d1", Note("canceling…", Status.CANCELING))
    assert store.status_of("d1") is Status.CANCELING
    assert store.rows["d1"].status is Status.IN_PROGRESS
    assert store.take_changes().touched == {"d1"}
    store.apply([status(2, "d1", "stuck")])
    assert store.status_of("d1") is Status.CANCELING
    store.apply([status(3, "d1", "canceling")])
    assert not store.notes


def test_a_note_of_what_did_not_happen_is_withdrawn() -> None:
    store = loaded(row("d1", status=Status.QUEUED))
    store.note("d1", Note("canceling…", Status.CANCELING))
    store.take_changes()
    store.withdraw_note("d1")
    assert store.status_of("d1") is Status.QUEUED
    assert store.take_changes().touched == {"d1"}
    store.note("unknown", Note("x"))
    assert not store.notes


def test_notes_outlive_a_resync_unless_it_answers_them() -> None:
    store = loaded(row("a", status=Status.IN_PROGRESS), row("b", status=Status.IN_PROGRESS))
    for each in ("a", "b"):
        store.note(each, Note("canceling…", Status.CANCELING))
    store.load(snapshot(row("a", status=Status.IN_PROGRESS), row("b", status=Status.CANCELED)))
    assert set(store.notes) == {"a"}


def pieces() -> Iterator[tuple[str, int]]:
    yield from (("one ", 0), ("two ", 4), ("three ", 8))


@pytest.mark.parametrize("record_at", [3, 4, 5])
def test_the_head_of_a_long_text_is_fetched_and_put_before_its_tail(record_at: int) -> None:
    """Whether the record was read before, with or after the events that the row has seen."""
    told = [progress(seq, "d1", offset, text) for seq, (text, offset) in enumerate(pieces(), start=3)]
    tail = ProgressText.of("two ", start=4)
    store = Store()
    store.load(snapshot(row("d1", status=Status.IN_PROGRESS, seq=4, progress=tail), seq=4))
    whole = "".join(text for text, _ in list(pieces())[: record_at - 2])
    assert store.merge_record(record("d1", whole, seq=record_at))
    store.apply(told)
    assert store.rows["d1"].progress == ProgressText.of("one two three ")
    assert not store.merge_record(record("d1", "one two three ", seq=5))
    assert not store.merge_record(record("unknown", "text", seq=5))


def record(delegation_id: str, text: str, *, seq: int) -> Delegation:
    return Delegation(
        delegation_id=delegation_id,
        source_id="op",
        target_id="coder-id",
        task="t",
        status=Status.IN_PROGRESS,
        last_activity_at=T0,
        created_at=T0,
        updated_at=T0,
        seq=seq,
        progress_text=text,
    )
