"""The events on accounts, by account: what each does, and what balance the bank gave after it.

Balances may be sums beyond 64 bits in hostile data, so sums are taken modulo 2^64, which
equality does not mind. ``walk_entries`` is what ``order`` asks first, of all accounts: whose
balances do not chain as they stand, and what each account held at first. The kernel has a
compiled twin of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import NO_VALUE, Int32s, Int64s, Tables
from fundtrace.trace.units import Bools, Positions


@dataclass(frozen=True, eq=False)
class Entries:
    """Events on accounts, by account and then in the order of their units."""

    unit: Positions
    account: Int32s
    delta: Int64s
    balance: Int64s  # after, NO_VALUE where not given
    sum: Int64s  # of deltas up to here, over all accounts, modulo 2^64
    last_given: Int64s  # nearest event of the account, up to here, with a balance; or -1
    is_opened: Bools  # whether the accounts table gives the account's opening balance
    opening: Int64s  # that balance less the sum before the account's first event

    def get_gaps(self) -> Int64s:
        """Return by how much each given balance misses what the one before makes it."""
        given = np.flatnonzero(self.balance != NO_VALUE)
        opening = self.balance[given] - self.sum[given]
        is_first = find_first_of_each(self.account[given])
        gaps = np.zeros(len(self.balance), dtype=np.int64)
        from_table = np.where(self.is_opened[given], opening - self.opening[given], 0)
        gaps[given] = np.where(is_first, from_table, opening - np.roll(opening, 1))
        return gaps


class Walked(NamedTuple):
    """What a walk over all events finds; arrays by account."""

    is_bad: Bools  # whether some given balance of it does not chain to the unit
    opening: Int64s  # the table's, or what the first given balance makes it, modulo 2^64, or 0
    given_count: int  # balances given


Walk = Callable[[Tables, Int32s, Bools], Walked]  # of units in an order, and which are late


def walk_entries(tables: Tables, units: Int32s, is_late: Bools) -> Walked:
    """Walk over all events in the order of their units."""
    entries = open_entries(tables, units, is_late)
    is_bad = np.zeros(len(tables.accounts), dtype=np.bool_)
    is_bad[entries.account[entries.get_gaps() != 0]] = True
    opening = tables.accounts.opening_minor.copy()
    opening[opening == NO_VALUE] = 0
    derive_openings(entries, opening)
    return Walked(is_bad, opening, int((entries.balance != NO_VALUE).sum()))


def derive_openings(entries: Entries, opening: Int64s) -> None:
    """Set the openings that no table gives and that the first given balance of entries makes."""
    given = np.flatnonzero((entries.balance != NO_VALUE) & ~entries.is_opened)
    first = given[find_first_of_each(entries.account[given])]
    start = np.searchsorted(entries.account, entries.account[first])
    before = entries.sum[start] - entries.delta[start]
    opening[entries.account[first]] = entries.balance[first] - (entries.sum[first] - before)


def find_first_of_each(values: npt.NDArray[np.integer]) -> Bools:
    """Return which values differ from the one before."""
    is_first = np.ones(len(values), dtype=np.bool_)
    is_first[1:] = values[1:] != values[:-1]
    return is_first


def open_entries(
    tables: Tables, units: Int32s, is_late: Bools, chosen: Bools | None = None
) -> Entries:
    """List the events on the chosen accounts (None: on all) by account, in unit order."""
    movements = tables.movements
    row = units >> 1
    is_credit = (units & 1).astype(np.bool_)
    on_debit, on_credit = movements.debit[row], movements.credit[row]
    has_debit = (on_debit >= 0) & ~is_credit
    has_credit = (on_credit >= 0) & (is_credit | ~is_late[row])
    if chosen is not None:  # OUTSIDE reads the last account here and is left out above
        has_debit &= chosen[on_debit]
        has_credit &= chosen[on_credit]
    debits, credits_ = np.flatnonzero(has_debit), np.flatnonzero(has_credit)
    debit_rows, credit_rows = row[debits], row[credits_]
    unit = np.concatenate([debits, credits_])
    account = np.concatenate([on_debit[debits], on_credit[credits_]])
    delta = np.concatenate(
        [-movements.amount_minor[debit_rows], movements.credit_minor[credit_rows]]
    )
    balance = np.concatenate(
        [movements.debit_balance_minor[debit_rows], movements.credit_balance_minor[credit_rows]]
    )
    by = np.lexsort((unit, account))  # stable: of one unit's two events the debit is first
    return _add_up(tables, unit[by], account[by], delta[by], balance[by])


def _add_up(
    tables: Tables, unit: Positions, account: Int32s, delta: Int64s, balance: Int64s
) -> Entries:
    at = np.arange(len(unit), dtype=np.int64)
    last_given = np.maximum.accumulate(np.where(balance != NO_VALUE, at, -1))
    first_of_account = np.maximum.accumulate(np.where(find_first_of_each(account), at, 0))
    last_given = np.where(last_given >= first_of_account, last_given, -1)
    total = np.cumsum(delta)
    opening = tables.accounts.opening_minor[account]
    return Entries(
        unit=unit,
        account=account,
        delta=delta,
        balance=balance,
        sum=total,
        last_given=last_given,
        is_opened=opening != NO_VALUE,
        opening=opening - (total - delta)[first_of_account],
    )
