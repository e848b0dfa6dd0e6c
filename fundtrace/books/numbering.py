"""Equal texts to equal numbers: what joins, duplicates and dense ids are made of.

Numbers are dense and run in order of first appearance, so they depend on nothing but the
rows. Short columns go through a dict, long ones through polars; both give the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.books.cells import SHORT
from fundtrace.model.tables import Int64s


def pick(column: pl.Series, rows: npt.NDArray[np.intp] | Int64s) -> pl.Series:
    """Return the cells of some rows."""
    if len(column) < SHORT:
        values = column.to_list()
        return pl.Series(column.name, [values[row] for row in rows.tolist()], pl.String)
    return column.gather(rows)


def number_rows(columns: Sequence[pl.Series]) -> tuple[Int64s, Int64s]:
    """Number the different rows of some columns.

    Returns the number of each row, and for each number the first row that has it.
    """
    if len(columns[0]) < SHORT:
        seen: dict[tuple[str, ...], int] = {}
        rows = list(zip(*(column.to_list() for column in columns), strict=True))
        numbers = [seen.setdefault(row, len(seen)) for row in rows]
        first = np.full(len(seen), -1, dtype=np.int64)
        at = np.array(numbers, dtype=np.int64)
        first[at[::-1]] = np.arange(len(at) - 1, -1, -1)
        return at, first
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


def _code(column: pl.Series) -> pl.Series:
    """Replace texts by integers, equal ones by equal ones; those join faster."""
    categories = pl.Categories.random()  # of its own, so that its memory goes when it goes
    return column.cast(pl.Categorical(categories)).to_physical().cast(pl.Int64)


def _combine(codes: list[pl.Series]) -> list[pl.Series]:
    """Make one integer of several where 64 bits are enough."""
    sizes = [int(code.max()) + 1 for code in codes]  # type: ignore[arg-type]  # never empty here
    if math.prod(sizes) >= 2**63:
        return codes
    key = codes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
    return [key]


def find_repeats(columns: Sequence[pl.Series]) -> tuple[Int64s, Int64s]:
    """Return the rows that repeat an earlier one, and that first one for each of them."""
    if len(columns) == 1 and columns[0].n_unique() == len(columns[0]):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    numbers, first = number_rows(columns)
    firsts = first[numbers]
    repeats = np.flatnonzero(firsts != np.arange(len(firsts)))
    return repeats, firsts[repeats]


def find_rows(
    needles: Sequence[pl.Series], hay: Sequence[pl.Series], *, absent: int = -1
) -> npt.NDArray[np.int64]:
    """Return the first row of ``hay`` that equals each row of ``needles``, or ``absent``."""
    count = len(needles[0])
    if count == 0 or len(hay[0]) == 0:
        return np.full(count, absent, dtype=np.int64)
    if count + len(hay[0]) < SHORT:
        rows: dict[tuple[str, ...], int] = {}
        for row, key in enumerate(zip(*(column.to_list() for column in hay), strict=True)):
            rows.setdefault(key, row)
        keys = zip(*(column.to_list() for column in needles), strict=True)
        return np.array([rows.get(key, absent) for key in keys], dtype=np.int64)
    left = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(needles)])
    right = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(hay)])
    names = left.columns
    right = right.with_row_index("row").join(left.unique(), on=names, how="semi")
    right = right.sort("row").unique(subset=names, keep="first", maintain_order=True)
    joined = left.join(right, on=names, how="left", maintain_order="left")
    return joined["row"].cast(pl.Int64).fill_null(absent).to_numpy()
