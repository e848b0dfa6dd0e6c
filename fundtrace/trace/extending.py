"""Movements that come after an input was made ready: the input goes on, it is not made anew.

Movements that run behind all that ran before are put into order by themselves, over the
accounts that they touch, and their events appended. A movement that comes late belongs
between earlier ones, and a first balance may say what an account held before: then the
input is made anew, and ``Step`` says which accounts that changes.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fundtrace.model.columns import pick_values
from fundtrace.model.growing import GrowingArray
from fundtrace.model.tables import (
    NO_ROW,
    NO_VALUE,
    OUTSIDE,
    Accounts,
    Int32s,
    Int64s,
    Loan,
    Movements,
    Tables,
    rank_loans,
)
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.order import ChainBreak, ChainReport, Order
from fundtrace.trace.places import Places
from fundtrace.trace.units import Bools, get_instants

# By account: the balance last known, or else what was booked so far, modulo 2^64; which it is.
Standing = tuple[Int64s, Bools]
FindStanding = Callable[[Tables, Order], Standing]
Open = Callable[[Tables], TraceInput]


@dataclass(frozen=True, eq=False)
class Step:
    """What an input became, and what of it is new."""

    given: TraceInput
    units: Int32s  # new codes, in running order, that run behind all that ran before
    changed: tuple[int, ...]  # accounts whose earlier events or opening changed
    tail: TraceInput | None  # the new movements by themselves; None: the input was made anew
    tail_accounts: Int64s  # ids in the whole of the tail's accounts
    opened: Int64s  # accounts to which nothing had happened before
    is_restart: bool = False  # what loans are, or how they are ranked, changed: trace anew


class GrowingInput:
    """An input up to no instant in particular, and what it takes to go on from it."""

    def __init__(self, given: TraceInput, open_input: Open, find_standing: FindStanding) -> None:
        """Begin with an input that has no ``as_of``."""
        if given.as_of is not None:
            raise ValueError("an input that ends at an instant does not go on")
        self.given = given
        self._open, self._find_standing = open_input, find_standing
        self._index()

    def _index(self) -> None:
        given, order = self.given, self.given.order
        movements = given.tables.movements
        standing, is_known = self._find_standing(given.tables, order)
        self._standing, self._is_known = GrowingArray(standing), GrowingArray(is_known)
        self._is_used = GrowingArray(_mark_used(movements, len(standing)))
        self._is_used.values[[loan.account_id for loan in given.loans]] = True
        self._units, self._is_late = GrowingArray(order.units), GrowingArray(order.is_late)
        self._opening = GrowingArray(order.opening)
        self._debit = GrowingArray(given.debit_position)
        self._credit = GrowingArray(given.credit_position)
        self._event_count = len(order)
        ends = [int(get_instants(movements, order.units[-1:])[0])] if len(order.units) else []
        ends += [at for at, _ in given.list_unbooked_disbursements()]
        self._last_at = max(ends, default=NO_VALUE)

    def extend(self, tables: Tables) -> Step:
        """Go on with tables that begin with the rows of those so far."""
        before, first = self.given.tables, len(self.given.tables.movements)
        movements = tables.movements
        is_early = movements.booked_at[first:] <= self._last_at
        new_loans = tables.loans[len(before.loans) :]
        is_restart = not _is_same(before, tables) or not self._fit_loans(new_loans, is_early, first)
        changed = self._list_changed(movements, first, is_early)
        if is_restart or changed:
            return self._make_anew(tables, is_early, (first, changed, is_restart))
        return self._go_on(tables, first, new_loans)

    def _fit_loans(self, loans: Sequence[Loan], is_early: Bools, first: int) -> bool:
        """Tell whether new loans come behind the others, in rank and in time."""
        last = max((loan.disbursed_at for loan in self.given.loans), default=NO_VALUE)
        for loan in loans:
            if loan.disbursed_at < last:
                return False
            if loan.movement == NO_ROW and loan.disbursed_at <= self._last_at:
                return False
            row = loan.movement - first
            if loan.movement != NO_ROW and (row < 0 or is_early[row]):
                return False
        return True

    def _list_changed(self, movements: Movements, first: int, is_early: Bools) -> tuple[int, ...]:
        """Return the accounts to which something happens before what ran already.

        Those of early movements, and those whose opening a first balance now defines.
        """
        changed: set[int] = set()
        count = len(self._is_known)
        for side, balance in (
            (movements.debit, movements.debit_balance_minor),
            (movements.credit, movements.credit_balance_minor),
        ):
            accounts = side[first:]
            changed.update(accounts[is_early].tolist())
            given = accounts[(balance[first:] != NO_VALUE) & (accounts >= 0) & (accounts < count)]
            is_first = self._is_used.values[given] & ~self._is_known.values[given]
            changed.update(given[is_first].tolist())
        return tuple(sorted(changed - {OUTSIDE}))

    def _make_anew(
        self, tables: Tables, is_early: Bools, what: tuple[int, tuple[int, ...], bool]
    ) -> Step:
        first, changed, is_restart = what
        self.given = self._open(tables)
        self._index()
        units = self.given.order.units
        row = units >> 1
        is_behind = np.zeros(len(tables.movements), dtype=np.bool_)
        is_behind[first:] = ~is_early
        nothing = np.zeros(0, dtype=np.int64)
        return Step(self.given, units[is_behind[row]], changed, None, nothing, nothing, is_restart)

    def _go_on(self, tables: Tables, first: int, new_loans: Sequence[Loan]) -> Step:
        """Put the new movements in order and their events behind the others."""
        movements, count = tables.movements, len(self._is_known)
        self._open_accounts(tables, count)
        sides = np.concatenate([movements.debit[first:], movements.credit[first:]])
        touched = np.unique(sides[sides >= 0]).astype(np.int64)
        tail = self._open(_cut_tail(tables, first, touched, self._get_known(touched)))
        order = tail.order
        units = order.units + np.int32(2 * first)
        self._units.extend(units)
        self._is_late.extend(order.is_late)
        for column, position in (
            (self._debit, tail.debit_position),
            (self._credit, tail.credit_position),
        ):
            column.extend(position + np.int32(self._event_count))
        self._event_count += len(order)
        is_idle = ~self._is_used.values[touched] & ~self._is_known.values[touched]
        self._opening.values[touched[is_idle]] = order.opening[is_idle]
        is_new = ~self._is_used.values[touched]
        self._stand(tail, touched)
        self._is_used.values[touched] = True
        self._is_used.values[[loan.account_id for loan in new_loans]] = True
        self.given = self._extend_given(tables, touched, order.report)
        self._add_loans(new_loans)
        ends = [int(get_instants(movements, units[-1:])[0])] if len(units) else []
        ends += [loan.disbursed_at for loan in new_loans]
        self._last_at = max([self._last_at, *ends])
        self.given.ends_at = max([self.given.ends_at, *ends])
        return Step(self.given, units, (), tail, touched, touched[is_new])

    def _open_accounts(self, tables: Tables, count: int) -> None:
        opening = tables.accounts.opening_minor[count:]
        is_known = opening != NO_VALUE
        held = np.where(is_known, opening, 0)
        self._standing.extend(held)
        self._opening.extend(held)
        self._is_known.extend(is_known)
        self._is_used.extend(np.zeros(len(held), dtype=np.bool_))

    def _get_known(self, accounts: Int64s) -> Int64s:
        known = self._standing.values[accounts].copy()
        known[~self._is_known.values[accounts]] = NO_VALUE
        return known

    def _stand(self, tail: TraceInput, touched: Int64s) -> None:
        """Note what is known of each touched account's balance now."""
        standing, is_known = self._find_standing(tail.tables, tail.order)
        before = np.where(self._is_known.values[touched], 0, self._standing.values[touched])
        self._standing.values[touched] = np.where(is_known, standing, standing + before)
        self._is_known.values[touched] |= is_known

    def _extend_given(self, tables: Tables, touched: Int64s, report: ChainReport) -> TraceInput:
        given = copy.copy(self.given)
        given.tables = tables
        opening = self._opening.values
        given.order = Order(
            self._units.values,
            self._is_late.values,
            opening,
            _add_reports(given.order.report, report, touched, len(self.given.tables.movements)),
        )
        given.opening_minor = opening
        given.debit_position, given.credit_position = self._debit.values, self._credit.values
        return given

    def _add_loans(self, new_loans: Sequence[Loan]) -> None:
        given = self.given
        before = len(given.loans)
        given.loans = [*given.loans, *new_loans]
        given.table_positions = (
            rank_loans(given.tables.loans) if new_loans else given.table_positions
        )
        given.loans = [given.tables.loans[position] for position in given.table_positions]
        given.places = Places(given.tables, given.loans, given.places)
        given.add_loans(before)


