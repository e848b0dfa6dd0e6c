"""Movements that come after an input was made ready: the input goes on, it is not made anew.

Such an input stands at its last booking (``find_end``): later credits of movements already
booked are in flight, and land with a later step. Movements booked behind that are put into
order by themselves, with the credits that land among them, over the accounts that they
touch, and their events appended. A movement that comes early belongs between those that ran,
and a first balance may say what an account held before: then the input is made anew, and
``Step`` says which accounts that changes.

What would be more than 64 bits carry (``bounds``) is refused before anything has changed.
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
from fundtrace.trace.bounds import add_up_amounts, check_amounts
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.order import ChainBreak, ChainReport, Order
from fundtrace.trace.places import Places
from fundtrace.trace.units import Bools, check_count

# By account: the balance last known, or else what was booked so far, modulo 2^64; which it is.
Standing = tuple[Int64s, Bools]
FindStanding = Callable[[Tables, Order], Standing]
Open = Callable[[Tables, int], TraceInput]


@dataclass(frozen=True, eq=False)
class Step:
    """What an input became, and what of it is new."""

    given: TraceInput
    units: Int32s  # new codes, in running order, that run behind all that ran before
    landing: Int64s  # movements that were in flight before the step
    pending: Int64s  # and that are now
    changed: tuple[int, ...] = ()  # accounts whose earlier events or opening changed
    tail: TraceInput | None = None  # the new movements by themselves; None: made anew
    tail_accounts: Int64s | None = None  # ids in the whole of the tail's accounts
    opened: Int64s | None = None  # accounts to which nothing had happened before
    is_restart: bool = False  # what loans are, or how they are ranked, changed: trace anew


def find_end(tables: Tables) -> int:
    """Return the instant at which an input over these tables stands: the last booking."""
    booked_at = tables.movements.booked_at
    ends = [loan.disbursed_at for loan in tables.loans if loan.movement == NO_ROW]
    return max([*ends, int(booked_at.max())] if len(booked_at) else ends, default=0)


class GrowingInput:
    """An input that stands at its last booking, and what it takes to go on from there."""

    def __init__(self, given: TraceInput, open_input: Open, find_standing: FindStanding) -> None:
        """Begin with an input whose ``as_of`` is ``find_end`` of its tables."""
        if given.as_of != find_end(given.tables):
            raise ValueError("an input goes on from its last booking and from nowhere else")
        self.given = given
        self._open, self._find_standing = open_input, find_standing
        self._total = _add_up_all(given)
        self._index()

    @property
    def pending(self) -> Int64s:
        """Return the movements in flight."""
        return self._pending

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
        self._at = find_end(given.tables)
        self._pending = np.flatnonzero(movements.credit_booked_at > self._at)

    def extend(self, tables: Tables) -> Step:
        """Go on with tables that begin with the rows of those so far.

        Raises OverflowError where these are too many, or the amounts add up to too much; then
        nothing has changed.
        """
        before, first = self.given.tables, len(self.given.tables.movements)
        movements = tables.movements
        check_count(movements)
        is_early = movements.booked_at[first:] <= self._at
        new_loans = tables.loans[len(before.loans) :]
        is_restart = not _is_same(before, tables) or not self._fit_loans(new_loans, is_early, first)
        at = max(self._at, find_end(tables))
        landing = self._pending[movements.credit_booked_at[self._pending] <= at]
        changed = self._list_changed(movements, first, is_early, landing)
        if is_restart or changed:
            return self._make_anew(tables, is_early, changed, is_restart=is_restart)
        return self._go_on(tables, at, landing)

    def _fit_loans(self, loans: Sequence[Loan], is_early: Bools, first: int) -> bool:
        """Tell whether new loans come behind the others, in rank and in time."""
        last = max((loan.disbursed_at for loan in self.given.loans), default=NO_VALUE)
        for loan in loans:
            if loan.disbursed_at < last:
                return False
            if loan.movement == NO_ROW and loan.disbursed_at <= self._at:
                return False
            row = loan.movement - first
            if loan.movement != NO_ROW and (row < 0 or is_early[row]):
                return False
        return True

    def _list_changed(
        self, movements: Movements, first: int, is_early: Bools, landing: Int64s
    ) -> tuple[int, ...]:
        """Return the accounts to which something happens before what ran already.

        Those of early movements, and those whose opening a first balance now defines.
        """
        rows = np.arange(first, len(movements))
        landed = np.concatenate([rows, landing])
        early, count = rows[is_early], len(self._is_known)
        changed = set(movements.debit[early].tolist()) | set(movements.credit[early].tolist())
        for account, balance in (
            (movements.debit[rows], movements.debit_balance_minor[rows]),
            (movements.credit[landed], movements.credit_balance_minor[landed]),
        ):
            given = account[(balance != NO_VALUE) & (account >= 0) & (account < count)]
            is_first = self._is_used.values[given] & ~self._is_known.values[given]
            changed.update(given[is_first].tolist())
        return tuple(sorted(changed - {OUTSIDE}))

    def _make_anew(
        self, tables: Tables, is_early: Bools, changed: tuple[int, ...], *, is_restart: bool
    ) -> Step:
        first, landing = len(self.given.tables.movements), self._pending
        given = self._open(tables, find_end(tables))
        total = _add_up_all(given)
        check_amounts(total)
        self.given, self._total = given, total
        self._index()
        units = self.given.order.units
        row, is_credit = units >> 1, (units & 1).astype(np.bool_)
        is_new = np.zeros(len(tables.movements), dtype=np.bool_)
        is_new[first:] = ~is_early
        lands = np.zeros(len(tables.movements), dtype=np.bool_)
        lands[landing] = True
        units = units[is_new[row] | (is_credit & lands[row])]
        return Step(self.given, units, landing, self._pending, changed, is_restart=is_restart)

    def _go_on(self, tables: Tables, at: int, landing: Int64s) -> Step:
        """Put the new movements in order and their events behind the others."""
        before = self.given.tables
        first, movements = len(before.movements), tables.movements
        new_loans = tables.loans[len(before.loans) :]
        rows = np.concatenate([np.arange(first, len(movements)), landing])
        sides = np.concatenate([movements.debit[rows], movements.credit[rows]])
        touched = np.unique(sides[sides >= 0]).astype(np.int64)
        known, is_new = self._get_known(tables, touched)
        tail = self._open(_cut_tail(tables, (rows, touched), known, first), at)
        is_idle = is_new & (known == NO_VALUE)
        listed = tables.accounts.opening_minor[len(before.accounts) :]
        openings = (tail.opening_minor[is_idle], listed[listed != NO_VALUE])
        total = self._total + add_up_amounts(movements, new_loans, *openings, first=first)
        check_amounts(total)  # nothing has changed until here
        self._total = total
        self._open_accounts(listed)
        units = tail.order.units
        of_tail = units >> 1
        is_landing = of_tail >= len(movements) - first
        units = (rows[of_tail].astype(np.int32) << 1) | (units & 1) | is_landing
        self._is_late.extend(tail.order.is_late[: len(movements) - first])
        self._place(units, len(movements) - first)
        self._opening.values[touched[is_idle]] = tail.order.opening[is_idle]
        self._stand(tail, touched)
        self._is_used.values[touched] = True
        self._is_used.values[[loan.account_id for loan in new_loans]] = True
        old, self._at = self._pending, at
        in_flight = np.union1d(old, rows[: len(movements) - first])
        self._pending = in_flight[movements.credit_booked_at[in_flight] > at]
        self._extend_given(tables, touched, tail.order.report, rows)
        opened = touched[is_new]
        return Step(self.given, units, old, self._pending, (), tail, touched, opened)

    def _open_accounts(self, opening: Int64s) -> None:
        is_known = opening != NO_VALUE
        held = np.where(is_known, opening, 0)
        self._standing.extend(held)
        self._opening.extend(held)
        self._is_known.extend(is_known)
        self._is_used.extend(np.zeros(len(held), dtype=np.bool_))

    def _get_known(self, tables: Tables, accounts: Int64s) -> tuple[Int64s, Bools]:
        """Return the balance known of accounts, or NO_VALUE, and to which nothing has happened."""
        known, is_new = tables.accounts.opening_minor[accounts], np.ones(len(accounts), np.bool_)
        is_there = accounts < len(self._is_known)
        there = accounts[is_there]
        standing = self._standing.values[there]
        known[is_there] = np.where(self._is_known.values[there], standing, NO_VALUE)
        is_new[is_there] = ~self._is_used.values[there]
        return known, is_new

    def _place(self, units: Int32s, rows: int) -> None:
        """Note the positions of the units' events."""
        self._units.extend(units)
        nowhere = np.full(rows, -1, dtype=np.int32)
        self._debit.extend(nowhere)
        self._credit.extend(nowhere)
        row, is_credit = units >> 1, (units & 1).astype(np.bool_)
        is_pair = ~is_credit & ~self._is_late.values[row]
        size = 1 + is_pair.astype(np.int32)
        start = self._event_count + np.cumsum(size, dtype=np.int32) - size
        self._debit.values[row[~is_credit]] = start[~is_credit]
        self._credit.values[row[is_credit]] = start[is_credit]
        self._credit.values[row[is_pair]] = start[is_pair] + 1
        self._event_count += int(size.sum())

    def _stand(self, tail: TraceInput, touched: Int64s) -> None:
        """Note what is known of each touched account's balance now."""
        standing, is_known = self._find_standing(tail.tables, tail.order)
        before = np.where(self._is_known.values[touched], 0, self._standing.values[touched])
        self._standing.values[touched] = np.where(is_known, standing, standing + before)
        self._is_known.values[touched] |= is_known

    def _extend_given(
        self, tables: Tables, touched: Int64s, report: ChainReport, rows: Int64s
    ) -> None:
        given, known_loans = copy.copy(self.given), len(self.given.loans)
        given.__dict__.pop("outflows", None)  # cached where a question asked: without these rows
        given.tables = tables
        opening = self._opening.values
        report = _add_reports(given.order.report, report, touched, rows)
        given.order = Order(self._units.values, self._is_late.values, opening, report)
        given.opening_minor = opening
        # A position changes once, when a credit lands; whoever holds the former input sees it.
        given.debit_position, given.credit_position = self._debit.values, self._credit.values
        given.as_of = given.ends_at = self._at
        if len(tables.loans) > known_loans:
            given.table_positions = rank_loans(tables.loans)
            given.loans = [tables.loans[position] for position in given.table_positions]
        given.places = Places(tables, given.loans, given.places)
        given.add_loans(known_loans)
        self.given = given


