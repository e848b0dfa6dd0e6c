"""Fifo without a pass: a payment is an interval, and intervals map to intervals.

Lay the units that ever arrive on an account end to end, opening balance first: its inflow.
Under fifo unit x of the inflow is unit x of the outflow. So with two numbers stored for
every movement, its debtor's outflow before it and its creditor's inflow before it, a part
of a loan that lies at [a, b) of an account's inflow leaves by the movements whose outflow
meets [a, b), found by binary search, and arrives at a known place of their creditors'
inflow. No order of events, no other loan, no scan: a loan costs its own hops. Money that
nobody saw arrive is part of the inflow from where it was missing.

Ends and a scope's window, hops and part only cut intervals short. What breaks the identity of
inflow and outflow is left to the sequential kernel, for exactly the loans that it reaches:
accounts that may be overdrawn, that pay out a return, or that pay a declared payee in time;
movements that convert, or that another one returns; and a scope with an amount. Of other
loans the sequential kernel needs to know nothing: to fifo they are own money.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.axes import Axes, FifoIndex
from fundtrace.trace.kernel.driving import Driver, Portion, Written, build_pass, run_prepared
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.kernel.preparing import Bools, Prepared, open_loans
from fundtrace.trace.result import Scope

# Columns of what mapping writes: a piece of a movement, and an interval still to be mapped
M_RANK, M_ROW, M_PLACE, M_UNITS, M_DEPTH, M_PARENT, M_WIDTH = range(7)
I_ACCOUNT, I_START, I_END, I_DEPTH, I_PARENT, I_FRESH, I_WIDTH = range(7)
_PIECES, _ENTRIES, _INTERVALS = range(3)  # counters
_HOPS_MAX, _PART_MIN, _NOW = range(3)  # limits
_ROOM = 1 << 16
_FULL, _ODD = -1, 1  # why an interval cannot be mapped


class _Work(NamedTuple):
    counts: Int64s
    loans: Int64s
    pieces: Int64s
    log: Int64s
    stack: Int64s


def map_fifo(index: FifoIndex, scope: Scope | None = None) -> ColumnarPass:
    """Return the fifo pass of all loans: mapped where it can be, else by the kernel."""
    prepared, scope = index.prepared, scope or Scope()
    if scope.amount_max_minor is not None:
        return run_prepared(prepared, Rule.FIFO, scope)
    loans = open_loans(prepared, scope)
    pieces, log, is_odd = _map_loans(index, loans, scope)
    portions = [_build_portion(prepared, pieces)]
    logs = [log]
    if is_odd.any():
        found, log = Driver(prepared, Rule.FIFO, scope, is_traced=is_odd).collect()
        portions += found
        logs.append(log)
    written = Written(portions, np.concatenate(logs), index.unobserved)
    return build_pass(prepared.given, (Rule.FIFO, scope), written)


def _map_loans(index: FifoIndex, loans: Int64s, scope: Scope) -> tuple[Int64s, Int64s, Bools]:
    """Map all loans; return pieces, log, and which loans cannot be mapped."""
    prepared = index.prepared
    given, is_odd = prepared.given, np.zeros(len(loans), dtype=np.bool_)
    hops_max = at.FAR if scope.hops_max is None else scope.hops_max
    part_min = min(scope.part_min_minor or 0, at.FAR)
    starts = np.array(list(_list_starts(prepared)), dtype=np.int64).reshape(-1, 4)
    work = _Work(
        np.zeros(3, dtype=np.int64),
        loans,
        np.empty((_ROOM, M_WIDTH), dtype=np.int64),
        np.empty((_ROOM, at.LOG_WIDTH), dtype=np.int64),
        np.empty((_ROOM, I_WIDTH), dtype=np.int64),
    )
    limits = np.array([hops_max, part_min, given.ends_at], dtype=np.int64)
    done = 0
    while done < len(starts):
        done = _map_all(prepared.columns, index.axes, work, (starts, limits, is_odd), done)
        if done < len(starts):
            work = work._replace(
                pieces=_double(work.pieces), log=_double(work.log), stack=_double(work.stack)
            )
    pieces, log = work.pieces[: work.counts[_PIECES]], work.log[: work.counts[_ENTRIES]]
    return pieces, log, is_odd


def _double(table: Int64s) -> Int64s:
    larger = np.empty((2 * len(table), table.shape[1]), dtype=np.int64)
    larger[: len(table)] = table
    return larger


def _list_starts(prepared: Prepared) -> list[tuple[int, int, int, int]]:
    """Return (rank, row or NONE, place in what the row brings, minor) of what was paid out."""
    given = prepared.given
    starts = [
        (rank, at.NONE, 0, given.loans[rank].principal_minor)
        for _, rank in given.list_unbooked_disbursements()
    ]
    place, last = 0, at.NONE
    for row, rank, part in prepared.columns.drawn.tolist():
        place = place if row == last else 0
        if given.debit_position[row] >= 0:
            starts.append((rank, row, place, part))
        place, last = place + part, row
    return starts


@jit
def _map_all(c: Columns, x: Axes, w: _Work, asked: tuple[Int64s, Int64s, Bools], done: int) -> int:
    """Map the starts from ``done`` on; return the one for which a buffer was too small."""
    starts, limits, is_odd = asked
    for at_start in range(done, len(starts)):
        rank, row = starts[at_start, 0], starts[at_start, 1]
        pieces, entries = w.counts[_PIECES], w.counts[_ENTRIES]
        account = w.loans[rank, at.LOAN_ACCOUNT]
        place = x.loan_start[rank]
        if row >= 0:
            account = c.credit[row]
            place = x.inflow[row] + starts[at_start, 2] if x.inflow[row] >= 0 else at.NONE
        w.counts[_INTERVALS] = 0
        end = place + starts[at_start, 3] if place >= 0 else starts[at_start, 3]
        arrive(c, x, w, (rank, row, account, place, end, 0, row, 1), limits)
        status = _ODD if row >= 0 and c.flags[row] & at.IS_REVERSED else 0
        while w.counts[_INTERVALS] > 0 and status == 0:
            status = map_interval(c, x, w, rank, limits)
        if status != 0:
            w.counts[_PIECES], w.counts[_ENTRIES] = pieces, entries
        if status == _FULL:
            return at_start
        is_odd[rank] = is_odd[rank] or status != 0
    return len(starts)


@jit
def arrive(
    c: Columns,
    x: Axes,
    w: _Work,
    what: tuple[int, int, int, int, int, int, int, int],
    limits: Int64s,
) -> None:
    """Let a part arrive at [place, end) of an account's inflow; place NONE: in transit."""
    rank, row, account, place, end, depth, parent, fresh = what
    units = end - place if place >= 0 else end
    reason = 0
    detail = at.NONE
    if row >= 0:
        reason = c.reason[row]
        detail = row if reason else at.NONE
    else:
        reason = x.acc[account, 0]
    if place < 0:
        reason, detail = at.IN_TRANSIT, row
    elif not reason and not x.is_odd[account]:
        if depth >= limits[_HOPS_MAX]:
            reason = at.HOP_LIMIT
        elif depth and units < limits[_PART_MIN]:  # mapped units are value
            reason = at.PART_LIMIT
    if reason:
        enter(w, rank, account, reason, (detail, units))
        if fresh:
            enter(w, rank, account, reason + at.FIRST_USE, (detail, units))
        return
    is_home = x.acc[account, 1] == w.loans[rank, at.LOAN_KEY]
    is_home = is_home or x.acc[account, 2] == w.loans[rank, at.LOAN_HOLDER]
    if fresh and not is_home:
        enter(w, rank, account, at.HELD + at.FIRST_USE, (at.NONE, units))
        fresh = 0
    top = w.counts[_INTERVALS]
    w.counts[_INTERVALS] = top + 1
    w.stack[top, I_ACCOUNT] = account
    w.stack[top, I_START] = place
    w.stack[top, I_END] = end
    w.stack[top, I_DEPTH] = depth
    w.stack[top, I_PARENT] = parent
    w.stack[top, I_FRESH] = fresh


