"""What is read in one pass is what the door and the payloads would have read; what is not, is left to them."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from typing import Any

import pytest
from headway.connectors import door, plain_events
from headway.connectors.plain_events import read_plain
from headway.connectors.stream import EventReader
from headway.core.cursor import Cursor
from headway.core.delegation import Status
from headway.core.events import Event, Payload, Progressed, StatusChanged, read_payload
from headway.core.text import ERROR_LIMIT, LINE_LIMIT
from headway.net.event_parser import ServerEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema

PROGRESSED = {"delegation_id": "d1", "target_id": "w1", "text": "half\n", "offset": 3}
STATUS = {"delegation_id": "d1", "target_id": "w1", "status": "stuck", "attempt": 1}
KINDS = {"DELEGATION_PROGRESS": PROGRESSED, "DELEGATION_STATUS": STATUS}
FIELDS = [*Progressed.model_fields, *StatusChanged.model_fields, "seq", "unheard_of", "name"]
TEXTS = [
    "", " ", "a", "two\nlines\t", "a\x1b[2Jb", "\u202eb", "\x7f", "\x00",
    "a\r\nb", "é", "e\u0301", "a" + "\u0301" * 9, "\u2028",
    "𝄞", "\ud800", *("x" * size for size in (LINE_LIMIT, LINE_LIMIT + 1, ERROR_LIMIT, ERROR_LIMIT + 1)), *Status,
    "received", "2026-01-02T03:04:05Z", "5",
]  # fmt: skip
NUMBERS = [
    -1, 0, 1, 2, 100, 101, 2**53, 2**53 + 1, 2**70, door.MAX_TIME, door.MAX_TIME + 1,
    -0.5, -0.0, 0.5, 5.0, 100.0, 100.5, 1e300, float("nan"), float("inf"),
]  # fmt: skip
OTHERS = [None, True, False, [], {}, {"seq": "x"}, ["x"]]
ODD = [*TEXTS, *NUMBERS, *OTHERS]

SCHEMAS = {"DELEGATION_PROGRESS": plain_events._PROGRESSED, "DELEGATION_STATUS": plain_events._STATUS_CHANGED}
ORDERS = """
import json, sys
from headway.core.events import read_payload
ids = {"delegation_id": "d", "target_id": "w"}
told = {
    "DELEGATION_PROGRESS": {**ids, "text": "[\x1b]", "offset": 0},
    "DELEGATION_STATUS": {**ids, "status": "pending", "attempt": 1, "status_message": "[\x1b]"},
}
if sys.argv[1] == "read_payload":
    for kind, data in told.items():
        read_payload(kind, data)
from headway.connectors import plain_events
print(plain_events._CLEANS)
for kind, data in told.items():
    read = plain_events.read_plain(1, json.dumps({"type": kind, "timestamp": 1, "data": data}))
    print(ascii(getattr(read.payload, "text", None) or read.payload.status_message).strip("'"))
"""


def strictly(seq: int, data: str) -> Event | None:
    """As the stream reads what is not read in one pass; None where it cannot be read."""
    try:
        envelope = door.read(data)
        payload = read_payload(envelope["type"], envelope["data"])
        return Event(seq, str(envelope["type"]), int(envelope["timestamp"]), payload)
    except (ValueError, KeyError, TypeError):
        return None


def said(event: Event) -> tuple[object, ...]:
    """All that an event is, down to the kinds of its values."""
    values = event.payload.__dict__.items()
    kinds = {name: (type(value), repr(value)) for name, value in values}
    return event.seq, event.type, event.timestamp, type(event.payload), kinds, event.payload.model_fields_set


def is_read_the_same(envelope: dict[str, Any]) -> bool:
    """Whether it is read in one pass; then it must be what it would be without."""
    for ascii_only in (True, False):
        data = json.dumps(envelope, ensure_ascii=ascii_only).encode("utf-8", "replace").decode()
        read = read_plain(7, data)
        if read is not None:
            strict = strictly(7, data)
            assert strict is not None, envelope
            assert said(read) == said(strict), envelope
    return read is not None


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_field_holds_it_is_read_as_without_the_short_way(kind: str) -> None:
    plain = {"type": kind, "timestamp": 5, "data": KINDS[kind]}
    for name, odd in product(FIELDS, ODD):
        is_read_the_same({**plain, "data": {**KINDS[kind], name: odd}})
    for name, odd in product(["type", "timestamp", "data", "workspace_id"], [*ODD, *KINDS, *KINDS.values()]):
        is_read_the_same({**plain, name: odd})


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(["text", "status_message", "delegation_id"]), st.text())
def test_any_text_is_cleaned_as_without_the_short_way(kind: str, name: str, text: str) -> None:
    is_read_the_same({"type": kind, "timestamp": 5, "data": {**KINDS[kind], name: text}})


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_is_missing_is_one_without_the_short_way(kind: str) -> None:
    for gone in KINDS[kind]:
        rest = {name: value for name, value in KINDS[kind].items() if name != gone}
        assert not is_read_the_same({"type": kind, "timestamp": 5, "data": rest})


@pytest.mark.parametrize(
    "payload",
    [
        Progressed(delegation_id="d", target_id="w", text="two\nlines\t𝄞", offset=5, progress_percent=50),
        Progressed(delegation_id="d", target_id="w", text="", offset=0),
        StatusChanged(delegation_id="d", target_id="w", status=Status.STUCK, attempt=2, status_message="größer"),
    ],
)
def test_what_a_platform_of_ours_writes_is_read_in_one_pass(payload: Payload) -> None:
    data = f'{{"type":"{payload.TYPE}","timestamp":5,"data":{payload.model_dump_json(exclude_none=True)}}}'
    assert read_plain(3, data) == Event(3, payload.TYPE, 5, payload)


def test_the_cursor_goes_along_with_ids_of_its_own_ledger_only() -> None:
    reader = EventReader(Cursor("e", 4))
    data = json.dumps({"type": "DELEGATION_PROGRESS", "timestamp": 1, "data": PROGRESSED})
    ids = ["e:5", "e:5", "6", "e:", "e:7x", "e:" + "9" * 19, "e:0008"]
    batch = reader.read([ServerEvent(data, id=one) for one in ids])
    assert [event.seq for event in batch.events] == [5, 0, 0, 0, 0, 0, 8]
    assert batch.cursor == reader.cursor == Cursor("e", 8)


@pytest.mark.parametrize("first", ["read_payload", "nothing"])
def test_texts_are_cleaned_whether_or_not_the_payloads_were_used_before(first: str) -> None:
    """pydantic-core takes a class's own validator in place of the schema that it is given, once there is one."""
    ran = subprocess.run([sys.executable, "-c", ORDERS, first], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == ["True", "[\\ufffd]", "[\\ufffd]"]


def test_a_validator_that_cleans_nothing_is_known_and_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, data in KINDS.items():
        read_payload(kind, data)
    kinds = {kind: plain_events._envelope(schema) for kind, schema in SCHEMAS.items()}
    careless = SchemaValidator(core_schema.tagged_union_schema(kinds, discriminator="type"))
    assert not plain_events._cleans(careless)
    monkeypatch.setattr(plain_events, "_CLEANS", False)
    assert read_plain(7, json.dumps({"type": "DELEGATION_PROGRESS", "timestamp": 1, "data": PROGRESSED})) is None
