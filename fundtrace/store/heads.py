"""Heads of own logs: first the intent to sign, durable, then the signature.

There is one root for a size, for ever: an intent for another root of a size that has one is
refused, whoever asks. After a crash the intent without a signature is the head to sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from fundtrace.errors import ConflictError, NotFoundError, RuleViolationError, StaleCheckpointError
from fundtrace.store import schema
from fundtrace.store.identity import Standing
from fundtrace.store.logs import Logs
from fundtrace.store.session import Session
from fundtrace.store.values import Head, LogState


class Heads:
    """The heads of own logs."""

    def __init__(self, session: Session, logs: Logs, standing: Standing) -> None:
        """Work within a Tx."""
        self._session = session
        self._logs = logs
        self._standing = standing

    def record_intent(self, state: LogState) -> Head:
        """Store the intent to sign the own log's head as it now stands; the same again is one.

        Sign only after the Tx has ended well. Raises ConflictError where the log stands
        elsewhere, StaleCheckpointError below a head that is there, RuleViolationError for a
        mirrored log, for a second root of one size ("one-root-per-size") and in a store that
        was restored ("restored-store").
        """
        self._standing.check_may_promise()
        if not state.is_own:
            raise RuleViolationError("own-log", f"{state.origin} is another member's log")
        if self._logs.get(state.origin) != state:
            raise ConflictError(f"{state.origin} does not stand at size {state.size}; read it")
        latest = self.find_latest(state.origin)
        if latest is not None and latest.size == state.size:
            if latest.root_hash != state.root_hash:
                raise RuleViolationError(
                    "one-root-per-size",
                    f"{state.origin} has promised another root for size {state.size}; signing "
                    "this one too would fork the log. Stop, and follow docs/store.md on restoring",
                )
            return latest
        if latest is not None and latest.size > state.size:
            raise StaleCheckpointError(
                f"{state.origin} has promised the head of size {latest.size}; a smaller one is "
                "never signed again",
                latest.size,
            )
        head = Head(state.origin, state.size, state.root_hash, self._standing.term)
        self._session.change(
            insert(schema.heads).values(
                log_id=self._session.get_log(state.origin),
                size=head.size,
                root_hash=head.root_hash,
                term=head.term,
            )
        )
        self._session.promises += 1
        return head

    def record_signed(self, head: Head, note: bytes) -> Head:
        """Store the signed note of an intent; where one is stored already, that one stands."""
        stored = self.find(head.origin, head.size)
        if stored is None or stored.root_hash != head.root_hash:
            raise NotFoundError(
                f"no intent for this head of size {head.size} of {head.origin} is stored; record "
                "it before signing"
            )
        if stored.is_signed:
            return stored
        table = schema.heads
        self._session.change_one(
            update(table)
            .where(
                table.c.log_id == self._session.get_log(head.origin),
                table.c.size == head.size,
                table.c.root_hash == head.root_hash,
                table.c.note.is_(None),
            )
            .values(note=note),
            f"the head of size {head.size} of {head.origin} was signed meanwhile; read it again",
        )
        return Head(head.origin, head.size, head.root_hash, stored.term, note)

    def find(self, origin: str, size: int) -> Head | None:
        """Return the head of a size, signed or not."""
        table = schema.heads
        log_id = self._session.get_log(origin)
        row = self._session.find_row(
            select(table).where(table.c.log_id == log_id, table.c.size == size)
        )
        return None if row is None else _read_head(origin, row)

    def find_latest(self, origin: str) -> Head | None:
        """Return the largest head; without a note it is the intent to go on with."""
        return self._find_last(origin)

    def find_signed(self, origin: str) -> Head | None:
        """Return the largest head that has its signature."""
        return self._find_last(origin, schema.heads.c.note.is_not(None))

    def read(self, origin: str) -> Iterator[Head]:
        """Yield the heads of a log by size."""
        table = schema.heads
        log_id = self._session.get_log(origin)
        statement = select(table).where(table.c.log_id == log_id).order_by(table.c.size)
        yield from self._session.stream(statement, lambda row: _read_head(origin, row))

    def _find_last(self, origin: str, *conditions: ColumnElement[bool]) -> Head | None:
        table = schema.heads
        row = self._session.find_row(
            select(table)
            .where(table.c.log_id == self._session.get_log(origin), *conditions)
            .order_by(table.c.size.desc())
            .limit(1)
        )
        return None if row is None else _read_head(origin, row)


def _read_head(origin: str, row: Row[Any]) -> Head:
    return Head(origin, row.size, row.root_hash, row.term, row.note)
