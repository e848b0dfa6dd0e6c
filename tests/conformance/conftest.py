"""What the suite runs on: the same tests on an SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fundtrace.store.store import Store
from tests.support.postgres import Server, use_server
from tests.support.stores import (
    PostgresTemplate,
    StorePlace,
    make_postgres_template,
    make_sqlite,
)

KINDS = ["sqlite", "postgres"]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every worker of this run sees."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def server(shared_folder: Path) -> Iterator[Server]:
    with use_server(shared_folder) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresTemplate]:
    yield from make_postgres_template(server, tmp_path_factory.mktemp("postgres"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite") / "template.db"


@pytest.fixture
def sqlite_place(sqlite_template: Path, tmp_path: Path) -> StorePlace:
    return make_sqlite(sqlite_template, tmp_path)


@pytest.fixture
def postgres_place(postgres_template: PostgresTemplate, tmp_path: Path) -> StorePlace:
    return postgres_template.clean(tmp_path)


@pytest.fixture(params=KINDS)
def own_place(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> Iterator[StorePlace]:
    """A store whose schema a test may change."""
    if request.param == "sqlite":
        yield make_sqlite(sqlite_template, tmp_path)
    else:
        yield from request.getfixturevalue("postgres_template").copy(tmp_path)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> StorePlace:
    """An empty store of its own for each test."""
    place: StorePlace = request.getfixturevalue(f"{request.param}_place")
    return place


@pytest.fixture
def store(place: StorePlace) -> Iterator[Store]:
    with place.open() as store:
        yield store


@pytest.fixture
def term(store: Store) -> int:
    return store.take_term("test")
