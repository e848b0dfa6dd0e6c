"""Measure how fast a store takes entries, beside plainer ways in the same run: see scripts/bench.

A batch of 1,024 entries is one Tx everywhere, and durable when it ends (synchronous=FULL, fsync
on). The store's own way does all that a log needs: leaf hashes, tiles, root, the head by
compare-and-swap; as a sequencer it also keeps record ids and streams, the intent to sign, and
the guard. The plainer ways write the same entries and
bodies into the same tables by the driver or by SQLAlchemy, and nothing else: no hash, tile or
head, so each is an upper bound of what its way could do. All ways are run in turn.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import insert

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fundtrace.store import schema  # noqa: E402  # the project need not be installed
from fundtrace.store.findings import Trust  # noqa: E402
from fundtrace.store.fsck import StoreCheck  # noqa: E402
from fundtrace.store.migrate import create_store  # noqa: E402
from fundtrace.store.store import Store, open_store  # noqa: E402
from fundtrace.store.tx import Tx  # noqa: E402
from fundtrace.store.values import NewEntry, Position, RecordKey, StreamEnd  # noqa: E402

BATCH, ORIGIN, SEED = 1024, "bench.example/ledger/1", 7
Rows = list[tuple[Any, ...]]


class Way(NamedTuple):
    """A way to store a batch."""

    name: str
    write: Callable[[Tx, int, list[NewEntry]], None]


class Batches:
    """Entries with bodies, made before the clock starts."""

    def __init__(self, count: int, entry_bytes: int, body_bytes: int) -> None:
        """Make them, the same in each run."""
        drawn = random.Random(SEED)  # noqa: S311  # a draw that can be repeated
        self.added = []
        for _ in range(count):
            body = drawn.randbytes(body_bytes)
            self.added.append(NewEntry(drawn.randbytes(entry_bytes), sha256(body).digest(), body))

    def __iter__(self) -> Iterator[tuple[int, list[NewEntry]]]:
        """Yield the first index and the entries of each batch."""
        for start in range(0, len(self.added), BATCH):
            yield start, self.added[start : start + BATCH]


def append(tx: Tx, _start: int, added: list[NewEntry]) -> None:
    """Append as a mirror that catches up does."""
    tx.logs.append(tx.logs.get(ORIGIN), added)


def append_own(tx: Tx, start: int, added: list[NewEntry]) -> None:
    """Append own records as a sequencer does: ids looked up and kept, streams, the intent."""
    tx.heads.record_intent(tx.logs.append(tx.logs.get(ORIGIN), added))
    keys = [RecordKey(sha256(b"%d" % (start + at)).digest(), bytes(32)) for at in range(len(added))]
    tx.records.find_many(keys)
    tx.records.record({key: Position(ORIGIN, start + at) for at, key in enumerate(keys)})
    streams = [
        StreamEnd(at.to_bytes(16, "big"), start, bytes(32), bytes(32), start) for at in range(100)
    ]
    tx.streams.advance(ORIGIN, streams)


def build_rows(start: int, added: list[NewEntry]) -> tuple[Rows, Rows]:
    """Return the rows of entries and bodies alone."""
    entries: Rows = [(1, start + at, one.entry) for at, one in enumerate(added)]
    bodies: Rows = [
        (1, start + at, 1, None, one.body_hash, one.body) for at, one in enumerate(added)
    ]
    return entries, bodies


def write_by_core(tx: Tx, start: int, added: list[NewEntry]) -> None:
    """Write rows by SQLAlchemy's executemany."""
    for table, rows in zip((schema.entries, schema.bodies), build_rows(start, added), strict=True):
        names = [column.name for column in table.columns]
        tx.session.connection.execute(
            insert(table), [dict(zip(names, row, strict=True)) for row in rows]
        )


def write_by_driver(tx: Tx, start: int, added: list[NewEntry]) -> None:
    """Write rows by the driver's executemany."""
    mark = "?" if tx.session.is_sqlite else "%s"
    driver: Any = tx.session.connection.connection.driver_connection
    cursor = driver.cursor()
    for table, rows in zip((schema.entries, schema.bodies), build_rows(start, added), strict=True):
        marks = ", ".join(mark for _ in table.columns)
        names = ", ".join(column.name for column in table.columns)
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608
    cursor.close()


