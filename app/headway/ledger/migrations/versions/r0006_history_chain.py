"""The events of one delegation, each with the one before it, in place of an index of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

HISTORY = "delegation_id IS NOT NULL AND type <> 'DELEGATION_PROGRESS'"


def upgrade() -> None:
    op.add_column("events", sa.Column("previous", sa.BigInteger()))
    op.add_column("delegations", sa.Column("told", sa.BigInteger()))
    newest = f"SELECT max(e.seq) FROM events AS e WHERE {HISTORY} AND e.delegation_id"  # noqa: S608 - constants
    op.execute(f"UPDATE events SET previous = ({newest} = events.delegation_id AND e.seq < events.seq) WHERE {HISTORY}")  # noqa: S608
    op.execute(f"UPDATE delegations SET told = ({newest} = delegations.delegation_id)")  # noqa: S608
    op.drop_index("events_history", "events")
