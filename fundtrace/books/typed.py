"""Typed Parquet columns to values without text in between.

Each function gives NO_VALUE for null, and for what it does not know to be good: those cells
are then read as text, which says what is wrong with them. So, as with the fast paths of
``cells``, a path here can be missing something but never disagree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fundtrace.books.cells import (
    FIXED_OFFSET_SINCE,
    INSTANT_MAX,
    INSTANT_MIN,
    SHANGHAI_MICROSECONDS,
)
from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.money import AMOUNT_MINOR_MAX
from fundtrace.model.tables import NO_VALUE, Int64s

_DIGITS_MAX = 18  # 10^18 fits int64


def is_integer(kind: pl.DataType) -> bool:
    """Tell whether a column holds whole numbers."""
    return kind.is_integer()


def is_amount(kind: pl.DataType) -> bool:
    """Tell whether a column holds numbers without loss."""
    return kind.is_integer() or isinstance(kind, pl.Decimal)


def is_instant(kind: pl.DataType) -> bool:
    """Tell whether a column holds times or days."""
    return isinstance(kind, pl.Datetime | pl.Date)


def read_integers(series: pl.Series) -> Int64s:
    """Read whole numbers, and decimals as if they had no point."""
    numbers = series.to_physical().cast(pl.Int64, strict=False)
    return numbers.fill_null(NO_VALUE).to_numpy(writable=True)


def read_amounts(series: pl.Series, digits: npt.NDArray[np.int8]) -> Int64s:
    """Read numbers into minor units; ``digits`` says how many each row's currency has.

    Rows whose ``digits`` are negative are NO_VALUE.
    """
    scale = series.dtype.scale if isinstance(series.dtype, pl.Decimal) else 0
    values = read_integers(series)
    for places in range(int(digits.max(initial=0)) + 1):
        same = digits == places
        if places != scale and same.any():
            at = slice(None) if same.all() else np.flatnonzero(same)
            values[at] = _shift(values[at], places - scale)
    values[digits < 0] = NO_VALUE
    return values


def _shift(values: Int64s, places: int) -> Int64s:
    """Multiply by a power of ten, NO_VALUE where that does not fit or leaves a rest."""
    if abs(places) > _DIGITS_MAX:
        return np.where(values == 0, 0, NO_VALUE)
    factor = 10 ** abs(places)
    if places > 0:
        limit = AMOUNT_MINOR_MAX // factor
        fits = (values >= -limit) & (values <= limit)
        return np.where(fits, values * factor, NO_VALUE)
    whole = values // factor
    return np.where((whole * factor == values) & (values != NO_VALUE), whole, NO_VALUE)


def read_instants(series: pl.Series) -> Int64s:
    """Read times and days into microseconds; without zone they are Asia/Shanghai."""
    kind = series.dtype
    values = read_integers(series)
    is_good = values != NO_VALUE
    unit = kind.time_unit if isinstance(kind, pl.Datetime) else ""
    if unit == "ns":
        is_good &= values % 1_000 == 0
        values //= 1_000
    elif unit != "us":
        factor = 1_000 if unit == "ms" else DAY_MICROSECONDS
        limit = -NO_VALUE // (2 * factor)
        is_good &= (values > -limit) & (values < limit)
        values[~is_good] = 0
        values *= factor
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        is_good &= values >= INSTANT_MIN
    else:
        values[is_good] -= SHANGHAI_MICROSECONDS
        is_good &= values >= FIXED_OFFSET_SINCE
    is_good &= values <= INSTANT_MAX
    values[~is_good] = NO_VALUE
    return values
