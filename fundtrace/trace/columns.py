"""The two ways in which the tracer reads a column of texts: all of it, or a few rows.

Everything else is done with the numbers that come out of these. A column is any sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import Int32s

T = TypeVar("T")


def encode_column(column: Sequence[T], numbers: Mapping[T, int], absent: int) -> Int32s:
    """Return the number of each value of a column, ``absent`` where it has none."""
    if not numbers:
        return np.full(len(column), absent, dtype=np.int32)
    found = map(numbers.get, column, repeat(absent))  # a million values: no Python frame each
    return np.fromiter(found, np.int32, len(column))


def pick_rows(column: Sequence[T], rows: npt.NDArray[np.integer]) -> list[T]:
    """Return the values of some rows, in their order."""
    return [column[row] for row in rows.tolist()]
