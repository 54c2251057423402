"""v0.1 has no client in the SDK: its frames are checked as they are."""

from __future__ import annotations

from headway.agents.journal import Kind
from support.agents import message_params, output_of, state_of


async def test_send_subscribe_streams_frames_of_v0_1(serve) -> None:
    _, wire = await serve()
    frames = await wire.stream("tasks/sendSubscribe", message_params("0.1", "steps=2 delay=0", task_id="mine"))
    assert {frame["id"] for frame in frames} == {"mine"}
    assert all("kind" not in frame and "contextId" not in frame for frame in frames)
    artifacts = [frame["artifact"] for frame in frames if "artifact" in frame]
    assert [a["parts"] for a in artifacts] == [
        [{"type": "text", "text": "chunk 1\n"}],
        [{"type": "text", "text": "chunk 2\n"}],
    ]
    assert [(a["append"], a["lastChunk"]) for a in artifacts] == [(False, False), (True, True)]
    finals = [frame["final"] for frame in frames if "final" in frame]
    assert finals == [False] * (len(finals) - 1) + [True]
    assert state_of(frames[-1]) == "completed"


async def test_a_v0_1_task_is_fetched_and_canceled_in_the_shape_of_v0_1(serve) -> None:
    _, wire = await serve()
    await wire.start("0.1", "steps=1000 delay=0.05", task_id="mine")
    task = await wire.task("0.1", "mine")
    assert task["sessionId"] == "s1"
    assert "kind" not in task
    assert task["history"][0] == {"role": "user", "parts": [{"type": "text", "text": "steps=1000 delay=0.05"}]}
    canceled = await wire.result("tasks/cancel", {"id": "mine"})
    assert (canceled["id"], state_of(canceled)) == ("mine", "canceled")
    assert "kind" not in canceled


async def test_tasks_get_answers_a_v0_3_task_in_the_shape_of_v0_3(serve) -> None:
    _, wire = await serve()
    task_id = await wire.start("0.3", "steps=1 delay=0")
    task = await wire.until_state("0.3", task_id, "completed")
    assert (task["kind"], task["history"][0]["kind"]) == ("task", "message")
    assert "sessionId" not in task


async def test_resubscribe_in_v0_1_gives_a_snapshot_then_what_comes(serve) -> None:
    _, wire = await serve()
    task_id = await wire.start("0.1", "steps=20 delay=0.02")
    frames = await wire.stream("tasks/resubscribe", {"id": task_id})
    text = output_of(frames[0]) + "".join(f["artifact"]["parts"][0]["text"] for f in frames if "artifact" in f)
    assert text == "".join(f"chunk {n}\n" for n in range(1, 21))
    assert "sessionId" in frames[0]
    assert state_of(frames[-1]) == "completed"


async def test_a_send_with_the_id_of_a_waiting_task_is_the_reply(serve) -> None:
    server, wire = await serve("asking")
    asked = await wire.result("tasks/send", message_params("0.1", "steps=2 delay=0 ask=which_one", task_id="mine"))
    assert state_of(asked) == "input-required"
    assert asked["status"]["message"]["parts"] == [{"type": "text", "text": "which one"}]
    done = await wire.result("tasks/send", message_params("0.1", "the second", task_id="mine"))
    assert state_of(done) == "completed"
    assert len(server.agent.journal.of(Kind.STARTED, "mine")) == 2


async def test_one_port_answers_all_three_dialects(serve) -> None:
    _, wire = await serve()
    texts = {}
    for dialect, method in {"1.0": "SendMessage", "0.3": "message/send", "0.1": "tasks/send"}.items():
        reply = await wire.result(method, message_params(dialect, f"steps=1 delay=0 echo={dialect}"))
        texts[dialect] = output_of(reply.get("task", reply))
    assert texts == {dialect: f"chunk 1\n{dialect}\n" for dialect in ("1.0", "0.3", "0.1")}
