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
    "cosignatures",
    "finals",
    "forks",
    "streams",
    "records",
    "cursors",
    "local_keys",
    "epoch_keys",
)


def upgrade() -> None:
    """Make every table."""
    _create_logs()
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
        _check("store", "one_row", "id = 1"),
        _check("store", "identity_bytes", "length(identity) = 16"),
        _check("store", "counts", "term >= 0 AND promises >= 0"),
        key=["id"],
    )
    _create(
        "logs",
        _number("log_id"),
        _text("origin"),
        _number("is_own"),
        _number("size"),
        _bytes("root_hash"),
        _check("logs", "root_hash_bytes", "length(root_hash) = 32"),
        _check("logs", "size", "size >= 0"),
        sa.UniqueConstraint("origin", name=op.f("uq_logs_origin")),
        _check("logs", "is_own", "is_own IN (0, 1)"),
        key=["log_id"],
    )
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
        _check("bodies", "erased", "(state = 2) = (erasure_index IS NOT NULL)"),
        _check("bodies", "state", "state IN (0, 1, 2)"),
        _check("bodies", "body_hash_bytes", "length(body_hash) = 32"),
        _check("bodies", "held", "(state = 1) = (body IS NOT NULL)"),
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
        _check("heads", "size", "size >= 0"),
        _check("heads", "root_hash_bytes", "length(root_hash) = 32"),
        key=["log_id", "size"],
        of_log=True,
    )
    _create(
        "mirrors",
        _number("log_id"),
        _number("pending_size", null=True),
        _bytes("pending_root", null=True),
        _bytes("pending_note", null=True),
        _number("cosigned_size", null=True),
        _bytes("cosigned_root", null=True),
        _bytes("cosigned_note", null=True),
        _check(
            "mirrors",
            "cosigned_whole",
            "(cosigned_size IS NULL) = (cosigned_root IS NULL) AND (cosigned_size IS NULL) = (cosigned_note IS NULL)",
        ),
        _check(
            "mirrors",
            "pending_whole",
            "(pending_size IS NULL) = (pending_root IS NULL) AND (pending_size IS NULL) = (pending_note IS NULL)",
        ),
        _check("mirrors", "cosigned_root_bytes", "length(cosigned_root) = 32"),
        _check("mirrors", "pending_root_bytes", "length(pending_root) = 32"),
        key=["log_id"],
        of_log=True,
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
        _check("cosignatures", "root_hash_bytes", "length(root_hash) = 32"),
        _check("cosignatures", "key_id_bytes", "length(key_id) = 4"),
        key=["log_id", "size", "root_hash", "member", "key_id"],
        of_log=True,
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
        key=["log_id", "size"],
        of_log=True,
    )
    _create(
        "forks",
        _number("log_id"),
        _bytes("evidence_hash"),
        _bytes("ours"),
        _bytes("theirs"),
        _number("noticed_at_seconds"),
        _check("forks", "evidence_hash_bytes", "length(evidence_hash) = 32"),
        key=["log_id", "evidence_hash"],
        of_log=True,
    )


def _create_records() -> None:
    _create(
        "streams",
        _number("log_id"),
        _bytes("stream_id"),
        _number("sequence"),
        _bytes("leaf_hash"),
        _check("streams", "sequence", "sequence >= 0"),
        _check("streams", "stream_id_bytes", "length(stream_id) = 16"),
        _check("streams", "leaf_hash_bytes", "length(leaf_hash) = 32"),
        key=["log_id", "stream_id"],
        by_key=True,
        of_log=True,
    )
    _create(
        "records",
        _bytes("record_id"),
        _bytes("content_hash"),
        _number("log_id"),
        _number("entry_index"),
        _check("records", "content_hash_bytes", "length(content_hash) = 32"),
        _check("records", "record_id_bytes", "length(record_id) = 32"),
        key=["record_id"],
        by_key=True,
        of_log=True,
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
        _check("local_keys", "name_bytes", "length(name) BETWEEN 1 AND 64"),
        key=["name"],
    )
    _create(
        "epoch_keys",
        _bytes("key_id"),
        _number("epoch"),
        _bytes("wrapped", null=True),
        _check("epoch_keys", "key_id_bytes", "length(key_id) BETWEEN 1 AND 64"),
        key=["key_id"],
    )


def _create(
    name: str, *parts: Any, key: list[str], by_key: bool = False, of_log: bool = False
) -> None:
    keys: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}"))]
    if of_log:
        foreign = op.f(f"fk_{name}_log_id_logs")
        keys.append(sa.ForeignKeyConstraint(["log_id"], ["logs.log_id"], name=foreign))
    op.create_table(name, *parts, *keys, sqlite_strict=True, sqlite_with_rowid=not by_key)


def _number(name: str, *, null: bool = False) -> Any:
    return sa.Column(name, _NUMBER, nullable=null, autoincrement=False)


def _bytes(name: str, *, null: bool = False) -> Any:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _text(name: str) -> Any:
    return sa.Column(name, sa.Text(), nullable=False)


def _check(table: str, name: str, condition: str) -> Any:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
