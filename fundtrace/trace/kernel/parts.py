"""A part of a basis: some loans, the accounts that they can reach, and the events there.

What a part says of its loans is what the whole says, as long as no other loan reaches one
of its accounts; ``grouping`` finds such loans. A part is a basis of its own with numbers of
its own: accounts, movements and loans are numbered anew, in the same order. Other accounts
are OUTSIDE to it, which pays own money and takes what it likes; other loans are own money.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.kinds import EndReason, Rule
from fundtrace.model.tables import NO_ROW, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.driving import Driver, Portion, Written
from fundtrace.trace.kernel.grouping import Reach, reach_loans
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.preparing import Basis, Bools
from fundtrace.trace.result import Scope

_OUTSIDE = at.REASONS.index(EndReason.OUTSIDE)


class Part(NamedTuple):
    """A basis, and what its numbers are in the whole."""

    basis: Basis
    accounts: Int64s
    rows: Int64s
    ranks: Int64s


def cut_part(basis: Basis, wanted: Bools, scope: Scope, reach: Reach | None = None) -> Part:
    """Cut out the loans ``wanted`` (by rank) with all that they can reach within a scope.

    ``reach`` is that of exactly these loans, where it is known already.
    """
    reach = reach or reach_loans(basis, scope, wanted)
    columns = basis.columns
    is_inside = reach.label >= 0
    rows = _list_rows(columns, reach, is_inside, wanted)
    is_known = is_inside.copy()
    is_known[columns.credit[rows[columns.reason[rows] != 0]]] = True  # where money may rest
    is_known[basis.loans[wanted, at.LOAN_ACCOUNT]] = True
    is_known[-1] = False
    accounts = np.flatnonzero(is_known)
    events = _pick_events(basis, rows, is_inside, wanted)
    drawn, payees = (_pick_rows(table, rows) for table in (columns.drawn, columns.payees))
    is_named = wanted.copy()
    for ranks in (drawn[:, 1], payees[:, 1], -1 - events[events < 0]):
        is_named[ranks] = True
    numbers = _Numbers(accounts, rows, np.flatnonzero(is_named), len(basis.end), len(columns.flags))
    return Part(
        _renumber(basis, numbers, (events, drawn, payees), (wanted, is_inside)),
        accounts,
        rows,
        numbers.ranks,
    )


class _Numbers:
    """The numbers of a part: arrays from the whole's numbers to its own."""

    def __init__(
        self, accounts: Int64s, rows: Int64s, ranks: Int64s, account_count: int, row_count: int
    ) -> None:
        self.accounts, self.rows, self.ranks = accounts, rows, ranks
        self.account = np.full(account_count, at.NONE, dtype=np.int32)
        self.account[accounts] = np.arange(len(accounts))
        self.row = np.full(row_count + 1, NO_ROW, dtype=np.int32)  # last: NO_ROW itself
        self.row[rows] = np.arange(len(rows))


def _list_rows(columns: Columns, reach: Reach, is_inside: Bools, wanted: Bools) -> Int64s:
    """Return the movements that a part knows, sorted: those that change its accounts or loans.

    A movement that carries returns, and one that a return inside takes back, are among them.
    """
    is_kept = is_inside[columns.debit] | is_inside[columns.credit]
    is_kept[columns.drawn[wanted[columns.drawn[:, 1]], 0]] = True
    returns = np.flatnonzero(columns.flags & at.REVERSES)
    originals = columns.reverses[returns]
    carried = columns.reversed_rows[reach.carried >= 0, 0]
    is_kept[carried] = True
    is_carried = np.zeros(len(is_kept), dtype=np.bool_)
    is_carried[carried] = True
    is_kept[returns[is_carried[originals]]] = True
    is_kept[originals[is_kept[returns]]] = True
    return np.flatnonzero(is_kept)


def _pick_events(basis: Basis, rows: Int64s, is_inside: Bools, wanted: Bools) -> Int64s:
    """Return the events of these movements, and of payouts that no movement books."""
    codes = basis.columns.events.astype(np.int64)
    is_kept = np.zeros(len(basis.columns.flags), dtype=np.bool_)
    is_kept[rows] = True
    is_payout = codes < 0
    ranks = -1 - codes[is_payout]
    kept = is_kept[np.maximum(codes, 0) >> 1]
    kept[is_payout] = wanted[ranks] | is_inside[basis.loans[ranks, at.LOAN_ACCOUNT]]
    picked: Int64s = codes[kept]
    return picked


def _pick_rows(table: Int64s, rows: Int64s) -> Int64s:
    """Return the lines of a table by row whose movement is among ``rows``."""
    picked: Int64s = table[np.isin(table[:, 0], rows)]
    return picked


