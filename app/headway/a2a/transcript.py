"""Folding an agent's frames into updates: what changed, what is shown, and the result at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from headway.a2a.artifacts import Artifacts
from headway.a2a.frames import Artifact, ArtifactFrame, Frame, MessageFrame, SnapshotFrame, StatusFrame
from headway.a2a.shapes import Json
from headway.a2a.shown import Segment, ShownText
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.core.progress import Splice
from headway.core.text import BODY_LIMIT, ERROR_LIMIT, clean

_BAD_ENDS: Final = (TaskState.FAILED, TaskState.REJECTED)


class Transcript:
    """All that is known of one task, as its frames come in.

    A fresh one starts with nothing shown, so the first snapshot splices at offset 0: that is how a caller resumes after
    a restart with only a task id. With `shown`, the text that the caller kept, new text follows it and the first
    snapshot is spliced from where it differs. One transcript serves the turns of one task (a reply to input-required).
    """

    def __init__(self, shown: str = "", *, limit: int = BODY_LIMIT) -> None:
        self._limit = limit
        self._shown = ShownText(shown, limit=limit)
        self._artifacts = Artifacts(limit=limit)
        self._fresh = True
        self._message: str | None = None
        self._percent: float | None = None
        self._replying = False
        self.task_id: str | None = None
        self.context_id: str | None = None
        self.state: TaskState | None = None

    @property
    def text(self) -> str:
        """All that is shown now."""
        return self._shown.text

    @property
    def has_output(self) -> bool:
        """An artifact has come, so a result need not be asked for."""
        return self._artifacts.has_output

    @property
    def ended(self) -> bool:
        """Nothing more comes by itself: the task is terminal, or waits for somebody."""
        return self.state is not None and (self.state.terminal or self.state.interrupted)

    def begin_turn(self, *, replying: bool) -> None:
        """A message is about to be sent. A reply's first snapshot may still show the question that it answers."""
        self._replying = replying
        self.state = None
        if not replying:
            self.task_id = None

    def end_turn(self) -> None:
        """The stream of a reply has ended: from here on, waiting for input is news again."""
        self._replying = False

    def apply(self, frame: Frame) -> AgentUpdate | None:
        """Take in one frame. None when it is about another task, or tells nothing that was not known."""
        if frame.task_id is not None:
            if self.task_id is not None and frame.task_id != self.task_id:
                return None
            self.task_id = frame.task_id
        self.context_id = frame.context_id or self.context_id
        if isinstance(frame, StatusFrame):
            return self._status(frame)
        if isinstance(frame, ArtifactFrame):
            return self._artifact(frame)
        if isinstance(frame, SnapshotFrame):
            return self._snapshot(frame)
        return self._answer(frame)

    def _status(self, frame: StatusFrame) -> AgentUpdate | None:
        splice = self._shown.add_line(frame.text) if frame.text is not None and frame.text != self._message else None
        self._fresh = False
        return self._update(frame.state, frame.text, frame.percent, splice, raw=None)

    def _artifact(self, frame: ArtifactFrame) -> AgentUpdate:
        self._fresh = False
        # Taken only where it is needed: a long stream would pay for it with every chunk.
        replacing = not frame.append and self._artifacts.known(frame.artifact.id) is not None
        old = self._shown.text if replacing else ""
        name, text, replaces = self._artifacts.add(frame.artifact, append=frame.append, last=frame.last)
        if replaces:
            self._replace({name: text})
            splice = self._shown.since(old)
        else:
            splice = self._shown.add_chunk(name, text)
        return self._update(None, None, frame.percent, splice, raw=None) or AgentUpdate(self.task_id, self.context_id)

    def _snapshot(self, frame: SnapshotFrame) -> AgentUpdate | None:
        old = self._shown.text
        if self._fresh and (frame.artifacts or frame.lines or frame.text):
            self._shown.clear()
            for line in frame.lines[:-1] if frame.lines and frame.lines[-1] == frame.text else frame.lines:
                self._shown.add_line(line)
            self._fresh = False
        if frame.artifacts is not None:
            self._reconcile(frame.artifacts)
        if frame.text is not None and frame.text != self._message:
            self._shown.add_line(frame.text)
        return self._update(frame.state, frame.text, frame.percent, self._shown.since(old), raw=frame.raw)

    def _answer(self, frame: MessageFrame) -> AgentUpdate | None:
        splice = self._shown.add_line(frame.text) if frame.text is not None else None
        self._fresh = False
        return self._update(TaskState.COMPLETED, frame.text, None, splice, raw=frame.raw)

    def _reconcile(self, artifacts: tuple[Artifact, ...]) -> None:
        """Make the artifacts those of a snapshot, leaving alone what agrees with it already."""
        gone = self._artifacts.ids - {artifact.id for artifact in artifacts}
        for name in gone:
            self._artifacts.drop(name)
        replaced: dict[str, str] = dict.fromkeys(gone, "")
        for artifact in artifacts:
            known, parts = self._artifacts.known(artifact.id), [clean(part) for part in artifact.parts]
            rest = known.rest_of(parts) if known is not None else None
            if rest is None and known is not None and (left := self._artifacts.cut_to(artifact.id, parts)) is not None:
                replaced[artifact.id] = left
            elif rest is None:
                name, text, replaces = self._artifacts.add(artifact, append=False, last=False)
                if replaces:
                    replaced[name] = text
                else:
                    self._shown.add_chunk(name, text)
            elif rest:
                self._shown.add_chunk(artifact.id, self._artifacts.go_on(artifact.id, rest))
        if replaced:
            self._replace(replaced)

    def _replace(self, texts: dict[str, str]) -> None:
        """Put each artifact's new text where its first piece stands, or at the end where none is shown."""
        placed: set[str] = set()

        def change(segments: Iterable[Segment]) -> Iterable[Segment]:
            for segment in segments:
                if segment.owner not in texts:
                    yield segment
                elif segment.owner not in placed:
                    placed.add(segment.owner)
                    yield Segment(segment.owner, texts[segment.owner])

        self._shown.rewrite(change)
        for name, text in texts.items():
            if name not in placed:
                self._shown.add_chunk(name, text)

    def _update(
        self,
        state: TaskState | None,
        text: str | None,
        percent: float | None,
        splice: Splice | None,
        *,
        raw: Json | None,
    ) -> AgentUpdate | None:
        if self._replying and state is not None:
            # Until the agent has moved on, a state of waiting is the one that the reply was sent to.
            state = None if state.interrupted else state
            self._replying = state is None
        new_state = state if state != self.state else None
        new_text = text if text != self._message else None
        new_percent = percent if percent != self._percent else None
        self.state = state or self.state
        self._message = text if text is not None else self._message
        self._percent = percent if percent is not None else self._percent
        if new_state is None and new_text is None and new_percent is None and splice is None:
            return None
        ended = new_state is not None and new_state.terminal
        return AgentUpdate(
            task_id=self.task_id,
            context_id=self.context_id,
            state=new_state,
            message=clean(new_text, limit=ERROR_LIMIT) if new_text is not None else None,
            percent=new_percent,
            splice=splice,
            output=self._output(new_state, text, raw) if ended else None,
            error=_failure(new_state, text) if new_state in _BAD_ENDS else None,
        )

    def _output(self, state: TaskState | None, text: str | None, raw: Json | None) -> str:
        # Only a completed task has a result to show in another form; a failed one has its error.
        return self._artifacts.result(text, raw if state is TaskState.COMPLETED else None)


def _failure(state: TaskState | None, text: str | None) -> str:
    if text and text.strip():
        return clean(text, limit=ERROR_LIMIT)
    return f"the agent reported {state} without a reason"