@jit
def enter(w: _Work, rank: int, account: int, reason: int, what: tuple[int, int]) -> None:
    """Add an entry to the log."""
    entry = w.counts[_ENTRIES]
    w.counts[_ENTRIES] = entry + 1
    w.log[entry, at.G_RANK] = rank
    w.log[entry, at.G_ACCOUNT] = account
    w.log[entry, at.G_REASON] = reason
    w.log[entry, at.G_DETAIL] = what[0]
    w.log[entry, at.G_VALUE] = what[1]


@jit
def map_interval(c: Columns, x: Axes, w: _Work, rank: int, limits: Int64s) -> int:
    """Take the last interval off the stack and send it on; not 0: it cannot be."""
    top = w.counts[_INTERVALS] - 1
    w.counts[_INTERVALS] = top
    account, start, end = w.stack[top, I_ACCOUNT], w.stack[top, I_START], w.stack[top, I_END]
    depth, parent, fresh = w.stack[top, I_DEPTH], w.stack[top, I_PARENT], w.stack[top, I_FRESH]
    if x.is_odd[account]:
        return _ODD
    window_end = w.loans[rank, at.LOAN_WINDOW_END]
    place, last = find_first(x, account, start), x.offsets[account + 1]
    while place < last and start < end and x.start[place] < end:
        row = x.row[place]
        into = start - x.start[place]
        stop = min(end, x.start[place] + c.amount[row])
        place += 1
        if stop <= start:
            continue
        if c.booked_at[row] > window_end:
            break
        status = check_row(c, w, row)
        if status != 0:
            return status
        add_piece(w, (rank, row, into, stop - start, depth, parent))
        there = x.inflow[row] + into if x.inflow[row] >= 0 else at.NONE
        goal = there + stop - start if there >= 0 else stop - start
        arrive(c, x, w, (rank, row, c.credit[row], there, goal, depth + 1, row, fresh), limits)
        start = stop
    if start < end:
        if w.counts[_ENTRIES] + 2 > len(w.log):
            return _FULL
        reason = at.WINDOW_OVER if window_end < limits[_NOW] else at.HELD
        enter(w, rank, account, reason, (at.NONE, end - start))
        if fresh:
            enter(w, rank, account, reason + at.FIRST_USE, (at.NONE, end - start))
    return 0


