"""The last record of every stream: what the next one must name, and a tally states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, delete, select

from fundtrace.errors import ConflictError, InvalidInputError
from fundtrace.store import schema
from fundtrace.store.session import Session, split
from fundtrace.store.values import StreamEnd


class Streams:
    """Where each stream of each log stands."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find_many(self, origin: str, stream_ids: Iterable[bytes]) -> dict[bytes, StreamEnd]:
        """Return the last records of those streams that have one."""
        table = schema.streams
        log_id = self._session.get_log(origin)
        found: dict[bytes, StreamEnd] = {}
        for part in split(stream_ids):
            rows = self._session.list_rows(
                select(table).where(
                    table.c.log_id == log_id, self._session.is_among(table.c.stream_id, part)
                )
            )
            found |= {row.stream_id: _read_end(row) for row in rows}
        return found

    def read(self, origin: str) -> Iterator[StreamEnd]:
        """Yield the last record of every stream of a log, by stream id, as a tally lists them."""
        table = schema.streams
        log_id = self._session.get_log(origin)
        statement = select(table).where(table.c.log_id == log_id).order_by(table.c.stream_id)
        yield from self._session.stream(statement, _read_end)

    def forget(self, origin: str) -> None:
        """Forget all streams of a log whose last entries were dropped, to build them anew."""
        table = schema.streams
        log_id = self._session.get_log(origin)
        self._session.change(delete(table).where(table.c.log_id == log_id))

    def advance(self, origin: str, ends: Sequence[StreamEnd]) -> None:
        """Set the last records of some streams, each once, in the Tx that appends them.

        Raises ConflictError where a stream is as far already: of two who append to it from one
        state, one goes on.
        """
        if len({one.stream_id for one in ends}) != len(ends):
            raise InvalidInputError("a stream stands twice in one advance; name its last record")
        log_id = self._session.get_log(origin)
        rows = [
            (
                log_id,
                one.stream_id,
                one.sequence,
                one.leaf_hash,
                one.erasure_key,
                one.published_minute,
            )
            for one in ends
        ]
        changed = self._session.upsert_rows(
            schema.streams,
            rows,
            "ON CONFLICT (log_id, stream_id) DO UPDATE SET sequence = excluded.sequence,"
            " leaf_hash = excluded.leaf_hash, erasure_key = excluded.erasure_key,"
            " published_minute = excluded.published_minute"
            " WHERE streams.sequence < excluded.sequence",
        )
        if changed != len(rows):
            raise ConflictError(
                f"{len(rows) - changed} streams of {origin} moved on meanwhile; read them again"
            )


def _read_end(row: Row[Any]) -> StreamEnd:
    return StreamEnd(
        row.stream_id, row.sequence, row.leaf_hash, row.erasure_key, row.published_minute
    )
