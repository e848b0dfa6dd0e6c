"""A column of text while tables are read: what stands in each row, or codes into few words.

Long columns of few different texts (banks, currencies, kinds, purposes) are kept as codes, so
that whatever depends on a text alone is done once a word and not once a row. The words of a
coded column are different, and each stands in some row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.model.columns import Texts, Words, to_series
from fundtrace.model.tables import Int64s

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.integer[Any]]

# LIMIT: below this a loop of 1 µs a cell beats the 0.2 ms that a polars expression costs.
SHORT = 400

# LIMIT: from here on columns are worth coding; it costs 20 ns a row where it saves nothing.
LONG = 20_000
_REPEATS_MIN = 20  # rows to a word, from which on codes pay


@dataclass(frozen=True, eq=False)
class Text:
    """Text row by row (``codes`` is None), or codes into ``words``, which are different."""

    words: pl.Series
    codes: Rows | None = None

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.words if self.codes is None else self.codes)

    def __getitem__(self, row: int) -> str:
        """Return the text of a row."""
        text: str = self.words[row if self.codes is None else int(self.codes[row])]
        return text

    def is_empty(self) -> Bools:
        """Return which rows are empty."""
        return self.spread((self.words == "").to_numpy())

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return for each row what was found for its word."""
        return values if self.codes is None else values[self.codes]

    def map_words(self, find: Callable[[str], int]) -> Int64s:
        """Return for each row a number that depends on its text alone, of which few differ."""
        text = self if self.codes is not None or len(self) < SHORT else encode(self.words)
        found = np.array([find(word) for word in text.words.to_list()], dtype=np.int64)
        return text.spread(found)

    def to_series(self) -> pl.Series:
        """Return the column as a String series."""
        return self.words if self.codes is None else self.words.gather(self.codes)

    def to_list(self) -> list[str]:
        """Return the column as a list."""
        return self.to_series().to_list()

    def pick(self, rows: Rows) -> Text:
        """Return some rows."""
        if self.codes is not None:
            return _drop_unused(self.words, self.codes[rows])
        if len(self) < SHORT:
            values = self.words.to_list()
            return Text(pl.Series([values[row] for row in rows.tolist()], dtype=pl.String))
        return Text(self.words.gather(rows))

    def fill_empty(self, other: Text) -> Text:
        """Return the column with the other's text where it is empty."""
        rows = np.flatnonzero(self.is_empty())
        if len(rows) == 0:
            return self
        both = stack([self, other])
        at = np.arange(len(self))
        at[rows] += len(self)
        return both.pick(at)

    def equals(self, other: Text) -> Bools:
        """Return the rows in which both columns hold the same."""
        if self.codes is None and other.codes is None:
            return (self.words == other.words).to_numpy()
        both = stack([self, other])
        if both.codes is None:
            return (both.words[: len(self)] == both.words[len(self) :]).to_numpy()
        same: Bools = both.codes[: len(self)] == both.codes[len(self) :]
        return same

    def freeze(self) -> Texts | Words[str]:
        """Return the column as the tables keep it."""
        if self.codes is None:
            return Texts(self.words.rechunk())
        return Words(fit_codes(self.codes, len(self.words)), self.words.to_list())


def repeat_text(text: str, count: int) -> Text:
    """Return a column that holds one text in every row."""
    words = pl.Series([text], dtype=pl.String)
    if count < LONG:
        return Text(words.new_from_index(0, count))
    return Text(words, np.zeros(count, dtype=np.uint8))


def thaw(column: Sequence[str]) -> Text:
    """Return a column of the tables as it was when they were read."""
    if isinstance(column, Words):
        return Text(pl.Series(column.values, dtype=pl.String), column.codes)
    return Text(to_series(column))


def read_text(series: pl.Series) -> Text:
    """Take a String, Enum or Categorical series; null is empty. Codes it where that pays."""
    is_long = len(series) >= LONG
    if isinstance(series.dtype, pl.Enum) and is_long:
        words = pl.concat([series.dtype.categories.cast(pl.String), pl.Series([""])])
        codes = series.to_physical()
        if codes.null_count():
            codes = codes.cast(pl.UInt32).fill_null(len(words) - 1)
        return _merge_words(_drop_unused(words, codes.to_numpy()))
    series = series.cast(pl.String)
    series = series.fill_null("") if series.null_count() else series
    if not is_long or series.hash().n_unique() * _REPEATS_MIN > len(series):
        return Text(series)
    return encode(series)


def encode(series: pl.Series) -> Text:
    """Code a String series of few different texts."""
    kind = pl.Categorical(pl.Categories.random())  # of its own, so that its memory goes with it
    coded = series.cast(kind)
    codes = coded.to_physical().to_numpy()
    words = pl.Series(np.arange(int(codes.max()) + 1 if len(codes) else 0, dtype=np.uint32))
    return _drop_unused(words.cat.to(kind).cast(pl.String), codes)


def replace_words(text: Text, words: pl.Series) -> Text:
    """Return the column with other texts for its words, which may be equal now."""
    return Text(words) if text.codes is None else _merge_words(Text(words, text.codes))


def stack(parts: Sequence[Text]) -> Text:
    """Put columns one below the other; coded where the longest is."""
    if max(parts, key=len).codes is None:
        return Text(pl.concat([part.to_series() for part in parts]))
    coded = [encode(part.words) if part.codes is None else part for part in parts]
    starts = np.cumsum([0, *(len(part.words) for part in coded)])
    codes = [
        part.spread(np.arange(len(part.words)) + start)
        for part, start in zip(coded, starts[:-1], strict=True)
    ]
    words = pl.concat([part.words for part in coded])
    return _merge_words(Text(words, np.concatenate(codes)))


def _merge_words(text: Text) -> Text:
    """Make equal words one."""
    numbers: dict[str, int] = {}
    table = [numbers.setdefault(word, len(numbers)) for word in text.words.to_list()]
    if len(numbers) == len(table):
        return text
    return Text(
        pl.Series(list(numbers), dtype=pl.String),
        text.spread(fit_codes(np.array(table), len(numbers))),
    )


def _drop_unused(words: pl.Series, codes: Rows) -> Text:
    """Drop the words that stand in no row."""
    is_used = np.zeros(len(words), dtype=np.bool_)
    is_used[codes] = True
    if is_used.all():
        return Text(words, codes)
    kept = words.filter(pl.Series(is_used))
    return Text(kept, fit_codes(np.cumsum(is_used) - 1, len(kept))[codes])


def fit_codes(codes: Rows, count: int) -> Rows:
    """Return codes below ``count`` in the smallest type that holds them."""
    kind: type[np.integer[Any]] = np.uint8
    if count > 1 << 8:
        kind = np.uint16 if count <= 1 << 16 else np.int32
    return codes.astype(kind, copy=False)
