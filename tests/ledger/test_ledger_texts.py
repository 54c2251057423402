"""Stored texts follow `ProgressText.splice`, whatever is spliced where."""

from __future__ import annotations

from headway.core.progress import EMPTY_PROGRESS
from headway.core.text import BODY_LIMIT
from headway.ledger import schema, texts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

DELTAS = st.integers(0, 3 * texts.CHUNK) | st.integers(0, 9) | st.just(BODY_LIMIT - 5)
SPLICES = st.lists(st.tuples(st.integers(-2 * texts.CHUNK, 9) | st.just(0), DELTAS), max_size=8)


@settings(max_examples=40)
@given(SPLICES, st.integers(0, 2 * texts.CHUNK))
@example([(0, BODY_LIMIT + 7), (0, 3), (-BODY_LIMIT, 5)], 4)
@example([(0, texts.CHUNK), (-texts.CHUNK, 2), (-1, 0), (-1, 0)], 1)
@example([(0, BODY_LIMIT), (0, 9_000), (-BODY_LIMIT, 3)], 9_000)
def test_chunks_hold_what_the_law_says(splices: list[tuple[int, int]], tail: int) -> None:
    law, extent = EMPTY_PROGRESS, texts.Extent()
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        schema.metadata.create_all(conn, tables=[schema.progress])
        for turn, (back, length) in enumerate(splices):
            offset = max(0, law.end + back)
            delta = (f"{turn}-" + "0123456789abcdef" * (length // 16 + 1))[:length]
            before = law
            law = law.splice(offset, delta)
            nothing_new = texts.says_nothing_new(conn, 1, extent, offset, delta)
            assert not nothing_new or law == before
            extent = texts.splice(conn, 1, extent, offset, delta)
            assert (extent.start, extent.end) == (law.start, law.end)
            assert texts.read(conn, 1, extent) == law
            assert texts.read(conn, 1, extent, tail=tail) == law.tail(tail)
            kept = conn.execute(schema.progress.select()).all()
            assert all(0 < len(chunk.text) <= texts.CHUNK for chunk in kept)
            assert sum(len(chunk.text) for chunk in kept) < BODY_LIMIT + 2 * texts.CHUNK
            assert texts.says_nothing_new(conn, 1, extent, offset, delta) or length > BODY_LIMIT
    engine.dispose()
