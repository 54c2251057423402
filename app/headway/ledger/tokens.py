"""Tokens: what each opens, by its SHA-256; the tokens themselves are never stored (spec: platform-api, "Auth").

A token is looked up by its hash. How long that takes says something of hashes at most, and nobody can steer the hash
of a guess towards one that is kept, so no comparison in constant time is lost by it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from headway.core.api import TokenInfo
from headway.core.scopes import ADMIN, workspace_of
from headway.ledger import schema, workspaces
from headway.ledger.errors import Conflict, NotFound
from headway.ledger.statements import Prepared, inserting, updating
from headway.ledger.transaction import Transaction

FILE_LABEL: Final = "admin-token file"
"""The label of the token that the data folder's file holds: it goes with the file and not before."""
ID_LENGTH: Final = 16

_t = schema.tokens.c
_id = func.substr(_t.hash, 1, ID_LENGTH)
_INSERT: Final = inserting(schema.tokens)
_SCOPE: Final = Prepared(select(_t.scope).where(_t.hash == bindparam("hash")))
_SCOPED: Final = Prepared(select(func.count()).where(_t.scope == bindparam("scope")))
_ALL: Final = Prepared(select(_t.hash, _t.scope, _t.label, _t.created_at).order_by(_t.created_at, _t.hash))
_BY_ID: Final = Prepared(select(_t.hash, _t.label).where(_id == bindparam("token_id")))
_DELETE: Final = Prepared(delete(schema.tokens).where(_t.hash == bindparam("hash")))
_RETIRE: Final = Prepared(delete(schema.tokens).where(_t.label == bindparam("label"), _t.hash != bindparam("hash")))


def id_of(token_hash: str) -> str:
    """What a token is called by: the beginning of its hash, which opens nothing."""
    return token_hash[:ID_LENGTH]


def add(transaction: Transaction, token_hash: str, scope: str, label: str | None = None) -> None:
    """Keep the SHA-256 of a token, in hex, and what it opens.

    Raises Conflict where it is kept already, NotFound where the scope is of a workspace that is not known.
    """
    if find(transaction.conn, token_hash) is not None:
        raise Conflict("this token is kept already; nothing was changed; make a new one")
    if (workspace_id := workspace_of(scope)) is not None:
        workspaces.must_get(transaction.conn, workspace_id)
    transaction.outdate()
    _INSERT(transaction.conn, hash=token_hash, scope=scope, created_at=transaction.now_ms(), label=label)


def add_first(transaction: Transaction, token_hash: str, scope: str) -> bool:
    """As `add`, where no token opens the scope yet; returns whether it was kept."""
    if has(transaction.conn, scope):
        return False
    add(transaction, token_hash, scope)
    return True


def admit_file(transaction: Transaction, token_hash: str) -> None:
    """Let the token in the data folder's file open everything, and the one that was there before nothing."""
    transaction.outdate()
    _RETIRE(transaction.conn, label=FILE_LABEL, hash=token_hash)
    if find(transaction.conn, token_hash) is None:
        add(transaction, token_hash, ADMIN, FILE_LABEL)
    else:
        changed = updating(schema.tokens, "hash", ("label", "scope"))
        changed(transaction.conn, k=token_hash, label=FILE_LABEL, scope=ADMIN)


def remove(transaction: Transaction, token_id: str) -> str:
    """Forget a token, which then opens nothing; its hash. Raises NotFound, Conflict for the one in the file."""
    found = _BY_ID(transaction.conn, token_id=token_id).one_or_none()
    if found is None:
        raise NotFound("no such token; nothing was changed")
    token_hash, label = found
    if label == FILE_LABEL:
        raise Conflict(
            "this is the token in the data folder's file; nothing was changed; to replace it, remove the file and "
            "start the platform again"
        )
    transaction.outdate()
    _DELETE(transaction.conn, hash=token_hash)
    return str(token_hash)


def find(conn: Connection, token_hash: str) -> str | None:
    """The scope of the token with this hash."""
    scope: str | None = _SCOPE(conn, hash=token_hash).scalar_one_or_none()
    return scope


def has(conn: Connection, scope: str) -> bool:
    """Whether any token opens this scope."""
    return bool(_SCOPED(conn, scope=scope).scalar_one())


def list_(conn: Connection) -> list[TokenInfo]:
    """Every token that is kept, oldest first, without its hash."""
    return [
        TokenInfo(id=id_of(token_hash), scope=scope, label=label, created_at=created_at)
        for token_hash, scope, label, created_at in _ALL(conn)
    ]
