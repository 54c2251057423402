"""The frames of one stream: a snapshot, then what is published, bent by what is wrong on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.agents import render
from headway.agents.behaviors import Fault
from headway.agents.calls import RequestId, error_body, result_body
from headway.agents.errors import Code
from headway.agents.faults import MALFORMED, ConnectionReset
from headway.agents.sse import data_frame
from headway.agents.task import ArtifactUpdate, Crash, Dialect, StatusUpdate, Task, Turn

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator

    from headway.agents.job import Feed


class TaskStream:
    """One stream about one task. The snapshot is taken when it is made, so that nothing is missing between that and the
    feed's first update. `closed` is set when the agent closes: it ends what would stay open for ever."""

    def __init__(
        self, task: Task, feed: Feed, dialect: Dialect, request_id: RequestId, fault: Fault, closed: asyncio.Event
    ) -> None:
        self._task = task
        self._feed = feed
        self._dialect = dialect
        self._request_id = request_id
        self._fault = fault
        self._closed = closed
        self._snapshot = render.sent(task, dialect)

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """The frames as they come. Raises ConnectionReset where the fault is to reset the connection."""
        yield self._result(self._snapshot)
        if self._fault is Fault.NEVER_ANSWERS:
            await self._closed.wait()
            return
        async for update in self._feed:
            if isinstance(update, Turn):
                if self._fault is Fault.RESETS:
                    raise ConnectionReset
                if self._fault is Fault.MALFORMED:
                    yield data_frame(MALFORMED)
                if self._fault in (Fault.MALFORMED, Fault.ENDS_HALFWAY):
                    return
            elif isinstance(update, Crash):
                yield data_frame(error_body(self._request_id, Code.INTERNAL_ERROR, update.message))
                return
            elif not self._withheld(update):
                yield self._result(self._render(update))
        if self._fault is Fault.NO_FINAL_STAYS_OPEN:
            await self._closed.wait()

    def _withheld(self, update: StatusUpdate | ArtifactUpdate) -> bool:
        no_final = self._fault in (Fault.NO_FINAL_STAYS_OPEN, Fault.NO_FINAL_CLOSES)
        return no_final and isinstance(update, StatusUpdate) and update.status.state.ends_stream

    def _render(self, update: StatusUpdate | ArtifactUpdate) -> render.Json:
        if isinstance(update, StatusUpdate):
            return render.status_update(self._task, update, self._dialect)
        return render.artifact_update(self._task, update, self._dialect)

    def _result(self, result: render.Json) -> bytes:
        return data_frame(result_body(self._request_id, result))
