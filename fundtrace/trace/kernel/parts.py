"""A part of a basis: some loans, the accounts that they can reach, and the events there.

What a part says of its loans is what the whole says, as long as no other loan reaches one
of its accounts; ``grouping`` finds such loans. A part is a basis of its own with numbers of
its own: accounts, movements and loans are numbered anew, in the same order. Other accounts
are OUTSIDE to it, which pays own money and takes what it likes; other loans are own money.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fundtrace.model.kinds import EndReason, Rule
from fundtrace.model.tables import NO_ROW, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.driving import Driver, Portion, Written
from fundtrace.trace.kernel.grouping import Reach, reach_loans
from fundtrace.trace.kernel.preparing import Basis, Bools
from fundtrace.trace.kernel.slices import (
    Gathered,
    Head,
    Register,
    Slice,
    build_register,
    gather,
    join_slices,
    list_heads,
    select,
    take,
)
from fundtrace.trace.result import Scope

_OUTSIDE = at.REASONS.index(EndReason.OUTSIDE)


class Part(NamedTuple):
    """A basis, and what its numbers are in the whole."""

    basis: Basis
    accounts: Int64s
    rows: Int64s
    ranks: Int64s


class Inside(NamedTuple):
    """What belongs to a part."""

    wanted: Bools  # loans, by rank
    accounts: Bools  # that they can reach; last OUTSIDE
    carried: Bools  # reversed movements that their money can have gone by


def cut_part(basis: Basis, wanted: Bools, scope: Scope, reach: Reach | None = None) -> Part:
    """Cut out the loans ``wanted`` (by rank) with all that they can reach within a scope.

    ``reach`` is that of these loans, or of all loans where these are whole groups of them.
    """
    reach = reach or reach_loans(basis, scope, wanted)
    register, inside, columns = build_register(basis), find_inside(reach, wanted), basis.columns
    heads = list_heads(columns)
    codes = [head.code[pick_events(register, head, inside)] for head in heads]
    return build_part(register, take(columns, np.concatenate([columns.events[:0], *codes])), inside)


def cut_slices(register: Register, slices: Iterable[Slice], inside: Inside) -> Part:
    """Cut a part out of all slices of a basis, one slice in memory at a time."""
    picked = [select(one, pick_events(register, one, inside)) for one in slices]
    return build_part(register, join_slices(picked), inside)


def build_part(register: Register, picked: Slice, inside: Inside) -> Part:
    """Return the events that belong to a part as a basis of its own."""
    gathered = gather(register, picked)
    columns, loans = gathered.columns, register.loans
    is_known = inside.accounts.copy()
    is_known[columns.credit[columns.reason != 0]] = True  # where money may rest
    is_known[loans[inside.wanted, at.LOAN_ACCOUNT]] = True
    is_known[-1] = False
    is_named = inside.wanted.copy()
    payouts = columns.events[columns.events < 0]
    for ranks in (columns.drawn[:, 1], columns.payees[:, 1], -1 - payouts):
        is_named[ranks] = True
    accounts, ranks = np.flatnonzero(is_known), np.flatnonzero(is_named)
    return Part(
        _renumber(register, gathered, (accounts, ranks), inside), accounts, gathered.rows, ranks
    )


def find_inside(reach: Reach, wanted: Bools) -> Inside:
    """Return what the loans ``wanted`` reach; see ``cut_part``."""
    is_wanted = np.append(wanted, False)  # place NONE stands for none
    return Inside(wanted, is_wanted[reach.label], is_wanted[reach.carried])


def pick_events(register: Register, one: Slice | Head, inside: Inside) -> Bools:
    """Tell which events of a slice belong to a part: those that change its accounts or loans.

    A movement that carries returns, and a return of what carried, are among them.
    """
    rows = one.code >> 1
    kept = inside.accounts[one.debit] | inside.accounts[one.credit]
    drawn = register.drawn[inside.wanted[register.drawn[:, 1]], 0]
    _add(kept, one.flags & at.HAS_LOANS != 0, rows, drawn)
    carried = register.reversed_rows[inside.carried]
    _add(kept, one.flags & at.IS_REVERSED != 0, rows, carried)
    _add(kept, one.flags & at.REVERSES != 0, one.reverses, carried)
    is_payout = one.code < 0
    ranks = -1 - one.code[is_payout]
    accounts = register.loans[ranks, at.LOAN_ACCOUNT]
    kept[is_payout] = inside.wanted[ranks] | inside.accounts[accounts]
    return kept


def _add(kept: Bools, may: Bools, rows: Int32s, wanted: Int64s) -> None:
    """Keep also what may be kept and whose row is wanted."""
    places = np.flatnonzero(may & ~kept)
    kept[places] = np.isin(rows[places], wanted)


def _renumber(
    register: Register, gathered: Gathered, numbers: tuple[Int64s, Int64s], inside: Inside
) -> Basis:
    """Return the part as a basis of its own; ``numbers`` are its accounts and ranks."""
    columns, (accounts, ranks) = gathered.columns, numbers
    account = np.full(len(register.end), at.NONE, dtype=np.int32)
    account[accounts] = np.arange(len(accounts))
    rank = np.full(len(register.loans), at.NONE, dtype=np.int64)
    rank[ranks] = np.arange(len(ranks))
    events, drawn, payees = columns.events.copy(), columns.drawn.copy(), columns.payees.copy()
    is_payout = events < 0
    events[is_payout] = -1 - rank[-1 - events[is_payout]]
    drawn[:, 1], payees[:, 1] = rank[drawn[:, 1]], rank[payees[:, 1]]
    loans = register.loans[ranks]
    loans[:, at.IS_TRACED] = inside.wanted[ranks]
    loans[:, at.LOAN_ACCOUNT] = account[loans[:, at.LOAN_ACCOUNT]]
    reason = columns.reason.copy()
    reason[~inside.accounts[columns.credit] & (reason == 0)] = _OUTSIDE  # own money goes there
    end = register.end[np.append(accounts, -1)]
    end[:-1][~inside.accounts[accounts] & (end[:-1] == 0)] = _OUTSIDE
    return Basis(
        columns=columns._replace(
            events=events,
            debit=account[columns.debit],
            credit=account[columns.credit],
            reason=reason,
            drawn=drawn,
            payees=payees,
        ),
        end=end,
        opening=register.opening[accounts],
        limit=register.limit[accounts],
        reached=register.reached[np.append(accounts, -1)],
        keys=register.keys[accounts],
        holders=register.holders[accounts],
        loans=loans,
        ends_at=register.ends_at,
    )


def run_part(part: Part, rule: Rule, scope: Scope, wanted: Bools | None = None) -> Written:
    """Run a rule over a part; what it wrote, in the numbers of the whole.

    ``wanted`` (by rank of the whole) leaves loans out, which are own money then: right for
    fifo alone. ``unobserved`` stays in the part's numbers: no rule changes it (``FifoIndex``
    has it).
    """
    is_traced = part.basis.loans[:, at.IS_TRACED] != 0
    if wanted is not None:
        is_traced &= wanted[part.ranks]
    written = Driver(part.basis, rule, scope, is_traced=is_traced).write()
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
