"""Parquet files, read a column at a time as it stands, so that one is in memory and not all.

- A column keeps its type; ``to_text`` gives the text that it stands for, exactly. Floats have
  none: 0.1 is none, and an account number of 19 digits loses its last three. They are refused
  where it matters.
- A file stays open from its hash to its last column. Replacing it meanwhile changes nothing;
  writing into it is noticed (``get_version``).

Problems are values, as in ``csvtext``; but a column that turns out to be damaged only when it
is read raises ``DamagedFileError`` with the problem, and the file is none.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

import numpy as np
import polars as pl

from fundtrace.books.csvtext import RawTable, make_empty, read_header
from fundtrace.model.problems import Problem

Version = tuple[int, int]

_HASHED_BYTES = 1 << 20  # read at a time

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


class DamagedFileError(Exception):
    """A column cannot be read although the file's schema could; stays within this room."""

    def __init__(self, problem: Problem) -> None:
        """Take what to list in place of the file."""
        super().__init__(str(problem))
        self.problem = problem


class Columns(Mapping[str, pl.Series]):
    """The columns of an open Parquet file; each is read whenever it is asked for."""

    def __init__(self, file: BinaryIO, name: str, stored: Mapping[str, str]) -> None:
        """Take the file's name for messages, and what its columns are called in it by our names."""
        self._file = file
        self._name = name
        self._stored = dict(stored)

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self._stored)

    def __iter__(self) -> Iterator[str]:
        """Give the names in file order."""
        return iter(self._stored)

    def drop(self, column: str) -> None:
        """Have a column no longer."""
        del self._stored[column]

    def __contains__(self, column: object) -> bool:
        return column in self._stored

    def __getitem__(self, column: str) -> pl.Series:
        """Read a column; raises DamagedFileError where it cannot be read."""
        stored = self._stored[column]
        try:
            series = pl.read_parquet(self._file, columns=[stored]).to_series()
        except _UNREADABLE as error:
            raise DamagedFileError(_explain(self._file, self._name, error)) from error
        return series.alias(column)


def hash_file(file: BinaryIO) -> bytes:
    """Return the SHA-256 of an open file, read a piece at a time."""
    total = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_HASHED_BYTES):
        total.update(piece)
    file.seek(0)
    return total.digest()


def get_version(file: BinaryIO) -> Version:
    """Return what changes when somebody writes into an open file."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def open_parquet(
    file: BinaryIO, name: str, *, exact: Collection[str] = ()
) -> tuple[RawTable, list[Problem]]:
    """Look at an open Parquet file; ``exact`` names the columns that no float may hold.

    ``name`` is the file's name for messages. With problems the table has the good columns.
    """
    try:
        schema = pl.read_parquet_schema(file)
        height = int(pl.scan_parquet(file).select(pl.len()).collect().item())
    except _UNREADABLE as error:
        return make_empty(name), [_explain(file, name, error)]
    problems: list[Problem] = []
    names = read_header(list(schema), name, 0, problems)
    stored: dict[str, str] = {}
    for column, own in zip(names, schema, strict=bool(names)):
        reason = _explain_type(schema[own], is_exact=column in exact)
        if not column:
            problems.append(Problem(name, 0, "", "a column has no name"))
        elif reason:
            problems.append(Problem(name, 0, column, reason))
        else:
            stored[column] = own
    columns = Columns(file, name, stored)
    for column in [one for one in columns if not _has_text(schema[stored[one]])]:
        try:
            to_text(columns[column])
        except pl.exceptions.PolarsError as error:
            reason = f"is {schema[stored[column]]} in the file and cannot be read as text"
            problems.append(Problem(name, 0, column, f"{reason}: {_first_line(error)}"))
            columns.drop(column)
    line = np.arange(1, height + 1, dtype=np.int64)
    return RawTable(name, columns, line), problems


def to_text(series: pl.Series) -> pl.Series:
    """Return a column as the text that it stands for, "" for null."""
    kind = series.dtype
    if isinstance(kind, pl.Datetime):
        return _datetime_to_text(series, kind)
    if kind.is_float():
        series = series.fill_nan(None)
    return series.cast(pl.String).fill_null("")


def _explain_type(kind: pl.DataType, *, is_exact: bool) -> str:
    """Return why a column of this type cannot be used, or nothing."""
    if kind.is_float() and is_exact:
        return f"is {kind} in the file, which loses digits; store amounts as text or decimal"
    if kind.is_nested() or kind == pl.Object:
        return f"is {kind} in the file, not a plain value"
    return ""


def _has_text(kind: pl.DataType) -> bool:
    """Tell whether every value of a type has a text."""
    is_text = isinstance(kind, pl.String | pl.Enum | pl.Categorical)
    return is_text or kind.is_numeric() or kind in (pl.Datetime, pl.Date, pl.Boolean, pl.Null)


def _explain(file: BinaryIO, name: str, error: BaseException) -> Problem:
    """Say what is wrong with a file as a whole, in the words for all of its bytes."""
    try:
        file.seek(0)
        pl.read_parquet(io.BytesIO(file.read()))
    except _UNREADABLE as whole:
        error = whole
    reason = f"is not a Parquet file that can be read: {_first_line(error)}"
    return Problem(name, 0, "", reason)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _datetime_to_text(series: pl.Series, kind: pl.Datetime) -> pl.Series:
    """Render naive times as they stand, and times with a zone in UTC with a Z."""
    suffix = ""
    if kind.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        suffix = "Z"
    if kind.time_unit == "ns" and bool((series.dt.nanosecond() % 1000 == 0).all()):
        series = series.dt.cast_time_unit("us")
    whole = bool((series.dt.nanosecond() == 0).all())
    form = f"%Y-%m-%dT%H:%M:%S{'' if whole else '%.f'}{suffix}"
    return series.dt.to_string(form).fill_null("")
