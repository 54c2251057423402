"""Migrations: what they make is what the code uses, and old data is carried along."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from headway.core.delegation import Status
from headway.ledger import migrate, schema
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.ledger.migrations import versions
from headway.ledger.records import Retention
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from pathlib import Path


def test_migrations_make_the_tables_that_the_code_uses() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        migrate.upgrade(conn)
        assert migrate.revision_of(conn) == schema.REVISION
        # The index of texts is SQLite's own: what it consists of is not declared.
        known = {"include_name": lambda name, kind, _of: kind != "table" or not str(name).startswith("texts")}
        assert compare_metadata(MigrationContext.configure(conn, opts=known), schema.metadata) == []
        found = {index["name"] for table in schema.metadata.tables for index in inspect(conn).get_indexes(table)}
        wanted = {index.name for table in schema.metadata.tables.values() for index in table.indexes}
        partial = conn.execute(text("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%CREATE%INDEX%WHERE%'"))
        assert wanted <= found
        assert partial.scalar_one() == 9
    engine.dispose()


def test_each_revision_follows_the_one_before_and_the_last_is_the_newest() -> None:
    modules = [
        importlib.import_module(f"{versions.__name__}.{one.name}") for one in pkgutil.iter_modules(versions.__path__)
    ]
    chain = {module.down_revision: module.revision for module in modules}
    revision = None
    for _ in modules:
        revision = chain[revision]
    assert revision == schema.REVISION


def test_the_tables_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in schema.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            made = str(CreateIndex(index).compile(dialect=dialect))
            assert ("WHERE" in made) == (index.dialect_options["sqlite"]["where"] is not None)


async def test_a_database_of_the_first_revision_is_carried_along(path: Path, clock: Clockwork) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        migrate.upgrade(conn, "0001")
        conn.execute(text("INSERT INTO meta (id, epoch, head_seq, lowest_seq) VALUES (1, 'old', 1, 1)"))
        conn.execute(text("INSERT INTO counters (status, count) VALUES ('pending', 1)"))
        conn.execute(
            text(
                "INSERT INTO delegations (id, delegation_id, source_id, target_id, status, priority, attempt,"
                " created_at, updated_at, last_activity_at, seq, recorded, task_preview,"
                " progress_start, progress_end, progress_chunk)"
                " VALUES (1, 'd', 's', 't', 'pending', 50, 0, 5, 5, 5, 1, 0, 'an old task', 0, 8, 0)"
            )
        )
        conn.execute(text("INSERT INTO bodies (id, task) VALUES (1, 'an old task')"))
        conn.execute(text("INSERT INTO progress (id, start, text) VALUES (1, 0, 'old text')"))
        conn.execute(
            text(
                "INSERT INTO events (seq, workspace_id, target_id, delegation_id, type, timestamp, payload)"
                " VALUES (1, 's', 't', 'd', 'DELEGATION_SENT', 5, '{}')"
            )
        )
    engine.dispose()
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        assert (ledger.epoch, ledger.head) == ("old", 1)
        [claimed] = await ledger.claim("t", 1)
        delegation = claimed.delegation
        assert (delegation.task, delegation.progress_text, delegation.seq) == ("an old task", "old text", 2)
        assert (await ledger.totals())[Status.DISPATCHED] == 1
        assert (await ledger.evict(Retention(events=None, events_ms=None, event_bytes=1 << 20))).events == 0
        assert (await ledger.evict(Retention(events=None, events_ms=None, event_bytes=0))).events == ledger.head
        assert (await ledger.evict(Retention(events=None, events_ms=None, event_bytes=0))).events == 0


async def test_the_database_of_a_newer_version_is_left_alone(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()):
        pass
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerUnavailable, match="use the newer headway"):
        async with Ledger.open(path, clock=clock, new_id=numbered_ids()):
            pass
    with engine.begin() as conn:
        assert migrate.revision_of(conn) == "9999"
    engine.dispose()
