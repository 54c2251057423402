"""Folding frames into what is shown, and into the result."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from headway.a2a.frames import read_frame
from headway.a2a.shown import common_prefix
from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.core.progress import Splice
from headway.core.text import BODY_LIMIT, clean
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text("ab\n\u0301\u2028\r", max_size=6)
NAMES = st.sampled_from(["x", "y", "z"])


def status(state: str, text: str | None = None) -> dict[str, Any]:
    inner: dict[str, Any] = {"state": state}
    if text is not None:
        inner["message"] = {"role": "agent", "parts": [{"text": text}]}
    return {"statusUpdate": {"taskId": "t", "status": inner}}


def chunk(text: str, *, name: str = "x", append: bool = True, last: bool = False) -> dict[str, Any]:
    artifact = {"artifactId": name, "parts": [{"text": text}]}
    return {"artifactUpdate": {"taskId": "t", "artifact": artifact, "append": append, "lastChunk": last}}


def task(state: str, artifacts: dict[str, list[str]], text: str | None = None) -> dict[str, Any]:
    listed = [{"artifactId": name, "parts": [{"text": part} for part in parts]} for name, parts in artifacts.items()]
    return {"task": {"id": "t", "status": status(state, text)["statusUpdate"]["status"], "artifacts": listed}}


FRAMES = st.lists(
    st.builds(status, st.just("working"), st.none() | WORDS)
    | st.builds(chunk, WORDS, name=NAMES, append=st.booleans(), last=st.booleans())
    | st.builds(task, st.just("working"), st.dictionaries(NAMES, st.lists(WORDS, max_size=3)), st.none() | WORDS),
    max_size=12,
)


def apply(transcript: Transcript, result: dict[str, Any]) -> AgentUpdate | None:
    frame = read_frame(result)
    assert frame is not None
    return transcript.apply(frame)


def play(*results: dict[str, Any], transcript: Transcript | None = None) -> list[AgentUpdate]:
    transcript = transcript or Transcript()
    return [update for result in results if (update := apply(transcript, result)) is not None]


@given(FRAMES, st.sampled_from(["", "kept from before\n"]), st.sampled_from([BODY_LIMIT, 60]))
def test_splices_applied_in_order_give_what_is_shown(frames: list[dict[str, Any]], before: str, limit: int) -> None:
    transcript, shown = Transcript(before, limit=limit), before
    for frame in frames:
        update = apply(transcript, frame)
        if update is not None and update.splice is not None:
            assert update.splice.offset <= len(shown)
            shown = shown[: update.splice.offset] + update.splice.text
        assert shown == transcript.text
        assert len(shown) <= limit + 60


@given(st.lists(st.tuples(NAMES, st.text("ab\n\u0301\u2028", max_size=6)), max_size=8))
def test_a_snapshot_that_agrees_with_what_was_streamed_changes_nothing(chunks: list[tuple[str, str]]) -> None:
    transcript = Transcript()
    parts: dict[str, list[str]] = {}
    for name, text in chunks:
        apply(transcript, chunk(text, name=name, append=name in parts))
        parts.setdefault(name, []).append(text)
    apply(transcript, status("working", "on it"))
    # A snapshot's parts are cleaned one by one, so marks that pile up over a split may read differently.
    if all(clean("".join(each)) == "".join(map(clean, each)) for each in parts.values()):
        assert apply(transcript, task("working", parts, "on it")) is None


def test_a_snapshot_is_spliced_from_the_first_difference() -> None:
    transcript = Transcript()
    play(status("working"), chunk("abcdef", append=False), transcript=transcript)
    (update,) = play(task("working", {"x": ["abcXYZ"]}), transcript=transcript)
    assert update.splice == Splice(3, "XYZ")


def test_what_a_snapshot_no_longer_has_is_taken_back_but_lines_stay() -> None:
    transcript = Transcript()
    play(status("working", "hello"), chunk("one", append=False), chunk("two", name="y"), transcript=transcript)
    play(task("working", {"y": ["two"]}), transcript=transcript)
    assert transcript.text == "hello\ntwo"


def test_a_replaced_artifact_changes_where_it_stands() -> None:
    transcript = Transcript()
    play(chunk("one\n", append=False), status("working", "line"), chunk("two", name="y"), transcript=transcript)
    play(chunk("ONE", append=False), transcript=transcript)
    assert transcript.text == "ONE\nline\ntwo"


def test_resuming_with_only_the_id_splices_at_zero_and_with_the_text_at_the_difference() -> None:
    snapshot = task("working", {"x": ["abc", "def"]}, "busy")
    (fresh,) = play(snapshot)
    assert fresh.splice == Splice(0, "abc\ndef\nbusy\n")
    (kept,) = play(snapshot, transcript=Transcript("abc\nde"))
    assert kept.splice == Splice(6, "f\nbusy\n")


def test_the_result_is_every_text_part_of_every_artifact_and_of_the_final_message() -> None:
    (update,) = play(task("completed", {"x": ["a", "b"], "y": ["c"]}, "d"))
    assert update.output == "a\nb\nc\nd"


def test_without_any_text_the_result_is_compact_json() -> None:
    (update,) = play(task("completed", {}))
    assert update.output == '{"id":"t","status":{"state":"completed"},"artifacts":[]}'


@pytest.mark.parametrize("state", ["failed", "rejected"])
def test_a_bad_end_without_a_reason_says_so(state: str) -> None:
    (update,) = play(status(state))
    assert update.error == f"the agent reported {state} without a reason"
    assert update.output == ""


def test_nothing_is_told_twice() -> None:
    transcript = Transcript()
    assert len(play(status("working", "50%"), transcript=transcript)) == 1
    assert play(status("working", "50%"), status("working"), transcript=transcript) == []


def test_frames_of_another_task_are_not_taken() -> None:
    other = {"statusUpdate": {"taskId": "other", "status": {"state": "completed"}}}
    assert [update.state for update in play(status("working"), other)] == [TaskState.WORKING]


def test_a_character_split_over_two_chunks_is_put_together() -> None:
    updates = play(chunk("a\ud83d", append=False), chunk("\ude00b\r"), chunk("\nc", last=True), status("completed"))
    assert updates[-1].output == "a\U0001f600b\nc"


def test_what_was_held_back_at_a_split_is_in_the_snapshot_once() -> None:
    transcript = Transcript()
    play(status("working"), chunk("a\r", append=False), transcript=transcript)
    play(task("working", {"x": ["a\r\nb"]}), chunk("c"), transcript=transcript)
    assert transcript.text == "a\nbc"
    (last,) = play(chunk("\r", append=True), status("completed"), transcript=transcript)[1:]
    assert last.output == "a\nbc\ufffd"


def test_a_long_stream_keeps_its_newest_half_and_says_what_was_dropped() -> None:
    transcript = Transcript(limit=1_000)
    play(*(chunk(f"{number:09}\n") for number in range(500)), transcript=transcript)
    assert transcript.text.startswith("… [")
    assert transcript.text.endswith("000000499\n")
    assert len(transcript.text) <= 1_000
    kept = transcript.text.partition("\n")[2]
    assert transcript.text.partition("\n")[0] == f"… [{5_000 - len(kept):,} earlier characters dropped]"


def test_a_long_result_is_cut_and_says_so() -> None:
    transcript = Transcript(limit=1_000)
    updates = play(*(chunk("x" * 100) for _ in range(50)), status("completed"), transcript=transcript)
    output = updates[-1].output or ""
    assert output.endswith("… [cut: 5,000 characters]")
    assert len(output) <= 1_000


def test_a_snapshot_that_agrees_after_the_limit_changes_nothing() -> None:
    transcript = Transcript(limit=1_000)
    pieces = ["x" * 100] * 50
    play(status("working"), *(chunk(piece) for piece in pieces), transcript=transcript)
    assert play(task("working", {"x": pieces}), transcript=transcript) == []


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_common_prefix(one: str, other: str) -> None:
    same = common_prefix(one, other)
    assert one[:same] == other[:same]
    assert one[same : same + 1] != other[same : same + 1] or same == min(len(one), len(other))


def test_many_artifacts_cost_what_they_are_and_not_their_square() -> None:
    frame = read_frame(task("working", {f"a{index}": ["x"] for index in range(3_000)}))
    assert frame is not None
    steps = 0

    def count(*_event: object) -> None:
        nonlocal steps
        steps += 1

    transcript = Transcript()
    sys.setprofile(count)
    try:
        transcript.apply(frame)
    finally:
        sys.setprofile(None)
    assert transcript.text.count("x") == 3_000
    assert steps < 3_000 * 300


def test_what_is_dropped_makes_room_again() -> None:
    transcript = Transcript(limit=100)
    frames = [read_frame(chunk("x" * 90, append=False)) for _ in range(5)]
    frames += [read_frame(task("completed", {"y": ["z" * 80]}))]
    updates = [transcript.apply(frame) for frame in frames if frame is not None]
    assert updates[-1] is not None
    assert updates[-1].output == "z" * 80
