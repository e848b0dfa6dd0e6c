"""Numbers for 64-bit keys in order of first appearance, at some 30 ns a key.

The one compiled function of this room: polars joins and ``numpy.unique`` take three to ten
times as long for ten million keys. Importing this imports numba, so only long columns do.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from fundtrace.model.tables import Int32s, Int64s

UInt64s = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True)
def number_keys(keys: UInt64s) -> tuple[Int32s, Int64s]:
    """Return the number of each key, and for each number the first row that has it.

    An open-addressed table of numbers, never more than half full. Takes at most 2^31 keys.
    """
    bits = 12
    slots = np.full(1 << bits, -1, dtype=np.int32)
    known = np.empty(1 << (bits - 1), dtype=np.uint64)
    first = np.empty(1 << (bits - 1), dtype=np.int64)
    numbers = np.empty(len(keys), dtype=np.int32)
    count = 0
    spread = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: high bits depend on all
    for row in range(len(keys)):
        key = keys[row]
        mask = (1 << bits) - 1
        at = np.int64((key * spread) >> np.uint64(64 - bits))
        while slots[at] >= 0 and known[slots[at]] != key:
            at = (at + 1) & mask
        if slots[at] >= 0:
            numbers[row] = slots[at]
            continue
        if count == len(known):
            bits += 1
            mask = (1 << bits) - 1
            known = np.append(known, np.empty(count, dtype=np.uint64))
            first = np.append(first, np.empty(count, dtype=np.int64))
            slots = np.full(1 << bits, -1, dtype=np.int32)
            for number in range(count):
                at = np.int64((known[number] * spread) >> np.uint64(64 - bits))
                while slots[at] >= 0:
                    at = (at + 1) & mask
                slots[at] = number
            at = np.int64((key * spread) >> np.uint64(64 - bits))
            while slots[at] >= 0:
                at = (at + 1) & mask
        slots[at] = count
        known[count] = key
        first[count] = row
        numbers[row] = count
        count += 1
    return numbers, first[:count].copy()
