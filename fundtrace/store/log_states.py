"""Small named values kept with a log, which others derive from its entries, as their bytes."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from fundtrace.errors import ConflictError
from fundtrace.store import schema
from fundtrace.store.session import Session


class LogStates:
    """Values by log and name."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find(self, origin: str, name: str) -> bytes | None:
        """Return a value, or None."""
        table = schema.log_states
        log_id = self._session.get_log(origin)
        row = self._session.find_row(
            select(table.c.value).where(table.c.log_id == log_id, table.c.name == name)
        )
        return None if row is None else bytes(row.value)

    def replace(self, origin: str, name: str, before: bytes | None, after: bytes) -> None:
        """Go from the value that was read to another; ConflictError if it changed meanwhile."""
        table = schema.log_states
        log_id = self._session.get_log(origin)
        conflict = f"{name} of {origin} changed meanwhile; read it again"
        if before is None:
            if self.find(origin, name) is not None:
                raise ConflictError(conflict)
            self._session.change(insert(table).values(log_id=log_id, name=name, value=after))
            return
        self._session.change_one(
            update(table)
            .where(table.c.log_id == log_id, table.c.name == name, table.c.value == before)
            .values(value=after),
            conflict,
        )
