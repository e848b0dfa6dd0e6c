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
from fundtrace.model.tables import Int8s

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.integer[Any]]

# LIMIT: below this a loop of 1 µs a cell beats the 0.2 ms that a polars expression costs.
SHORT = 400

# LIMIT: from here on columns are worth coding; it costs 20 ns a row where it saves nothing.
LONG = 20_000
_REPEATS_MIN = 20  # rows to a word, from which on codes pay
_SAMPLE_ROWS = 10_000


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
        is_empty: Bools = (self.words == "").to_numpy()
        return is_empty if self.codes is None else _match_codes(self.codes, is_empty)

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return for each row what was found for its word."""
        return values if self.codes is None else values[self.codes]

    def map_words(self, find: Callable[[str], int]) -> Int8s:
        """Return for each row a small number that depends on its text alone."""
        text = self.repeat_words()
        found = np.array([find(word) for word in text.words.to_list()], dtype=np.int8)
        return text.spread(found)

    def repeat_words(self) -> Text:
        """Return the column coded, where it is known to hold few different texts."""
        return self if self.codes is not None or len(self) < SHORT else encode(self.words)

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
        is_empty = self.is_empty()
        if not is_empty.any():
            return self
        ours, theirs = _share_words([self, other])
        if ours.codes is not None and theirs.codes is not None:
            return _drop_unused(ours.words, np.where(is_empty, theirs.codes, ours.codes))
        frame = pl.DataFrame({"ours": ours.words, "theirs": theirs.words})
        text = pl.when(pl.col("ours") == "").then("theirs").otherwise("ours")
        return Text(frame.select(text).to_series())

    def equals(self, other: Text) -> Bools:
        """Return the rows in which both columns hold the same."""
        if self is other:
            return np.ones(len(self), dtype=np.bool_)
        ours, theirs = _share_words([self, other])
        if ours.codes is not None and theirs.codes is not None:
            same: Bools = ours.codes == theirs.codes
            return same
        return (ours.words == theirs.words).to_numpy()

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
    return encode(series) if is_long and _has_few_words(series) else Text(series)


def _has_few_words(series: pl.Series) -> bool:
    """Tell by a sample whether texts repeat enough for codes to pay."""
    sample = series.gather_every(max(1, len(series) // _SAMPLE_ROWS))
    return sample.n_unique() * _REPEATS_MIN <= len(sample)


def encode(series: pl.Series) -> Text:
    """Code a String series of few different texts."""
    kind = pl.Categorical(pl.Categories.random())  # of its own, so that its memory goes with it
    coded = series.cast(kind)
    codes = coded.to_physical().to_numpy()
    count = int(codes.max()) + 1 if len(codes) else 0
    words = pl.Series(np.arange(count, dtype=np.uint32)).cat.to(kind).cast(pl.String)
    return Text(words, fit_codes(codes, count))


def replace_words(text: Text, words: pl.Series) -> Text:
    """Return the column with other texts for its words, which may be equal now."""
    return Text(words) if text.codes is None else _merge_words(Text(words, text.codes))


def stack(parts: Sequence[Text]) -> Text:
    """Put columns one below the other; coded where the longest is."""
    shared = _share_words(parts)
    codes = [part.codes for part in shared if part.codes is not None]
    if codes:
        return Text(shared[0].words, np.concatenate(codes))
    return Text(pl.concat([part.words for part in shared]))


def _share_words(parts: Sequence[Text]) -> list[Text]:
    """Give columns one list of words, of which each stands in one of them, or none any codes."""
    if max(parts, key=len).codes is None:
        return [Text(part.to_series()) for part in parts]
    numbers: dict[str, int] = {}
    coded = [encode(part.words) if part.codes is None else part for part in parts]
    tables = [
        np.array([numbers.setdefault(word, len(numbers)) for word in part.words.to_list()])
        for part in coded
    ]
    words = pl.Series(list(numbers), dtype=pl.String)
    return [
        Text(words, part.spread(fit_codes(table, len(numbers))))
        for part, table in zip(coded, tables, strict=True)
    ]


def _merge_words(text: Text) -> Text:
    """Make equal words one."""
    if text.codes is None or text.words.n_unique() == len(text.words):
        return text
    return _share_words([text])[0]


def _drop_unused(words: pl.Series, codes: Rows) -> Text:
    """Drop the words that stand in no row."""
    is_used = np.bincount(codes, minlength=len(words)) > 0
    if is_used.all():
        return Text(words, codes)
    kept = words.filter(pl.Series(is_used))
    return Text(kept, fit_codes(np.cumsum(is_used) - 1, len(kept))[codes])


def _match_codes(codes: Rows, is_wanted: Bools) -> Bools:
    """Return the rows whose code is wanted."""
    wanted = np.flatnonzero(is_wanted)
    if len(wanted) > 1:
        return is_wanted[codes]
    found: Bools = codes == wanted[0] if len(wanted) else np.zeros(len(codes), dtype=np.bool_)
    return found


def fit_codes(codes: Rows, count: int) -> Rows:
    """Return codes below ``count`` in the smallest type that holds them."""
    kind: type[np.integer[Any]] = np.uint8
    if count > 1 << 8:
        kind = np.uint16 if count <= 1 << 16 else np.int32
    return codes.astype(kind, copy=False)
