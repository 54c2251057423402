"""The events of one delegation, to be found by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

HISTORY = sa.text("delegation_id IS NOT NULL AND type <> 'DELEGATION_PROGRESS'")


def upgrade() -> None:
    op.create_index(
        "events_history", "events", ["delegation_id", "seq"], sqlite_where=HISTORY, postgresql_where=HISTORY
    )
