"""How Alembic runs here: on the connection that is handed in, inside its transaction."""

from __future__ import annotations

from alembic import context

from headway.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
