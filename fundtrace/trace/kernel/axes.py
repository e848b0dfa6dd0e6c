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

_IN, _OUT, _OWED, _LIMIT = range(4)  # of an account so far: in, out, overdrawn, its limit


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
    totals = np.zeros((len(end), 4), dtype=np.int64)
    totals[:-1, _IN] = np.maximum(0, prepared.opening)
    totals[:-1, _OWED] = np.maximum(0, -prepared.opening)
    totals[:-1, _LIMIT] = prepared.limit
    outflow = np.full(len(columns.flags), at.NONE, dtype=np.int64)
    inflow = np.full(len(columns.flags), at.NONE, dtype=np.int64)
    unobserved = np.zeros(len(end), dtype=np.int64)
    loans = open_loans(prepared, Scope())
    loan_start = np.zeros(len(loans), dtype=np.int64)
    followed = end == 0
    counts = np.zeros(len(end) + 1, dtype=np.int64)
    _lay_out(columns, followed, loans, (totals, unobserved, outflow, inflow, loan_start, counts))
    offsets = np.zeros(len(end) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum(counts[:-1])
    row = np.empty(int(offsets[-1]), dtype=np.int32)
    start = np.empty(len(row), dtype=np.int64)
    _sort_out(columns, outflow, offsets[:-1].copy(), row, start)
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
def _lay_out(
    c: Columns,
    followed: Bools,
    loans: Int64s,
    out: tuple[Int64s, Int64s, Int64s, Int64s, Int64s, Int64s],
) -> None:
    """Walk the events once and note where each movement lies."""
    totals, unobserved, outflow, inflow, loan_start, counts = out
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
                outflow[row] = totals[debit, _OUT]
                counts[debit] += 1
                unobserved[debit] += lay_debit(totals, debit, c.amount[row])
            if flag & at.IS_LATE:
                continue
        inflow[row] = lay_credit(totals, c.credit[row], c.credited[row])


@jit
def lay_debit(totals: Int64s, account: int, units: int) -> int:
    """Lengthen an account's outflow; return the units that nobody saw arrive."""
    after = totals[account, _OUT] + units
    totals[account, _OUT] = after
    missing = after - totals[account, _IN]
    if missing <= 0:
        return 0
    borrowed = min(missing, max(0, totals[account, _LIMIT] - totals[account, _OWED]))
    totals[account, _IN] = after
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


@jit
def _sort_out(c: Columns, outflow: Int64s, next_one: Int64s, rows: Int32s, start: Int64s) -> None:
    """List the movements by debit account, in running order."""
    for code in c.events:
        row = code >> 1
        if code < 0 or code & 1 or outflow[row] < 0:
            continue
        place = next_one[c.debit[row]]
        next_one[c.debit[row]] = place + 1
        rows[place] = row
        start[place] = outflow[row]
