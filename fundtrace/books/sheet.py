"""One table while it is read: its columns by name, and where to put what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import polars as pl

from fundtrace.books import cells
from fundtrace.books.csvtext import RawTable
from fundtrace.books.numbering import find_repeats
from fundtrace.model.problems import Problem
from fundtrace.model.tables import NO_VALUE, Int64s


@dataclass(frozen=True, eq=False)
class Layout:
    """The columns of a table; ``exact`` ones hold identifiers or amounts, never floats."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()


@dataclass
class Findings:
    """What was found wrong (nothing is loaded then) and what is only doubtful."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Sheet:
    """A raw table under a layout; a column that the file lacks reads as empty cells."""

    def __init__(self, raw: RawTable, layout: Layout, findings: Findings) -> None:
        """Check the columns' names; those that no layout knows are a warning."""
        self.raw = raw
        self.layout = layout
        self.findings = findings
        self._blank = pl.Series([""], dtype=pl.String).new_from_index(0, len(raw))
        known = {*layout.required, *layout.optional}
        for column in raw.columns:
            if column not in known:
                self._add_header(findings.warnings, column, "is no column of this table; ignored")

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.raw)

    def has_required_columns(self) -> bool:
        """List the required columns that are missing, if any."""
        missing = [column for column in self.layout.required if column not in self.raw.columns]
        listed = {place.column for place in self.findings.problems if place.file == self.raw.name}
        for column in missing:
            if column not in listed:  # else it is there, but could not be read as text
                self._add_header(self.findings.problems, column, "this column is missing")
        return not missing

    def has(self, column: str) -> bool:
        """Tell whether the file has a column."""
        return column in self.raw.columns

    def refuse(self, rows: Iterable[int], column: str, reason: str) -> None:
        """List rows as bad for one reason."""
        self.findings.problems.extend(self._place(row, column, reason) for row in rows)

    def refuse_each(self, column: str, rows: Iterable[int], reasons: Iterable[str]) -> None:
        """List rows as bad, each for its own reason."""
        for row, reason in zip(rows, reasons, strict=True):
            self.refuse([row], column, reason)

    def warn(self, rows: Iterable[int], column: str, reason: str) -> None:
        """List rows as doubtful."""
        self.findings.warnings.extend(self._place(row, column, reason) for row in rows)

    def refuse_repeats(self, column: str, keys: Sequence[pl.Series], what: str) -> None:
        """Refuse every row whose key stands in an earlier row, naming that one."""
        repeats, firsts = find_repeats(keys)
        for row, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
            parts = [part[row] for part in keys]
            if parts[0]:  # an empty key is refused as such
                key = " ".join(part for part in parts if part)
                reason = f"{what} {key!r} stands already in line {self.raw.line[first]}"
                self.refuse([row], column, reason)

    def get_text(self, column: str) -> pl.Series:
        """Return descriptive text as it stands, without blanks at the ends."""
        text = self._get_raw(column)
        return cells.clean(text, normalise=False) if self.has(column) else text

    def get_identifiers(self, column: str, *, required: bool = False) -> pl.Series:
        """Return identifiers; those that a spreadsheet has damaged are listed."""
        found = self._get_cells(column, required=required)
        if self.has(column):
            cells.check_identifiers(found)
        return found.text

    def get_currencies(self, column: str, *, required: bool = False) -> pl.Series:
        """Return currency codes; unknown ones are listed."""
        found = self._get_cells(column, required=required)
        cells.check_currencies(found)
        return found.text

    def get_amounts(self, column: str, currency: pl.Series, *, required: bool = False) -> Int64s:
        """Return minor units in the currency of the row."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        return cells.parse_amounts(self._get_cells(column, required=required), currency)

    def get_instants(self, column: str, *, required: bool = False) -> Int64s:
        """Return microseconds since the epoch."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        return cells.parse_instants(self._get_cells(column, required=required))

    def get_ints(self, column: str) -> Int64s:
        """Return whole numbers."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        return cells.parse_ints(self._get_cells(column))

    def get_dates(self, column: str) -> list[str]:
        """Return ISO dates."""
        return cells.parse_dates(self._get_cells(column))

    def get_choices(self, column: str, words: type[StrEnum], *, required: bool = False) -> Int64s:
        """Return positions in a vocabulary, see ``cells.parse_choices``."""
        return cells.parse_choices(self._get_cells(column, required=required), words)

    def _get_raw(self, column: str) -> pl.Series:
        found = self.raw.columns.get(column)
        return found if found is not None else self._blank

    def _get_cells(self, column: str, *, required: bool = False) -> cells.Cells:
        text = cells.clean(self._get_raw(column)) if self.has(column) else self._get_raw(column)
        raw, problems = self.raw, self.findings.problems
        found = cells.Cells(text, raw.name, column, raw.line, problems)
        if required:
            cells.require(found)
        return found

    def _place(self, row: int, column: str, reason: str) -> Problem:
        return Problem(self.raw.name, int(self.raw.line[row]), column, reason)

    def _add_header(self, problems: list[Problem], column: str, reason: str) -> None:
        problems.append(Problem(self.raw.name, self.raw.header_line, column, reason))
