"""An index of the texts of what has ended; those of old ledgers come into it in the background (`text_index`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

UNSEARCHED = sa.text("searched IS NULL AND finished_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("delegations", sa.Column("searched", sa.SmallInteger()))
    op.create_index(
        "delegations_unsearched", "delegations", ["id"], sqlite_where=UNSEARCHED, postgresql_where=UNSEARCHED
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE texts USING fts5 "
            "(text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')"
        )
