"""Exposure of one loan at machine speed: what ``trace.exposure`` says, and its sums by use.

One look at each event from the disbursement to the end of the scope's window, in running
order; or, where little is reached, only at those events that forward reach without limits
finds (``reaching``): exposure never goes further. A hop is noted only where hops are asked
for, or where its late credit or its return will ask. Sums need no hop: each arrival is
classed where it happens (``classing``) and added up to the principal, which is the cap.

``list_exposed_ranks`` looks once at every event, backwards: money on an account can come to
a wanted movement exactly if it leaves by a later movement that can, or is wanted itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import Use
from fundtrace.model.tables import NO_ROW, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel import reaching
from fundtrace.trace.kernel.classing import USES, Classes, ClassIndex, classify, mark_accounts
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, UInt8s
from fundtrace.trace.kernel.preparing import Bools
from fundtrace.trace.kernel.reaching import ReachIndex, arrive, find_event, spread
from fundtrace.trace.result import HopRow, Scope

# Question.n
(
    PRINCIPAL,
    HOPS_MAX,
    LOAN_ROW,  # of the movement that pays it out, or NONE
    LOAN_NUMBER,  # of its id, for repayments that name it
    FIRST,  # event; used where no positions are given
    IS_LISTING,  # every hop is noted
    SLOTS,
    NOTED,
    Q_WIDTH,
) = range(9)
S_DEPTH, S_PARENT, S_VALUE, S_IS_PAR, S_WIDTH = range(5)  # Question.slots
# Question.notes; the last two: how its money arrives
N_ROW, N_DEPTH, N_VALUE, N_PARENT, N_ONWARD, N_IS_PAR, N_WIDTH = range(7)


_PAID_OUT = 2  # a movement leads to a wanted one at the time of its debit, and pays out loans


class Question(NamedTuple):
    """The memory of one question about one loan."""

    n: Int64s
    slot: Int32s  # by account: 1 + its row in slots, 0: not reached
    slots: Int64s
    note: Int32s  # by movement: 1 + its row in notes
    notes: Int64s
    sums: Int64s  # by use, at most the principal
    marks: UInt8s  # by account: what it is to this loan


def list_exposed_hops(
    index: ReachIndex, classes: ClassIndex, rank: int, scope: Scope
) -> list[HopRow]:
    """Return the exposed hops of one loan in the order in which money left.

    ``units`` are the whole movement's, ``value`` is capped at the principal.
    """
    asked = _ask(index, classes, rank, scope, is_listing=True)
    if asked is None:
        return []
    notes = asked.notes[: asked.n[NOTED]]
    amounts = index.prepared.columns.amount[notes[:, N_ROW]]
    hops = zip(*(column.tolist() for column in (*notes[:, :4].T, amounts)), strict=True)
    return [
        HopRow(row, depth, units, value, () if parent == NO_ROW else (parent,), 0)
        for row, depth, value, parent, units in hops
    ]


def sum_exposed(index: ReachIndex, classes: ClassIndex, rank: int, scope: Scope) -> dict[Use, int]:
    """Return what exposed hops brought to each use, each sum capped at the principal."""
    asked = _ask(index, classes, rank, scope, is_listing=False)
    if asked is None:
        return {}
    return {use: int(one) for use, one in zip(USES, asked.sums, strict=True) if one}


def list_exposed_ranks(index: ReachIndex, rows: Collection[int]) -> list[int]:
    """Return the loans whose money any of the movements ``rows`` can have carried; no scope."""
    prepared = index.prepared
    columns, loans = prepared.columns, prepared.given.loans
    leads = np.zeros(len(prepared.end), dtype=np.uint8)
    carries = np.zeros(len(columns.flags), dtype=np.uint8)
    carries[list(rows)] = 1
    found = np.zeros(len(loans), dtype=np.uint8)
    accounts = np.array([loan.account_id for loan in loans], dtype=np.int64)
    _look_back(columns, accounts, index.followed, (leads, carries, found))
    for row, ranks in prepared.given.loans_of_movement.items():
        found[ranks] = carries[row] == _PAID_OUT
    reached: list[int] = np.flatnonzero(found).tolist()
    return reached


def _ask(
    index: ReachIndex, classes: ClassIndex, rank: int, scope: Scope, *, is_listing: bool
) -> Question | None:
    prepared = index.prepared
    given, columns = prepared.given, prepared.columns
    if not given.get_drawn_minor(rank):
        return None
    loan = given.loans[rank]
    begins_at = loan.disbursed_at
    if loan.movement != NO_ROW:
        begins_at = int(columns.booked_at[loan.movement])
    first, stop = int(find_event(columns, index.loan_at, begins_at)), len(columns.events)
    if scope.window_days is not None:
        window_end = loan.disbursed_at + scope.window_days * DAY_MICROSECONDS
        stop = int(find_event(columns, index.loan_at, window_end + 1))
    n = np.zeros(Q_WIDTH, dtype=np.int64)
    n[PRINCIPAL], n[LOAN_ROW] = loan.principal_minor, loan.movement
    n[HOPS_MAX] = at.FAR if scope.hops_max is None else scope.hops_max
    n[LOAN_NUMBER], n[FIRST], n[IS_LISTING] = classes.loan_number[rank], first, is_listing
    positions = _narrow_down(index, rank, first, stop)
    events = max(0, stop - first) if positions is None else len(positions)
    asked = Question(
        n,
        np.zeros(len(prepared.end), dtype=np.int32),
        np.empty((min(len(prepared.end), events + 1), S_WIDTH), dtype=np.int64),
        np.zeros(len(columns.flags) if index.has_memory else 0, dtype=np.int32),
        np.empty((events, N_WIDTH), dtype=np.int64),
        np.zeros(len(USES), dtype=np.int64),
        mark_accounts(classes, rank),
    )
    if loan.movement == NO_ROW and index.followed[loan.account_id]:
        _reach(asked, loan.account_id, 0, NO_ROW, True, loan.principal_minor)
    credited = given.credit_position
    listed = np.zeros(0, dtype=np.int32) if positions is None else positions
    _expose(columns, classes.columns, asked, (listed, events), (index.followed, credited))
    return asked


def _narrow_down(index: ReachIndex, rank: int, first: int, stop: int) -> Int32s | None:
    """Return the events that can matter, in order; None where looking at all is quicker."""
    columns, given = index.prepared.columns, index.prepared.given
    budget = reaching.count_followed(stop - first)
    memory = reaching.open_reaching(index, stop, budget)
    loan, seeds = given.loans[rank], []
    if loan.movement == NO_ROW:
        arrive(memory, loan.account_id, first - 1, bool(index.followed[loan.account_id]))
    else:
        reaching.push_returns(index.outflows, memory, loan.movement, first - 1)
        if given.credit_position[loan.movement] >= 0:
            position = _find_arrival(index, loan.movement, first)
            seeds.append(position)
            account = int(columns.credit[loan.movement])
            if position < stop and index.followed[account]:
                arrive(memory, account, position, True)
    seen = np.empty(2 * budget + 1, dtype=np.int32)
    if not spread(index.followed, columns, index.outflows, memory, seen):
        return None
    seen = np.append(seen[: memory.n[reaching.NOTED]], np.array(seeds, dtype=np.int32))
    positions: Int32s = np.unique(seen[seen < stop]).astype(np.int32)
    return positions


def _find_arrival(index: ReachIndex, row: int, first: int) -> int:
    """Return the position of the event with which a movement is credited."""
    columns = index.prepared.columns
    if not columns.flags[row] & at.IS_LATE:
        return int(_find_code(columns.events, row << 1, first))
    first = int(find_event(columns, index.loan_at, int(columns.credited_at[row])))
    return int(_find_code(columns.events, row << 1 | 1, first))


@jit
def _find_code(events: Int32s, code: int, first: int) -> int:
    """Return where a code stands from ``first`` on; it is near, at the same instant."""
    while events[first] != code:
        first += 1
    return first


@jit
def _expose(
    c: Columns,
    classes: Classes,
    q: Question,
    which: tuple[Int32s, int],
    facts: tuple[Bools, Int32s],
) -> None:
    """Run the events: those listed, or so many from the first on."""
    positions, count = which
    followed, credited = facts
    n = q.n
    is_listed = len(positions) > 0
    for place in range(count):
        code = c.events[positions[place] if is_listed else n[FIRST] + place]
        if code < 0:
            continue
        row = code >> 1
        flag = c.flags[row]
        is_loan = row == n[LOAN_ROW] and (code & 1 or not flag & at.IS_LATE)
        if is_loan:
            if followed[c.credit[row]]:
                _reach(q, c.credit[row], 0, row, True, n[PRINCIPAL])
        elif code & 1:
            if q.note[row] and c.reason[row] == 0:
                _reach_by(q, c.credit[row], q.note[row] - 1)
        elif flag & at.HAS_LOANS:
            continue
        elif (q.slot[c.debit[row]] or flag & at.REVERSES) and _book_debit(c, q, row):
            _book_arrival(c, classes, q, row, credited)


@jit
def _book_arrival(c: Columns, classes: Classes, q: Question, row: int, credited: Int32s) -> None:
    """Count what the movement noted last brings, and keep its note if it will be asked for."""
    n, is_late = q.n, c.flags[row] & at.IS_LATE
    if not is_late or credited[row] >= 0:
        use = classify(c, classes, q.marks, row, n[LOAN_NUMBER])
        q.sums[use] = min(n[PRINCIPAL], q.sums[use] + q.notes[n[NOTED] - 1, N_VALUE])
    if not is_late and c.reason[row] == 0:
        _reach_by(q, c.credit[row], n[NOTED] - 1)
    if c.flags[row] & (at.IS_LATE | at.IS_REVERSED):
        q.note[row] = n[NOTED]
    elif not n[IS_LISTING]:
        n[NOTED] -= 1


@jit
def _book_debit(c: Columns, q: Question, row: int) -> bool:
    """Expose a movement whose account was reached, or that returns an exposed one; note it."""
    n, slots, notes = q.n, q.slots, q.notes
    slot = q.slot[c.debit[row]] - 1
    original, is_return = c.reverses[row], False
    back_depth, back_value, back_is_par = 0, n[PRINCIPAL], 1
    if c.flags[row] & at.REVERSES:
        is_return = original == n[LOAN_ROW]
        if not is_return and q.note[original]:
            is_return = True
            note = q.note[original] - 1
            back_depth, back_value = notes[note, N_ONWARD], notes[note, N_VALUE]
            back_is_par = notes[note, N_IS_PAR]
    is_there = slot >= 0 and slots[slot, S_DEPTH] < n[HOPS_MAX]
    is_back = is_return and back_depth < n[HOPS_MAX]
    if not is_there and not is_back:
        return False
    depth, parent, is_par, bound = back_depth, original, 1, 0
    if is_back:
        is_par, bound = back_is_par, back_value
    if is_there:
        bound += slots[slot, S_VALUE]
        is_par &= slots[slot, S_IS_PAR]
        if not is_back or slots[slot, S_DEPTH] <= back_depth:
            depth, parent = slots[slot, S_DEPTH], slots[slot, S_PARENT]
    amount = c.amount[row]
    note = n[NOTED]
    n[NOTED] = note + 1
    notes[note, N_ROW], notes[note, N_DEPTH], notes[note, N_PARENT] = row, depth + 1, parent
    notes[note, N_VALUE] = min(n[PRINCIPAL], amount if is_par else bound)
    notes[note, N_ONWARD] = depth if is_return else depth + 1
    notes[note, N_IS_PAR] = is_par & (amount == c.credited[row])
    return True


@jit
def _reach_by(q: Question, account: int, note: int) -> None:
    """Let the money of a noted movement arrive."""
    notes = q.notes
    is_par = notes[note, N_IS_PAR] != 0
    _reach(q, account, notes[note, N_ONWARD], notes[note, N_ROW], is_par, notes[note, N_VALUE])


@jit
def _reach(q: Question, account: int, depth: int, row: int, is_par: bool, value: int) -> None:  # noqa: FBT001, PLR0913, PLR0917  as numba likes it
    n, slots = q.n, q.slots
    slot = q.slot[account] - 1
    if slot < 0:
        slot = n[SLOTS]
        n[SLOTS] = slot + 1
        q.slot[account] = slot + 1
        slots[slot, S_DEPTH], slots[slot, S_PARENT] = depth, row
        slots[slot, S_VALUE], slots[slot, S_IS_PAR] = 0, 1
    slots[slot, S_DEPTH] = min(slots[slot, S_DEPTH], depth)
    slots[slot, S_VALUE] = min(n[PRINCIPAL], slots[slot, S_VALUE] + value)
    if not is_par:
        slots[slot, S_IS_PAR] = 0


@jit
def _look_back(
    c: Columns, accounts: Int64s, followed: Bools, out: tuple[UInt8s, UInt8s, UInt8s]
) -> None:
    """Mark the accounts and movements that lead to a wanted movement, the latest first."""
    leads, carries, found = out
    for event in range(len(c.events) - 1, -1, -1):
        code = c.events[event]
        if code < 0:
            found[-1 - code] = leads[accounts[-1 - code]]
            continue
        row = code >> 1
        flag = c.flags[row]
        if (code & 1 or not flag & at.IS_LATE) and c.reason[row] == 0 and leads[c.credit[row]]:
            carries[row] = 1
        if code & 1 or not carries[row]:
            continue
        if flag & at.HAS_LOANS:
            carries[row] = _PAID_OUT
            continue
        if followed[c.debit[row]]:
            leads[c.debit[row]] = 1
        if flag & at.REVERSES:
            carries[c.reverses[row]] = 1
