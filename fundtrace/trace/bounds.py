"""How large sums may become where they are computed in 64 bits, exactly and beforehand.

No balance, and nothing paid unseen, is more than all openings, principals and amounts
together. The reference (``trace_all``) computes in Python's integers and has no bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import Loan, Movements

# LIMIT: 2^61, so that two such sums, one taken from or added to the other, stay within 63 bits.
AMOUNTS_END = 1 << 61


def add_up_amounts(
    movements: Movements, loans: Iterable[Loan], *openings: npt.NDArray[Any], first: int = 0
) -> int:
    """Return what movements from row ``first`` on, loans and opening balances add up to."""
    total = sum(loan.principal_minor for loan in loans)
    for amounts in (movements.amount_minor[first:], movements.credit_minor[first:], *openings):
        total += _add_up(np.abs(amounts))
    return total


def check_amounts(total: int) -> None:
    """Raise OverflowError where what all amounts add up to is beyond the bound."""
    if total >= AMOUNTS_END:
        raise OverflowError("the amounts add up to 2^61 minor units or more")


def _add_up(amounts: npt.NDArray[Any]) -> int:
    """Return a sum that may be beyond 64 bits: at most 2^31 numbers, high and low half apart."""
    if amounts.dtype == object:  # Python's integers, beyond 64 bits themselves
        return int(amounts.sum())
    return (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
