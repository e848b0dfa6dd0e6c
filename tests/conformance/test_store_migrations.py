"""The schema: migrations and tables agree, go up and down, and foreign schemas are refused."""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from fundtrace.errors import InvalidInputError
from fundtrace.store.database import open_writer, parse_url
from fundtrace.store.migrate import create_store, get_newest, run_migrations, upgrade_store
from fundtrace.store.schema import metadata
from fundtrace.store.store import open_store
from tests.support.stores import IDENTITY, OWN, grow, make_entries


def _describe_index(index) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str([index["name"], index["column_names"], index["unique"], options])


@pytest.fixture
def engine(own_place):
    engine = open_writer(parse_url(own_place.url, 10))
    yield engine
    engine.dispose()


def _describe(connection) -> dict[str, object]:
    """Return all that a schema holds, as values that compare."""
    found = inspect(connection)
    described = {}
    for table in sorted(found.get_table_names()):
        if table == "alembic_version":
            continue
        checks = found.get_check_constraints(table)
        described[table] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)
            ],
            "key": found.get_pk_constraint(table),
            "foreign": sorted(map(str, found.get_foreign_keys(table))),
            "unique": sorted(map(str, found.get_unique_constraints(table))),
            "indexes": sorted(map(_describe_index, found.get_indexes(table))),
            "checks": sorted((c["name"], re.sub(r"\s+", "", c["sqltext"])) for c in checks),
        }
    return described


def test_the_migrations_make_what_the_tables_say(engine):
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_every_constraint_too(engine):
    with engine.begin() as connection:
        migrated = _describe(connection)
        run_migrations(connection, "base")
        metadata.create_all(connection)
        assert _describe(connection) == migrated
    assert {table.name for table in metadata.sorted_tables} == set(migrated)


@pytest.mark.parametrize("own_place", ["sqlite"], indirect=True)
def test_sqlite_checks_the_types_of_every_table(engine):
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT name, strict FROM pragma_table_list")).all()
    ours = {row.name: row.strict for row in rows if row.name in metadata.tables}
    assert ours == dict.fromkeys(metadata.tables, 1)


def test_the_migrations_go_down_to_nothing_and_up_again(engine):
    with engine.begin() as connection:
        before = _describe(connection)
        run_migrations(connection, "base")
        assert _describe(connection) == {}
        run_migrations(connection, "head")
        assert _describe(connection) == before


def test_a_migration_that_fails_leaves_the_schema_as_it_was(engine):
    with engine.begin() as connection:
        before = _describe(connection)
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        _drop_and_fail(connection)
    with engine.begin() as connection:
        assert _describe(connection) == before


def _drop_and_fail(connection):
    run_migrations(connection, "base")
    raise ZeroDivisionError


def test_upgrading_a_store_of_today_changes_nothing(place):
    with place.open() as store:
        state = grow(store, store.take_term("x"), make_entries(3))
    assert upgrade_store(place.url) == (get_newest(), get_newest())
    with place.open() as store, store.read() as tx:
        assert tx.logs.get(OWN) == state


@pytest.mark.parametrize(
    ("version", "words"),
    [("0000", "a newer fundtrace made it"), (None, "run fundtrace ledger init")],
)
@pytest.mark.parametrize("use", [open_store, upgrade_store])
def test_a_foreign_schema_is_refused(own_place, engine, use, version, words):
    with engine.begin() as connection:
        if version is None:
            run_migrations(connection, "base")
        else:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    with pytest.raises(InvalidInputError, match=words):
        use(own_place.url)


def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(place, monkeypatch):
    monkeypatch.setattr("fundtrace.store.migrate.get_newest", lambda: "9999")
    with pytest.raises(InvalidInputError, match="fundtrace ledger upgrade"):
        open_store(place.url)


def test_a_store_can_be_made_in_an_empty_database(postgres_place, server, tmp_path):
    name = f"{postgres_place.url.rsplit('/', 1)[1].split('?')[0]}_empty"
    url = server.create(name)
    try:
        create_store(url, IDENTITY)
        with open_store(url) as store:
            assert grow(store, store.take_term("x"), make_entries(2)).size == 2
            assert store.find_move() == ""
    finally:
        server.drop(name)


def test_postgres_does_not_try_to_compress_what_is_sealed(postgres_place):
    engine = create_engine(parse_url(postgres_place.url, 10).url)
    with engine.begin() as connection:
        rows = connection.execute(
            text("SELECT attname FROM pg_attribute WHERE attstorage = 'e' AND attnum > 0")
        ).all()
    engine.dispose()
    assert {row.attname for row in rows} >= {"body", "hashes"}
