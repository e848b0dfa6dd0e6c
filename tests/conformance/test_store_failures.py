"""What goes wrong around a store ends in an error that says what to do."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from fundtrace.errors import (
    ConflictError,
    FundtraceError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
    UnknownOutcomeError,
)
from fundtrace.store.failures import explain
from fundtrace.store.migrate import create_store
from fundtrace.store.store import open_store
from fundtrace.store.values import LogState
from tests.support.stores import IDENTITY, OWN, grow, make_entries
from tests.support.writers import CONTEXT, wait_exit


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "mysql://host/db",
        "postgresql://host",
        "sqlite+aiosqlite:///x.db",
    ],
)
def test_what_names_no_store_is_refused(url):
    with pytest.raises(InvalidInputError, match=r"sqlite:////path/to/ledger\.db"):
        open_store(url)


def test_a_file_that_is_not_there_is_not_made_by_opening(tmp_path):
    with pytest.raises(NotFoundError, match="fundtrace ledger init"):
        open_store(f"sqlite:///{tmp_path}/ledger.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_so(tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(UnavailableError, match="is no SQLite database"):
        open_store(f"sqlite:///{tmp_path}/ledger.db")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnavailableError, match="needs a folder to write"):
        create_store(f"sqlite:///{tmp_path}/absent/ledger.db", IDENTITY)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path):
    url = f"postgresql://me:secret@/db?host={tmp_path}"
    with pytest.raises(UnavailableError, match="does not answer") as caught:
        open_store(url, wait_seconds=1)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named(postgres_place):
    absent = postgres_place.url.replace("/fundtrace_test", "/absent")
    with pytest.raises(UnavailableError, match="does not exist"):
        open_store(absent)


@pytest.mark.parametrize(
    ("place", "limit", "words"),
    [
        ("sqlite", "SQLITE_VERSION_MIN", "install the pysqlite3"),
        ("postgres", "POSTGRES_VERSION_MIN", "PostgreSQL 15 or later"),
    ],
    indirect=["place"],
)
def test_a_database_that_is_too_old_is_refused(place, monkeypatch, limit, words):
    monkeypatch.setattr(f"fundtrace.store.database.{limit}", (999,))
    with pytest.raises(UnavailableError, match=words):
        place.open()


@pytest.mark.parametrize("setting", ["off", "remote_apply"])
def test_a_commit_waits_for_the_disk_whatever_the_url_says(postgres_place, setting):
    url = f"{postgres_place.url}&options=-csynchronous_commit%3D{setting}"
    with (
        open_store(url, guard=postgres_place.guard) as store,
        store.begin(store.take_term("x")) as tx,
    ):
        found = tx.session.connection.execute(text("SHOW synchronous_commit")).scalar()
    assert found == ("on" if setting == "off" else setting)


def test_a_store_is_made_once(place):
    with pytest.raises(ConflictError, match="holds tables already"):
        create_store(place.url, IDENTITY)


def test_only_the_owner_may_read_an_sqlite_store(sqlite_place, tmp_path):
    url = f"sqlite:///{tmp_path}/fresh.db"
    create_store(url, IDENTITY)
    with open_store(url) as store:
        grow(store, store.take_term("x"), make_entries(3))
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("fresh.db*")}
    assert modes == {0o600}


def test_a_full_database_is_named_and_nothing_is_lost(sqlite_place):
    with sqlite_place.open() as store:
        term = store.take_term("x")
        state = grow(store, term, make_entries(3))
        with store.begin(term) as tx:
            pages = tx.logs._session.connection.exec_driver_sql("PRAGMA page_count").scalar()
            tx.logs._session.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(UnavailableError, match="the disk is full"):
            grow(store, term, make_entries(3000))
        with store.read() as tx:
            assert tx.logs.get(OWN) == state
        with store.begin(term) as tx:
            tx.logs._session.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert grow(store, term, make_entries(1)).size == 4


# A commit whose outcome is unknown


def _commit_on_a_full_disk(place, result):
    """Let the file system refuse to grow the write-ahead log while a Tx commits."""
    with place.open() as store:
        term = store.take_term("x")
        before = grow(store, term, make_entries(3))
        wal = place.file.with_name(place.file.name + "-wal")
        try:
            with store.begin(term) as tx:
                tx.logs.append(before, make_entries(2000))
                limits = resource.getrlimit(resource.RLIMIT_FSIZE)
                resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 9000, limits[1]))
        except FundtraceError as error:
            result.send((type(error).__name__, str(error)))
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        try:
            grow(store, term, make_entries(1))
        except FundtraceError as error:
            result.send((type(error).__name__, str(error)))
    with place.open() as again:
        with again.read() as tx:
            result.send(tx.logs.get(OWN) == before)
        result.send(grow(again, again.take_term("y"), make_entries(1)).size)


def test_a_commit_that_fails_stops_the_writer_until_it_opens_again(sqlite_place):
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_commit_on_a_full_disk, args=(sqlite_place, sender))
    process.start()
    sender.close()
    name, words = receiver.recv()
    assert name == UnknownOutcomeError.__name__
    assert "Stop this writer, open the store again" in words
    name, words = receiver.recv()
    assert name == UnavailableError.__name__
    assert "Open the store again" in words
    assert receiver.recv() is True
    assert receiver.recv() == 4
    assert wait_exit(process) == 0


def test_a_connection_that_ends_during_the_commit_stops_the_writer(postgres_place):
    with postgres_place.open() as store:
        term = store.take_term("x")
        with pytest.raises(UnknownOutcomeError, match="not known"), store.begin(term) as tx:
            _create_and_lose_connection(postgres_place, tx)
        with pytest.raises(UnavailableError, match="Open the store again"):
            grow(store, term, make_entries(1))
        with store.read() as tx:
            assert tx.logs.find(OWN) is None
    with postgres_place.open() as again:
        assert grow(again, again.take_term("y"), make_entries(1)) != LogState(OWN)


def test_a_connection_that_ends_before_the_commit_changes_nothing(postgres_place):
    with postgres_place.open() as store:
        term = store.take_term("x")
        with pytest.raises(UnavailableError, match="ended the connection"), store.begin(term) as tx:
            _create_and_lose_connection(postgres_place, tx, and_read=True)
        assert grow(store, term, make_entries(1)).size == 1


def _create_and_lose_connection(place, tx, *, and_read=False):
    tx.logs.create(OWN, is_own=True)
    pid = tx.logs._session.connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with psycopg.connect(place.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    if and_read:
        tx.logs.find(OWN)


# Rights


def _use_as_nobody(place, result):
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        with place.open() as store:
            grow(store, store.take_term("x"), make_entries(1))
    except FundtraceError as error:
        result.send((type(error).__name__, str(error)))


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "words"),
    [
        (0o444, 0o755, "cannot be opened|cannot be written"),
        (0o000, 0o755, "cannot be opened"),
        (0o666, 0o555, "cannot be opened|cannot be written"),
    ],
)
def test_a_store_that_its_user_may_not_write_is_named(sqlite_place, file_mode, folder_mode, words):
    folder = Path(tempfile.mkdtemp())
    file = folder / "ledger.db"
    try:
        shutil.copy(sqlite_place.file, file)
        file.chmod(file_mode)
        folder.chmod(folder_mode)
        place = type(sqlite_place)(f"sqlite:///{file}", folder / "ledger.db-guard")
        receiver, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_use_as_nobody, args=(place, sender))
        process.start()
        name, said = receiver.recv()
        wait_exit(process)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert name == UnavailableError.__name__
    assert any(one in said for one in words.split("|")), said


# The tables of failures


class _SqliteError(Exception):
    def __init__(self, name):
        self.sqlite_errorname = name
        super().__init__("text")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("SQLITE_FULL", UnavailableError, "free space"),
        ("SQLITE_IOERR_FSYNC", UnavailableError, "the disk fails"),
        ("SQLITE_BUSY_SNAPSHOT", UnavailableError, "another program writes"),
        ("SQLITE_CORRUPT_INDEX", UnavailableError, "the file is damaged"),
        ("SQLITE_TOOBIG", UnavailableError, "SQLITE_TOOBIG"),
        ("SQLITE_CONSTRAINT", InvalidInputError, "refused by the database"),
    ],
)
def test_every_failure_of_sqlite_says_what_to_do(name, kind, words):
    error = explain(_SqliteError(name), "the store")
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (psycopg.errors.DiskFull, UnavailableError, "free space"),
        (psycopg.errors.TooManyConnections, UnavailableError, "max_connections"),
        (psycopg.errors.OutOfMemory, UnavailableError, "lacks memory"),
        (psycopg.errors.LockNotAvailable, UnavailableError, "another program writes"),
        (psycopg.errors.AdminShutdown, UnavailableError, "wait, then start again"),
        (psycopg.errors.ReadOnlySqlTransaction, UnavailableError, "name the primary"),
        (psycopg.errors.InsufficientPrivilege, UnavailableError, "lacks a right"),
        (psycopg.errors.InvalidPassword, UnavailableError, "refuses the login"),
        (psycopg.errors.DataCorrupted, UnavailableError, "reports damage"),
        (psycopg.errors.SyntaxError, UnavailableError, "42601"),
        (psycopg.errors.UniqueViolation, ConflictError, "read again"),
        (psycopg.errors.DeadlockDetected, ConflictError, "read again"),
        (psycopg.errors.CheckViolation, InvalidInputError, "refused by the database"),
    ],
)
def test_every_failure_of_postgres_says_what_to_do(failure, kind, words):
    error = explain(failure("text"), "the store")
    assert type(error) is kind
    assert words in str(error)