def write_by_bulk(tx: Tx, start: int, added: list[NewEntry]) -> None:
    """Write rows the store's bulk way: COPY on PostgreSQL."""
    for table, rows in zip((schema.entries, schema.bodies), build_rows(start, added), strict=True):
        tx.session.insert_rows(table, rows)


WAYS = (
    Way("append: entries, bodies, tiles, head", append),
    Way("append, intent, guard, 1,024 record ids, 100 streams", append_own),
    Way("rows alone, SQLAlchemy executemany", write_by_core),
    Way("rows alone, driver's executemany", write_by_driver),
    Way("rows alone, COPY (on SQLite: as the driver)", write_by_bulk),
)


def run_way(store: Store, way: Way, batches: Batches) -> float:
    """Store all batches in this way; return the seconds."""
    term = store.take_term("bench")
    with store.begin(term) as tx:
        tx.logs.create(ORIGIN, is_own=True)
    started = perf_counter()
    for start, added in batches:
        with store.begin(term) as tx:
            way.write(tx, start, added)
    return perf_counter() - started


def check(store: Store) -> float:
    """Check the store whole; return the seconds."""
    started = perf_counter()
    if list(StoreCheck(store, Trust()).run()):
        raise SystemExit("the check found faults")
    return perf_counter() - started


@contextmanager
def open_sqlite() -> Iterator[Callable[[], tuple[str, Path]]]:
    """Yield what makes an empty SQLite store's URL, in a folder that is removed."""
    folder = Path(tempfile.mkdtemp(prefix="fundtrace-bench-"))
    numbers = iter(range(1_000))
    try:
        yield lambda: (f"sqlite:///{folder}/{next(numbers)}.db", folder / "guard")
    finally:
        shutil.rmtree(folder)


@contextmanager
def open_postgres() -> Iterator[Callable[[], tuple[str, Path]]]:
    """Yield what makes an empty database's URL, on a server that waits for its disk."""
    from tests.support.postgres import use_server

    folder = Path(tempfile.mkdtemp(prefix="fundtrace-bench-"))
    numbers = iter(range(1_000))
    durable = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "max_wal_size": "4GB"}
    try:
        with use_server(folder, durable) as server:
            yield lambda: (server.create(f"bench_{next(numbers)}"), folder / "guard")
    finally:
        shutil.rmtree(folder)


KINDS = {"SQLite": open_sqlite, "PostgreSQL": open_postgres}


def main() -> None:
    """Measure every way on both databases, and print a table."""
    parser = argparse.ArgumentParser(prog="scripts/bench store", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--entries", type=int, default=100 * BATCH)
    parser.add_argument("--entry-bytes", type=int, default=330)
    parser.add_argument("--body-bytes", type=int, default=720)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    batches = Batches(asked.entries, asked.entry_bytes, asked.body_bytes)
    print(
        f"- Date: {asked.date}; {asked.entries:,} entries of {asked.entry_bytes} bytes with "
        f"bodies of {asked.body_bytes}, {BATCH:,} a Tx, best of {asked.repeats} runs\n"
    )
    print("| Database | Way | Entries a second |")
    print("| --- | --- | ---: |")
    for kind, opened in KINDS.items():
        best = {way.name: float("inf") for way in WAYS}
        checked = float("inf")
        with opened() as make:
            for _ in range(asked.repeats):
                for way in WAYS:
                    url, guard = make()
                    guard.unlink(missing_ok=True)
                    create_store(url, bytes(16), guard)
                    with open_store(url, guard=guard) as store:
                        best[way.name] = min(best[way.name], run_way(store, way, batches))
                        if way.write is append:
                            checked = min(checked, check(store))
        for name, seconds in best.items():
            print(f"| {kind} | {name} | {asked.entries / seconds:,.0f} |")
        print(f"| {kind} | checked by `fundtrace ledger fsck` | {asked.entries / checked:,.0f} |")


if __name__ == "__main__":
    main()
