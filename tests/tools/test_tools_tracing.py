"""B9: the trace context goes out with the request and is kept; spans where OpenTelemetry is set up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.core import trace
from headway.tools import continuing
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.delegating import answering, audited, begun, lead, odd_platform, until_ended
from support.platforms import NOBODY, platform

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """An SDK that is set up for this test alone: what a traced agent has."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(otel, "get_tracer", provider.get_tracer)
    return exporter


@pytest.mark.req("B9")
async def test_a_trace_is_begun_goes_out_and_is_kept_on_the_record(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        first, second = [await begun(tools, target, "steps=1 delay=0") for _ in range(2)]
        for task_id in (first, second):
            await until_ended(tools, task_id)
        kept = [trace.read((await served.record(task_id))["traceparent"]) for task_id in (first, second)]
        assert None not in kept
        assert len({one.trace_id for one in kept if one}) == 2


@pytest.mark.req("B9")
async def test_the_trace_that_the_agent_was_given_goes_on(tmp_path: Path) -> None:
    """Each caller has its own, at the same time; what is none begins a new one."""
    async with odd_platform(tmp_path) as (odd, tools):
        odd.answers["discover"] = answering({}, 404)

        async def given(traceparent: str | None) -> str:
            with continuing(traceparent):
                await asyncio.sleep(0)
                return await begun(tools, NOBODY, "look")

        other = GIVEN.replace("4bf9", "5bf9")
        with audited() as events:
            ids = await asyncio.gather(given(GIVEN), given(other), given("nonsense"), given(None))
            for task_id in ids:
                await until_ended(tools, task_id)
        traces = {event["task_id"]: event["trace_id"] for event in events}
        assert [traces[ids[0]], traces[ids[1]]] == [GIVEN.split("-")[1], other.split("-")[1]]
        assert len(set(traces.values())) == 4
        sent = [
            trace.read(headers["traceparent"])
            for (name, body), headers in zip(odd.asked, odd.headers, strict=True)
            if name == "record" and body["delegation_id"] == ids[0]
        ]
        assert sent[0] is not None
        assert sent[0].span_id != GIVEN.split("-")[2], "a place of its own under the one that it was given"


@pytest.mark.req("B9")
async def test_a_span_tells_of_each_delegation(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    async with serve_agent("coder") as agent, odd_platform(tmp_path, agent.url) as (odd, tools):
        with continuing(GIVEN):
            task_id = await begun(tools, NOBODY, "steps=1 delay=0")
        await until_ended(tools, task_id)
        odd.answers["discover"] = answering({}, 404)
        failed = await begun(tools, NOBODY, "look")
        await until_ended(tools, failed)
        done, bad = spans.get_finished_spans()
        assert (done.name, bad.name) == ("task_delegate", "task_delegate")
        assert dict(done.attributes or {}) == {
            "source_workspace_id": odd.workspace,
            "target_workspace_id": NOBODY,
            "task_id": task_id,
        }
        assert done.parent is not None
        assert f"{done.context.trace_id:032x}" == GIVEN.split("-")[1]
        assert f"{done.parent.span_id:016x}" == GIVEN.split("-")[2]
        assert (done.status.is_ok, bad.status.is_ok) == (True, False)
        assert bad.status.description == "Discovery failed: HTTP 404"
        sent = [
            headers["traceparent"]
            for (name, _), headers in zip(odd.asked, odd.headers, strict=True)
            if name == "record"
        ]
        assert sent[0] == f"00-{done.context.trace_id:032x}-{done.context.span_id:016x}-01"


@pytest.mark.req("B9")
async def test_the_callers_own_span_goes_before_what_it_was_given(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    async with odd_platform(tmp_path) as (odd, tools):
        odd.answers["discover"] = answering({}, 404)
        with otel.get_tracer("agent").start_as_current_span("thinking") as thinking, continuing(GIVEN):
            task_id = await begun(tools, NOBODY, "look")
        await until_ended(tools, task_id)
        [delegated] = [span for span in spans.get_finished_spans() if span.name == "task_delegate"]
        assert delegated.parent is not None
        assert delegated.parent.span_id == thinking.get_span_context().span_id


@pytest.mark.req("B9")
def test_without_opentelemetry_the_trace_context_is_there_all_the_same(tmp_path: Path) -> None:
    program = """
import random, sys
sys.modules["opentelemetry"] = None
from headway.tools import tracing
with tracing.continuing("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
    span = tracing.begin({"task_id": "t"}, random.Random(1))
span.end("bad")
print(span.context)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert trace.read(ran.stdout.strip()) is not None
    assert ran.stdout.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
