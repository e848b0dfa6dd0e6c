"""Equal texts to equal numbers: what joins, duplicates and dense ids are made of.

Numbers are dense and run in order of first appearance, so they depend on nothing but the
rows. Few rows go through a dict, many through polars, very many through 64-bit hashes and
compiled code; all give the same. Hashes only propose: whatever they find equal is compared
as text, and where two texts share a hash, polars does it all again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.books.text import SHORT, Text, encode, stack
from fundtrace.model.tables import Int64s

# LIMIT: from here on compiled code pays, though importing numba takes half a second; a tracer
# of as many movements needs it anyway.
HASHED_MIN = 250_000
_CHUNK_ROWS = 1 << 20  # texts gathered at a time: 16 MB
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # odd, so that multiplying loses nothing

UInt64s = npt.NDArray[np.uint64]


def number_rows(columns: Sequence[Text]) -> tuple[Int64s, Int64s]:
    """Number the different rows of some columns.

    Returns the number of each row, and for each number the first row that has it.
    """
    count = len(columns[0])
    if count < SHORT:
        return _number_by_dict(columns)
    if count >= HASHED_MIN:
        found = _number_by_hash(columns)
        if found is not None:
            return found
    return _number_by_join(columns)


def _number_by_dict(columns: Sequence[Text]) -> tuple[Int64s, Int64s]:
    seen: dict[tuple[str, ...], int] = {}
    rows = list(zip(*(column.to_list() for column in columns), strict=True))
    numbers = [seen.setdefault(row, len(seen)) for row in rows]
    first = np.full(len(seen), -1, dtype=np.int64)
    at = np.array(numbers, dtype=np.int64)
    first[at[::-1]] = np.arange(len(at) - 1, -1, -1)
    return at, first


def _number_by_hash(columns: Sequence[Text]) -> tuple[Int64s, Int64s] | None:
    """Number by hashes; None where two different rows share one."""
    from fundtrace.books.hashing import number_keys  # imports numba

    numbers, first = number_keys(hash_rows(columns))
    if len(first) < len(numbers) and not all(_is_same(one, numbers, first) for one in columns):
        return None
    return numbers.astype(np.int64, copy=False), first


def hash_rows(columns: Sequence[Text]) -> UInt64s:
    """Return a hash of each row; equal rows have equal ones, whatever their columns' form."""
    parts = (column.spread(column.words.hash().to_numpy()) for column in columns)
    keys: UInt64s = next(parts)
    for i, part in enumerate(parts):
        keys = np.multiply(keys, _MIX, out=keys if i else None)
        keys += part
    return keys


def _is_same(column: Text, numbers: npt.NDArray[np.integer], first: Int64s) -> bool:
    """Tell whether every row holds the text of the first row of its number."""
    if column.codes is not None:
        return bool((column.codes[first][numbers] == column.codes).all())
    texts = column.words.gather(first)
    for start in range(0, len(numbers), _CHUNK_ROWS):
        expected = texts.gather(numbers[start : start + _CHUNK_ROWS])
        if not (column.words.slice(start, _CHUNK_ROWS) == expected).all():
            return False
    return True


def _number_by_join(columns: Sequence[Text]) -> tuple[Int64s, Int64s]:
    key = _combine([_code(column) for column in columns])
    frame = pl.DataFrame([part.alias(str(i)) for i, part in enumerate(key)])
    names = frame.columns
    frame = frame.with_row_index("row")
    different = frame.unique(subset=names, keep="first", maintain_order=True)
    first = different["row"].cast(pl.Int64).to_numpy()
    if len(first) == len(frame):
        return np.arange(len(frame), dtype=np.int64), first
    numbered = different.drop("row").with_row_index("number")
    joined = frame.join(numbered, on=names, how="left", maintain_order="left")
    return joined["number"].cast(pl.Int64).to_numpy(), first


def _code(column: Text) -> pl.Series:
    """Replace texts by integers, equal ones by equal ones; those join faster."""
    codes = (column if column.codes is not None else encode(column.words)).codes
    return pl.Series(codes).cast(pl.Int64)


def _combine(codes: list[pl.Series]) -> list[pl.Series]:
    """Make one integer of several where 64 bits are enough."""
    sizes = [int(code.max()) + 1 for code in codes]  # type: ignore[arg-type]  # never empty here
    if math.prod(sizes) >= 2**63:
        return codes
    key = codes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
    return [key]


def find_repeats(columns: Sequence[Text]) -> tuple[Int64s, Int64s]:
    """Return the rows that repeat an earlier one, and that first one for each of them."""
    if _has_only_different_rows(columns):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    numbers, first = number_rows(columns)
    firsts = first[numbers]
    repeats = np.flatnonzero(firsts != np.arange(len(firsts)))
    return repeats, firsts[repeats]


def _has_only_different_rows(columns: Sequence[Text]) -> bool:
    """Tell whether all rows have different hashes and so are different themselves."""
    count = len(columns[0])
    return count >= SHORT and pl.Series(hash_rows(columns)).n_unique() == count


def find_rows(needles: Sequence[Text], hay: Sequence[Text], *, absent: int = -1) -> Int64s:
    """Return the first row of ``hay`` that equals each row of ``needles``, or ``absent``."""
    count = len(needles[0])
    if count == 0 or len(hay[0]) == 0:
        return np.full(count, absent, dtype=np.int64)
    if count + len(hay[0]) >= SHORT:
        return _find_among(needles, hay, absent)
    rows: dict[tuple[str, ...], int] = {}
    for row, key in enumerate(zip(*(column.to_list() for column in hay), strict=True)):
        rows.setdefault(key, row)
    keys = zip(*(column.to_list() for column in needles), strict=True)
    return np.array([rows.get(key, absent) for key in keys], dtype=np.int64)


def _find_among(needles: Sequence[Text], hay: Sequence[Text], absent: int) -> Int64s:
    """Number the needles together with the rows of ``hay`` that share a hash with one."""
    count = len(needles[0])
    wanted = pl.Series(hash_rows(needles)).unique()
    kept = np.flatnonzero(pl.Series(hash_rows(hay)).is_in(wanted.implode()).to_numpy())
    found = np.full(count, absent, dtype=np.int64)
    if not len(kept):
        return found
    parts = [stack([h.pick(kept), n]) for h, n in zip(hay, needles, strict=True)]
    numbers, first = number_rows(parts)
    firsts = first[numbers[len(kept) :]]
    is_there = firsts < len(kept)
    found[is_there] = kept[firsts[is_there]]
    return found
