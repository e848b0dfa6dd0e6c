"""Where a store lies: its URL, and connections that keep what the store promises.

SQLite: its own build (pysqlite3), for Debian's 3.40.1 can corrupt a WAL database when two
connections write (fixed in 3.51.3). WAL, synchronous=FULL, foreign keys, zeroed deletions, and
BEGIN IMMEDIATE for whoever writes: with the default, two writers that read before they insert
both win. PostgreSQL 15 or later through psycopg; every commit waits for the disk.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from fundtrace.errors import InvalidInputError, UnavailableError

SQLITE_VERSION_MIN: Final = (3, 51, 3)
POSTGRES_VERSION_MIN: Final = (15,)
# LIMIT: 8 KiB holds six records with their bodies; larger pages write more for each small change.
PAGE_BYTES: Final = 8192
# LIMIT: 16 MiB of WAL between checkpoints; what a reader must look through stays in memory.
CHECKPOINT_PAGES: Final = 2048
CACHE_KIB: Final = 64 * 1024
# LIMIT: readers of one process at once; the store is called by a bounded pool of threads.
READERS_MAX: Final = 8
# LIMIT: a writer that dies on another machine frees its lock after this; our own Tx take far less.
IDLE_SECONDS_MAX: Final = 60
FILE_MODE: Final = 0o600  # keys and records: nobody but the node's own user


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed URL, and how long a writer waits for the lock of another."""

    url: URL
    wait_seconds: float

    @property
    def is_sqlite(self) -> bool:
        """Return whether the store is an SQLite file; else it is on PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(str(self.url.database))

    @property
    def label(self) -> str:
        """The URL as it may be shown: without a password."""
        return self.url.render_as_string(hide_password=True)


def parse_url(text: str, wait_seconds: float) -> Place:
    """Return the place that ``text`` names; raises InvalidInputError for all but two kinds.

    ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgresql://user@host/database``.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidInputError(
            "a store is named as sqlite:////path/to/ledger.db or postgresql://user@host/database"
        ) from error
    if url.drivername in {"postgresql", "postgresql+psycopg"} and url.database:
        return Place(url.set(drivername="postgresql+psycopg"), wait_seconds)
    if url.drivername == "sqlite" and url.database and url.database != ":memory:" and not url.query:
        return Place(url, wait_seconds)
    raise InvalidInputError(
        f"{url.render_as_string()} names no store: write sqlite:////path/to/ledger.db (a file) "
        "or postgresql://user@host/database"
    )


def open_writer(place: Place) -> Engine:
    """Return the engine of the one writing connection."""
    return _open_engine(place, is_reader=False)


def open_readers(place: Place) -> Engine:
    """Return the engine of connections that only read, each Tx as of one moment."""
    return _open_engine(place, is_reader=True)


def create_file(place: Place) -> None:
    """Make an empty SQLite file that its owner alone may read; one that is there is left alone."""
    try:
        os.close(os.open(place.file, os.O_CREAT | os.O_RDWR, FILE_MODE))
    except OSError as error:
        raise UnavailableError(
            f"cannot make {place.file}: {error.strerror}; the node's user needs a folder to write"
        ) from error


def check_version(connection: Connection) -> None:
    """Check that the database is new enough to be trusted; raises UnavailableError."""
    if connection.dialect.name == "sqlite":
        if sqlite.sqlite_version_info < SQLITE_VERSION_MIN:
            raise UnavailableError(
                f"SQLite {sqlite.sqlite_version} can corrupt a database in WAL mode; install the "
                "pysqlite3 of requirements.txt, which brings 3.51.3 or later"
            )
    elif (connection.dialect.server_version_info or (0,)) < POSTGRES_VERSION_MIN:
        raise UnavailableError("the store needs PostgreSQL 15 or later; upgrade the server")


def _open_engine(place: Place, *, is_reader: bool) -> Engine:
    sizes: dict[str, Any] = {
        "pool_size": READERS_MAX if is_reader else 1,
        "max_overflow": 0,
        "pool_timeout": place.wait_seconds,
    }
    if place.is_sqlite:
        engine = create_engine(
            place.url, module=sqlite, connect_args={"timeout": place.wait_seconds}, **sizes
        )
        begin = "BEGIN" if is_reader else "BEGIN IMMEDIATE"
        event.listen(engine, "connect", _prepare_sqlite_reader if is_reader else _prepare_sqlite)
        # The driver begins nothing itself (isolation_level None), so that DDL rolls back too.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine
    engine = create_engine(
        place.url,
        connect_args={
            "connect_timeout": max(1, round(place.wait_seconds)),
            "options": _set_postgres(place, is_reader=is_reader),
        },
        isolation_level="REPEATABLE READ" if is_reader else "READ COMMITTED",
        **sizes,
    )
    if is_reader:
        return engine.execution_options(postgresql_readonly=True)
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _set_postgres(place: Place, *, is_reader: bool) -> str:
    """Return the settings of a session, behind those of the URL."""
    settings = {
        "lock_timeout": f"{round(place.wait_seconds * 1000)}",
        "client_min_messages": "warning",
        "application_name": "fundtrace",
    }
    if not is_reader:  # whose Tx holds the lock; a check that reads may last
        settings["idle_in_transaction_session_timeout"] = f"{IDLE_SECONDS_MAX * 1000}"
    given = place.url.query.get("options", "")
    ours = [f"-c {name}={value}" for name, value in settings.items()]
    return " ".join([given if isinstance(given, str) else " ".join(given), *ours]).strip()


def _prepare_postgres(connection: Any, _record: object) -> None:
    """See to it that a commit waits for the disk, whatever the server's default is."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit = on")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a new connection; the page size counts only while the file is empty."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for setting in (
        f"page_size = {PAGE_BYTES}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # a shredded key must not linger in a free page
        "trusted_schema = OFF",
        "cell_size_check = ON",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"cache_size = -{CACHE_KIB}",
        "fullfsync = ON",  # matters on macOS only
        "checkpoint_fullfsync = ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _prepare_sqlite_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for setting in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