def _mark_used(movements: Movements, count: int) -> Bools:
    is_used = np.zeros(count + 1, dtype=np.bool_)
    is_used[movements.debit] = True
    is_used[movements.credit] = True
    return is_used[:-1]


def _is_same(before: Tables, tables: Tables) -> bool:
    """Tell whether everything but rows added to movements, accounts and loans is the same."""
    return (
        tables.parties is before.parties
        and tables.relations is before.relations
        and tables.members is before.members
        and tables.has_accounts_table == before.has_accounts_table
    )


def _cut_tail(tables: Tables, first: int, touched: Int64s, known: Int64s) -> Tables:
    """Return the new movements and the accounts that they touch as tables of their own."""
    accounts, movements = tables.accounts, tables.movements
    rows = np.arange(first, len(movements))
    number = np.full(len(accounts) + 1, OUTSIDE, dtype=np.int32)
    number[touched] = np.arange(len(touched))
    return replace(
        tables,
        accounts=Accounts(
            bank=pick_values(accounts.bank, touched),
            account=pick_values(accounts.account, touched),
            currency=pick_values(accounts.currency, touched),
            kind=pick_values(accounts.kind, touched),
            holder_id=pick_values(accounts.holder_id, touched),
            sector=pick_values(accounts.sector, touched),
            is_listed=np.asarray(accounts.is_listed)[touched],
            opening_minor=known,
            overdraft_limit_minor=accounts.overdraft_limit_minor[touched],
        ),
        movements=Movements(
            movement_id=pick_values(movements.movement_id, rows),
            line=movements.line[first:],
            booked_at=movements.booked_at[first:],
            credit_booked_at=movements.credit_booked_at[first:],
            seq=movements.seq[first:],
            debit=number[movements.debit[first:]],
            credit=number[movements.credit[first:]],
            amount_minor=movements.amount_minor[first:],
            credit_minor=movements.credit_minor[first:],
            currency=pick_values(movements.currency, rows),
            credit_currency=pick_values(movements.credit_currency, rows),
            kind=movements.kind[first:],
            reverses=np.full(len(rows), NO_ROW, dtype=np.int32),
            loan_id=pick_values(movements.loan_id, rows),
            debit_balance_minor=movements.debit_balance_minor[first:],
            credit_balance_minor=movements.credit_balance_minor[first:],
            texts={},
        ),
        loans=(),
        relations=(),
    )


def _add_reports(
    before: ChainReport, tail: ChainReport, touched: Int64s, first: int
) -> ChainReport:
    """Return one report on both; the tail's accounts and rows have numbers of their own."""
    broken: Counter[tuple[int, str]] = Counter()
    for one in before.breaks:
        broken[one.account_id, one.day] += one.rows
    for one in tail.breaks:
        broken[int(touched[one.account_id]), one.day] += one.rows
    return ChainReport(
        rows_with_balance=before.rows_with_balance + tail.rows_with_balance,
        rows_chained=before.rows_chained + tail.rows_chained,
        rows_rounded=before.rows_rounded + tail.rows_rounded,
        breaks=tuple(ChainBreak(*key, rows) for key, rows in sorted(broken.items())),
        cycles=(*before.cycles, *(tuple(row + first for row in cycle) for cycle in tail.cycles)),
    )