@jit
def find_first(x: Axes, account: int, start: int) -> int:
    """Return the last movement out of an account that begins at or before ``start``."""
    low, high = x.offsets[account], x.offsets[account + 1]
    while low < high:
        middle = (low + high) >> 1
        if x.start[middle] <= start:
            low = middle + 1
        else:
            high = middle
    return int(max(low - 1, x.offsets[account]))


@jit
def check_row(c: Columns, w: _Work, row: int) -> int:
    """Return 0 where a movement can be mapped and every buffer has room for it."""
    if c.flags[row] & (at.CONVERTS | at.IS_REVERSED):
        return _ODD
    is_full = w.counts[_PIECES] + 1 > len(w.pieces) or w.counts[_ENTRIES] + 4 > len(w.log)
    return _FULL if is_full or w.counts[_INTERVALS] + 1 > len(w.stack) else 0


@jit
def add_piece(w: _Work, what: tuple[int, int, int, int, int, int]) -> None:
    """Note a piece of a loan that a movement carries."""
    piece = w.counts[_PIECES]
    w.counts[_PIECES] = piece + 1
    w.pieces[piece, M_RANK] = what[0]
    w.pieces[piece, M_ROW] = what[1]
    w.pieces[piece, M_PLACE] = what[2]
    w.pieces[piece, M_UNITS] = what[3]
    w.pieces[piece, M_DEPTH] = what[4]
    w.pieces[piece, M_PARENT] = what[5]


def _build_portion(prepared: Prepared, pieces: Int64s) -> Portion:
    """Add the pieces up to hops, in the order in which money left."""
    position = prepared.given.debit_position[pieces[:, M_ROW]].astype(np.int64)
    by = np.lexsort((pieces[:, M_PLACE], position, pieces[:, M_RANK]))
    pieces, position = pieces[by], position[by]
    is_new = np.ones(len(pieces), dtype=np.bool_)
    is_new[1:] = (np.diff(pieces[:, M_RANK]) != 0) | (np.diff(pieces[:, M_ROW]) != 0)
    first = np.flatnonzero(is_new)
    hop = np.cumsum(is_new) - 1
    units = np.add.reduceat(pieces[:, M_UNITS], first) if len(first) else np.zeros(0, np.int64)
    depth = np.minimum.reduceat(pieces[:, M_DEPTH], first) if len(first) else units
    parents, sizes = _list_parents(hop, pieces[:, M_PARENT], len(first))
    return Portion(
        rank=pieces[first, M_RANK].astype(np.int32),
        row=pieces[first, M_ROW].astype(np.int32),
        depth=(depth + 1).astype(np.int32),
        units=units,
        value=units,
        returned=np.zeros(len(first), dtype=np.int64),
        parent_counts=sizes,
        parents=parents,
    )


def _list_parents(hop: Int64s, parent: Int64s, count: int) -> tuple[Int32s, Int64s]:
    """Return each hop's parents, each once, in the order in which they were taken."""
    place = np.arange(len(hop))
    by = np.lexsort((place, parent, hop))
    kept = np.ones(len(hop), dtype=np.bool_)
    repeated = (np.diff(hop[by]) == 0) & (np.diff(parent[by]) == 0)
    kept[by[1:][repeated]] = False
    kept &= parent >= 0
    return parent[kept].astype(np.int32), np.bincount(hop[kept], minlength=count).astype(np.int64)
