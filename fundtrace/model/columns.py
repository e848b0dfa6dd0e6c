"""Columns of text and of words that do not weigh a Python object for each row.

``Texts`` wraps a polars String series, ``Words`` codes into a short list of values. Both are
sequences, so whoever reads a few rows need not know which one it is. Whoever reads many asks
for them together: ``pick_values`` and ``to_series`` take any sequence.

Both can stand on memory-mapped Arrow data: ``wrap_series`` wraps a series as it is, String
as ``Texts``, Enum as ``Words``, and ``to_series`` gives it back without copying the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt
import polars as pl

T = TypeVar("T")

Rows = npt.NDArray[np.integer[Any]]
Codes = npt.NDArray[np.integer[Any]]

_CHUNK_ROWS = 1 << 16  # rows turned into Python objects at a time


class Texts(Sequence[str]):
    """A column of text; equal to any sequence of the same texts."""

    __slots__ = ("_series",)
    __hash__ = None  # type: ignore[assignment]  # compared by content

    def __init__(self, series: pl.Series) -> None:
        """Wrap a String series without nulls."""
        if series.dtype != pl.String:
            raise TypeError(f"a column of text is String, not {series.dtype}")
        self._series = series

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._series)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Texts: ...
    def __getitem__(self, index: int | slice) -> str | Texts:
        """Return the text of a row, or some rows."""
        if isinstance(index, slice):
            return Texts(self._series[index])
        text: str = self._series[index]
        return text

    def __iter__(self) -> Iterator[str]:
        """Give every text in turn."""
        for start in range(0, len(self._series), _CHUNK_ROWS):
            yield from self._series.slice(start, _CHUNK_ROWS).to_list()

    def __eq__(self, other: object) -> bool:
        return _is_equal(self, other)

    def __repr__(self) -> str:
        return f"Texts({list(self[:3])!r}, {len(self)} rows)"

    def pick(self, rows: Rows) -> list[str]:
        """Return the texts of some rows, none of them negative."""
        return self._series.gather(rows).to_list()

    def to_series(self) -> pl.Series:
        """Return the String series."""
        return self._series


class Words(Sequence[T]):
    """A column of few different values: ``values[codes[row]]``; equal like ``Texts``."""

    __slots__ = ("codes", "values")
    __hash__ = None  # type: ignore[assignment]  # compared by content

    def __init__(self, codes: Codes, values: Sequence[T]) -> None:
        """Take (n,) codes of any integer type, positions in ``values``, which are different."""
        self.codes = codes
        self.values = tuple(values)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Words[T]: ...
    def __getitem__(self, index: int | slice) -> T | Words[T]:
        """Return the value of a row, or some rows."""
        found = self.codes[index]
        return Words(found, self.values) if isinstance(index, slice) else self.values[found]

    def __iter__(self) -> Iterator[T]:
        """Give every value in turn."""
        for start in range(0, len(self.codes), _CHUNK_ROWS):
            codes = self.codes[start : start + _CHUNK_ROWS].tolist()
            yield from map(self.values.__getitem__, codes)

    def __eq__(self, other: object) -> bool:
        return _is_equal(self, other)

    def __repr__(self) -> str:
        return f"Words({list(self[:3])!r}, {len(self)} rows)"

    def pick(self, rows: Rows) -> list[T]:
        """Return the values of some rows."""
        return list(map(self.values.__getitem__, self.codes[rows].tolist()))

    def to_series(self) -> pl.Series:
        """Return the column as an Enum series; the values must be texts."""
        words = pl.Enum([str(value) for value in self.values])
        codes = pl.Series(self.codes)
        return codes.cast(_find_physical(len(self.values))).cat.to(words)


def wrap_series(series: pl.Series) -> Texts | Words[str]:
    """Wrap a column of text without nulls, String or Enum, as it stands."""
    if isinstance(series.dtype, pl.Enum):
        return Words(series.to_physical().to_numpy(), series.dtype.categories.to_list())
    return Texts(series)


class Chained(Sequence[T]):
    """A column and what was added to it since."""

    __slots__ = ("_added", "_count", "_first")
    __hash__ = None  # type: ignore[assignment]  # compared by content

    def __init__(self, first: Sequence[T], added: list[T]) -> None:
        """Chain ``first`` with the values that ``added`` holds now; it may grow later."""
        self._first, self._added = first, added
        self._count = len(first) + len(added)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        """Return the value of a row, or some rows."""
        if isinstance(index, slice):
            return self.pick(np.arange(self._count)[index])
        row, split = range(self._count)[index], len(self._first)
        return self._first[row] if row < split else self._added[row - split]

    def __iter__(self) -> Iterator[T]:
        """Give every value in turn."""
        yield from self._first
        yield from self._added[: self._count - len(self._first)]

    def __eq__(self, other: object) -> bool:
        return _is_equal(self, other)

    def pick(self, rows: Rows) -> list[T]:
        """Return the values of some rows, none of them negative."""
        split = len(self._first)
        if len(rows) and rows.min() >= split:
            return [self._added[row - split] for row in rows.tolist()]
        if not len(rows) or rows.max() < split:
            return pick_values(self._first, rows)
        return [self[row] for row in rows.tolist()]


def pick_values(column: Sequence[T], rows: Rows) -> list[T]:
    """Return the values of some rows, none of them negative, of any sequence."""
    if isinstance(column, Texts | Words | Chained):
        return column.pick(rows)
    return [column[row] for row in rows.tolist()]


def encode_values(
    column: Sequence[T], numbers: Mapping[T, int], absent: int
) -> npt.NDArray[np.int32]:
    """Return the number of each value of a column, ``absent`` where it has none."""
    if not numbers or not len(column):
        return np.full(len(column), absent, dtype=np.int32)
    if isinstance(column, Words):
        of_code = [numbers.get(value, absent) for value in column.values]
        return np.array(of_code, dtype=np.int32)[column.codes]
    if isinstance(column, Texts):
        found = column.to_series().replace_strict(
            list(numbers), list(numbers.values()), default=absent, return_dtype=pl.Int32
        )
        return found.to_numpy(writable=True)
    each = map(numbers.get, column, repeat(absent))  # a million values: no Python frame each
    return np.fromiter(each, np.int32, len(column))


def to_series(column: Sequence[str]) -> pl.Series:
    """Return any sequence of texts as a series, String or (of few different ones) Enum."""
    if isinstance(column, Texts | Words):
        return column.to_series()
    return pl.Series(list(column), dtype=pl.String)


def find_equal(column: Sequence[str], text: str) -> npt.NDArray[np.intp]:
    """Return the rows that hold just this text."""
    if isinstance(column, Texts):
        return np.flatnonzero((column.to_series() == text).to_numpy())
    if isinstance(column, Words):
        code = column.values.index(text) if text in column.values else -1
        return np.flatnonzero(column.codes == code)
    return np.array([row for row, one in enumerate(column) if one == text], dtype=np.intp)


def _is_equal(ours: Sequence[object], theirs: object) -> bool:
    if not isinstance(theirs, Sequence) or isinstance(theirs, str):
        return False
    return len(ours) == len(theirs) and all(
        one == other for one, other in zip(ours, theirs, strict=True)
    )


def _find_physical(count: int) -> type[pl.DataType]:
    """Return the type in which polars keeps the codes of an Enum."""
    return pl.UInt8 if count < 1 << 8 else pl.UInt16 if count < 1 << 16 else pl.UInt32
