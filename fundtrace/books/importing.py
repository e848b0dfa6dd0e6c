"""What every importer hands back: the tables it wrote, and what a reader must know of them.

An importer turns foreign data into movement tables (docs/tables.md) and leaves nothing
unsaid: every row of the source is either in a table or counted in a note. ``docs/adapters.md``
tells how one is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fundtrace.books.write import write_tables
from fundtrace.errors import BadTablesError, NotFoundError
from fundtrace.model.problems import Problem


@dataclass(frozen=True)
class Note:
    """One sentence about the import; ``count`` says how many rows it is about, if any."""

    what: str
    count: int | None = None

    def __str__(self) -> str:
        """Render as ``what: count``."""
        return self.what if self.count is None else f"{self.what}: {self.count:,}"


@dataclass(frozen=True)
class ImportReport:
    """Tables written by one import with their row counts, and notes on the way there."""

    source: str
    out: str
    tables: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]

    def get_row_count(self, table: str) -> int:
        """Return how many rows of ``table`` were written; NotFoundError if it was not."""
        for name, count in self.tables:
            if name == table:
                return count
        raise NotFoundError(f"this import wrote no table {table}")

    def render_text(self) -> str:
        """Render for a terminal: source and folder, one line per table, one per note."""
        width = max((len(name) for name, _ in self.tables), default=0)
        digits = max((len(f"{count:,}") for _, count in self.tables), default=0)
        lines = [f"Imported {self.source} to {self.out}"]
        lines += [f"  {name:<{width}}  {count:>{digits},} rows" for name, count in self.tables]
        lines += ["Notes:"] if self.notes else []
        lines += [f"  - {note}" for note in self.notes]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Target:
    """Where an import goes: the folder, ``csv`` or ``parquet``, and whether to replace."""

    folder: Path
    file_format: str = "csv"
    overwrite: bool = False


def raise_if_bad(problems: Sequence[Problem]) -> None:
    """Raise BadTablesError with all ``problems`` in file and line order, if there are any."""
    if problems:
        raise BadTablesError(sorted(problems))


def write_import(
    source: Path,
    target: Target,
    tables: Mapping[str, pl.DataFrame],
    notes: Sequence[Note],
    extras: Mapping[str, bytes] | None = None,
) -> ImportReport:
    """Write all ``tables`` (columns of text) and ``extras`` (files by name), or nothing."""
    write_tables(
        dict(tables),
        target.folder,
        file_format=target.file_format,
        overwrite=target.overwrite,
        extras=extras,
    )
    counts = tuple((name, frame.height) for name, frame in tables.items())
    return ImportReport(str(source), str(target.folder), counts, tuple(notes))
