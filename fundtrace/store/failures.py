"""What a database's failure means for us: one table for SQLite, one for PostgreSQL.

Whatever a driver raises leaves the store as one of our errors, the cause chained, with what the
operator can do. Lost races are conflicts; all that the caller cannot mend is unavailable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg
from pysqlite3 import dbapi2 as sqlite  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fundtrace.errors import (
    ConflictError,
    FundtraceError,
    InvalidInputError,
    OverloadedError,
    UnavailableError,
)

_SQLITE: Final[Mapping[str, str]] = {
    "SQLITE_FULL": "the disk is full; free space, then start again: nothing was lost",
    "SQLITE_BUSY": "another program writes to it; end that program (is a second node running?)",
    "SQLITE_LOCKED": "another connection holds it; end the other program",
    "SQLITE_READONLY": "it cannot be written; give the node's user the right to write the file "
    "and its folder, or mount the disk for writing",
    "SQLITE_CANTOPEN": "it cannot be opened; check that the folder is there and that the node's "
    "user may read and write in it",
    "SQLITE_PERM": "the node's user may not open it; give it the file and its folder",
    "SQLITE_IOERR": "the disk fails to read or write, or is full; look at the system's log, then "
    "run fundtrace ledger fsck",
    "SQLITE_CORRUPT": "the file is damaged; keep a copy of it, restore a backup, then follow "
    "docs/store.md on restoring",
    "SQLITE_NOTADB": "the file is no SQLite database; name another file",
    "SQLITE_AUTH": "it refuses; name another file",
}

_POSTGRES: Final[tuple[tuple[str, str], ...]] = (  # SQLSTATE, the first prefix that fits
    ("53100", "the server's disk is full; free space there"),
    ("53300", "the server has no connection left; raise max_connections or end other programs"),
    ("53", "the server lacks memory or another resource; look at its log"),
    ("55P03", "another program writes to it; end that program (is a second node running?)"),
    ("57", "the server is starting, stopping or ended the connection; wait, then start again"),
    ("08", "the server does not answer; check its address and that it runs"),
    ("25006", "the server only reads (a standby?); name the primary"),
    ("25P03", "the connection was idle too long within a Tx; open the store again"),
    ("28", "the server refuses the login; check user, password and pg_hba.conf"),
    ("3D000", "that database does not exist; create it, then run fundtrace ledger init"),
    ("42501", "the database user lacks a right; grant it the schema and its tables"),
    ("58", "the server's disk fails; look at its log, then run fundtrace ledger fsck"),
    ("XX", "the server reports damage; keep a copy, look at its log, run fundtrace ledger fsck"),
)
_CONFLICTS: Final = ("23505", "40001", "40P01")  # unique, serialization, deadlock
_REFUSALS: Final = ("23", "22")  # a CHECK constraint, a value out of range


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Let nothing but our errors leave; ``label`` says which database it is, without password."""
    try:
        yield
    except PoolTimeoutError as error:
        raise OverloadedError(f"{label}: too many at once; try the same request again") from error
    except DBAPIError as error:
        raise explain(error.orig or error, label) from error
    except (psycopg.Error, sqlite.Error) as error:
        raise explain(error, label) from error
    except SQLAlchemyError as error:
        raise UnavailableError(f"{label}: {error}") from error


def explain(error: BaseException, label: str) -> FundtraceError:
    """Return our error for a driver's."""
    if isinstance(error, psycopg.Error):
        return _explain_postgres(error, label)
    return _explain_sqlite(error, label)


def _explain_sqlite(error: BaseException, label: str) -> FundtraceError:
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith("SQLITE_CONSTRAINT"):
        if "UNIQUE" in str(error):
            return ConflictError(f"{label}: another writer was there first ({error}); read again")
        return InvalidInputError(f"{label}: refused by the database: {error}")
    base = re.match(r"SQLITE_[A-Z]+", name)
    advice = _SQLITE.get(base.group() if base else "")
    if advice is None:
        return UnavailableError(f"{label}: {error} ({name or type(error).__name__})")
    return UnavailableError(f"{label}: {advice} ({error})")


def _explain_postgres(error: psycopg.Error, label: str) -> FundtraceError:
    state, text = error.sqlstate or "08", " ".join(str(error).split())
    if state in _CONFLICTS:
        return ConflictError(f"{label}: another writer was there first ({text}); read again")
    if state.startswith(_REFUSALS):
        return InvalidInputError(f"{label}: refused by the database: {text}")
    for prefix, advice in _POSTGRES:
        if state.startswith(prefix):
            return UnavailableError(f"{label}: {advice} ({text})")
    return UnavailableError(f"{label}: {text} ({state})")