def _renumber(
    basis: Basis,
    numbers: _Numbers,
    picked: tuple[Int64s, Int64s, Int64s],
    inside: tuple[Bools, Bools],
) -> Basis:
    """Return the part as a basis of its own."""
    columns, rows, accounts = basis.columns, numbers.rows, numbers.accounts
    (events, drawn, payees), (wanted, is_inside) = picked, inside
    rank = np.full(len(basis.loans), at.NONE, dtype=np.int64)
    rank[numbers.ranks] = np.arange(len(numbers.ranks))
    is_payout = events < 0
    codes = (numbers.row[np.maximum(events, 0) >> 1].astype(np.int64) << 1) | (events & 1)
    codes[is_payout] = -1 - rank[-1 - events[is_payout]]
    reversed_rows = columns.reversed_rows[np.isin(columns.reversed_rows[:, 0], rows)]
    loans = basis.loans[numbers.ranks]
    loans[:, at.IS_TRACED] = wanted[numbers.ranks]
    loans[:, at.LOAN_ACCOUNT] = numbers.account[loans[:, at.LOAN_ACCOUNT]]
    reason = columns.reason[rows]
    reason[~is_inside[columns.credit[rows]] & (reason == 0)] = _OUTSIDE  # own money goes there
    own = Columns(
        events=codes.astype(np.int32),
        flags=columns.flags[rows],
        debit=numbers.account[columns.debit[rows]],
        credit=numbers.account[columns.credit[rows]],
        amount=columns.amount[rows],
        credited=columns.credited[rows],
        booked_at=columns.booked_at[rows],
        credited_at=columns.credited_at[rows],
        reverses=numbers.row[columns.reverses[rows]],
        reason=reason,
        drawn=np.column_stack([numbers.row[drawn[:, 0]], rank[drawn[:, 1]], drawn[:, 2]]),
        payees=np.column_stack([numbers.row[payees[:, 0]], rank[payees[:, 1]]]),
        reversed_rows=numbers.row[reversed_rows].astype(np.int64),
    )
    end = basis.end[np.append(accounts, -1)]
    end[:-1][~is_inside[accounts] & (end[:-1] == 0)] = _OUTSIDE
    return Basis(
        columns=own,
        end=end,
        opening=basis.opening[accounts],
        limit=basis.limit[accounts],
        reached=basis.reached[np.append(accounts, -1)],
        keys=basis.keys[accounts],
        holders=basis.holders[accounts],
        loans=loans,
        ends_at=basis.ends_at,
    )


def run_part(part: Part, rule: Rule, scope: Scope) -> Written:
    """Run a rule over a part; what it wrote, in the numbers of the whole.

    ``unobserved`` stays in the part's numbers: no rule changes it (``FifoIndex`` has it).
    """
    written = Driver(part.basis, rule, scope).write()
    return restore(part, written)


def restore(part: Part, written: Written) -> Written:
    """Put what a part wrote into the numbers of the whole."""
    rows = np.append(part.rows, NO_ROW)  # place -1 stands for none
    accounts = np.append(part.accounts, at.NONE)
    log = written.log.copy()
    log[:, at.G_RANK] = part.ranks[log[:, at.G_RANK]]
    log[:, at.G_ACCOUNT] = accounts[log[:, at.G_ACCOUNT]]
    log[:, at.G_DETAIL] = rows[log[:, at.G_DETAIL]]
    cells = written.cells
    if cells is not None and len(cells):
        cells = cells.copy()
        cells[:, 0] = rows[cells[:, 0]]
    portions = [
        one._replace(
            rank=part.ranks[one.rank].astype(np.int32),
            row=rows[one.row].astype(np.int32),
            parents=one.parents if cells is not None else rows[one.parents].astype(np.int32),
        )
        for one in written.portions
    ]
    return Written(portions, log, written.unobserved, cells)


def join_written(parts: list[Written], unobserved: Int64s) -> Written:
    """Join what parts without a common loan wrote, all in the numbers of the whole."""
    portions: list[Portion] = []
    cells: list[Int32s] = []
    count = 0
    for one in parts:
        shift = count if one.cells is not None else 0
        portions += [
            portion._replace(parents=(portion.parents + shift).astype(np.int32))
            for portion in one.portions
        ]
        if one.cells is not None:
            moved = one.cells.copy()
            moved[moved[:, 1] >= 0, 1] += count
            cells.append(moved)
            count += len(moved)
    nothing = np.zeros((0, at.LOG_WIDTH), dtype=np.int64)
    log = np.concatenate([nothing, *(one.log for one in parts)])
    return Written(portions, log, unobserved, np.concatenate(cells) if cells else None)
