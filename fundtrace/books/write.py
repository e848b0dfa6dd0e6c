"""Movement tables to a folder: all of them or none, and the same bytes each time.

The tables are written into a folder of their own beside the target, which is then renamed
into place. A target that holds anything is left alone, unless it holds nothing but table
files and the caller asks to replace them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from fundtrace.books.files import check_folder, replace_folder
from fundtrace.books.tables import LAYOUTS
from fundtrace.errors import InvalidInputError

FILE_FORMATS = ("csv", "parquet")
_TABLE_FILES = frozenset(f"{name}.{suffix}" for name in LAYOUTS for suffix in FILE_FORMATS)


def write_tables(
    tables: Mapping[str, pl.DataFrame],
    folder: Path,
    *,
    file_format: str = "csv",
    overwrite: bool = False,
    extras: Mapping[str, bytes] | None = None,
) -> None:
    """Write tables, all columns of text, as ``folder/<name>.<file_format>``.

    With ``overwrite`` a folder that holds only table files is replaced as a whole: tables
    not given here are gone afterwards. ``extras`` are further files by name, written and
    replaced together with the tables. Raises InvalidInputError where the folder holds
    something else, where it cannot be written, and for tables or columns that are none.
    """
    _check_tables(tables, file_format)
    extras = extras or {}
    check_folder(folder, _TABLE_FILES | extras.keys(), overwrite=overwrite)
    with replace_folder(folder) as fresh:
        for name, frame in tables.items():
            _write_table(frame, fresh / f"{name}.{file_format}", file_format)
        for name, content in extras.items():
            (fresh / name).write_bytes(content)


def _check_tables(tables: Mapping[str, pl.DataFrame], file_format: str) -> None:
    if file_format not in FILE_FORMATS:
        raise InvalidInputError(f"{file_format!r} is none of: {' '.join(FILE_FORMATS)}")
    for name, frame in tables.items():
        if name not in LAYOUTS:
            raise InvalidInputError(f"{name!r} is none of: {' '.join(LAYOUTS)}")
        for column, kind in frame.schema.items():
            if kind != pl.String:
                raise InvalidInputError(f"{name}.{column} is {kind}, not text")


def _write_table(frame: pl.DataFrame, path: Path, file_format: str) -> None:
    if file_format == "parquet":
        frame.fill_null("").write_parquet(path)
        return
    # An empty string would be written as "" and an absent value as nothing; to us both are one.
    bare = pl.all().replace("", None)
    # The reader ends a line at a lone carriage return too, so such cells want their quotes.
    has_returns = any(
        column.str.contains("\r", literal=True).any() for column in frame.iter_columns()
    )
    frame.select(bare).write_csv(path, quote_style="always" if has_returns else "necessary")
