"""What an agent has put out so far, artifact by artifact, for the result at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from headway.a2a.frames import Artifact, compact, join_lines
from headway.a2a.shapes import Json
from headway.core.text import BODY_LIMIT, StreamCleaner, clean, preview

ARTIFACT_LIMIT: Final = 1_000
"""Artifacts told apart in one task; what comes for more is counted to the last one."""
_MARKER_ROOM: Final = 48
_MERGE_BELOW: Final = 4_096


class ArtifactText:
    """One artifact's text, cleaned as a stream; `length` counts also what was no longer kept."""

    def __init__(self) -> None:
        self._cleaner = StreamCleaner()
        self._pieces: list[str] = []
        self.kept = 0
        self.length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, raw: str, room: int, *, last: bool) -> str:
        """Take a chunk, keeping at most `room` characters of it; returns it cleaned, and whole."""
        cleaned = self._cleaner.feed(raw)
        return self._keep(cleaned + self._cleaner.flush() if last else cleaned, room)

    def go_on(self, rest: str, room: int) -> str:
        """Take clean text that a snapshot has beyond this; it holds what was held back of the last chunk."""
        self._cleaner = StreamCleaner()
        return self._keep(rest, room)

    def finish(self, room: int) -> None:
        """Take what was held back, when no more can come."""
        self._keep(self._cleaner.flush(), room)

    def _keep(self, cleaned: str, room: int) -> str:
        keep = cleaned[: max(0, room)]
        if self._pieces and len(self._pieces[-1]) < _MERGE_BELOW:
            self._pieces[-1] += keep
        elif keep:
            self._pieces.append(keep)
        self.kept += len(keep)
        self.length += len(cleaned)
        return cleaned

    def rest_of(self, parts: Sequence[str]) -> str | None:
        """What cleaned `parts` have beyond this text: "" when they are this text, None when they are another.

        A snapshot keeps each streamed chunk as a part, so parts may follow each other with or without a line break.
        """
        known, at = self.text, 0
        for index, part in enumerate(parts):
            at = _beginning(part, known, at)
            here = known[at : at + len(part)]
            if here == part:
                at += len(part)
            elif at + len(here) == len(known) == self.length and part.startswith(here):
                return part[len(here) :] + "".join(parts[index + 1 :])
            elif at + len(here) == len(known) < self.length and part.startswith(here):
                return "" if sum(map(len, parts)) >= self.length else None
            else:
                return None
        return "" if at == len(known) == self.length else None

    def cut_to(self, parts: Sequence[str]) -> bool:
        """Leave of this text only the cleaned `parts`, if it begins with them; False and nothing done if not."""
        known, at = self.text, 0
        for part in parts:
            at = _beginning(part, known, at)
            if not known.startswith(part, at):
                return False
            at += len(part)
        self._cleaner = StreamCleaner()
        self._pieces = [known[:at]]
        self.kept = self.length = at
        return True


def _beginning(part: str, known: str, at: int) -> int:
    """Where a part begins that follows what ends at `at`: there, or after a line break."""
    return at + 1 if not known.startswith(part, at) and known.startswith("\n" + part, at) else at


@dataclass(frozen=True, slots=True)
class _Textless:
    """An artifact without text as compact JSON, empty where there was no room for it; `length` is its own."""

    kept: str
    length: int


class Artifacts:
    """All of a task's artifacts, kept within `limit` characters together; what is beyond is cut, and marked so."""

    def __init__(self, *, limit: int = BODY_LIMIT) -> None:
        self._limit = limit
        self._texts: dict[str, ArtifactText] = {}
        self._textless: dict[str, _Textless] = {}
        self._kept = 0
        self._kept_textless = 0

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._texts)

    @property
    def has_output(self) -> bool:
        return bool(self._textless) or any(text.length for text in self._texts.values())

    def known(self, artifact_id: str) -> ArtifactText | None:
        return self._texts.get(artifact_id)

    def add(self, artifact: Artifact, *, append: bool, last: bool) -> tuple[str, str, bool]:
        """Take a chunk. Returns the artifact's id, the chunk's clean text, and whether it replaces what was there."""
        name = artifact.id
        if name not in self._texts and len(self._texts) >= ARTIFACT_LIMIT:
            name, append = next(reversed(self._texts)), True
        replaces = not append and name in self._texts
        if replaces:
            self.drop(name)
        if artifact.raw is not None:
            self._keep_textless(name, artifact.raw)
        text = self._texts.setdefault(name, ArtifactText())
        with self._keeping(text):
            cleaned = text.add(join_lines(artifact.parts), self._room(), last=last)
        return name, cleaned, replaces

    def go_on(self, artifact_id: str, rest: str) -> str:
        """Take the clean text that a snapshot has beyond what is known of an artifact; returns it."""
        text = self._texts[artifact_id]
        with self._keeping(text):
            return text.go_on(rest, self._room())

    def cut_to(self, artifact_id: str, parts: Sequence[str]) -> str | None:
        """Leave of what is known of an artifact only its cleaned `parts`; None where it does not begin with them."""
        text = self._texts[artifact_id]
        with self._keeping(text):
            return text.text if text.cut_to(parts) else None

    def drop(self, artifact_id: str) -> None:
        if (dropped := self._texts.pop(artifact_id, None)) is not None:
            self._kept -= dropped.kept
        if (textless := self._textless.pop(artifact_id, None)) is not None:
            self._kept_textless -= len(textless.kept)

    def result(self, final_text: str | None, raw: Json | None) -> str:
        """Every text of every artifact and the final message, joined by newlines; without any, compact JSON."""
        for text in self._texts.values():
            with self._keeping(text):
                text.finish(self._room())
        texts = [text.text for text in self._texts.values() if text.length]
        missing = sum(text.length - text.kept for text in self._texts.values())
        if final_text:
            texts.append(final_text)
        if texts:
            return self._bounded(join_lines(texts), missing)
        if self._textless:
            return self._all_textless()
        return clean(compact(raw), limit=self._limit) if raw is not None else ""

    def _keep_textless(self, name: str, raw: Json) -> None:
        written = compact(raw)
        if (before := self._textless.get(name)) is not None:
            self._kept_textless -= len(before.kept)
        # Whole, so that what a result of many artifacts shows is JSON as far as it goes.
        textless = _Textless(written if self._kept_textless < self._limit else "", len(written))
        self._textless[name] = textless
        self._kept_textless += len(textless.kept)

    def _all_textless(self) -> str:
        """As compact JSON; of more than the limit, what there is room for."""
        kept = [textless.kept for textless in self._textless.values() if textless.kept]
        missing = sum(textless.length - len(textless.kept) for textless in self._textless.values())
        text = '{"artifacts":[' + ",".join(kept) + "]}" if kept else ""
        return self._bounded(clean(text, limit=len(text)), missing)

    def _room(self) -> int:
        return self._limit - self._kept

    @contextmanager
    def _keeping(self, text: ArtifactText) -> Iterator[None]:
        """Count what the block keeps of a text: to add up all of them for each would cost an agent's many dearly."""
        before = text.kept
        yield
        self._kept += text.kept - before

    def _bounded(self, text: str, missing: int) -> str:
        if not missing and len(text) <= self._limit:
            return text
        kept = preview(text, self._limit - _MARKER_ROOM)
        return f"{kept}… [cut: {len(text) + missing:,} characters]"
