"""Which records were published, so that asking twice publishes once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select, update

from fundtrace.errors import RequestReusedError
from fundtrace.store import schema
from fundtrace.store.session import Session, split
from fundtrace.store.values import Position, RecordKey, check_number


class Records:
    """Own records by their id."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find_many(self, keys: Iterable[RecordKey]) -> dict[bytes, Position]:
        """Return where those records lie that were published before, by record id.

        Raises RequestReusedError where an id came with other content before.
        """
        listed = {one.record_id: one.content_hash for one in keys}
        table, logs = schema.records, schema.logs
        found: dict[bytes, Position] = {}
        for part in split(listed):
            rows = self._session.list_rows(
                select(table, logs.c.origin)
                .join(logs, logs.c.log_id == table.c.log_id)
                .where(self._session.is_among(table.c.record_id, part))
            )
            for row in rows:
                if row.content_hash != listed[row.record_id]:
                    raise RequestReusedError(
                        f"record {row.record_id.hex()} was published with other content; what "
                        "changed needs a new version, with an id of its own"
                    )
                found[row.record_id] = Position(row.origin, row.entry_index)
        return found

    def record(self, placed: Mapping[RecordKey, Position]) -> None:
        """Keep where new records lie, in the Tx that appends them.

        Raises ConflictError where one of them was published meanwhile.
        """
        self._session.insert_rows(
            schema.records,
            [
                (key.record_id, key.content_hash, self._session.get_log(at.origin), at.index)
                for key, at in placed.items()
            ],
        )

    def move(self, key: RecordKey, before: Position, after: Position) -> None:
        """Say that a record was published again, in the next epoch of its log.

        Raises ConflictError where it does not lie at ``before`` with this content.
        """
        check_number(after.index, "the index of an entry")
        table = schema.records
        self._session.change_one(
            update(table)
            .where(
                table.c.record_id == key.record_id,
                table.c.content_hash == key.content_hash,
                table.c.log_id == self._session.get_log(before.origin),
                table.c.entry_index == before.index,
            )
            .values(log_id=self._session.get_log(after.origin), entry_index=after.index),
            f"record {key.record_id.hex()} does not lie at {before.origin} {before.index}",
        )