def _add_up_all(given: TraceInput) -> int:
    return add_up_amounts(given.tables.movements, given.loans, given.opening_minor)


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


def _cut_tail(tables: Tables, picked: tuple[Int64s, Int64s], known: Int64s, first: int) -> Tables:
    """Return some movements and the accounts that they touch as tables of their own.

    Of movements before row ``first`` only the credit is left, at its own instant.
    """
    rows, touched = picked
    accounts, movements = tables.accounts, tables.movements
    number = np.full(len(accounts) + 1, OUTSIDE, dtype=np.int32)
    number[touched] = np.arange(len(touched))
    lands = rows < first
    credited_at = movements.credit_booked_at[rows]
    credited = movements.credit_minor[rows]
    credit_currency = pick_values(movements.credit_currency, rows)
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
            line=movements.line[rows],
            booked_at=np.where(lands, credited_at, movements.booked_at[rows]),
            credit_booked_at=credited_at,
            seq=movements.seq[rows],
            debit=np.where(lands, OUTSIDE, number[movements.debit[rows]]).astype(np.int32),
            credit=number[movements.credit[rows]],
            amount_minor=np.where(lands, credited, movements.amount_minor[rows]),
            credit_minor=credited,
            currency=credit_currency,
            credit_currency=credit_currency,
            kind=movements.kind[rows],
            reverses=np.full(len(rows), NO_ROW, dtype=np.int32),
            loan_id=pick_values(movements.loan_id, rows),
            debit_balance_minor=np.where(lands, NO_VALUE, movements.debit_balance_minor[rows]),
            credit_balance_minor=movements.credit_balance_minor[rows],
            texts={},
        ),
        loans=(),
        relations=(),
    )


def _add_reports(
    before: ChainReport, tail: ChainReport, touched: Int64s, rows: Int64s
) -> ChainReport:
    """Return one report on both; the tail's accounts and rows have numbers of their own."""
    broken: Counter[tuple[int, str]] = Counter()
    for one in before.breaks:
        broken[one.account_id, one.day] += one.rows
    for one in tail.breaks:
        broken[int(touched[one.account_id]), one.day] += one.rows
    cycles = [tuple(rows[list(cycle)].tolist()) for cycle in tail.cycles]
    return ChainReport(
        rows_with_balance=before.rows_with_balance + tail.rows_with_balance,
        rows_chained=before.rows_chained + tail.rows_chained,
        rows_rounded=before.rows_rounded + tail.rows_rounded,
        breaks=tuple(ChainBreak(*key, rows) for key, rows in sorted(broken.items())),
        cycles=(*before.cycles, *cycles),
    )
