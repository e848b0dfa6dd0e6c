"""Which database this is, whether it is still where it was, and whose turn it is to write.

The row of ``store`` holds a random identity, the place where the database was last known to lie
(PostgreSQL: the cluster's system identifier and its timeline, which a restore or a fail-over
changes), the term of the one writer, and the number of promises (``guard``). Whoever locks this
row is the writer until his Tx ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, text, update

from fundtrace.errors import ConflictError, RuleViolationError, UnavailableError
from fundtrace.store import schema
from fundtrace.store.guard import read_guard

SQLITE_PLACE: Final = "sqlite"


@dataclass(frozen=True, slots=True)
class Identity:
    """The row of ``store``."""

    identity: bytes
    place: str
    term: int
    holder: str
    promises: int


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom a Tx writes: its term, and why the database may not promise anything, or ""."""

    term: int
    moved: str

    def check_may_promise(self) -> None:
        """Check that nothing was forgotten; raises RuleViolationError ("restored-store")."""
        if self.moved:
            raise RuleViolationError(
                "restored-store",
                f"{self.moved}. Nothing is signed until enough peers have said which heads they "
                "hold (docs/store.md, Restoring)",
            )


def read_identity(connection: Connection, *, is_locked: bool = False) -> Identity:
    """Return the row; ``is_locked``: as the one writer, waiting for another one's Tx to end."""
    table = schema.store
    statement = select(table).where(table.c.id == 1)
    row = connection.execute(statement.with_for_update() if is_locked else statement).one_or_none()
    if row is None:
        raise UnavailableError(
            "the database has the tables of a store but not its row of identity: it was not "
            "created to its end; drop it and run fundtrace ledger init"
        )
    return Identity(row.identity, row.place, row.term, row.holder, row.promises)


def check_term(known: Identity, term: int) -> None:
    """Check that a writer's term is the current one; raises ConflictError."""
    if known.term != term:
        raise ConflictError(
            f"term {term} is over: {known.holder or 'nobody'} writes in term {known.term}. Stop "
            "this writer; if it is the one that should write, start it again"
        )


def change_identity(connection: Connection, known: Identity, **values: object) -> None:
    """Change the row from what was read, by compare-and-swap."""
    table = schema.store
    changed = connection.execute(
        update(table)
        .where(table.c.id == 1, table.c.term == known.term, table.c.promises == known.promises)
        .values(**values)
    ).rowcount
    if changed != 1:
        raise ConflictError("another writer took over meanwhile; stop this one")


def find_place(connection: Connection) -> str:
    """Return where the database lies, in words that a restored copy cannot repeat."""
    if connection.dialect.name == "sqlite":
        return SQLITE_PLACE
    row = connection.execute(
        text(
            "SELECT system_identifier, CASE WHEN pg_is_in_recovery() THEN"
            " (SELECT timeline_id FROM pg_control_checkpoint())"
            " ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END"
            " AS timeline FROM pg_control_system()"
        )
    ).one()
    return f"{row.system_identifier}/{row.timeline}"


def explain_move(known: Identity, place: str, guard: Path | None) -> str:
    """Say why the database counts as a restored one, or return ""."""
    if known.place != place:
        return f"the database lies at {place} now and lay at {known.place} before"
    if guard is None:
        return ""
    said = read_guard(guard)
    if said is None:
        return f"{guard} is missing or damaged, so that this may be a copy or an old backup"
    if said.identity != known.identity:
        return f"{guard} belongs to another store"
    if said.promises > known.promises:
        return (
            f"the database knows {known.promises} promises and {guard} {said.promises}: it is an "
            "old backup"
        )
    return ""
