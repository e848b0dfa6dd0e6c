"""A store: it opens, gives transactions, and stops where an outcome is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fundtrace.errors import UnavailableError, UnknownOutcomeError
from fundtrace.store.database import Place, check_version, open_readers, open_writer, parse_url
from fundtrace.store.failures import explain, translated
from fundtrace.store.guard import Guard, read_guard, write_guard
from fundtrace.store.identity import (
    Identity,
    Standing,
    change_identity,
    check_term,
    explain_move,
    find_place,
    read_identity,
)
from fundtrace.store.migrate import check_file, check_schema, find_guard
from fundtrace.store.session import Hook, Session
from fundtrace.store.tx import Tx

WAIT_SECONDS: Final = 10.0  # LIMIT: a Tx of ours takes milliseconds; whoever holds on is stuck
_VACUUMS: Final = ("VACUUM (FULL) local_keys", "VACUUM (FULL) epoch_keys", "VACUUM bodies")
_MOVED: Final = "moved"  # under which a connection remembers what ``explain_move`` said


class Store:
    """An open store; any thread may use it, writers one after the other."""

    def __init__(self, place: Place, guard: Path | None, hook: Hook) -> None:
        """Hold the engines; use ``open_store``."""
        self._place = place
        self._guard = guard
        self._hook = hook
        self._writer = open_writer(place)
        self._readers = open_readers(place)
        self._stopped = ""
        self._has_remains = False  # of what was shredded, in the write-ahead log

    @property
    def label(self) -> str:
        """The store's URL, without a password."""
        return self._place.label

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._readers.dispose()

    def get_identity(self) -> Identity:
        """Return which database this is, and whose turn it is to write."""
        with self._reading() as connection:
            return read_identity(connection)

    def find_move(self) -> str:
        """Say why this counts as a restored copy, in which nothing is signed; "" if it does not."""
        with self._reading() as connection:
            known = read_identity(connection)
            return explain_move(known, find_place(connection), self._guard)

    def take_term(self, holder: str) -> int:
        """Begin a new term, in which ``holder`` alone writes; every earlier term is over."""
        with self._transaction() as (connection, known):
            moved = self._read_move(connection, known)
            change_identity(connection, known, term=known.term + 1, holder=holder)
            self._hook("term: written")
        if not moved:
            self._write_guard(known.identity, known.promises)
        return known.term + 1

    def accept_move(self, term: int) -> None:
        """Let a restored store promise again, from where and as it now is.

        For the node to call once enough peers have said which heads of this member they hold,
        and everything up to them was fetched back.
        """
        with self._transaction() as (connection, known):
            check_term(known, term)
            said = None if self._guard is None else read_guard(self._guard)
            lost = said.promises if said and said.identity == known.identity else 0
            promises = max(known.promises, lost)
            change_identity(connection, known, place=find_place(connection), promises=promises)
            connection.info.pop(_MOVED, None)
        self._write_guard(known.identity, promises)

    @contextmanager
    def begin(self, term: int) -> Iterator[Tx]:
        """Begin a Tx that writes in this term, and commit it when the block ends well.

        Raises ConflictError where the term is over, UnknownOutcomeError where the commit failed
        on the way. After the block everything written is durable, the guard too.
        """
        with self._transaction() as (connection, known):
            check_term(known, term)
            session = Session(connection, self._hook, is_reader=False)
            yield Tx(session, Standing(term, self._read_move(connection, known)))
            promises = known.promises + session.promises
            if session.promises:
                change_identity(connection, known, promises=promises)
            self._hook("tx: written")
        self._hook("tx: committed")
        if session.promises:
            self._write_guard(known.identity, promises)
            self._hook("tx: guarded")
        self._has_remains |= session.has_shredded
        if self._has_remains and self._place.is_sqlite:
            self._has_remains = not self.scrub()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Begin a Tx that only reads, all of it as of one moment, while others write."""
        with self._reading() as connection:
            known = read_identity(connection)
            session = Session(connection, self._hook, is_reader=True)
            yield Tx(session, Standing(known.term, ""))

    def scrub(self) -> bool:
        """Overwrite what deleted rows leave behind; return False where a reader is in the way.

        SQLite: the write-ahead log is emptied; done after every Tx that shreds, and again after
        later ones until it succeeds. PostgreSQL: the tables of keys are written anew and lock
        while that lasts; call it daily, not per key.
        """
        with translated(self.label):
            if self._place.is_sqlite:
                return self._empty_wal()
            with self._writer.connect() as connection:
                raw = connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in _VACUUMS:  # which runs in no transaction
                    raw.exec_driver_sql(statement)
            return True

    def _empty_wal(self) -> bool:
        pooled = self._writer.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            driver.execute("PRAGMA busy_timeout = 0")  # no writer waits for somebody's long read
            is_busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            driver.execute(f"PRAGMA busy_timeout = {round(self._place.wait_seconds * 1000)}")
        finally:
            pooled.close()
        return not is_busy

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment; there is nothing to commit at its end."""
        with translated(self.label), self._readers.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
            finally:
                _roll_back(transaction, connection)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, Identity]]:
        """Yield the writer's connection, with the writer's lock held; commit at the end."""
        if self._stopped:
            raise UnavailableError(f"{self._stopped}. Open the store again and read what it holds")
        with translated(self.label), self._writer.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection, read_identity(connection, is_locked=True)
            except BaseException:
                _roll_back(transaction, connection)
                raise
            try:
                transaction.commit()
            except BaseException as error:
                # An interrupt is no better: the database may have begun to commit.
                raise self._stop(error, transaction, connection) from error

    def _stop(
        self, error: BaseException, transaction: Any, connection: Connection
    ) -> UnknownOutcomeError:
        """Refuse further Tx: whether the last one is durable is not known."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        self._stopped = f"whether a commit became durable is not known ({explain(cause, 'cause')})"
        _roll_back(transaction, connection)
        return UnknownOutcomeError(
            f"{self.label}: {self._stopped}. Stop this writer, open the store again, read what it "
            "holds and go on from there"
        )

    def _read_move(self, connection: Connection, known: Identity) -> str:
        """Say why this counts as restored; asked once a connection, for a fail-over ends it."""
        if _MOVED not in connection.info:
            connection.info[_MOVED] = explain_move(known, find_place(connection), self._guard)
        return str(connection.info[_MOVED])

    def _write_guard(self, identity: bytes, promises: int) -> None:
        """Write the guard of what is committed; a writer that cannot has to stop."""
        if self._guard is None:
            return
        try:
            write_guard(self._guard, Guard(identity, promises))
        except UnavailableError as error:
            self._stopped = str(error)
            raise UnknownOutcomeError(
                f"{error}. Stop this writer and open the store again"
            ) from error


def open_store(
    url: str,
    *,
    guard: Path | None = None,
    wait_seconds: float = WAIT_SECONDS,
    hook: Hook | None = None,
) -> Store:
    """Open the store at ``url`` (``database.parse_url``), which must be of this very schema.

    ``guard``: the file of promises (``guard``), beside an SQLite file if not named. A writer
    waits ``wait_seconds`` for another one. ``hook`` is told each point between two effects; only
    tests of crashes give one. Raises NotFoundError, InvalidInputError (no store, another
    schema), UnavailableError.
    """
    place = parse_url(url, wait_seconds)
    check_file(place)
    store = Store(place, find_guard(place, guard), hook or _ignore)
    try:
        with translated(store.label), store._readers.connect() as connection:  # noqa: SLF001  # same module
            check_version(connection)
            check_schema(connection, store.label)
    except BaseException:
        store.close()
        raise
    return store


def _roll_back(transaction: Any, connection: Connection) -> None:
    """Undo what was not committed; where even that fails, the connection is given up."""
    try:
        transaction.rollback()
    except SQLAlchemyError:
        connection.invalidate()


def _ignore(_point: str) -> None:
    pass
