"""The interval index of fifo: where every movement lies on the axes of its two accounts.

Made by one pass over the events, for all scopes; ``mapping`` says what it is for. Units
that nobody saw arrive are laid on the inflow where they are missing; what repays or draws
an overdraft never lies on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.preparing import Bools, Prepared, open_loans
from fundtrace.trace.result import Scope

# Of an account so far: in, out, overdrawn, and the place of its next movement: half a cache
# line, since what a walk costs is the accounts that it jumps between.
_IN, _OUT, _OWED, _NEXT = range(4)


class Axes(NamedTuple):
    """The interval index: where movements lie on the inflow and outflow of their accounts."""

    offsets: Int64s  # of each account's first movement in ``row``
    row: Int32s  # by debit account, in running order
    start: Int64s  # outflow before it, in the same order
    inflow: Int64s  # by movement: the creditor's inflow before it; NONE: not credited
    loan_start: Int64s  # by rank: inflow before an unbooked disbursement
    is_odd: Bools  # accounts on which inflow and outflow are not the same
    acc: Int64s  # (why it absorbs, key, holder)


@dataclass(frozen=True)
class FifoIndex:
    """What fifo needs of an input, whatever the scope."""

    prepared: Prepared
    axes: Axes
    unobserved: Int64s


def index_fifo(prepared: Prepared) -> FifoIndex:
    """Lay every movement on the axes of its two accounts; one pass over the events."""
    columns, end = prepared.columns, prepared.end
    loans, followed = open_loans(prepared, Scope()), end == 0
    counts = np.zeros(len(end), dtype=np.int32)
    _count_out(columns, followed, counts)
    offsets = np.zeros(len(end) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    totals = np.zeros((len(end), 4), dtype=np.int64)
    totals[:-1, _IN] = np.maximum(0, prepared.opening)
    totals[:-1, _OWED] = np.maximum(0, -prepared.opening)
    totals[:, _NEXT] = offsets[:-1]
    limit = np.append(prepared.limit, 0)
    unobserved = np.zeros(len(end), dtype=np.int64)
    row = np.empty(int(offsets[-1]), dtype=np.int32)
    start = np.empty(len(row), dtype=np.int64)
    inflow = np.full(len(columns.flags), at.NONE, dtype=np.int64)
    loan_start = np.zeros(len(loans), dtype=np.int64)
    given = (followed, limit, loans)
    _lay_out(columns, given, (totals, unobserved, row, start, inflow, loan_start))
    acc = np.stack([end[:-1], prepared.keys, prepared.holders], axis=1).astype(np.int64)
    axes = Axes(offsets, row, start, inflow, loan_start, _find_odd(prepared), acc)
    return FifoIndex(prepared, axes, unobserved[:-1])


def _find_odd(prepared: Prepared) -> Bools:
    columns, end = prepared.columns, prepared.end
    odd = np.zeros(len(end), dtype=np.bool_)
    odd[:-1] = (prepared.limit > 0) | (prepared.opening < 0)
    odd[columns.debit[(columns.flags & (at.REVERSES | at.HAS_PAYEE)) != 0]] = True
    odd[end != 0] = False
    return odd


@jit
def _count_out(c: Columns, followed: Bools, counts: Int32s) -> None:
    """Count the movements of each account's outflow."""
    for code in c.events:
        if code >= 0 and code & 1 == 0:
            row = code >> 1
            debit = c.debit[row]
            if followed[debit] and not c.flags[row] & at.HAS_LOANS:
                counts[debit] += 1


@jit
def _lay_out(
    c: Columns,
    given: tuple[Bools, Int64s, Int64s],
    out: tuple[Int64s, Int64s, Int32s, Int64s, Int64s, Int64s],
) -> None:
    """Walk the events once and note where each movement lies."""
    followed, limit, loans = given
    totals, unobserved, rows, start, inflow, loan_start = out
    for code in c.events:
        if code < 0:
            account = loans[-1 - code, at.LOAN_ACCOUNT]
            loan_start[-1 - code] = lay_credit(totals, account, loans[-1 - code, at.LOAN_MINOR])
            continue
        row = code >> 1
        flag = c.flags[row]
        if code & 1 == 0:
            debit = c.debit[row]
            if followed[debit] and not flag & at.HAS_LOANS:
                place = totals[debit, _NEXT]
                totals[debit, _NEXT] = place + 1
                rows[place] = row
                start[place] = totals[debit, _OUT]
                if lay_debit(totals, debit, c.amount[row]) > 0:
                    unobserved[debit] += cover(totals, debit, limit[debit])
            if flag & at.IS_LATE:
                continue
        inflow[row] = lay_credit(totals, c.credit[row], c.credited[row])


@jit
def lay_debit(totals: Int64s, account: int, units: int) -> int:
    """Lengthen an account's outflow; return by how much it is longer than the inflow."""
    after = totals[account, _OUT] + units
    totals[account, _OUT] = after
    return int(after - totals[account, _IN])


@jit
def cover(totals: Int64s, account: int, limit: int) -> int:
    """Lengthen an inflow that is shorter than the outflow; return the units nobody saw arrive."""
    missing = totals[account, _OUT] - totals[account, _IN]
    borrowed = min(missing, max(0, limit - totals[account, _OWED]))
    totals[account, _IN] = totals[account, _OUT]
    totals[account, _OWED] += borrowed
    return int(missing - borrowed)


@jit
def lay_credit(totals: Int64s, account: int, units: int) -> int:
    """Lengthen an account's inflow by what does not repay its overdraft; return its start."""
    before = totals[account, _IN]
    repaid = min(units, totals[account, _OWED])
    totals[account, _OWED] -= repaid
    totals[account, _IN] = before + units - repaid
    return int(before)
