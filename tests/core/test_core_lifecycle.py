"""The lifecycle and the reducer, by themselves (spec: lifecycle)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from headway.core.delegation import ACTIVE, EDGES, TERMINAL, Group, Row, Status, Via, read_status
from headway.core.events import (
    Canceled,
    Completed,
    Event,
    Evicted,
    Failed,
    Other,
    Payload,
    Progressed,
    Sent,
    StatusChanged,
    read_payload,
)
from headway.core.projection import apply
from hypothesis import given
from hypothesis import strategies as st

TABLE = {
    "pending": "dispatched queued failed canceled",
    "queued": "dispatched failed canceled completed",
    "dispatched": "in_progress input_required queued stuck canceling completed failed canceled",
    "in_progress": "input_required stuck canceling completed failed canceled",
    "input_required": "in_progress stuck canceling completed failed canceled",
    "stuck": "in_progress input_required canceling completed failed canceled",
    "canceling": "canceled completed failed",
    "completed": "",
    "failed": "",
    "canceled": "",
}
"""The specification's own table, written out."""

WHO = {"delegation_id": "d", "target_id": "t"}
SENT = Sent(**WHO, task_preview="task", source_id="s", status=Status.PENDING, priority=50, attempt=0, created_at=1_000)
WORDS = st.none() | st.text(max_size=5)
PERCENTS = st.none() | st.floats(0, 100)
CHANGES = st.one_of(
    st.builds(
        StatusChanged,
        delegation_id=st.just("d"),
        target_id=st.just("t"),
        status=st.sampled_from(sorted(ACTIVE)),
        attempt=st.integers(0, 3),
        status_message=WORDS,
        progress_percent=PERCENTS,
    ),
    st.builds(
        Progressed,
        delegation_id=st.just("d"),
        target_id=st.just("t"),
        text=st.text(max_size=5),
        offset=st.integers(0, 12),
        progress_percent=PERCENTS,
    ),
)
ENDINGS = st.one_of(
    st.builds(Completed, **{name: st.just(value) for name, value in WHO.items()}, response_preview=st.text(max_size=5)),
    st.builds(Failed, **{name: st.just(value) for name, value in WHO.items()}, error=st.text(max_size=5)),
    st.builds(Canceled, **{name: st.just(value) for name, value in WHO.items()}, confirmed=st.booleans()),
)


def numbered(payloads: list[Payload]) -> list[Event]:
    return [
        Event(seq, getattr(payload, "TYPE", "OTHER"), 1_000 + seq, payload) for seq, payload in enumerate(payloads, 1)
    ]


def fold(events: list[Event], row: Row | None = None) -> Row | None:
    for event in events:
        row = apply(event, row)
    return row


@pytest.mark.parametrize("status", Status)
def test_the_edges_are_those_of_the_specification(status: Status) -> None:
    assert {new.value for new in Status if status.can_become(new)} == set(TABLE[status].split())
    assert status.is_terminal == (TABLE[status] == "")
    assert not status.can_become(status)


@given(st.lists(st.sampled_from(Status), max_size=12))
def test_a_walk_over_legal_edges_ends_where_it_first_ends(wanted: list[Status]) -> None:
    status, ended = Status.PENDING, None
    for new in wanted:
        if status.can_become(new):
            assert ended is None
            status = new
            ended = new if new in TERMINAL else None
    assert ended is None or (status is ended and not EDGES[status])


def test_every_status_has_its_table_on_the_board() -> None:
    groups = {status: status.group for status in Status}
    assert {status for status in groups if groups[status] is Group.QUEUED} == {Status.PENDING, Status.QUEUED}
    assert {status for status in groups if groups[status] is Group.COMPLETED} == TERMINAL


def test_a_status_is_read_from_the_wire() -> None:
    assert [read_status(status.value) for status in Status] == list(Status)
    assert read_status("received") is Status.DISPATCHED
    with pytest.raises(ValueError, match="gone"):
        read_status("gone")


@given(st.lists(CHANGES, max_size=8), st.data())
def test_events_that_overlap_a_snapshot_change_nothing(changes: list[Payload], data: st.DataObject) -> None:
    events = numbered([SENT, *changes])
    row = fold(events)
    start = data.draw(st.integers(0, len(events)))
    stop = data.draw(st.integers(start, len(events)))
    assert fold(events[start:stop], row) == row


@given(st.lists(CHANGES, max_size=8), ENDINGS, st.data())
def test_a_row_can_be_taken_up_at_any_event(changes: list[Payload], ending: Payload, data: st.DataObject) -> None:
    """What a snapshot in the middle carries, and the events after it, make what all events make."""
    events = numbered([SENT, *changes, ending])
    cut = data.draw(st.integers(1, len(events)))
    taken = fold(events[:cut])
    assert taken is not None
    row = fold(events[cut:], replace(taken))
    assert row == fold(events)
    assert row is not None
    assert row.seq == len(events)
    assert row.finished_at == row.updated_at == 1_000 + len(events)


def test_each_ending_says_how() -> None:
    begun = fold(numbered([SENT]))
    done = apply(Event(2, "", 2_000, Completed(**WHO, response_preview="answer", via=Via.QUEUE_DRAIN)), begun)
    failed = apply(Event(2, "", 2_000, Failed(**WHO, error="no route")), begun)
    stopped = apply(Event(2, "", 2_000, Canceled(**WHO, confirmed=True, status_message="it stopped")), begun)
    assert done is not None
    assert (done.status, done.result_preview, done.via) == (Status.COMPLETED, "answer", Via.QUEUE_DRAIN)
    assert failed is not None
    assert (failed.status, failed.error) == (Status.FAILED, "no route")
    assert stopped is not None
    assert (stopped.status, stopped.status_message) == (Status.CANCELED, "it stopped")


def test_what_is_no_sign_of_life_leaves_the_activity_as_it_was() -> None:
    row = fold(numbered([SENT]))
    assert row is not None
    for status, alive in ((Status.STUCK, False), (Status.CANCELING, False), (Status.IN_PROGRESS, True)):
        event = Event(2, "", 9_000, StatusChanged(**WHO, status=status, attempt=0))
        after = apply(event, row)
        assert after is not None
        assert (after.last_activity_at == 9_000) is alive
        assert after.updated_at == 9_000


@given(CHANGES | ENDINGS | st.just(Evicted(delegation_ids=("d",))) | st.just(Other(data={"a": 1})))
def test_of_what_is_not_known_nothing_is_made(payload: Payload) -> None:
    assert apply(Event(5, "", 5, payload), None) is None


@given(CHANGES | ENDINGS | st.just(SENT))
def test_payloads_survive_the_wire(payload: Payload) -> None:
    import json

    assert read_payload(payload.TYPE, json.loads(payload.model_dump_json(exclude_none=True))) == payload


def test_an_event_of_a_later_version_is_kept_as_it_came() -> None:
    assert read_payload("DELEGATION_PRAISED", {"by": "someone"}) == Other(data={"by": "someone"})
