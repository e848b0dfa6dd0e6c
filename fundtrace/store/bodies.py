"""Sealed bodies, beside the entries whose headers name their hashes.

A body is missing, held or erased. What is held or missing can be erased; nothing brings an
erased body back: its row stays with the hash and the index of the entry that ordered the
erasure, so that every proof still verifies and the gap explains itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, select, update

from fundtrace.errors import ConflictError, InvalidInputError, NotFoundError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import Body, BodyState, check_bytes, check_number
from fundtrace.tlog.hashing import HASH_BYTES

MISSING_MAX: Final = 1024  # LIMIT: what one request to a peer asks for


class Bodies:
    """The bodies of all logs, by the position of their entry."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find(self, origin: str, index: int) -> Body | None:
        """Return what is kept of the body of an entry, None for an entry without one."""
        for body in self.read(origin, index, index + 1):
            return body
        return None

    def read(self, origin: str, start: int, end: int) -> Iterator[Body]:
        """Yield the bodies of the entries from ``start`` to before ``end``, in order."""
        table = schema.bodies
        statement = (
            select(table)
            .where(
                table.c.log_id == self._session.get_log(origin),
                table.c.entry_index >= start,
                table.c.entry_index < end,
            )
            .order_by(table.c.entry_index)
        )
        yield from self._session.stream(statement, _read_body)

    def list_missing(
        self, origin: str, start: int = 0, most: int = MISSING_MAX
    ) -> Sequence[tuple[int, bytes]]:
        """Return index and hash of bodies that are still to come, from ``start`` on."""
        table = schema.bodies
        rows = self._session.list_rows(
            select(table.c.entry_index, table.c.body_hash)
            .where(
                table.c.log_id == self._session.get_log(origin),
                table.c.entry_index >= start,
                table.c.state == int(BodyState.MISSING),
            )
            .order_by(table.c.entry_index)
            .limit(most)
        )
        return [(row.entry_index, row.body_hash) for row in rows]

    def put(self, origin: str, index: int, body: bytes) -> None:
        """Keep a body that was missing; one that is held already, or was erased, is left so.

        Raises InvalidInputError where it does not have the hash, NotFoundError for an entry
        that has no body.
        """
        found = self._get(origin, index)
        if sha256(body).digest() != found.body_hash:
            raise InvalidInputError(
                f"the body for entry {index} of {origin} does not have the hash that its header "
                "names; fetch it from another member"
            )
        if found.state is BodyState.MISSING:
            self._move(origin, found, state=int(BodyState.HELD), body=body)

    def erase(self, origin: str, index: int, body_hash: bytes, erasure_index: int) -> None:
        """Drop a body for good; the entry ``erasure_index`` of its log ordered it.

        The caller has verified the order. The first order stands; raises ConflictError where
        the entry's body has another hash.
        """
        check_bytes(body_hash, HASH_BYTES, "the hash of a body")
        check_number(erasure_index, "the index of an erasure")
        found = self._get(origin, index)
        if found.body_hash != body_hash:
            raise ConflictError(
                f"entry {index} of {origin} has a body of another hash; nothing was erased"
            )
        if found.state is not BodyState.ERASED:
            self._session.has_shredded = True
            self._move(
                origin,
                found,
                state=int(BodyState.ERASED),
                body=None,
                erasure_index=erasure_index,
            )

    def _get(self, origin: str, index: int) -> Body:
        found = self.find(origin, index)
        if found is None:
            raise NotFoundError(f"entry {index} of {origin} has no body in this store")
        return found

    def _move(self, origin: str, before: Body, **values: Any) -> None:
        table = schema.bodies
        self._session.change_one(
            update(table)
            .where(
                table.c.log_id == self._session.get_log(origin),
                table.c.entry_index == before.index,
                table.c.state == int(before.state),
            )
            .values(**values),
            f"the body of entry {before.index} of {origin} changed meanwhile; read it again",
        )


def _read_body(row: Row[Any]) -> Body:
    state = BodyState(row.state)
    return Body(row.entry_index, row.body_hash, state, row.body, row.erasure_index)
