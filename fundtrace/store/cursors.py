"""How far a reader has got: named positions that only grow."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from fundtrace.errors import ConflictError, InvalidInputError
from fundtrace.store import schema
from fundtrace.store.session import Session
from fundtrace.store.values import check_number


class Cursors:
    """Positions by name."""

    def __init__(self, session: Session) -> None:
        """Work within a Tx."""
        self._session = session

    def find(self, name: str) -> int | None:
        """Return a cursor's position, None before its first."""
        table = schema.cursors
        row = self._session.find_row(select(table.c.position).where(table.c.name == name))
        return None if row is None else int(row.position)

    def advance(self, name: str, before: int | None, after: int) -> None:
        """Go from the position that was read to another, in the Tx of what was done up to it.

        Raises InvalidInputError backwards, ConflictError where the cursor stands elsewhere.
        """
        check_number(after, "a cursor")
        if before is not None and after < before:
            raise InvalidInputError(f"the cursor {name} only grows; {after} is before {before}")
        conflict = f"the cursor {name} does not stand at {before}; read it again"
        if before is None:
            if self.find(name) is not None:
                raise ConflictError(conflict)
            self._session.change(insert(schema.cursors).values(name=name, position=after))
            return
        table = schema.cursors
        self._session.change_one(
            update(table)
            .where(table.c.name == name, table.c.position == before)
            .values(position=after),
            conflict,
        )
