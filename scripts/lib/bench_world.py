"""A synthetic world for benchmarks: columns drawn at random, without files or parties.

Who pays and who is paid follow Zipf's law (exponent 0.6); amounts, opening balances and
principals are log-normal; one year; ten movements to an account, fifty accounts to a loan.
No returns, conversions, overdrafts or declared payees: the rules run their plain path.
Figures depend on the draw, so a world here is for timing and never for an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, overload

import numpy as np

from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import (
    NO_ROW,
    NO_VALUE,
    Accounts,
    Int64s,
    Loan,
    Movements,
    Tables,
)

MOVEMENTS_EACH = 10  # by account
ACCOUNTS_EACH = 50  # by loan
_ZIPF = 0.6
_START, _YEAR = 1_700_000_000_000_000, 365 * 86_400_000_000  # microseconds

T = TypeVar("T")


class Same(Sequence[T]):
    """A column that holds one value in every row."""

    def __init__(self, count: int, value: T) -> None:
        """Hold a value ``count`` times."""
        self._count, self._value = count, value

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """Return the value."""
        if isinstance(index, slice):
            return Same(len(range(self._count)[index]), self._value)
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._value


class Numbers(Sequence[str]):
    """A column of row numbers as text."""

    def __init__(self, count: int) -> None:
        """Number ``count`` rows."""
        self._rows = range(count)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        """Return the number of a row."""
        found = self._rows[index]
        return str(found) if isinstance(found, int) else [str(one) for one in found]


def draw_tables(movements: int, seed: int) -> Tables:
    """Draw a synthetic world of so many movements."""
    draws = np.random.default_rng(seed)
    accounts = movements // MOVEMENTS_EACH
    opening = _draw_amounts(draws, accounts, 13, 2)
    return Tables(
        accounts=Accounts(
            bank=["B"] * accounts,
            account=[str(one) for one in range(accounts)],
            currency=Same(accounts, "CNY"),
            kind=[AccountKind.CURRENT] * accounts,
            holder_id=[""] * accounts,
            sector=[""] * accounts,
            is_listed=[True] * accounts,
            opening_minor=opening,
            overdraft_limit_minor=np.zeros(accounts, dtype=np.int64),
        ),
        movements=_draw_movements(draws, movements, accounts),
        loans=_draw_loans(draws, accounts),
        parties={},
        relations=(),
        members=None,
        has_accounts_table=False,
        snapshot="",
    )


def _draw_movements(draws: np.random.Generator, count: int, accounts: int) -> Movements:
    weights = np.cumsum(np.arange(1, accounts + 1) ** -_ZIPF)
    weights /= weights[-1]
    number = draws.permutation(accounts).astype(np.int32)
    debit = number[np.searchsorted(weights, draws.random(count))]
    credit = number[np.searchsorted(weights, draws.random(count))]
    is_own = debit == credit
    credit[is_own] = (credit[is_own] + 1) % accounts
    booked_at = np.sort(draws.integers(0, _YEAR, count)) + _START
    amount = np.maximum(100, _draw_amounts(draws, count, 11, 1.5))
    absent = np.full(count, NO_VALUE)
    return Movements(
        movement_id=Numbers(count),
        line=np.arange(1, count + 1),
        booked_at=booked_at,
        credit_booked_at=booked_at,
        seq=absent,
        debit=debit,
        credit=credit,
        amount_minor=amount,
        credit_minor=amount,
        currency=Same(count, "CNY"),
        credit_currency=Same(count, "CNY"),
        kind=np.zeros(count, dtype=np.int8),
        reverses=np.full(count, NO_ROW, dtype=np.int32),
        loan_id=Same(count, ""),
        debit_balance_minor=absent,
        credit_balance_minor=absent,
        texts={},
    )


def _draw_loans(draws: np.random.Generator, accounts: int) -> tuple[Loan, ...]:
    count = accounts // ACCOUNTS_EACH
    account = draws.integers(0, accounts, count).tolist()
    times = (np.sort(draws.integers(0, _YEAR, count)) + _START).tolist()
    principals = _draw_amounts(draws, count, 17, 1).tolist()
    return tuple(
        Loan(f"L{rank}", account[rank], "B", str(account[rank]), principals[rank], "CNY", at)
        for rank, at in enumerate(times)
    )


def _draw_amounts(draws: np.random.Generator, count: int, mean: float, spread: float) -> Int64s:
    # Floats only to draw by; from here on amounts are whole minor units.
    return np.exp(draws.normal(mean, spread, count)).astype(np.int64)
