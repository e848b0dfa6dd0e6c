"""Where money of one account can have come since an instant: forward reach, in time.

The meaning is ``trace.reach``; this says the same of millions of movements. Once per input
the movements that leave followed accounts are listed by debit account in running order
(``Outflows``), each with the account that it reaches and the event at which it arrives.

Then a reached account is worked through from its latest movement back to its arrival, and,
when an earlier arrival is found, only from the old arrival back to the new one: every
movement is looked at once, in any order of accounts, and nothing that was not reached is
looked at. Where that touches more than a share of the events, one look at every event in
running order is quicker (it needs no queue, and memory is read in order), so it changes
over. Both are exact, and positions order same-instant events as they ran.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import NO_ROW, OUTSIDE, Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, UInt8s
from fundtrace.trace.kernel.preparing import Bools, Prepared
from fundtrace.trace.reach import Arrivals

NEVER = (1 << 31) - 2  # an event position behind all others; one more still fits in 32 bits
# Of the events left, one in so many is followed before all are looked at. Measured: a look
# takes 3 to 5 ns; following 30 ns at 1 M movements and 200 ns at 10 M, where it misses caches.
SCAN_SHARE = 128
HEAD, WAITING, FOUND, NOTED, STOP, BUDGET, N_WIDTH = range(7)  # Reaching.n
_NOTHING = np.zeros(0, dtype=np.int32)


class Outflows(NamedTuple):
    """The movements out of followed accounts; positions are those of ``Columns.events``."""

    offsets: Int64s  # of each account's first movement, and the end
    position: Int32s  # of the debit
    target: Int32s  # the account reached, or NONE
    arrival: Int32s  # position from which it is there, NEVER where not credited
    returned: Int32s  # rows of returned movements, sorted; beside them the return:
    return_position: Int32s
    return_target: Int32s
    return_arrival: Int32s


@dataclass(frozen=True)
class ReachIndex:
    """What reach and exposure need of an input, whoever asks."""

    prepared: Prepared
    followed: Bools  # by account, last OUTSIDE: does not absorb
    outflows: Outflows
    has_memory: bool  # some movement is asked about after its debit
    loan_at: Int64s  # by rank: instant of the disbursement


class Reaching(NamedTuple):
    """The memory of one question. Zeroed memory is handed out untouched, so it costs nothing."""

    n: Int64s
    best: Int32s  # by account: NEVER less the position of arrival; 0: not reached
    cut: Int64s  # by account: 1 + its first movement that is done; 0: none
    waits: UInt8s  # by account: stands in the queue
    queue: Int32s  # a ring of accounts, or -1 - return
    found: Int32s  # accounts in the order in which they were found
    is_done: UInt8s  # by return


def index_reach(prepared: Prepared) -> ReachIndex:
    """List the movements of an input by debit account; two passes over the events."""
    columns, end = prepared.columns, prepared.end
    followed = end == 0
    offsets = np.zeros(len(end) + 1, dtype=np.int64)
    arrival = np.full(len(columns.flags), NEVER, dtype=np.int32)
    position = np.full(len(columns.flags), NEVER, dtype=np.int32)
    _count_outflows(columns, followed, offsets, (position, arrival))
    np.cumsum(offsets, out=offsets)
    count = int(offsets[-1])
    listed = (
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int32),
    )
    _list_outflows(columns, prepared.end, offsets[:-1].copy(), arrival, listed)
    rows = np.flatnonzero((columns.flags & at.REVERSES) != 0)
    rows = rows[position[rows] != NEVER]
    rows = rows[np.lexsort((position[rows], columns.reverses[rows]))]
    is_open = columns.reason[rows] == 0
    returns = (
        columns.reverses[rows],
        position[rows],
        np.where(is_open, columns.credit[rows], at.NONE).astype(np.int32),
        arrival[rows],
    )
    loan_at = np.array([loan.disbursed_at for loan in prepared.given.loans], dtype=np.int64)
    has_memory = bool((columns.flags & (at.IS_LATE | at.IS_REVERSED)).any())
    flows = Outflows(offsets, *listed, *returns)
    return ReachIndex(prepared, followed, flows, has_memory, loan_at)


def reach_forward(
    index: ReachIndex, account: int, since: int, until: int | None = None
) -> Arrivals:
    """Return the accounts that money on ``account`` at ``since`` can have reached.

    ``account`` is a row of the accounts table; ``since`` and ``until`` are microseconds, both
    inclusive. The account itself comes first; the others in the order in which money came.
    """
    prepared = index.prepared
    columns = prepared.columns
    start = int(find_event(columns, index.loan_at, since))
    stop = len(columns.events)
    if until is not None:
        stop = int(find_event(columns, index.loan_at, until + 1))
    memory = open_reaching(index, stop, count_followed(stop - start))
    arrive(memory, account, start - 1, index.followed[account])
    has_scanned = not spread(index.followed, columns, index.outflows, memory, _NOTHING)
    if has_scanned:
        memory = open_reaching(index, stop, 0)
        arrive(memory, account, start - 1, False)
        carries = np.zeros(len(columns.flags) if index.has_memory else 0, dtype=np.uint8)
        _scan(columns, prepared.end, memory, carries, start)
    accounts = memory.found[: memory.n[FOUND]]
    positions = NEVER - memory.best[accounts]
    if not has_scanned:
        order = np.argsort(positions)
        accounts, positions = accounts[order], positions[order]
    rows = np.full(len(accounts), NO_ROW, dtype=np.int32)
    rows[1:] = columns.events[positions[1:]] >> 1
    instants = np.full(len(accounts), since, dtype=np.int64)
    instants[1:] = columns.credited_at[rows[1:]]
    credited = np.full(len(accounts), -1, dtype=np.int32)
    credited[1:] = prepared.given.credit_position[rows[1:]]
    return Arrivals(accounts, instants, rows, credited)


def count_followed(events: int) -> int:
    """Return how many movements may be followed before a look at all events is quicker."""
    return int(max(0, events) // SCAN_SHARE)


def open_reaching(index: ReachIndex, stop: int, budget: int) -> Reaching:
    """Return the memory of a question: events before ``stop``, so many movements followed."""
    accounts, returns = len(index.prepared.end), len(index.outflows.returned)
    n = np.zeros(N_WIDTH, dtype=np.int64)
    n[STOP], n[BUDGET] = stop, budget
    return Reaching(
        n,
        np.zeros(accounts, dtype=np.int32),
        np.zeros(accounts, dtype=np.int64),
        np.zeros(accounts, dtype=np.uint8),
        np.empty(accounts + returns + 1, dtype=np.int32),
        np.empty(accounts, dtype=np.int32),
        np.zeros(returns, dtype=np.uint8),
    )


@jit
def find_event(c: Columns, loan_at: Int64s, instant: int) -> int:
    """Return the position of the first event at or after an instant, by bisection."""
    low, high = 0, len(c.events)
    while low < high:
        middle = (low + high) >> 1
        code = c.events[middle]
        if code < 0:
            there = loan_at[-1 - code]
        elif code & 1:
            there = c.credited_at[code >> 1]
        else:
            there = c.booked_at[code >> 1]
        if there < instant:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def _count_outflows(
    c: Columns, followed: Bools, offsets: Int64s, when: tuple[Int32s, Int32s]
) -> None:
    """Count movements by account (one place behind), and note when each leaves and arrives."""
    position, arrival = when
    for event in range(len(c.events)):
        code = c.events[event]
        if code < 0:
            continue
        row = code >> 1
        if code & 1:
            arrival[row] = event
            continue
        position[row] = event
        if not c.flags[row] & at.IS_LATE:
            arrival[row] = event
        if followed[c.debit[row]] and not c.flags[row] & at.HAS_LOANS:
            offsets[c.debit[row] + 1] += 1


@jit
def _list_outflows(
    c: Columns,
    end: Int8s,
    next_one: Int64s,
    arrival: Int32s,
    listed: tuple[Int32s, Int32s, Int32s],
) -> None:
    positions, targets, arrivals = listed
    for event in range(len(c.events)):
        code = c.events[event]
        row = code >> 1
        if code < 0 or code & 1 or end[c.debit[row]] or c.flags[row] & at.HAS_LOANS:
            continue
        place = next_one[c.debit[row]]
        next_one[c.debit[row]] = place + 1
        positions[place] = event
        arrivals[place] = arrival[row]
        targets[place] = find_target(c, end, row)


@jit
def find_target(c: Columns, end: Int8s, row: int) -> int:
    """Return the account that a movement reaches, or NONE.

    Cash, fees and repayments end where they are paid, so that of theirs only accounts that
    absorb are reached.
    """
    credit = c.credit[row]
    if credit == OUTSIDE or (c.reason[row] and not end[credit]):
        return int(at.NONE)
    return int(credit)


@jit
def spread(followed: Bools, c: Columns, flows: Outflows, m: Reaching, seen: Int32s) -> bool:
    """Follow all that waits; return False, half done, where that is more than ``m.n`` allows.

    ``seen``, unless empty, receives the positions of the debits and late credits of all
    movements followed, some of them twice.
    """
    n, room, keeps, stop = m.n, len(m.queue), len(seen) > 0, m.n[STOP]
    while n[WAITING]:
        one = m.queue[n[HEAD]]
        n[HEAD] = (n[HEAD] + 1) % room
        n[WAITING] -= 1
        low, high = -1 - one, -one
        positions, targets, arrivals = _pick_returns(flows)
        if one >= 0:
            m.waits[one] = 0
            low, high = _cut_span(flows, m, one)
            positions, targets, arrivals = flows.position, flows.target, flows.arrival
        n[BUDGET] -= high - low
        if n[BUDGET] < 0:
            return False
        for place in range(low, high):
            event, there, target = positions[place], arrivals[place], targets[place]
            row = c.events[event] >> 1
            if keeps:
                seen[n[NOTED]] = event
                n[NOTED] += 1
                if there != event and there < stop:
                    seen[n[NOTED]] = there
                    n[NOTED] += 1
            if c.flags[row] & at.IS_REVERSED:
                push_returns(flows, m, row, event)
            if target >= 0 and there < stop:
                arrive(m, target, there, followed[target])
    return True


@jit
def _pick_returns(flows: Outflows) -> tuple[Int32s, Int32s, Int32s]:
    return flows.return_position, flows.return_target, flows.return_arrival


@jit
def arrive(m: Reaching, account: int, position: int, is_followed: bool) -> None:  # noqa: FBT001  numba takes no keywords cheaply
    """Note an arrival; an earlier one than known lets the account wait to be worked through."""
    n, known = m.n, m.best[account]
    if NEVER - position <= known:
        return
    if known == 0:
        m.found[n[FOUND]] = account
        n[FOUND] += 1
    m.best[account] = NEVER - position
    if is_followed and not m.waits[account]:
        m.waits[account] = 1
        m.queue[(n[HEAD] + n[WAITING]) % len(m.queue)] = account
        n[WAITING] += 1


@jit
def push_returns(flows: Outflows, m: Reaching, row: int, event: int) -> None:
    """Let the returns of a movement that was followed wait as well."""
    low, high = 0, len(flows.returned)
    while low < high:
        middle = (low + high) >> 1
        if flows.returned[middle] < row:
            low = middle + 1
        else:
            high = middle
    n = m.n
    while low < len(flows.returned) and flows.returned[low] == row:
        is_later = event < flows.return_position[low] < n[STOP]
        if is_later and not m.is_done[low]:
            m.is_done[low] = 1
            m.queue[(n[HEAD] + n[WAITING]) % len(m.queue)] = -1 - low
            n[WAITING] += 1
        low += 1


@jit
def _cut_span(flows: Outflows, m: Reaching, account: int) -> tuple[int, int]:
    """Return which movements of an account are to be followed now, and note them as done."""
    start, end = flows.offsets[account], flows.offsets[account + 1]
    high = m.cut[account] - 1
    if high < 0:
        high = _bisect(flows.position, start, end, m.n[STOP])
    low = _bisect(flows.position, start, high, NEVER - m.best[account] + 1)
    m.cut[account] = low + 1
    return low, high


@jit
def _bisect(positions: Int32s, low: int, high: int, wanted: int) -> int:
    """Return the first place in a span whose position is ``wanted`` or later."""
    while low < high:
        middle = (low + high) >> 1
        if positions[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def _scan(c: Columns, end: Int8s, m: Reaching, carries: UInt8s, start: int) -> None:
    """Find the same by one look at every event from ``start`` on."""
    for event in range(start, m.n[STOP]):
        code = c.events[event]
        if code < 0:
            continue
        row = code >> 1
        flag = c.flags[row]
        if code & 1:
            if not carries[row]:
                continue
        else:
            is_open = m.best[c.debit[row]] and not end[c.debit[row]]
            is_open = is_open or (flag & at.REVERSES and carries[c.reverses[row]])
            if not is_open or flag & at.HAS_LOANS:
                continue
            if flag & (at.IS_LATE | at.IS_REVERSED):
                carries[row] = 1
            if flag & at.IS_LATE:
                continue
        target = find_target(c, end, row)
        if target >= 0:
            arrive(m, target, event, False)
