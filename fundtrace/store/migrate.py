"""The schema's versions: making a store, bringing an older one up to date, refusing the rest.

Opening never changes a schema: an upgrade is an operator's step, with a backup before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect

from fundtrace.errors import ConflictError, InvalidInputError, NotFoundError
from fundtrace.store import schema
from fundtrace.store.database import Place, check_version, create_file, open_writer, parse_url
from fundtrace.store.failures import translated
from fundtrace.store.guard import SUFFIX, Guard, write_guard
from fundtrace.store.identity import find_place
from fundtrace.store.values import check_bytes

IDENTITY_BYTES: Final = 16
WAIT_SECONDS: Final = 10.0
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_VERSION_TABLE: Final = "alembic_version"


def create_store(url: str, identity: bytes, guard: Path | None = None) -> None:
    """Make an empty store at ``url``; ``identity`` are 16 random bytes, never used before.

    An SQLite file is made where it is absent; a PostgreSQL database must be there. Raises
    ConflictError where tables are there already.
    """
    check_bytes(identity, IDENTITY_BYTES, "the identity of a store")
    place = parse_url(url, WAIT_SECONDS)
    if place.is_sqlite:
        create_file(place)
    with translated(place.label), _connected(place) as connection:
        tables = inspect(connection).get_table_names()
        if tables:
            raise ConflictError(
                f"{place.label} holds tables already ({tables[0]}); name an empty database, or "
                "run fundtrace ledger info to see what it is"
            )
        run_migrations(connection, "head")
        connection.execute(
            insert(schema.store).values(
                id=1,
                identity=identity,
                place=find_place(connection),
                term=0,
                holder="",
                promises=0,
            )
        )
    path = find_guard(place, guard)
    if path is not None:
        write_guard(path, Guard(identity, 0))


def upgrade_store(url: str) -> tuple[str | None, str]:
    """Bring a store's schema up to date; return the versions before and after.

    All of it happens in one Tx: after a failure the schema is as before.
    """
    place = parse_url(url, WAIT_SECONDS)
    check_file(place)
    with translated(place.label), _connected(place) as connection:
        before = read_version(connection)
        check_known(before, place.label)
        run_migrations(connection, "head")
        return before, get_newest()


def check_schema(connection: Connection, label: str) -> None:
    """Check that the schema is the one that this program knows; raises InvalidInputError."""
    version = read_version(connection)
    check_known(version, label)
    if version != get_newest():
        raise InvalidInputError(
            f"{label} has schema {version}, this program needs {get_newest()}: stop the node, make "
            "a backup, then run fundtrace ledger upgrade"
        )


def check_known(version: str | None, label: str) -> None:
    """Check that a schema is one of ours, whatever its age; raises InvalidInputError."""
    if version is None:
        raise InvalidInputError(f"{label} holds no store; run fundtrace ledger init")
    if version not in {one.revision for one in _read_scripts().walk_revisions()}:
        raise InvalidInputError(
            f"{label} has schema {version}, which this program does not know: a newer fundtrace "
            "made it; install that one"
        )


def check_file(place: Place) -> None:
    """Check that an SQLite file is there, for opening would make an empty one."""
    if place.is_sqlite and not place.file.is_file():
        raise NotFoundError(f"there is no file {place.file}; run fundtrace ledger init")


def find_guard(place: Place, guard: Path | None) -> Path | None:
    """Return the guard's path: the one named, else beside an SQLite file."""
    if guard is None and place.is_sqlite:
        return place.file.with_name(place.file.name + SUFFIX)
    return guard


def _read_scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_make_config())


def _make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


@contextmanager
def _connected(place: Place) -> Iterator[Connection]:
    """Yield a connection within one Tx, which ends when the block does."""
    engine = open_writer(place)
    try:
        with engine.begin() as connection:
            check_version(connection)
            yield connection
    finally:
        engine.dispose()


def read_version(connection: Connection) -> str | None:
    """Return the schema's version, None where there is none."""
    context = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE})
    return context.get_current_revision()


def get_newest() -> str:
    """Return the version that this program needs."""
    newest = _read_scripts().get_current_head()
    if newest is None:
        raise InvalidInputError("the package lacks its migrations; install it again")
    return newest


def run_migrations(connection: Connection, target: str) -> None:
    """Go up or down to a version, ``base`` being none, in the caller's transaction."""
    config = _make_config()
    config.attributes["connection"] = connection
    is_up = target == "head"
    (command.upgrade if is_up else command.downgrade)(config, target)
