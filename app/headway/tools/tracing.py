"""Where a delegation stands in a trace: W3C trace context always, spans where OpenTelemetry is installed.

The trace goes on from the caller's span, or from the `traceparent` that the caller was itself given (`continuing`);
otherwise it begins here (spec: agent-tools; requirements B9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from headway.core import trace
from headway.core.trace import TraceContext

if TYPE_CHECKING:
    import random
    from types import ModuleType

    from opentelemetry.trace import Span, SpanContext

TRACER: Final = "headway.tools"
SPAN: Final = "task_delegate"
ERROR_LIMIT: Final = 256

_given: ContextVar[TraceContext | None] = ContextVar("headway_given_trace", default=None)


@contextmanager
def continuing(traceparent: str | None) -> Iterator[None]:
    """What is delegated in the block belongs to this trace; what is no valid `traceparent` is let pass by.

    For an agent that was itself given a task: the header `traceparent` of the request, or `metadata.traceparent`.
    """
    token = _given.set(trace.read(traceparent))
    try:
        yield
    finally:
        _given.reset(token)


class DelegationSpan:
    """One delegation's place in its trace, from the call that begins it; `context` goes out with the request."""

    def __init__(self, context: TraceContext, span: Span | None = None) -> None:
        self.context = context
        self._span = span

    def end(self, error: str | None = None) -> None:
        """The delegation has come to its end, badly where `error` says how. Without OpenTelemetry nothing happens."""
        if self._span is None:
            return
        if error is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, error[:ERROR_LIMIT]))
        self._span.end()


def begin(attributes: Mapping[str, str], rng: random.Random) -> DelegationSpan:
    """Begin the span of a delegation, called from where it is delegated."""
    parent = _given.get()
    otel = _opentelemetry()
    if otel is not None:
        parent = _read(otel.get_current_span().get_span_context()) or parent
        span = _start(otel, parent, attributes)
        found = _read(span.get_span_context())
        # Where no SDK is set up, the API makes spans without an id, or with that of their parent.
        if found is not None and found != parent:
            return DelegationSpan(found, span)
    within = parent or trace.begin(rng.getrandbits)
    return DelegationSpan(within.child(trace.new_span_id(rng.getrandbits)))


def _opentelemetry() -> ModuleType | None:
    try:
        from opentelemetry import trace as otel
    except ImportError:
        return None
    return otel


def _start(otel: ModuleType, parent: TraceContext | None, attributes: Mapping[str, str]) -> Span:
    """A span under the caller's own; where the caller has none, under the trace that it was given."""
    context = None
    if parent is not None and not otel.get_current_span().get_span_context().is_valid:
        remote = otel.SpanContext(
            int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=otel.TraceFlags(parent.flags)
        )
        context = otel.set_span_in_context(otel.NonRecordingSpan(remote))
    span: Span = otel.get_tracer(TRACER).start_span(SPAN, context=context, attributes=dict(attributes))
    return span


def _read(context: SpanContext) -> TraceContext | None:
    if not context.is_valid:
        return None
    return TraceContext(f"{context.trace_id:032x}", f"{context.span_id:016x}", int(context.trace_flags) & 0xFF)
