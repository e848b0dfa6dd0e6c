"""Which loans can meet: accounts that each loan can reach, and loans joined where they share one.

Loans that share no reached account can be traced apart (docs/tracing.md, conservation), so
these groups are what several machines share out, and what a late movement leaves alone. One
walk over the events, in order, says what can carry a loan's money: an outflow of a reached
account within the window of the loans there, a payout, and a return of anything that carried.
More may be named than money really reaches, never less; no amount is looked at.

The walk keeps all that it knows in ``Reach`` and can stop behind any event, so that the
events may lie in portions, and each portion elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.leaving import find_row
from fundtrace.trace.kernel.preparing import Basis, Bools, open_loans, set_windows
from fundtrace.trace.kernel.slices import Register, Slice, gather
from fundtrace.trace.result import Scope

NEVER = -at.FAR


class Reach(NamedTuple):
    """What a walk knows so far; a group is named by the rank of one of its loans."""

    parents: Int32s  # by rank: a loan of the same group (union-find)
    label: Int32s  # by account, last OUTSIDE: a loan that can reach it, or NONE
    until: Int64s  # by account: when the last window of its loans ends, or NEVER
    carried: Int32s  # by reversed movement (``Columns.reversed_rows``): a loan it can carry
    carried_until: Int64s


def open_reach(accounts: int, loans: int, rows: int) -> Reach:
    """Return what is known before the first event: nothing.

    Counts of accounts (with OUTSIDE), of loans, and of reversed movements.
    """
    return Reach(
        np.arange(loans, dtype=np.int32),
        np.full(accounts, at.NONE, dtype=np.int32),
        np.full(accounts, NEVER, dtype=np.int64),
        np.full(rows, at.NONE, dtype=np.int32),
        np.full(rows, NEVER, dtype=np.int64),
    )


def reach_loans(basis: Basis, scope: Scope, wanted: Bools | None = None) -> Reach:
    """Return what the loans ``wanted`` (by rank; None: all) can reach within a scope."""
    columns, loans = basis.columns, open_loans(basis, scope)
    reach = open_reach(len(basis.end), len(loans), len(columns.reversed_rows))
    if wanted is not None:
        loans[:, at.IS_TRACED] = wanted
    walk(columns, basis.end, loans, reach)
    return reach


def extend_reach(register: Register, one: Slice, scope: Scope, before: Reach) -> Reach:
    """Return what is known behind a slice of events; ``before`` stays as it is."""
    gathered, reach = gather(register, one), Reach._make(column.copy() for column in before)
    places = gathered.memories
    own = reach._replace(carried=reach.carried[places], carried_until=reach.carried_until[places])
    walk(gathered.columns, register.end, set_windows(register.loans.copy(), scope), own)
    reach.carried[places], reach.carried_until[places] = own.carried, own.carried_until
    return reach


def name_groups(reach: Reach) -> Int32s:
    """Return, for each loan, the least rank of its group."""
    find_roots(reach.parents)
    return reach.parents.copy()


def label_accounts(reach: Reach) -> Int32s:
    """Return, for each account (last OUTSIDE), the group that reaches it, or NONE."""
    roots = np.append(name_groups(reach), np.int32(at.NONE))  # place NONE stands for none
    labels: Int32s = roots[reach.label]
    return labels


@jit
def find_roots(parents: Int32s) -> None:
    """Put the root of every loan in its place: the least rank of its group."""
    for rank in range(len(parents)):
        parents[rank] = find_root(parents, rank)


@jit
def find_root(parents: Int32s, rank: int) -> int:
    """Return the root of a loan; shortens the way there."""
    while parents[rank] != rank:
        parents[rank] = parents[parents[rank]]
        rank = parents[rank]
    return int(rank)


@jit
def join(parents: Int32s, one: int, other: int) -> int:
    """Put two loans into one group; either may be NONE. Return a loan of it."""
    if one < 0 or other < 0:
        return max(one, other)
    one, other = find_root(parents, one), find_root(parents, other)
    least = min(one, other)
    parents[max(one, other)] = least
    return least


@jit
def walk(c: Columns, end: Int8s, loans: Int64s, r: Reach) -> None:
    """Walk over events in order; ``r`` knows what came before them."""
    for code in c.events:
        if code < 0:
            rank = -1 - code
            if loans[rank, at.IS_TRACED]:
                touch(r, end, loans[rank, at.LOAN_ACCOUNT], rank, loans[rank, at.LOAN_WINDOW_END])
            continue
        if code & 1:
            continue
        row = code >> 1
        label, until = find_carried(c, loans, r, row)
        if label < 0:
            continue
        if c.flags[row] & at.IS_REVERSED:
            memory = find_row(c.reversed_rows, row)
            r.carried[memory] = label
            r.carried_until[memory] = until
        if c.reason[row] == 0:
            touch(r, end, c.credit[row], label, until)


@jit
def find_carried(c: Columns, loans: Int64s, r: Reach, row: int) -> tuple[int, int]:
    """Return a loan of the group whose money a movement can carry, or NONE, and until when."""
    flag, debit = c.flags[row], c.debit[row]
    label, until = at.NONE, NEVER
    if flag & at.HAS_LOANS:
        place = find_row(c.drawn, row)
        while place < len(c.drawn) and c.drawn[place, 0] == row:
            rank = c.drawn[place, 1]
            if loans[rank, at.IS_TRACED]:
                label = join(r.parents, label, rank)
                until = max(until, loans[rank, at.LOAN_WINDOW_END])
            place += 1
        return label, until
    if r.label[debit] >= 0 and r.until[debit] >= c.booked_at[row]:
        label, until = r.label[debit], r.until[debit]
    if flag & at.REVERSES:
        memory = find_row(c.reversed_rows, c.reverses[row])
        label = join(r.parents, label, r.carried[memory])
        until = max(until, r.carried_until[memory])
    return label, until


@jit
def touch(r: Reach, end: Int8s, account: int, label: int, until: int) -> None:
    """Note that money of a group can reach an account, unless it ends there."""
    if end[account] != 0:
        return
    r.label[account] = join(r.parents, r.label[account], label)
    r.until[account] = max(r.until[account], until)
