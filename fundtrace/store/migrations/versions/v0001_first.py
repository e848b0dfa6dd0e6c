"""The first schema: logs, what was promised about them, records, kept keys.

Revision: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TABLES = (
    "store",
    "logs",
    "entries",
    "bodies",
    "tiles",
    "heads",
    "mirrors",
    "log_states",
    "cosignatures",
    "finals",
    "forks",
    "streams",
    "records",
    "cursors",
    "local_keys",
    "opened_bodies",
    "epoch_keys",
)


def upgrade() -> None:
    """Make every table."""
    _create_logs()
    _create_entries()
    _create_promises()
    _create_signed()
    _create_records()
    _create_keys()
    if op.get_bind().dialect.name == "postgresql":
        # Sealed bodies and hashes do not compress; trying costs time.
        op.execute("ALTER TABLE bodies ALTER COLUMN body SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop every table, with all that is in it."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _create_logs() -> None:
    _create(
        "store",
        _number("id"),
        _bytes("identity"),
        _text("place"),
        _number("term"),
        _text("holder"),
        _number("promises"),
        _check("store", "counts", "term >= 0 AND promises >= 0"),
        _check("store", "identity_bytes", "length(identity) = 16"),
        _check("store", "one_row", "id = 1"),
        key=["id"],
    )
    _create(
        "logs",
        _number("log_id"),
        _text("origin"),
        _number("is_own"),
        _number("size"),
        _bytes("root_hash"),
        _check("logs", "is_own", "is_own IN (0, 1)"),
        _check("logs", "root_hash_bytes", "length(root_hash) = 32"),
        _check("logs", "size", "size >= 0"),
        sa.UniqueConstraint("origin", name=op.f("uq_logs_origin")),
        key=["log_id"],
    )


def _create_entries() -> None:
    _create(
        "entries",
        _number("log_id"),
        _number("entry_index"),
        _bytes("entry"),
        _check("entries", "entry_bytes", "length(entry) <= 65535"),
        _check("entries", "entry_index", "entry_index >= 0"),
        key=["log_id", "entry_index"],
    )
    _create(
        "bodies",
        _number("log_id"),
        _number("entry_index"),
        _number("state"),
        _number("erasure_index", null=True),
        _bytes("body_hash"),
        _bytes("body", null=True),
        _check("bodies", "body_hash_bytes", "length(body_hash) = 32"),
        _check("bodies", "erased", "(state = 2) = (erasure_index IS NOT NULL)"),
        _check("bodies", "held", "(state = 1) = (body IS NOT NULL)"),
        _check("bodies", "state", "state IN (0, 1, 2)"),
        key=["log_id", "entry_index"],
    )
    missing = sa.text("state = 0")
    op.create_index(
        "ix_bodies_missing",
        "bodies",
        ["log_id", "entry_index"],
        sqlite_where=missing,
        postgresql_where=missing,
    )
    _create(
        "tiles",
        _number("log_id"),
        _number("level"),
        _number("tile_index"),
        _bytes("hashes"),
        _check(
            "tiles",
            "hashes_bytes",
            "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0",
        ),
        _check("tiles", "level", "level BETWEEN 0 AND 63"),
        key=["log_id", "level", "tile_index"],
    )


def _create_promises() -> None:
    _create(
        "heads",
        _number("log_id"),
        _number("size"),
        _bytes("root_hash"),
        _number("term"),
        _bytes("note", null=True),
        _check("heads", "root_hash_bytes", "length(root_hash) = 32"),
        _check("heads", "size", "size >= 0"),
        _of_log("heads"),
        key=["log_id", "size"],
    )
    _create(
        "mirrors",
        _number("log_id"),
        _bytes("state"),
        _of_log("mirrors"),
        key=["log_id"],
    )
    _create(
        "log_states",
        _number("log_id"),
        _text("name"),
        _bytes("value"),
        _of_log("log_states"),
        key=["log_id", "name"],
    )


def _create_signed() -> None:
    _create(
        "cosignatures",
        _number("log_id"),
        _number("size"),
        _bytes("root_hash"),
        _text("member"),
        _bytes("key_id"),
        _number("at_seconds"),
        _bytes("line"),
        _check("cosignatures", "key_id_bytes", "length(key_id) = 4"),
        _check("cosignatures", "root_hash_bytes", "length(root_hash) = 32"),
        _of_log("cosignatures"),
        key=["log_id", "size", "root_hash", "member", "key_id"],
    )
    _create(
        "finals",
        _number("log_id"),
        _number("size"),
        _bytes("root_hash"),
        _bytes("note"),
        _number("at_seconds"),
        _number("roster_version"),
        _check("finals", "root_hash_bytes", "length(root_hash) = 32"),
        _of_log("finals"),
        key=["log_id", "size"],
    )
    _create(
        "forks",
        _number("log_id"),
        _bytes("evidence_hash"),
        _bytes("ours"),
        _bytes("theirs"),
        _number("noticed_at_seconds"),
        _check("forks", "evidence_hash_bytes", "length(evidence_hash) = 32"),
        _of_log("forks"),
        key=["log_id", "evidence_hash"],
    )


def _create_records() -> None:
    _create(
        "streams",
        _number("log_id"),
        _bytes("stream_id"),
        _number("sequence"),
        _bytes("leaf_hash"),
        _bytes("erasure_key"),
        _number("published_minute"),
        _check("streams", "erasure_key_bytes", "length(erasure_key) = 32"),
        _check("streams", "leaf_hash_bytes", "length(leaf_hash) = 32"),
        _check("streams", "sequence", "sequence >= 0"),
        _check("streams", "stream_id_bytes", "length(stream_id) = 16"),
        _of_log("streams"),
        key=["log_id", "stream_id"],
        by_key=True,
    )
    _create(
        "records",
        _bytes("record_id"),
        _bytes("content_hash"),
        _number("log_id"),
        _number("entry_index"),
        _check("records", "content_hash_bytes", "length(content_hash) = 32"),
        _check("records", "record_id_bytes", "length(record_id) = 32"),
        _of_log("records"),
        key=["record_id"],
        by_key=True,
    )
    _create(
        "cursors",
        _text("name"),
        _number("position"),
        _check("cursors", "position", "position >= 0"),
        key=["name"],
    )


def _create_keys() -> None:
    _create(
        "local_keys",
        _bytes("name"),
        _bytes("wrapped"),
        _check("local_keys", "name_bytes", "length(name) BETWEEN 1 AND 255"),
        key=["name"],
    )
    _create(
        "opened_bodies",
        _number("log_id"),
        _number("entry_index"),
        _bytes("key_name"),
        _bytes("sealed"),
        _check("opened_bodies", "entry_index", "entry_index >= 0"),
        _of_log("opened_bodies"),
        _of_key(),
        key=["log_id", "entry_index"],
    )
    op.create_index(op.f("ix_opened_bodies_key_name"), "opened_bodies", ["key_name"])
    _create(
        "epoch_keys",
        _bytes("key_id"),
        _number("epoch"),
        _number("destroy_at_seconds", null=True),
        _bytes("wrapped", null=True),
        _check("epoch_keys", "key_id_bytes", "length(key_id) BETWEEN 1 AND 64"),
        key=["key_id"],
    )


def _create(name: str, *parts: Any, key: list[str], by_key: bool = False) -> None:
    keys = sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}"))
    op.create_table(name, *parts, keys, sqlite_strict=True, sqlite_with_rowid=not by_key)


def _of_log(table: str) -> Any:
    name = op.f(f"fk_{table}_log_id_logs")
    return sa.ForeignKeyConstraint(["log_id"], ["logs.log_id"], name=name)


def _of_key() -> Any:
    return sa.ForeignKeyConstraint(
        ["key_name"],
        ["local_keys.name"],
        name=op.f("fk_opened_bodies_key_name_local_keys"),
        ondelete="CASCADE",
    )


def _number(name: str, *, null: bool = False) -> Any:
    return sa.Column(name, _NUMBER, nullable=null, autoincrement=False)


def _bytes(name: str, *, null: bool = False) -> Any:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _text(name: str) -> Any:
    return sa.Column(name, sa.Text(), nullable=False)


def _check(table: str, name: str, condition: str) -> Any:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
