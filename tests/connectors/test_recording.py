"""Recordings: what is written can be read, holds no token, and anything else is refused with the line's number."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from headway.connectors.connector import Closed
from headway.connectors.errors import CursorGone, NotAllowed
from headway.connectors.recording import LINE_BYTES, BadRecording, read_recording
from headway.core.api import Snapshot
from headway.core.delegation import Status
from headway.core.events import Event, Progressed, Sent, StatusChanged
from headway.core.text import clean
from support.fake_connector import EPOCH, FakeConnector
from support.recordings import record

CORPUS = [
    json.loads(line)["text"] for line in (Path(__file__).parents[1] / "data/hostile.jsonl").read_text().splitlines()
]
TOKEN = 'tok"en-\\-0123456789'
HEADER = '{"headway_recording":1,"version":"0.1.0","epoch":"e","at":1000}\n'
SNAPSHOT = '{"at":1000,"snapshot":{"epoch":"e","seq":0,"totals":{},"workspaces":0,"delegations":0}}\n'


@pytest.mark.req("D12")
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
async def test_what_was_heard_is_what_is_read(tmp_path: Path, name: str) -> None:
    connector = FakeConnector()
    coder = connector.agent("coder", url="http://127.0.0.1:9000/a2a?key=hunter2")
    old = connector.send(coder, "old", status=Status.IN_PROGRESS)
    new: list[str] = []
    recording = await record(
        connector,
        tmp_path / name,
        lambda: new.append(connector.send(coder, "new\n[/] ünïcode")),
        lambda: connector.say(old, "half ", percent=50.0),
        lambda: connector.heartbeat(coder, uptime_seconds=5),
        lambda: connector.complete(old, "all of it"),
    )
    first, *events = [entry.heard for entry in recording.entries]
    assert isinstance(first, Snapshot)
    assert (first.epoch, [row.delegation_id for row in first.delegations]) == (EPOCH, [old])
    assert [event.type for event in events if isinstance(event, Event)] == [
        "DELEGATION_SENT", "DELEGATION_PROGRESS", "WORKSPACE_HEARTBEAT", "DELEGATION_COMPLETE",
    ]  # fmt: skip
    sent, progressed = (event.payload for event in events[:2] if isinstance(event, Event))
    assert isinstance(sent, Sent)
    assert sent.task_preview == "new\n[/] ünïcode"
    assert isinstance(progressed, Progressed)
    assert (progressed.text, progressed.offset, progressed.progress_percent) == ("half ", 0, 50.0)
    assert [entry.at - recording.begins for entry in recording.entries] == [0, 10_000, 20_000, 30_000, 40_000]
    assert recording.whole
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert first.workspaces[1].url == "http://127.0.0.1:9000/a2a"


@pytest.mark.req("D12")
async def test_the_token_is_not_in_it_even_where_an_agent_says_it(tmp_path: Path) -> None:
    connector = FakeConnector()
    said = connector.send(connector.agent("coder"), "look", status=Status.IN_PROGRESS)
    await record(connector, tmp_path / "a", lambda: connector.say(said, f"your token is {TOKEN}!"), secret=TOKEN)
    text = (tmp_path / "a").read_text()
    assert "your token is (token)!" in text
    assert "0123456789" not in text


async def test_a_new_ledger_begins_with_a_new_snapshot_and_a_lost_link_is_told(tmp_path: Path) -> None:
    connector = FakeConnector()
    coder = connector.agent("coder")
    lost: list[str] = []
    recording = await record(
        connector,
        tmp_path / "a",
        lambda: connector.interrupt(Closed("refused", 2.0)),
        lambda: connector.interrupt(CursorGone("another ledger")),
        lambda: connector.send(coder, "after"),
        lost=lambda closed: lost.append(closed.reason),
    )
    assert [type(entry.heard).__name__ for entry in recording.entries] == ["Snapshot", "Snapshot", "Event"]
    assert lost == ["refused"]


async def test_a_token_that_is_taken_back_ends_it_well(tmp_path: Path) -> None:
    connector = FakeConnector()
    with pytest.raises(NotAllowed):
        await record(connector, tmp_path / "a", lambda: connector.interrupt(NotAllowed("no longer")))
    assert read_recording(tmp_path / "a").whole


async def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileExistsError):
        await record(FakeConnector(), tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


@pytest.mark.parametrize("packed", [False, True])
def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path, packed: bool) -> None:
    whole = (HEADER + SNAPSHOT + _said("one") + _said("two")).encode()
    content = gzip.compress(whole)[:-8] if packed else whole[:-20]
    (tmp_path / "a").write_bytes(content)
    recording = read_recording(tmp_path / "a")
    assert not recording.whole
    texts = [one.heard.payload.text for one in recording.entries if isinstance(one.heard, Event)]  # type: ignore[attr-defined]
    assert texts == (["one", "two"] if packed else ["one"])


@pytest.mark.req("D12")
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{not json}", "Expecting"),
        ('{"at":1}', "'type' is missing"),
        ('{"at":1,"seq":1,"type":"DELEGATION_SENT","timestamp":1,"data":{}}', "a field is missing"),
        ('{"at":1,"seq":1,"type":"X","timestamp":1,"data":[' + "[" * 9_000, "nested too deeply"),
        ('{"at":1e999,"seq":1,"type":"X","timestamp":1,"data":{}}', "not a finite number|infinity"),
        ('{"at":NaN,"end":true}', "not a finite number|NaN"),
        ('{"at":' + "9" * 5_000 + ',"end":true}', "digits"),
        ("[]", "not an object"),
        ("null", "not an object"),
        ('"\\ud800"', "not an object"),
        ('{"at":1,"snapshot":{"epoch":"e"}}', "'workspaces' is missing"),
        ('{"at":1,"snapshot":{"epoch":"e","seq":1,"totals":{},"workspaces":1,"delegations":0}}\n{"x":1}', "workspace"),
    ],
)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "a").write_text(HEADER + SNAPSHOT + _said("fine") + line + "\n" + _said("never read"))
    with pytest.raises(BadRecording, match=rf"Line [45] of a cannot be read \(.*({why})") as raised:
        read_recording(tmp_path / "a")
    assert raised.value.exit_code == 1
    assert "Nothing was played." in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"hello\n", b"{}\n", b"[1]\n", b"\x1f\x8bnot really gzip", b"\xff\xfe\n", HEADER.encode(), b"\0" * 99],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadRecording, match="Nothing was played"):
        read_recording(tmp_path / "a")


def test_a_later_format_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(HEADER.replace(":1,", ":2,", 1) + SNAPSHOT)
    with pytest.raises(BadRecording, match="another format"):
        read_recording(tmp_path / "a")


def test_a_line_without_end_is_not_read_whole(tmp_path: Path) -> None:
    bomb = HEADER.encode() + SNAPSHOT.encode() + b'{"at":1,"x":"' + b"a" * (LINE_BYTES + 1)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(BadRecording, match="too large at line 3"):
        read_recording(tmp_path / "a.gz")


@pytest.mark.req("D12")
def test_what_a_recording_holds_is_cleaned_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(HEADER + SNAPSHOT + "".join(map(_said, CORPUS)) + '{"at":9,"end":true}\n')
    read = [entry.heard.payload for entry in read_recording(tmp_path / "a").entries if isinstance(entry.heard, Event)]
    assert [payload.text for payload in read if isinstance(payload, Progressed)] == [clean(text) for text in CORPUS]


def _said(text: str) -> str:
    data = {"delegation_id": "d", "target_id": "t", "text": text, "offset": 0}
    event = {"at": 1000, "seq": 1, "type": "DELEGATION_PROGRESS", "timestamp": 1, "data": data}
    return json.dumps(event) + "\n"


def test_the_recording_of_the_readme_is_whole_small_and_lively() -> None:
    file = Path(__file__).parents[2] / "screenshots/demo.jsonl.gz"
    assert file.stat().st_size < 300_000
    recording = read_recording(file)
    assert recording.whole
    assert 60_000 < recording.length < 120_000
    heard = {entry.heard.type for entry in recording.entries if isinstance(entry.heard, Event)}
    assert {"DELEGATION_SENT", "DELEGATION_PROGRESS", "DELEGATION_COMPLETE", "DELEGATION_FAILED"} <= heard
    statuses = {
        entry.heard.payload.status
        for entry in recording.entries
        if isinstance(entry.heard, Event) and isinstance(entry.heard.payload, StatusChanged)
    }
    assert {Status.QUEUED, Status.INPUT_REQUIRED, Status.STUCK} <= statuses
    said = gzip.decompress(file.read_bytes()).decode()
    assert "Bearer" not in said
    assert "/tmp/" not in said
