"""How many bytes of events are kept, counted as they come and go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

READ_AT_ONCE = 1_000


def upgrade() -> None:
    op.add_column("meta", sa.Column("event_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    payloads = op.get_bind().execution_options(yield_per=READ_AT_ONCE).execute(sa.text("SELECT payload FROM events"))
    size = sum(len(payload.encode()) for payload in payloads.scalars())
    op.execute(sa.text("UPDATE meta SET event_bytes = :size").bindparams(size=size))
