"""The last record of every stream: what the next one must name, and a tally states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select

from fundtrace.errors import ConflictError, InvalidInputError
from fundtrace.store import schema
from fundtrace.store.session import Session, split
from fundtrace.store.values import StreamHead


class Streams:
    """Sequence and leaf hash of the last record of each stream, per log."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find_many(self, origin: str, stream_ids: Iterable[bytes]) -> dict[bytes, StreamHead]:
        """Return the last records of those streams that have one."""
        table = schema.streams
        log_id = self._session.get_log(origin)
        found: dict[bytes, StreamHead] = {}
        for part in split(stream_ids):
            rows = self._session.list_rows(
                select(table).where(table.c.log_id == log_id, table.c.stream_id.in_(part))
            )
            found |= {row.stream_id: _read_head(row) for row in rows}
        return found

    def read(self, origin: str) -> Iterator[StreamHead]:
        """Yield the last record of every stream of a log, by stream id, as a tally lists them."""
        table = schema.streams
        log_id = self._session.get_log(origin)
        statement = select(table).where(table.c.log_id == log_id).order_by(table.c.stream_id)
        with self._session.connection.execute(statement.execution_options(yield_per=256)) as rows:
            for row in rows:
                yield _read_head(row)

    def advance(self, origin: str, heads: Sequence[StreamHead]) -> None:
        """Set the last records of some streams, each once, in the Tx that appends them.

        Raises ConflictError where a stream is as far already: of two who append to it from one
        state, one goes on.
        """
        if len({one.stream_id for one in heads}) != len(heads):
            raise InvalidInputError("a stream stands twice in one advance; name its last record")
        log_id = self._session.get_log(origin)
        rows = [(log_id, one.stream_id, one.sequence, one.leaf_hash) for one in heads]
        changed = self._session.upsert_rows(
            schema.streams,
            rows,
            "ON CONFLICT (log_id, stream_id) DO UPDATE SET sequence = excluded.sequence,"
            " leaf_hash = excluded.leaf_hash WHERE streams.sequence < excluded.sequence",
        )
        if changed != len(rows):
            raise ConflictError(
                f"{len(rows) - changed} streams of {origin} moved on meanwhile; read them again"
            )


def _read_head(row: Row[Any]) -> StreamHead:
    return StreamHead(row.stream_id, row.sequence, row.leaf_hash)
