"""Fifo mapped range by range: intervals of accounts whose outflows lie in different places.

Accounts are divided into ranges of numbers. A range holds the outflows of its accounts and
maps the intervals that lie on them, as ``mapping`` does, for as long as they stay inside; an
interval that arrives on another range's account is handed back. The intervals still to be
mapped are the front: one that is routed to its ranges again and again until nothing is left
says what ``map_fifo`` says, since no interval needs to know of any other.

A range numbers its movements by place. Rows in a front are those of the whole; while it is
mapped, a parent from outside stands as ``-2 - row``, so that both kinds can be told apart.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import NO_ROW, Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.axes import Axes, FifoIndex
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, UInt8s, make_columns
from fundtrace.trace.kernel.mapping import (
    ENTRIES,
    FULL,
    I_ACCOUNT,
    I_PARENT,
    I_WIDTH,
    INTERVALS,
    M_PARENT,
    M_ROW,
    PIECES,
    Work,
    begin,
    double,
    list_limits,
    list_starts,
    map_interval,
    open_work,
)
from fundtrace.trace.kernel.preparing import Bools, open_loans
from fundtrace.trace.result import Scope

F_RANK, F_WIDTH = I_WIDTH, I_WIDTH + 1  # a front: columns of an interval, then its loan
_ROOM = 1 << 12


class Outflows(NamedTuple):
    """The outflows of the accounts ``low`` to ``high`` (not included), end to end."""

    low: int
    high: int
    account: Int32s  # by place, sorted
    row: Int32s  # of the whole
    start: Int64s  # outflow before it
    flags: UInt8s
    credit: Int32s
    amount: Int64s
    booked_at: Int64s
    inflow: Int64s  # the creditor's inflow before it
    reason: Int8s


class Grounds(NamedTuple):
    """What mapping asks of every account; all ranges share it."""

    acc: Int64s  # (why it absorbs, key, holder)
    is_odd: Bools


class Mapped(NamedTuple):
    """What came of a front, in the numbers of the whole."""

    pieces: Int64s
    log: Int64s
    front: Int64s  # what arrived on accounts of other ranges
    odd: Int64s  # ranks of loans that cannot be mapped; what is said of them counts for nothing


def list_outflows(index: FifoIndex, rows_max: int) -> list[Outflows]:
    """Divide all accounts into ranges of some ``rows_max`` movements, at least one range."""
    x, c = index.axes, index.prepared.columns
    accounts = len(x.acc)
    cuts = np.searchsorted(x.offsets, np.arange(0, len(x.row), rows_max), side="right") - 1
    bounds = np.unique(np.concatenate([[0], np.minimum(cuts, accounts), [accounts]])).tolist()
    found = []
    for low, high in pairwise(bounds):
        places = slice(int(x.offsets[low]), int(x.offsets[high]))
        rows = x.row[places]
        found.append(
            Outflows(
                low=low,
                high=high,
                account=c.debit[rows],
                row=rows,
                start=x.start[places],
                flags=c.flags[rows],
                credit=c.credit[rows],
                amount=c.amount[rows],
                booked_at=c.booked_at[rows],
                inflow=x.inflow[rows],
                reason=c.reason[rows],
            )
        )
    return found


def open_front(index: FifoIndex, scope: Scope) -> Mapped:
    """Let every loan arrive where it is paid out."""
    prepared = index.prepared
    starts, limits = list_starts(prepared), list_limits(scope, prepared.ends_at)
    work = open_work(open_loans(prepared, scope), 2 * len(starts) + 2)
    front = np.empty((len(starts), F_WIDTH), dtype=np.int64)
    is_odd = np.zeros(len(prepared.loans), dtype=np.bool_)
    count = _begin_all(prepared.columns, index.axes, work, (starts, limits, is_odd), front)
    log = work.log[: work.counts[ENTRIES]]
    return Mapped(work.pieces[:0], log, front[:count], np.flatnonzero(is_odd))


@jit
def _begin_all(
    c: Columns, x: Axes, w: Work, asked: tuple[Int64s, Int64s, Bools], front: Int64s
) -> int:
    """Begin every loan; return how many intervals there are to map."""
    starts, limits, is_odd = asked
    count = 0
    for at_start in range(len(starts)):
        entries = w.counts[ENTRIES]
        if begin(c, x, w, (starts, limits), at_start) != 0:
            is_odd[starts[at_start, 0]] = True
            w.counts[ENTRIES] = entries
        elif w.counts[INTERVALS] > 0:
            move(w.stack, 0, front, count)
            front[count, F_RANK] = starts[at_start, 0]
            count += 1
    return count


def map_front(
    outflows: Outflows, grounds: Grounds, front: Int64s, asked: tuple[Int64s, Int64s]
) -> Mapped:
    """Map the intervals of a front, all on accounts of this range.

    ``asked`` are the loans by rank, with their windows, and the limits (``list_limits``).
    """
    loans, limits = asked
    c, x = _build_columns(outflows), _build_axes(outflows, grounds)
    front = front.copy()
    is_outer = front[:, I_PARENT] >= 0
    front[is_outer, I_PARENT] = -2 - front[is_outer, I_PARENT]
    is_odd = np.zeros(len(loans), dtype=np.bool_)
    work, out = open_work(loans, _ROOM), np.empty((_ROOM, F_WIDTH), dtype=np.int64)
    counts, bounds = np.zeros(1, np.int64), np.array([outflows.low, outflows.high], np.int64)
    done = 0
    while done < len(front):
        asked_all = (front, bounds, limits, is_odd, out, counts)
        done = _map_front(c, x, work, asked_all, done)
        if done < len(front):
            out = double(out)
            work = work._replace(
                pieces=double(work.pieces), log=double(work.log), stack=double(work.stack)
            )
    pieces, log = work.pieces[: work.counts[PIECES]], work.log[: work.counts[ENTRIES]]
    left = out[: counts[0]]
    rows = np.append(outflows.row, NO_ROW).astype(np.int64)  # place -1 stands for none
    pieces[:, M_ROW] = rows[pieces[:, M_ROW]]
    log[:, at.G_DETAIL] = rows[log[:, at.G_DETAIL]]
    _restore_parents(pieces[:, M_PARENT], rows)
    _restore_parents(left[:, I_PARENT], rows)
    return Mapped(pieces, log, left, np.flatnonzero(is_odd))


def _restore_parents(parents: Int64s, rows: Int64s) -> None:
    """Turn places and marked rows into rows, in place."""
    is_outer = parents < at.NONE
    outer = -2 - parents[is_outer]
    parents[:] = rows[np.maximum(parents, at.NONE)]
    parents[is_outer] = outer


def _build_columns(outflows: Outflows) -> Columns:
    """Return the columns that mapping reads; the others are empty."""
    wide, narrow = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
    return make_columns(
        events=narrow,
        flags=outflows.flags,
        debit=narrow,
        credit=outflows.credit,
        amount=outflows.amount,
        credited=wide,
        booked_at=outflows.booked_at,
        credited_at=wide,
        reverses=narrow,
        reason=outflows.reason,
        drawn=wide.reshape(0, 3),
        payees=wide.reshape(0, 2),
        reversed_rows=wide.reshape(0, 1),
    )


def _build_axes(outflows: Outflows, grounds: Grounds) -> Axes:
    counts = np.bincount(outflows.account, minlength=len(grounds.is_odd))
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum(counts)
    return Axes(
        offsets=offsets,
        row=np.arange(len(outflows.row), dtype=np.int32),
        start=outflows.start,
        inflow=outflows.inflow,
        loan_start=np.zeros(0, dtype=np.int64),
        is_odd=grounds.is_odd,
        acc=grounds.acc,
    )


@jit
def _map_front(
    c: Columns,
    x: Axes,
    w: Work,
    asked: tuple[Int64s, Int64s, Int64s, Bools, Int64s, Int64s],
    done: int,
) -> int:
    """Map intervals from ``done`` on; return the one for which a buffer was too small."""
    front, bounds, limits, is_odd, out, counts = asked
    for interval in range(done, len(front)):
        rank = front[interval, F_RANK]
        if is_odd[rank]:
            continue
        pieces, entries, left = w.counts[PIECES], w.counts[ENTRIES], counts[0]
        w.counts[INTERVALS] = 1
        move(front, interval, w.stack, 0)
        status = 0
        while w.counts[INTERVALS] > 0 and status == 0:
            top = w.counts[INTERVALS] - 1
            account = w.stack[top, I_ACCOUNT]
            if bounds[0] <= account < bounds[1]:
                status = map_interval(c, x, w, rank, limits)
            elif counts[0] < len(out):
                move(w.stack, top, out, counts[0])
                out[counts[0], F_RANK] = rank
                counts[0] += 1
                w.counts[INTERVALS] = top
            else:
                status = FULL
        if status != 0:
            w.counts[PIECES], w.counts[ENTRIES], counts[0] = pieces, entries, left
        if status == FULL:
            return interval
        is_odd[rank] = is_odd[rank] or status != 0
    return len(front)


@jit
def move(source: Int64s, place: int, target: Int64s, goal: int) -> None:
    """Copy an interval."""
    for column in range(I_WIDTH):
        target[goal, column] = source[place, column]
