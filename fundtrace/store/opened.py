"""Bodies that this member opened, sealed again under local keys; they go with their key."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from fundtrace.errors import NotFoundError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import Position, check_number


class OpenedBodies:
    """Opened bodies by the position of their entry."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def put(self, at: Position, key_name: bytes, sealed: bytes) -> None:
        """Keep an opened body; the first one stands. Raises NotFoundError without its key."""
        check_number(at.index, "the index of an entry")
        keys = schema.local_keys
        if self._session.find_row(select(keys.c.name).where(keys.c.name == key_name)) is None:
            raise NotFoundError(f"no local key {key_name.hex()} is kept; put it first")
        self._session.change(
            self._session.upsert(schema.opened_bodies)
            .values(
                log_id=self._session.get_log(at.origin),
                entry_index=at.index,
                key_name=key_name,
                sealed=sealed,
            )
            .on_conflict_do_nothing()
        )

    def find(self, at: Position) -> tuple[bytes, bytes] | None:
        """Return the key's name and the sealed bytes, or None."""
        table = schema.opened_bodies
        row = self._session.find_row(
            select(table).where(
                table.c.log_id == self._session.get_log(at.origin),
                table.c.entry_index == at.index,
            )
        )
        return None if row is None else (row.key_name, row.sealed)

    def read_of_key(self, key_name: bytes) -> Iterator[tuple[Position, bytes]]:
        """Yield all that is sealed under one key: one loan's records, by log and index."""
        table, logs = schema.opened_bodies, schema.logs
        statement = (
            select(table, logs.c.origin)
            .join(logs, logs.c.log_id == table.c.log_id)
            .where(table.c.key_name == key_name)
            .order_by(table.c.log_id, table.c.entry_index)
        )
        yield from self._session.stream(
            statement, lambda row: (Position(row.origin, row.entry_index), row.sealed)
        )
