"""One table while it is read: its columns by name, and where to put what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import polars as pl

from fundtrace.books import cells, typed
from fundtrace.books.cells import Cells
from fundtrace.books.csvtext import RawTable
from fundtrace.books.numbering import find_repeats
from fundtrace.books.parquet import to_text
from fundtrace.books.text import Bools, Rows, Text, read_text, repeat_text, replace_words
from fundtrace.model.money import find_minor_digits
from fundtrace.model.problems import Problem
from fundtrace.model.tables import NO_VALUE, Int8s, Int64s


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
        self._blank = repeat_text("", len(raw))
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

    def refuse_repeats(self, column: str, keys: Sequence[Text], what: str) -> None:
        """Refuse every row whose key stands in an earlier row, naming that one."""
        repeats, firsts = find_repeats(keys)
        for row, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
            parts = [part[row] for part in keys]
            if parts[0]:  # an empty key is refused as such
                key = " ".join(part for part in parts if part)
                reason = f"{what} {key!r} stands already in line {self.raw.line[first]}"
                self.refuse([row], column, reason)

    def find_empty(self, column: str) -> Bools:
        """Return which cells are empty."""
        raw = self.raw.columns[column] if self.has(column) else None
        if raw is not None and (typed.is_amount(raw.dtype) or typed.is_instant(raw.dtype)):
            return raw.is_null().to_numpy()
        return self.get_text(column).is_empty()

    def get_text(self, column: str) -> Text:
        """Return descriptive text as it stands, without blanks at the ends."""
        return self._read_text(column, normalise=False)

    def get_identifiers(self, column: str, *, required: bool = False) -> Text:
        """Return identifiers; those that a spreadsheet has damaged are listed."""
        raw, is_plain = self._read_raw(column)
        text = raw if is_plain else clean_text(raw)
        found = self._open_cells(column, text, required=required)
        if not is_plain:
            cells.check_identifiers(found)
        return text

    def get_currencies(self, column: str, *, required: bool = False) -> Text:
        """Return currency codes; unknown ones are listed."""
        text = self._read_text(column)
        cells.check_currencies(self._open_cells(column, text, required=required))
        return text

    def get_amounts(self, column: str, currency: Text, *, required: bool = False) -> Int64s:
        """Return minor units in the currency of the row."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        raw = self.raw.columns[column]
        if not typed.is_amount(raw.dtype):
            text = self._read_text(column).to_series()
            found = self._open_cells(column, Text(text), required=required)
            return cells.parse_amounts(found, currency.to_series())
        digits = currency.map_words(find_minor_digits)
        values = typed.read_amounts(raw, digits)
        return self._read_rest(
            column,
            raw,
            values,
            lambda some, rows: cells.parse_amounts(some, currency.pick(rows).to_series()),
            required=required,
        )

    def get_instants(self, column: str, *, required: bool = False) -> Int64s:
        """Return microseconds since the epoch."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        raw = self.raw.columns[column]
        if not typed.is_instant(raw.dtype):
            return self._parse(column, cells.parse_instants, required=required)
        values = typed.read_instants(raw)
        return self._read_rest(
            column, raw, values, lambda some, _: cells.parse_instants(some), required=required
        )

    def get_ints(self, column: str) -> Int64s:
        """Return whole numbers."""
        if not self.has(column):
            return np.full(len(self), NO_VALUE, dtype=np.int64)
        raw = self.raw.columns[column]
        if not typed.is_integer(raw.dtype):
            return self._parse(column, cells.parse_ints)
        values = typed.read_integers(raw)
        return self._read_rest(column, raw, values, lambda some, _: cells.parse_ints(some))

    def get_dates(self, column: str) -> Text:
        """Return ISO dates."""
        text = self._read_text(column).repeat_words()  # few days, however many rows
        days = cells.parse_dates(self._open_cells(column, text))
        return replace_words(text, pl.Series(days, dtype=pl.String))

    def get_choices(self, column: str, words: type[StrEnum], *, required: bool = False) -> Int8s:
        """Return positions in a vocabulary, see ``cells.parse_choices``."""
        text = self._read_text(column)
        found = self._open_cells(column, text, required=required)
        values: Int8s = text.spread(cells.parse_choices(found, words).astype(np.int8))
        return values

    def _parse(
        self, column: str, parse: Callable[[Cells], Int64s], *, required: bool = False
    ) -> Int64s:
        """Read a column of text, each different word once where it is coded."""
        text = self._read_text(column)
        values: Int64s = text.spread(parse(self._open_cells(column, text, required=required)))
        return values

    def _read_rest(
        self,
        column: str,
        raw: pl.Series,
        values: Int64s,
        parse: Callable[[Cells, Rows], Int64s],
        *,
        required: bool = False,
    ) -> Int64s:
        """Read as text the cells of a typed column that its fast path does not know."""
        rows = np.flatnonzero(values == NO_VALUE)
        if raw.null_count():
            is_null = raw.is_null().to_numpy()
            if required:
                self.refuse(np.flatnonzero(is_null), column, "is empty")
            rows = rows[~is_null[rows]]
        if len(rows):
            text = cells.clean(to_text(raw).gather(rows))
            line, problems = self.raw.line[rows], self.findings.problems
            values[rows] = parse(Cells(text, self.raw.name, column, line, problems), rows)
        return values

    def _read_text(self, column: str, *, normalise: bool = True) -> Text:
        """Return a column's cleaned cells."""
        text, is_plain = self._read_raw(column)
        return text if is_plain else clean_text(text, normalise=normalise)

    def _read_raw(self, column: str) -> tuple[Text, bool]:
        """Return a column's cells, and whether it is known that nothing is wrong with them."""
        if not self.has(column):
            return self._blank, True
        raw = self.raw.columns[column]
        text = read_text(raw if isinstance(raw.dtype, pl.String | pl.Enum) else to_text(raw))
        return text, text.codes is None and cells.is_plain(text.words)

    def _open_cells(self, column: str, text: Text, *, required: bool = False) -> Cells:
        found = Cells(
            text.words,
            self.raw.name,
            column,
            self.raw.line,
            self.findings.problems,
            text.codes,
        )
        if required:
            cells.require(found)
        return found

    def _place(self, row: int, column: str, reason: str) -> Problem:
        return Problem(self.raw.name, int(self.raw.line[row]), column, reason)

    def _add_header(self, problems: list[Problem], column: str, reason: str) -> None:
        problems.append(Problem(self.raw.name, self.raw.header_line, column, reason))


def clean_text(text: Text, *, normalise: bool = True) -> Text:
    """Clean every cell, see ``cells.clean``."""
    return replace_words(text, cells.clean(text.words, normalise=normalise))
