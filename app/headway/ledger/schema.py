"""The tables (spec: lifecycle). What changes often stands apart from the bodies, so that a transition writes little."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    literal_column,
    text,
)

from headway.core.delegation import Status

REVISION: Final = "0006"
"""The newest migration: what this version reads and writes."""

WAITING: Final = "status IN ('pending', 'queued') AND (recorded = 0 OR queue_id IS NOT NULL)"
"""What is ours to hand over: what its source sends itself is not, unless the gateway has taken it into the queue."""
KEY_HELD: Final = "idempotency_key IS NOT NULL AND status NOT IN ('failed', 'canceled')"
# SQLite uses a partial index only where the query repeats its condition, so conditions are constants.
ACTIVE_DEADLINE: Final = "deadline IS NOT NULL AND finished_at IS NULL"
FINISHED: Final = "finished_at IS NOT NULL"
UNSEARCHED: Final = "searched IS NULL AND finished_at IS NOT NULL"
"""What has ended and is not in the index of texts yet."""
IN_QUEUE: Final = "queue_id IS NOT NULL"
MESSAGE_HELD: Final = "message_id IS NOT NULL AND finished_at IS NULL"
RETRY_RUNS: Final = "retry_of IS NOT NULL AND finished_at IS NULL"
REMOTE_HELD: Final = "remote_task_id IS NOT NULL AND finished_at IS NULL"

metadata = MetaData()
Key = BigInteger().with_variant(Integer, "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("lowest_seq", BigInteger, nullable=False),
    Column("event_bytes", BigInteger, nullable=False, server_default="0"),
)

counters = Table(
    "counters",
    metadata,
    Column("status", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

delegations = Table(
    "delegations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("delegation_id", Text, nullable=False, unique=True),
    Column("source_id", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("last_activity_at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("recorded", SmallInteger, nullable=False),
    Column("task_preview", Text, nullable=False),
    Column("progress_percent", Float),
    Column("status_message", Text),
    Column("result_preview", Text),
    Column("error", Text),
    Column("deadline", BigInteger),
    Column("expires_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("via", Text),
    Column("idempotency_key", Text),
    Column("remote_task_id", Text),
    Column("context_id", Text),
    Column("dialect", Text),
    Column("observed", Text),
    Column("not_before", BigInteger),
    Column("cancel_requested_at", BigInteger),
    Column("cancel_reason", Text),
    Column("progress_start", BigInteger, nullable=False),
    Column("progress_end", BigInteger, nullable=False),
    Column("progress_chunk", BigInteger, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("queued_at", BigInteger),
    Column("queue_id", Text),
    Column("message_id", Text),
    Column("retry_of", Text),
    Column("reply_id", Text),
    Column("searched", SmallInteger),
    Column("told", BigInteger),
)

_d = delegations.c
Index("delegations_source", _d.source_id, _d.id)
Index("delegations_target", _d.target_id, _d.id)
Index("delegations_status", _d.status, _d.id)
for _name, _columns, _where in (
    ("delegations_waiting", (_d.target_id, _d.priority.desc(), _d.id), WAITING),
    ("delegations_deadline", (_d.deadline,), ACTIVE_DEADLINE),
    ("delegations_remote", (_d.target_id, _d.remote_task_id), REMOTE_HELD),
    ("delegations_finished", (_d.finished_at, _d.id), FINISHED),
    ("delegations_unsearched", (_d.id,), UNSEARCHED),
):
    Index(_name, *_columns, sqlite_where=text(_where), postgresql_where=text(_where))
Index(
    "delegations_key",
    _d.source_id,
    _d.idempotency_key,
    unique=True,
    sqlite_where=text(KEY_HELD),
    postgresql_where=text(KEY_HELD),
)
Index(
    "delegations_queue_id",
    _d.queue_id,
    unique=True,
    sqlite_where=text(IN_QUEUE),
    postgresql_where=text(IN_QUEUE),
)
Index(
    "delegations_message",
    _d.target_id,
    _d.source_id,
    _d.message_id,
    unique=True,
    sqlite_where=text(MESSAGE_HELD),
    postgresql_where=text(MESSAGE_HELD),
)
Index(
    "delegations_retry",
    _d.retry_of,
    unique=True,
    sqlite_where=text(RETRY_RUNS),
    postgresql_where=text(RETRY_RUNS),
)

bodies = Table(
    "bodies",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("task", Text, nullable=False),
    Column("result", Text),
    Column("traceparent", Text),
    Column("request", Text),
    Column("reply", Text),
)

progress = Table(
    "progress",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("workspace_id", Text, nullable=False),
    Column("target_id", Text),
    Column("delegation_id", Text),
    Column("type", Text, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", BigInteger),
)
# `delegations.told` is the newest event of its history and `previous` the one before: what is told of one delegation
# afterwards, without what it put out, which is most of all events and stands in its text. An index by delegation
# would dirty a page of its own for nearly every event of a commit.

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("parent_id", Text),
    Column("role", Text),
    Column("status", Text, nullable=False),
    Column("agent_card", Text),
    Column("active_tasks", Integer, nullable=False),
    Column("max_concurrent_tasks", Integer, nullable=False),
    Column("current_task", Text),
    Column("last_heartbeat_at", BigInteger),
    Column("last_error_rate", Float),
    Column("last_sample_error", Text),
    Column("uptime_seconds", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("external", SmallInteger, nullable=False, server_default="1"),
    Column("runtime_state", Text),
    Column("runtime_metadata", Text),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("label", Text),
)
Index("tokens_scope", tokens.c.scope)

activity = Table(
    "activity",
    metadata,
    Column("id", Key, primary_key=True),
    Column("activity_id", Text, nullable=False, unique=True),
    Column("workspace_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("source_id", Text),
    Column("target_id", Text),
    Column("method", Text),
    Column("summary", Text),
    Column("status", Text, nullable=False),
    Column("request_body", Text),
    Column("response_body", Text),
    Column("error_detail", Text),
    Column("duration_ms", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)
Index("activity_workspace", activity.c.workspace_id, activity.c.id)
Index("activity_created", activity.c.created_at)


def status_in(statuses: Iterable[Status]) -> ColumnElement[bool]:
    """Whether a delegation has one of these statuses, as a constant of the statement."""
    names = sorted(status.value for status in statuses)
    return delegations.c.status.in_([literal_column(f"'{name}'") for name in names])


def by_status_first(column: Column[str]) -> ColumnElement[str]:
    """A column to compare after the few of a status were found: its own index would lead to all that ever was."""
    return func.coalesce(column, "")
