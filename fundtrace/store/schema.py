"""The tables: one definition for both databases, from which statements are built.

``migrations/`` makes them; a test proves that both agree. Every length and state that a reader
relies on stands as a CHECK constraint too, so that no other program can store nonsense unseen.
The hot tables (entries, bodies, tiles) have no foreign keys: PostgreSQL would look each row's
log up again by trigger; ``fsck`` finds rows without a log. Entries and bodies are addressed by
position, never by hash: an index over hashes touches another page with every row and costs a
third to a half of the rate (docs/store.md).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
# Only "INTEGER PRIMARY KEY" is SQLite's own row id; the other integers there are 64-bit anyway.
NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, NUMBER, nullable=null)


def _bytes(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, LargeBinary(), nullable=null)


def _part(name: str, kind: TypeEngine[Any] = NUMBER) -> Column[Any]:
    """Return a column of a primary key; its values are the store's own."""
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def _log() -> Column[Any]:
    """Return the log that a row belongs to, as the first column of its key."""
    return Column(
        "log_id", NUMBER, ForeignKey("logs.log_id"), primary_key=True, autoincrement=False
    )


def _check(name: str, condition: str) -> CheckConstraint:
    return CheckConstraint(condition, name=name)


def _table(name: str, *parts: SchemaItem, by_key: bool = False) -> Table:
    """Return a table; ``by_key`` lays small rows in the order of their key on SQLite."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=not by_key)


# One row: which database this is, where it lay, whose turn it is to write.
store = _table(
    "store",
    _part("id"),
    _bytes("identity"),
    Column("place", Text(), nullable=False),
    _number("term"),
    Column("holder", Text(), nullable=False),
    _number("promises"),
    _check("one_row", "id = 1"),
    _check("identity_bytes", "length(identity) = 16"),
    _check("counts", "term >= 0 AND promises >= 0"),
)

logs = _table(
    "logs",
    _part("log_id"),
    Column("origin", Text(), nullable=False, unique=True),
    _number("is_own"),
    _number("size"),
    _bytes("root_hash"),
    _check("is_own", "is_own IN (0, 1)"),
    _check("size", "size >= 0"),
    _check("root_hash_bytes", "length(root_hash) = 32"),
)

entries = _table(
    "entries",
    _part("log_id"),
    _part("entry_index"),
    _bytes("entry"),
    _check("entry_index", "entry_index >= 0"),
    _check("entry_bytes", "length(entry) <= 65535"),
)

bodies = _table(
    "bodies",
    _part("log_id"),
    _part("entry_index"),
    _number("state"),
    _number("erasure_index", null=True),
    _bytes("body_hash"),
    _bytes("body", null=True),
    _check("state", "state IN (0, 1, 2)"),
    _check("held", "(state = 1) = (body IS NOT NULL)"),
    _check("erased", "(state = 2) = (erasure_index IS NOT NULL)"),
    _check("body_hash_bytes", "length(body_hash) = 32"),
)
Index(
    "ix_bodies_missing",
    bodies.c.log_id,
    bodies.c.entry_index,
    sqlite_where=text("state = 0"),
    postgresql_where=text("state = 0"),
)

tiles = _table(
    "tiles",
    _part("log_id"),
    _part("level"),
    _part("tile_index"),
    _bytes("hashes"),
    _check("level", "level BETWEEN 0 AND 63"),
    _check("hashes_bytes", "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0"),
)

heads = _table(
    "heads",
    _log(),
    _part("size"),
    _bytes("root_hash"),
    _number("term"),
    _bytes("note", null=True),
    _check("size", "size >= 0"),
    _check("root_hash_bytes", "length(root_hash) = 32"),
)

mirrors = _table(
    "mirrors",
    _log(),
    _bytes("state"),
)

# Small values that others derive from a log's entries and keep with it: its rosters, for one.
log_states = _table(
    "log_states",
    _log(),
    _part("name", Text()),
    _bytes("value"),
)

cosignatures = _table(
    "cosignatures",
    _log(),
    _part("size"),
    _part("root_hash", LargeBinary()),
    _part("member", Text()),
    _part("key_id", LargeBinary()),
    _number("at_seconds"),
    _bytes("line"),
    _check("root_hash_bytes", "length(root_hash) = 32"),
    _check("key_id_bytes", "length(key_id) = 4"),
)

finals = _table(
    "finals",
    _log(),
    _part("size"),
    _bytes("root_hash"),
    _bytes("note"),
    _number("at_seconds"),
    _number("roster_version"),
    _check("root_hash_bytes", "length(root_hash) = 32"),
)

streams = _table(
    "streams",
    _log(),
    _part("stream_id", LargeBinary()),
    _number("sequence"),
    _bytes("leaf_hash"),
    _bytes("erasure_key"),
    _number("published_minute"),
    _check("stream_id_bytes", "length(stream_id) = 16"),
    _check("sequence", "sequence >= 0"),
    _check("leaf_hash_bytes", "length(leaf_hash) = 32"),
    _check("erasure_key_bytes", "length(erasure_key) = 32"),
    by_key=True,
)

records = _table(
    "records",
    _part("record_id", LargeBinary()),
    _bytes("content_hash"),
    Column("log_id", NUMBER, ForeignKey("logs.log_id"), nullable=False),
    _number("entry_index"),
    _check("record_id_bytes", "length(record_id) = 32"),
    _check("content_hash_bytes", "length(content_hash) = 32"),
    by_key=True,
)

cursors = _table(
    "cursors",
    _part("name", Text()),
    _number("position"),
    _check("position", "position >= 0"),
)

local_keys = _table(
    "local_keys",
    _part("name", LargeBinary()),
    _bytes("wrapped"),
    _check("name_bytes", "length(name) BETWEEN 1 AND 255"),
)

# What this member opened, sealed again under a local key; gone with that key.
opened_bodies = _table(
    "opened_bodies",
    _log(),
    _part("entry_index"),
    Column(
        "key_name",
        LargeBinary(),
        ForeignKey("local_keys.name", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    _bytes("sealed"),
    _check("entry_index", "entry_index >= 0"),
)

epoch_keys = _table(
    "epoch_keys",
    _part("key_id", LargeBinary()),
    _number("epoch"),
    _number("destroy_at_seconds", null=True),
    _bytes("wrapped", null=True),
    _check("key_id_bytes", "length(key_id) BETWEEN 1 AND 64"),
)

forks = _table(
    "forks",
    _log(),
    _part("evidence_hash", LargeBinary()),
    _bytes("ours"),
    _bytes("theirs"),
    _number("noticed_at_seconds"),
    _check("evidence_hash_bytes", "length(evidence_hash) = 32"),
)
