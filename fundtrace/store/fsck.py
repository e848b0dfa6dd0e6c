"""Check a store from its bytes: every leaf, tile, root, signature, body and stream.

The check reads as of one moment, goes on after every fault, and holds one tile of a log at a
time (and the ends of its streams, ``fsck_entries.STREAMS_MAX``). A part that the database
cannot read is a finding, too. While it lasts, an SQLite store that is written to cannot shorten
its write-ahead log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select

from fundtrace.errors import UnavailableError
from fundtrace.store import schema
from fundtrace.store.failures import translated
from fundtrace.store.findings import Counts, Fault, Finding, Trust
from fundtrace.store.fsck_entries import STREAMS_MAX, EntriesCheck, StreamsCheck
from fundtrace.store.fsck_notes import NotesCheck
from fundtrace.store.fsck_roots import Roots, list_roots
from fundtrace.store.fsck_tree import Hashes, TreeCheck
from fundtrace.store.session import Session
from fundtrace.store.store import Store
from fundtrace.store.tx import Tx
from fundtrace.store.values import LogState
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tiles import TILE_WIDTH, find_tile_width

DATABASE_FAULTS_MAX = 100  # LIMIT: of the database's own check; a broken page breaks hundreds


class StoreCheck:
    """One check of a store; ``counts`` grows while ``run`` is read."""

    def __init__(self, store: Store, trust: Trust, streams_max: int = STREAMS_MAX) -> None:
        """Check ``store`` with what the caller knows."""
        self._store = store
        self._trust = trust
        self._streams_max = streams_max
        self.counts = Counts()

    def run(self) -> Iterator[Finding]:
        """Yield every fault, log by log in the order in which they were created."""
        with self._store.read() as tx:
            session = tx.session
            yield from self._count(self._guard(tx, "", "its own check", partial(_ask, session)))
            states = tx.logs.list_all()
            for state in states:
                self.counts.logs += 1
                for name, part in self._list_parts(tx, state):
                    yield from self._count(self._guard(tx, state.origin, name, part))
            yield from self._count(self._guard(tx, "", "rows", partial(_find_dangling, session)))

    def _list_parts(
        self, tx: Tx, state: LogState
    ) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
        parts = self._count_parts(tx, state)
        notes = NotesCheck(tx, state, self._trust, self.counts)
        return [
            ("heads", partial(notes.run, tx.session)),
            ("entries", partial(self._check_log, tx, state, parts)),
            *(
                (f"streams {part}", partial(self._check_streams, tx, state, (part, parts)))
                for part in range(1, parts)
            ),
        ]

    def _check_log(self, tx: Tx, state: LogState, parts: int) -> Iterator[Finding]:
        """Check the tree, and with the first part of the streams all that entries say."""
        findings: list[Finding] = []
        mirror = NotesCheck(tx, state, self._trust, self.counts).read_mirror(findings)
        yield from findings
        roots = Roots(state.origin, list_roots(tx, state, mirror))
        tree = TreeCheck(tx.session, state, roots, self.counts)
        entries = EntriesCheck(tx, state, self._trust, self.counts)
        streams = StreamsCheck(tx, state, self._trust, self.counts, (0, parts))
        yield from tree.begin()
        end = 0
        for number, rows in _read_tiles(tx.session, state):
            start = number * TILE_WIDTH
            if start > end:
                yield from tree.skip(end, start)
            end = start + find_tile_width(0, number, state.size)
            hashes: Hashes = [None] * (end - start)
            for index, entry in rows.items():
                hashes[index - start] = hash_leaf(entry)
            self.counts.entries += len(rows)
            yield from tree.step(number, hashes)
            for index, entry in rows.items():
                leaf_hash = hashes[index - start]
                is_right = leaf_hash is not None and leaf_hash == tree.right[index - start]
                yield from entries.step(index, entry, is_right=is_right)
                if leaf_hash is not None and is_right:
                    yield from streams.step(index, entry, leaf_hash)
        if end < state.size:
            yield from tree.skip(end, state.size)
        yield from tree.finish()
        yield from entries.finish()
        yield from streams.finish()

    def _check_streams(self, tx: Tx, state: LogState, part: tuple[int, int]) -> Iterator[Finding]:
        """Pass the log once more for another part of its streams."""
        streams = StreamsCheck(tx, state, self._trust, self.counts, part)
        for _, rows in _read_tiles(tx.session, state):
            for index, entry in rows.items():
                yield from streams.step(index, entry, hash_leaf(entry))
        yield from streams.finish()

    def _count_parts(self, tx: Tx, state: LogState) -> int:
        table = schema.streams
        log_id = tx.session.get_log(state.origin)
        row = tx.session.find_row(
            select(func.count().label("total")).select_from(table).where(table.c.log_id == log_id)
        )
        return 1 if row is None else 1 + int(row.total) // self._streams_max

    def _guard(
        self, tx: Tx, origin: str, name: str, part: Callable[[], Iterator[Finding]]
    ) -> Iterator[Finding]:
        """Make a finding of what the database cannot read, and go on with the next part."""
        try:
            with translated(self._store.label), tx.session.connection.begin_nested():
                yield from part()
        except UnavailableError as error:
            yield Finding(Fault.DATABASE, origin, name, str(error))

    def _count(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.counts.problems += 1
            yield finding


def _ask(session: Session) -> Iterator[Finding]:
    """Let SQLite look at its own pages; PostgreSQL has pg_amcheck for that."""
    if not session.is_sqlite:
        return
    for row in session.connection.exec_driver_sql(f"PRAGMA integrity_check({DATABASE_FAULTS_MAX})"):
        if row[0] != "ok":
            yield Finding(Fault.DATABASE, "", "integrity_check", str(row[0]))
    for row in session.connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Finding(Fault.DANGLING, "", str(row[0]), f"refers to {row[2]}, which is not there")


def _read_tiles(session: Session, state: LogState) -> Iterator[tuple[int, dict[int, bytes]]]:
    """Yield the entries of a log in order, as many at a time as a tile has."""
    table = schema.entries
    statement = (
        select(table.c.entry_index, table.c.entry)
        .where(table.c.log_id == session.get_log(state.origin), table.c.entry_index < state.size)
        .order_by(table.c.entry_index)
    )
    rows = session.stream(statement, lambda row: (int(row.entry_index), bytes(row.entry)))
    for number, group in groupby(rows, lambda row: row[0] // TILE_WIDTH):
        yield number, dict(group)


def _find_dangling(session: Session) -> Iterator[Finding]:
    """Yield rows behind the end of their log, and rows of no log."""
    logs = schema.logs
    for table, column in (
        (schema.entries, schema.entries.c.entry_index),
        (schema.records, schema.records.c.entry_index),
        (schema.opened_bodies, schema.opened_bodies.c.entry_index),
    ):
        statement = select(table.c.log_id, logs.c.origin, column.label("at")).join(
            logs, logs.c.log_id == table.c.log_id
        )
        fault = Fault.RECORD if table is schema.records else Fault.DANGLING
        for row in session.stream(statement.where(column >= logs.c.size), lambda row: row):
            yield Finding(fault, row.origin, f"{table.name} {row.at}", "the log ends before it")
    for table in (schema.entries, schema.bodies, schema.tiles):
        for log_id in _list_logs(session, table.c.log_id):
            if session.find_row(select(logs.c.origin).where(logs.c.log_id == log_id)) is None:
                yield Finding(Fault.DANGLING, "", table.name, f"rows of log {log_id}, not there")


def _list_logs(session: Session, column: ColumnElement[Any]) -> Iterator[int]:
    """Yield the logs that a large table has rows of, by one look into its key for each."""
    least = session.find_least(column, column >= 0)
    while least is not None:
        yield least
        least = session.find_least(column, column > least)
