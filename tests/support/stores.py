"""Stores for tests: made once a session, copied for each test; and entries to put in them."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from fundtrace.store.migrate import create_store
from fundtrace.store.schema import metadata
from fundtrace.store.session import Hook
from fundtrace.store.store import Store, open_store
from fundtrace.store.values import LogState, NewEntry
from tests.support.postgres import Server

OWN = "a.bank.example/ledger/1"
OTHER = "b.bank.example/ledger/1"
IDENTITY = bytes(range(16))
_NUMBERS = count()


@dataclass(frozen=True)
class StorePlace:
    """Where one test's store lies."""

    url: str
    guard: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def open(self, *, wait_seconds: float = 10.0, hook: Hook | None = None) -> Store:
        return open_store(self.url, guard=self.guard, wait_seconds=wait_seconds, hook=hook)


def make_sqlite(template: Path, folder: Path) -> StorePlace:
    """Return an empty store in ``folder``, a copy of the one that ``template`` is or becomes."""
    if not template.exists():
        create_store(f"sqlite:///{template}", IDENTITY)
    place = StorePlace(f"sqlite:///{folder}/ledger.db", folder / "ledger.db-guard")
    for suffix in ("", "-guard"):
        shutil.copy(f"{template}{suffix}", f"{place.file}{suffix}")
    return place


@dataclass(frozen=True)
class PostgresTemplate:
    """An empty store on a server, and the guard that belongs to it."""

    server: Server
    name: str
    guard: Path

    def clean(self, folder: Path) -> StorePlace:
        """Return the one store that tests share, emptied; a copy takes 0.1 s, this 0.01 s."""
        name = f"{self.name}_shared"
        place = StorePlace(self.server.find(name), folder / "ledger.db-guard")
        shutil.copy(self.guard, place.guard)
        if not self.server.has(name):
            self.server.create(name, self.name)
            return place
        names = [table.name for table in reversed(metadata.sorted_tables) if table.name != "store"]
        delete = sql.SQL(";").join(
            sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names
        )
        with psycopg.connect(place.url) as connection:
            connection.execute(delete)
            connection.execute("UPDATE store SET term = 0, holder = '', promises = 0")
        return place

    def copy(self, folder: Path) -> Iterator[StorePlace]:
        """Yield a store of its own, for tests that change its schema; it is dropped afterwards."""
        name = f"{self.name}_{next(_NUMBERS)}"
        place = StorePlace(self.server.create(name, self.name), folder / "ledger.db-guard")
        shutil.copy(self.guard, place.guard)
        try:
            yield place
        finally:
            self.server.drop(name)


def make_postgres_template(server: Server, folder: Path) -> Iterator[PostgresTemplate]:
    """Yield an empty store on a server; its name is that of no other process."""
    template = PostgresTemplate(server, f"fundtrace_test_{os.getpid()}", folder / "template-guard")
    server.drop(template.name)
    create_store(server.create(template.name), IDENTITY, template.guard)
    try:
        yield template
    finally:
        server.drop(f"{template.name}_shared")
        server.drop(template.name)


def make_entries(count: int, seed: int = 0, *, with_bodies: bool = True) -> list[NewEntry]:
    """Return entries of random lengths; every third is in clear, the others have bodies."""
    drawn = random.Random(seed)
    made = []
    for at in range(count):
        entry = drawn.randbytes(drawn.randrange(1, 60))
        if at % 3 == 0 or not with_bodies:
            made.append(NewEntry(entry))
        else:
            body = drawn.randbytes(drawn.randrange(1, 90))
            made.append(NewEntry(entry, sha256(body).digest(), body))
    return made


def grow(store: Store, term: int, added: list[NewEntry], origin: str = OWN) -> LogState:
    """Append to a log, which is made where it is absent; return how far it then goes."""
    with store.begin(term) as tx:
        state = tx.logs.create(origin, is_own=origin == OWN)
        return tx.logs.append(state, added)
