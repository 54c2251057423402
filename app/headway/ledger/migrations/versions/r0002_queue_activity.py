"""The gateway's queue, tries, retries, replies, what runtimes report, activity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("status IN ('pending', 'queued') AND (recorded = 0 OR queue_id IS NOT NULL)")
IN_QUEUE = sa.text("queue_id IS NOT NULL")
MESSAGE_HELD = sa.text("message_id IS NOT NULL AND finished_at IS NULL")
RETRY_RUNS = sa.text("retry_of IS NOT NULL AND finished_at IS NULL")
REMOTE_HELD = sa.text("remote_task_id IS NOT NULL AND finished_at IS NULL")


def upgrade() -> None:
    op.add_column("delegations", sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("delegations", sa.Column("queued_at", sa.BigInteger(), nullable=True))
    op.add_column("delegations", sa.Column("queue_id", sa.Text(), nullable=True))
    op.add_column("delegations", sa.Column("message_id", sa.Text(), nullable=True))
    op.add_column("delegations", sa.Column("retry_of", sa.Text(), nullable=True))
    op.add_column("delegations", sa.Column("reply_id", sa.Text(), nullable=True))
    op.add_column("bodies", sa.Column("request", sa.Text(), nullable=True))
    op.add_column("bodies", sa.Column("reply", sa.Text(), nullable=True))
    op.drop_index("delegations_waiting", table_name="delegations")
    op.create_index(
        "delegations_waiting",
        "delegations",
        ["target_id", sa.literal_column("priority DESC"), "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "delegations_queue_id",
        "delegations",
        ["queue_id"],
        unique=True,
        sqlite_where=IN_QUEUE,
        postgresql_where=IN_QUEUE,
    )
    op.create_index(
        "delegations_message",
        "delegations",
        ["target_id", "source_id", "message_id"],
        unique=True,
        sqlite_where=MESSAGE_HELD,
        postgresql_where=MESSAGE_HELD,
    )
    op.create_index(
        "delegations_retry",
        "delegations",
        ["retry_of"],
        unique=True,
        sqlite_where=RETRY_RUNS,
        postgresql_where=RETRY_RUNS,
    )
    op.create_index(
        "delegations_remote",
        "delegations",
        ["target_id", "remote_task_id"],
        sqlite_where=REMOTE_HELD,
        postgresql_where=REMOTE_HELD,
    )
    op.add_column("workspaces", sa.Column("external", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("workspaces", sa.Column("runtime_state", sa.Text(), nullable=True))
    op.add_column("workspaces", sa.Column("runtime_metadata", sa.Text(), nullable=True))
    op.add_column("tokens", sa.Column("label", sa.Text(), nullable=True))
    op.create_table(
        "activity",
        sa.Column("id", KEY, nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=True),
        sa.Column("response_body", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("activity_id"),
    )
    op.create_index("activity_workspace", "activity", ["workspace_id", "id"])
    op.create_index("activity_created", "activity", ["created_at"])
