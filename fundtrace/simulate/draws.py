"""Seeded draws that come out the same on every machine, to the bit.

Bit generators and bounded integers are specified; ``exp``, ``log`` and ``power`` are not (their
last digit depends on the processor), and everything built on them, such as normal deviates, is
not either. So only integers and the IEEE 754 operations that must be rounded correctly
(+ - * / and the square root) are used here, and money never is a float: a float is at most a
shape, which becomes a whole number of 1024ths before it meets an amount.

Each room draws from a stream of its own, so that a change in one does not stir the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import Int64s

Bools = npt.NDArray[np.bool_]
_TAIL_MAX = 2_000 * 1024  # LIMIT: the largest amount of a kind is 2,000 times the smallest


class Draws:
    """One stream of draws."""

    def __init__(self, seed: int, room: int) -> None:
        """Start the stream of a room of the world of a seed."""
        self._rng = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, room])))

    def below(self, bound: int, count: int) -> Int64s:
        """Return whole numbers from 0 up to, not including, ``bound``."""
        return self._rng.integers(0, bound, count, dtype=np.int64)

    def between(self, low: int, high: int) -> int:
        """Return one whole number from ``low`` to ``high``, both included."""
        return int(self._rng.integers(low, high + 1))

    def spread(self, low: int, high: int, count: int) -> Int64s:
        """Return whole numbers from ``low`` to ``high``, both included."""
        return self._rng.integers(low, high + 1, count, dtype=np.int64)

    def chance(self, per_mille: int, count: int) -> Bools:
        """Return which of ``count`` happen, each with ``per_mille`` in a thousand."""
        return self._rng.integers(0, 1000, count, dtype=np.int64) < per_mille

    def rank(self, ranks: int, count: int) -> Int64s:
        """Return ranks from 0, the k-th as often as k to the power of -0.6 (Zipf).

        The share of the first r of n ranks is (r/n)^0.4, so r = n u^2.5 = n u u sqrt(u).
        """
        u = self._rng.random(count)
        return np.minimum((u * u * np.sqrt(u) * ranks).astype(np.int64), ranks - 1)

    def amounts(self, base_minor: int, count: int) -> Int64s:
        """Return amounts from ``base_minor`` up with a heavy tail (v^-3/4: Pareto, 4/3).

        Half of them are whole yuan.
        """
        v = 1.0 - self._rng.random(count)  # never 0
        root = np.sqrt(v)
        shape = np.minimum((1024.0 / (root * np.sqrt(root))), _TAIL_MAX).astype(np.int64)
        minor = base_minor * shape // 1024
        whole = np.maximum(minor // 100 * 100, 100)
        return np.where(self.chance(500, count), whole, minor)

    def shuffle(self, count: int) -> Int64s:
        """Return 0 to ``count`` - 1 in any order."""
        return self._rng.permutation(count)

    def yuan(self, low: int, high: int, step: int) -> int:
        """Return one amount in fen, a multiple of ``step`` yuan from ``low`` to ``high`` yuan."""
        return self.between(-(-low // step), high // step) * step * 100
