"""Wrapped keys: the local key of each loan, and the private key of each epoch.

The bytes come wrapped under a root key that is never in the database. Shredding deletes: SQLite
overwrites the row with zeros (secure_delete) and empties its write-ahead log after the Tx;
PostgreSQL keeps old row versions until ``Store.scrub`` has run, and its own WAL and backups as
long as the operator does (docs/store.md).
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from fundtrace.errors import ConflictError, NotFoundError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import (
    KEY_ID_BYTES_MAX,
    KEY_NAME_BYTES_MAX,
    EpochKey,
    check_name,
    check_number,
)


class LocalKeys:
    """One wrapped key per loan, or whatever else is shredded as a whole."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def put(self, name: bytes, wrapped: bytes) -> None:
        """Keep a key; raises ConflictError where that name has another one."""
        check_name(name, KEY_NAME_BYTES_MAX, "the name of a local key")
        found = self.find(name)
        if found is None:
            self._session.change(insert(schema.local_keys).values(name=name, wrapped=wrapped))
        elif found != wrapped:
            raise ConflictError(f"another local key is kept as {name.hex()}; read it and use that")

    def find(self, name: bytes) -> bytes | None:
        """Return a wrapped key, or None."""
        table = schema.local_keys
        row = self._session.find_row(select(table.c.wrapped).where(table.c.name == name))
        return None if row is None else bytes(row.wrapped)

    def rewrap(self, name: bytes, before: bytes, after: bytes) -> None:
        """Replace a wrapping, when the root key changes; raises ConflictError if it is another."""
        table = schema.local_keys
        self._session.has_shredded = True
        self._session.change_one(
            update(table)
            .where(table.c.name == name, table.c.wrapped == before)
            .values(wrapped=after),
            f"the local key {name.hex()} was wrapped again or shredded meanwhile; read it again",
        )

    def shred(self, name: bytes) -> bool:
        """Delete a key for good, and all that is kept under it; return whether it was there."""
        self._session.has_shredded = True
        table = schema.local_keys
        return self._session.change(delete(table).where(table.c.name == name)) == 1


class EpochKeys:
    """The private keys that this member publishes per epoch, wrapped."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def put(self, key_id: bytes, epoch: int, wrapped: bytes) -> None:
        """Keep a key; raises ConflictError where that id has another one, or a destroyed one."""
        check_name(key_id, KEY_ID_BYTES_MAX, "the id of an epoch key")
        check_number(epoch, "an epoch")
        found = self.find(key_id)
        if found is None:
            self._session.change(
                insert(schema.epoch_keys).values(key_id=key_id, epoch=epoch, wrapped=wrapped)
            )
        elif (found.epoch, found.wrapped) != (epoch, wrapped):
            raise ConflictError(
                f"the epoch key {key_id.hex()} is kept otherwise or was destroyed; make a new one"
            )

    def find(self, key_id: bytes) -> EpochKey | None:
        """Return a key; its ``wrapped`` is None once it was destroyed."""
        return next((one for one in self.list_all() if one.key_id == key_id), None)

    def list_all(self) -> tuple[EpochKey, ...]:
        """Return all keys by epoch; a year has a few hundred at the most."""
        table = schema.epoch_keys
        rows = self._session.list_rows(select(table).order_by(table.c.epoch, table.c.key_id))
        return tuple(
            EpochKey(row.key_id, row.epoch, row.wrapped, row.destroy_at_seconds) for row in rows
        )

    def retire(self, key_id: bytes, destroy_at_seconds: int) -> None:
        """Say when a key is to be destroyed, since a newer one is current; the first time stands.

        Raises NotFoundError where it is not kept.
        """
        check_number(destroy_at_seconds, "a time")
        found = self._get(key_id)
        if found.destroy_at_seconds is None:
            table = schema.epoch_keys
            self._session.change(
                update(table)
                .where(table.c.key_id == key_id)
                .values(destroy_at_seconds=destroy_at_seconds)
            )

    def destroy(self, key_id: bytes) -> None:
        """Delete the private bytes for good; that there was such a key stays. Twice is once."""
        self._get(key_id)
        self._session.has_shredded = True
        table = schema.epoch_keys
        self._session.change(update(table).where(table.c.key_id == key_id).values(wrapped=None))

    def _get(self, key_id: bytes) -> EpochKey:
        found = self.find(key_id)
        if found is None:
            raise NotFoundError(f"no epoch key {key_id.hex()} is in this store")
        return found
