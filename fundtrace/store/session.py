"""One database transaction as the rooms of a Tx use it: statements, row counts, bulk inserts.

The bulk way is the driver's own: COPY on PostgreSQL, executemany on SQLite. SQLAlchemy's
executemany takes about twice as long (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    LargeBinary,
    Row,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from fundtrace.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from fundtrace.store import schema

Hook = Callable[[str], None]
T = TypeVar("T")

# LIMIT: bound parameters of one statement; SQLite takes 250,000 here, PostgreSQL 65,535.
IDS_MAX: Final = 500
STREAM_ROWS: Final = 256


class Session:
    """A connection inside a transaction, with the store's hook for tests of crashes."""

    def __init__(self, connection: Connection, hook: Hook, *, is_reader: bool) -> None:
        """Work on ``connection``; ``hook`` is told the name of each point that is reached."""
        self.connection = connection
        self.reached = hook
        self.is_reader = is_reader
        self.promises = 0  # how many promises to the world this Tx records: intents, cosignatures
        self.has_shredded = False
        self._logs: dict[str, int] = {}

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is SQLite; else it is PostgreSQL."""
        return self.connection.dialect.name == "sqlite"

    def find_row(self, statement: Executable) -> Row[Any] | None:
        """Return the one row that a statement gives, or None."""
        return self.connection.execute(statement).one_or_none()

    def list_rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return all rows that a statement gives."""
        return self.connection.execute(statement).all()

    def stream(self, statement: Executable, read: Callable[[Row[Any]], T]) -> Iterator[T]:
        """Yield what ``read`` makes of each row, holding a few rows in memory at a time."""
        options = {"yield_per": STREAM_ROWS}
        with self.connection.execute(statement, execution_options=options) as rows:
            for row in rows:
                yield read(row)

    def change(self, statement: Executable) -> int:
        """Write, and return how many rows it changed."""
        self.check_writable()
        return self.connection.execute(statement).rowcount

    def change_one(self, statement: Executable, otherwise: str) -> None:
        """Write one row; ConflictError says ``otherwise`` where it was not there as expected."""
        if self.change(statement) != 1:
            raise ConflictError(otherwise)

    def check_writable(self) -> None:
        """Check that this Tx may write; raises InvalidInputError."""
        if self.is_reader:
            raise InvalidInputError("this Tx only reads; write within store.begin(term)")

    def insert_rows(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows, their values in the order of the table's columns."""
        self.check_writable()
        if not rows:
            return
        if self.is_sqlite:
            self.connection.exec_driver_sql(_write_insert(table), list(rows))
            return
        statement, kinds = _write_copy(table)
        driver = self.connection.connection.driver_connection
        if driver is None:
            raise UnavailableError("the connection to the database is gone; open the store again")
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(kinds)
            write_row = copy.write_row
            for row in rows:
                write_row(row)

    def upsert_rows(self, table: Table, rows: Sequence[tuple[Any, ...]], conflict: str) -> int:
        """Insert whole rows with an ON CONFLICT clause; return how many it wrote in all."""
        self.check_writable()
        if not rows:
            return 0
        if self.is_sqlite:
            statement = f"{_write_insert(table)} {conflict}"
            return self.connection.exec_driver_sql(statement, list(rows)).rowcount
        columns = tuple(list(values) for values in zip(*rows, strict=True))
        return self.connection.exec_driver_sql(
            f"{_write_unnest(table)} {conflict}", columns
        ).rowcount

    def is_among(
        self, column: ColumnElement[bytes], values: Sequence[bytes]
    ) -> ColumnElement[bool]:
        """Return the condition that a column has one of some values; one array on PostgreSQL."""
        if self.is_sqlite:
            return column.in_(values)
        return column == any_(literal(list(values), postgresql.ARRAY(LargeBinary())))

    def upsert(self, table: Table) -> Any:
        """Return an INSERT that can say ON CONFLICT, of the dialect."""
        return (sqlite.insert if self.is_sqlite else postgresql.insert)(table)

    def find_log(self, origin: str) -> int | None:
        """Return the number of a log, which it keeps for ever."""
        known = self._logs.get(origin)
        if known is None:
            logs = schema.logs
            row = self.find_row(select(logs.c.log_id).where(logs.c.origin == origin))
            if row is None:
                return None
            known = self._logs[origin] = int(row.log_id)
        return known

    def get_log(self, origin: str) -> int:
        """Return the number of a log; raises NotFoundError."""
        known = self.find_log(origin)
        if known is None:
            raise NotFoundError(f"no log {origin} is in this store; create it first")
        return known

    def find_most(self, column: Any) -> int | None:
        """Return the largest value of a column, or None where there is no row."""
        row = self.find_row(select(func.max(column).label("most")))
        return None if row is None or row.most is None else int(row.most)

    def find_least(self, column: Any, condition: Any) -> int | None:
        """Return the least value of a column under a condition, or None where there is no row."""
        row = self.find_row(select(func.min(column).label("least")).where(condition))
        return None if row is None or row.least is None else int(row.least)


def split(values: Iterable[bytes]) -> list[list[bytes]]:
    """Return the distinct values in parts that fit one statement, sorted for a stable plan."""
    listed = sorted(set(values))
    return [listed[start : start + IDS_MAX] for start in range(0, len(listed), IDS_MAX)]


@cache
def _write_insert(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  # our own names


@cache
def _write_unnest(table: Table) -> str:
    """Return an INSERT that takes one array a column: one statement, so one row count."""
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join(f"%s::{_find_type(column.type)}[]" for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({marks})"  # noqa: S608  # our own


@cache
def _write_copy(table: Table) -> tuple[str, list[str]]:
    names = ", ".join(column.name for column in table.columns)
    types = [_find_type(column.type) for column in table.columns]
    return f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", types


def _find_type(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea"
    return "text" if isinstance(kind, Text) else "int8"
