"""Bring a database to the newest schema."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select, text

from headway.ledger import schema
from headway.ledger.errors import LedgerUnavailable


def revision_of(conn: Connection) -> str | None:
    """The revision of the database; None when it is empty."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(conn: Connection, revision: str = "head") -> None:
    """Migrate inside the connection's transaction, which the caller commits.

    Raises LedgerUnavailable where the database was written by a newer version.
    """
    found = revision_of(conn)
    if found == schema.REVISION:
        return
    # Imported late: a ledger that is up to date starts without Alembic.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "headway.ledger:migrations")
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, revision)
    except CommandError as failure:
        raise LedgerUnavailable(
            f"the ledger has schema {found}, which this version (schema {schema.REVISION}) does not know; "
            "nothing was changed; use the newer headway that wrote it"
        ) from failure


def found_epoch(conn: Connection, epoch: str) -> None:
    """Give a new database its epoch; one that has an epoch keeps it."""
    if conn.execute(select(schema.meta.c.epoch)).scalar_one_or_none() is None:
        conn.execute(schema.meta.insert().values(id=1, epoch=epoch, head_seq=0, lowest_seq=1, event_bytes=0))
