"""Logs, their entries and what follows from them: the one way in which a log grows.

An append writes entries, bodies and tiles and moves the log's state from the one that the caller
built on to the next, all in one Tx; the state is compared and the row count checked, so that of
two who build on one state at most one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Row, delete, insert, select, update

from fundtrace.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleViolationError,
    StaleCheckpointError,
)
from fundtrace.store import schema
from fundtrace.store.mirrors import Mirrors
from fundtrace.store.session import Session
from fundtrace.store.tiles import Tiles
from fundtrace.store.values import BodyState, LogState, NewEntry
from fundtrace.tlog.hashing import hash_leaf

# LIMIT: entries read at once, at most 16.8 MB of them (256 of 65,535 bytes).
READ_ENTRIES: Final = 256


class Logs:
    """The logs of this store, own and mirrored."""

    def __init__(self, session: Session, tiles: Tiles, mirrors: Mirrors) -> None:
        """Work within a Tx."""
        self._session = session
        self._tiles = tiles
        self._mirrors = mirrors

    def create(self, origin: str, *, is_own: bool) -> LogState:
        """Begin to keep a log, empty; one that is kept already is returned as it is.

        Raises ConflictError where it is kept as another's and now called own, or the reverse.
        """
        found = self.find(origin)
        if found is not None:
            if found.is_own != is_own:
                raise ConflictError(
                    f"{origin} is kept as {'an own' if found.is_own else 'a mirrored'} log; "
                    "give the other log another origin"
                )
            return found
        state = LogState(origin, is_own=is_own)
        table = schema.logs
        known = self._session.find_most(table.c.log_id)
        self._session.change(
            insert(table).values(
                log_id=1 if known is None else known + 1,
                origin=origin,
                is_own=int(is_own),
                size=state.size,
                root_hash=state.root_hash,
            )
        )
        return state

    def find(self, origin: str) -> LogState | None:
        """Return how far a log goes, or None where it is not kept."""
        table = schema.logs
        row = self._session.find_row(select(table).where(table.c.origin == origin))
        return None if row is None else _read_state(row)

    def get(self, origin: str) -> LogState:
        """Return how far a log goes; raises NotFoundError where it is not kept."""
        found = self.find(origin)
        if found is None:
            raise NotFoundError(f"no log {origin} is in this store; create it first")
        return found

    def list_all(self) -> tuple[LogState, ...]:
        """Return every log, in the order in which they were created."""
        table = schema.logs
        rows = self._session.list_rows(select(table).order_by(table.c.log_id))
        return tuple(_read_state(row) for row in rows)

    def append(self, before: LogState, added: Sequence[NewEntry]) -> LogState:
        """Append entries with their bodies to the log that stands at ``before``; return the next.

        Raises StaleCheckpointError with the size that is stored where the log stands elsewhere.
        """
        session = self._session
        log_id = session.get_log(before.origin)
        stored = self.get(before.origin)
        if stored != before:
            raise StaleCheckpointError(
                f"{before.origin} stands at size {stored.size}, not as the caller read it "
                f"({before.size}); read it again",
                stored.size,
            )
        if not added:
            return before
        start = before.size
        session.insert_rows(
            schema.entries, [(log_id, start + at, one.entry) for at, one in enumerate(added)]
        )
        session.reached("append: entries")
        session.insert_rows(
            schema.bodies,
            [
                (log_id, start + at, _find_state(one), None, one.body_hash, one.body)
                for at, one in enumerate(added)
                if one.body_hash is not None
            ],
        )
        session.reached("append: bodies")
        root_hash = self._tiles.extend(before, [hash_leaf(one.entry) for one in added])
        session.reached("append: tiles")
        after = LogState(before.origin, start + len(added), root_hash, before.is_own)
        self._advance(log_id, before, after)
        session.reached("append: head")
        return after

    def drop(self, before: LogState, size: int) -> LogState:
        """Drop the entries from ``size`` on, with bodies and tiles; return the state then.

        For the branch of a forked log that its consortium closed elsewhere, and for nothing
        else: what the mirror cosigned stays, and no own log shrinks (RuleViolationError). The
        caller replaces the mirror's state first and builds streams and states anew.
        """
        session = self._session
        log_id = session.get_log(before.origin)
        if before.is_own:
            raise RuleViolationError("own-log", f"{before.origin} is this member's own log")
        if not 0 <= size <= before.size:
            raise InvalidInputError(f"{before.origin} has {before.size} entries; keep 0 to all")
        if size < self._mirrors.find(before.origin).stored.size:
            raise RuleViolationError(
                "durable-first", f"the mirror of {before.origin} still counts entry {size}"
            )
        for table in (schema.entries, schema.bodies):
            session.change(
                delete(table).where(table.c.log_id == log_id, table.c.entry_index >= size)
            )
        session.reached("drop: entries")
        root_hash = self._tiles.cut(before, size)
        session.reached("drop: tiles")
        after = LogState(before.origin, size, root_hash, before.is_own)
        self._advance(log_id, before, after)
        return after

    def _advance(self, log_id: int, before: LogState, after: LogState) -> None:
        table = schema.logs
        self._session.change_one(
            update(table)
            .where(
                table.c.log_id == log_id,
                table.c.size == before.size,
                table.c.root_hash == before.root_hash,
            )
            .values(size=after.size, root_hash=after.root_hash),
            f"{before.origin} moved on from size {before.size}; read it again",
        )


class Entries:
    """The entries of all logs, exact bytes."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def get(self, origin: str, index: int) -> bytes:
        """Return one entry; raises NotFoundError."""
        for entry in self.read(origin, index, index + 1):
            return entry
        raise NotFoundError(f"{origin} has no entry {index} in this store")

    def read(self, origin: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the entries from ``start`` to before ``end`` in order, as far as they are there."""
        table = schema.entries
        log_id = self._session.get_log(origin)
        for first in range(start, end, READ_ENTRIES):
            rows = self._session.list_rows(
                select(table.c.entry)
                .where(
                    table.c.log_id == log_id,
                    table.c.entry_index >= first,
                    table.c.entry_index < min(first + READ_ENTRIES, end),
                )
                .order_by(table.c.entry_index)
            )
            for row in rows:
                yield row.entry
            if len(rows) < READ_ENTRIES:
                return


def _find_state(added: NewEntry) -> int:
    return int(BodyState.MISSING if added.body is None else BodyState.HELD)


def _read_state(row: Row[tuple[object, ...]]) -> LogState:
    return LogState(row.origin, row.size, row.root_hash, bool(row.is_own))
