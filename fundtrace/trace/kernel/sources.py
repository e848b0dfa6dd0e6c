"""All sources at once: whose opening balance every final balance is made of.

As research code on provenance asks it: each account's opening balance is a source of its
own, and the answer is, for each account, (source, units) of what lies on it at the end. By
definition it equals a pass of ``engine.trace_all`` in which each opening balance is a loan
that no movement pays out, disbursed before all else; the loans of the tables are not looked
at. Rules fifo, lifo and pro_rata; exact in whole units.

- **fifo, lifo**: an account is a chain of lots, a payment cuts a piece of the chain off and
  hangs it onto another, so that a movement costs the lots that it moves and nothing is copied.
- **pro_rata**: an account is a sorted list of (source, units) in blocks. A payment takes
  floor(units x paid / balance) of each, and one unit more where remainders are largest
  (``rules.split_largest_remainder``). The quotient is guessed by a float and set right by its
  integer remainder, so it is exact. Lists are merged block by block, and a block that was
  read is free to be written, so memory is what the lists hold.

Not for tables with conversions, returns or overdrafts: there units are not one thing, or own
money comes first. Money that nobody saw arrive is source OWN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.blocks import gather_blocks, open_lists, run_pro_rata
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.preparing import Prepared

OWN = at.OWN
SOURCE_RULES = (Rule.FIFO, Rule.LIFO, Rule.PRO_RATA)
_USED, _FREE, _N_WIDTH = range(3)  # _Chains.n
_ROOM = 1 << 12  # lots free at first, beside two for each account


class Sources(NamedTuple):
    """What final balances are made of; the rows of an account stand together, in no order."""

    offsets: Int64s  # of each account's first row, and the end
    source: Int32s  # account whose opening balance it was, or OWN
    units: Int64s  # minor units, > 0


class _Chains(NamedTuple):
    """Lots in chains; fifo chains begin with the oldest lot, lifo chains with the newest."""

    n: Int64s
    following: Int32s  # lot: the next one
    source: Int32s
    units: Int64s
    head: Int32s  # by account
    tail: Int32s
    balance: Int64s
    flight: Int32s  # by movement: head and tail of what has left and not arrived


def trace_sources(prepared: Prepared, rule: Rule) -> Sources:
    """Return the provenance of every followed account's final balance.

    Raises InvalidInputError for another rule, and for tables with conversions, returns or
    overdrafts.
    """
    if rule not in SOURCE_RULES:
        raise InvalidInputError(f"sources go by {', '.join(SOURCE_RULES)}; not by {rule}")
    _check_plain(prepared)
    columns, followed = prepared.columns, prepared.end[:-1] == 0
    opening = np.where(followed, prepared.opening, 0)
    has_late = bool((columns.flags & at.IS_LATE).any())
    flight = np.full((len(columns.flags) if has_late else 0, 2), at.NONE, dtype=np.int32)
    if rule is Rule.PRO_RATA:
        lists = open_lists(opening, flight)
        lists = run_pro_rata(columns, prepared.end, lists)
        return Sources(*gather_blocks(lists))
    chains = _open_chains(opening, flight)
    run = _run_fifo if rule is Rule.FIFO else _run_lifo
    event = 0
    while event < len(columns.events):
        event = run(columns, prepared.end, chains, event)
        if event < len(columns.events):
            chains = _grow(chains)
    return _gather(chains)


def _check_plain(prepared: Prepared) -> None:
    flags = prepared.columns.flags
    followed = prepared.end[:-1] == 0
    reasons = {
        "conversions": bool((flags & at.CONVERTS).any()),
        "returns": bool((flags & at.REVERSES).any()),
        "overdrafts": bool(((prepared.limit > 0) | (prepared.opening < 0))[followed].any()),
    }
    if any(reasons.values()):
        names = " and ".join(name for name, is_there in reasons.items() if is_there)
        raise InvalidInputError(f"sources are traced only in tables without {names}")


def _open_chains(opening: Int64s, flight: Int32s) -> _Chains:
    """Return the chains before the first event: one lot for each opening balance."""
    count = len(opening)
    n = np.zeros(_N_WIDTH, dtype=np.int64)
    room = 2 * count + _ROOM
    source, units = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)
    some = np.flatnonzero(opening)
    n[_USED], n[_FREE] = len(some), at.NONE
    source[: len(some)], units[: len(some)] = some, opening[some]
    head = np.full(count, at.NONE, dtype=np.int32)
    head[some] = np.arange(len(some), dtype=np.int32)
    following = np.full(room, at.NONE, dtype=np.int32)
    return _Chains(n, following, source, units, head, head.copy(), opening.copy(), flight)


def _grow(chains: _Chains) -> _Chains:
    """Return chains with room for twice as many lots."""
    used = int(chains.n[_USED])

    def double(column: Int32s) -> Int32s:
        larger = np.empty(2 * len(column), dtype=column.dtype)
        larger[:used] = column[:used]
        return larger

    units = np.empty(2 * len(chains.units), dtype=np.int64)
    units[:used] = chains.units[:used]
    return chains._replace(
        following=double(chains.following), source=double(chains.source), units=units
    )


@jit
def _run_fifo(c: Columns, end: Int8s, m: _Chains, event: int) -> int:
    """Run events until all are done or the lots may not suffice; return the next event."""
    while event < len(c.events) and m.n[_USED] + 2 <= len(m.units):
        code = c.events[event]
        event += 1
        row = code >> 1
        if code < 0:
            continue
        is_late = c.flags[row] & at.IS_LATE
        if code & 1:
            head, tail = m.flight[row, 0], m.flight[row, 1]
        else:
            if end[c.debit[row]]:
                head = tail = _make_lot(m, at.OWN, c.amount[row])
            else:
                head, tail = _cut_oldest(m, c.debit[row], c.amount[row])
            if is_late:
                m.flight[row, 0], m.flight[row, 1] = head, tail
                continue
        if c.reason[row]:
            _free(m, head, tail)
            if end[c.credit[row]]:
                continue
            head = tail = _make_lot(m, at.OWN, c.amount[row])
        credit = c.credit[row]
        m.balance[credit] += c.amount[row]
        if m.head[credit] < 0:
            m.head[credit] = head
        else:
            m.following[m.tail[credit]] = head
        m.tail[credit] = tail
    return event


@jit
def _cut_oldest(m: _Chains, account: int, units: int) -> tuple[int, int]:
    """Cut a payment off the front of a chain; what is missing is own money behind the rest."""
    missing = units - m.balance[account]
    m.balance[account] = max(0, -missing)
    first = m.head[account]
    if missing >= 0:
        last = m.tail[account]
        m.head[account] = m.tail[account] = at.NONE
        if missing:
            lot = _make_lot(m, at.OWN, missing)
            if first < 0:
                return lot, lot
            m.following[last] = lot
            last = lot
        return first, last
    lot, last, left = first, at.NONE, units
    while m.units[lot] <= left:
        left -= m.units[lot]
        last = lot
        lot = m.following[lot]
        if left == 0:
            break
    m.head[account] = lot
    if left:
        piece = _make_lot(m, m.source[lot], left)
        m.units[lot] -= left
        if last < 0:
            return piece, piece
        m.following[last] = piece
        last = piece
    m.following[last] = at.NONE
    return first, last


@jit
def _run_lifo(c: Columns, end: Int8s, m: _Chains, event: int) -> int:
    """Run events until all are done or the lots may not suffice; return the next event."""
    while event < len(c.events) and m.n[_USED] + 2 <= len(m.units):
        code = c.events[event]
        event += 1
        row = code >> 1
        if code < 0:
            continue
        is_late = c.flags[row] & at.IS_LATE
        if code & 1:
            head, tail = m.flight[row, 0], m.flight[row, 1]
        else:
            if end[c.debit[row]]:
                head = tail = _make_lot(m, at.OWN, c.amount[row])
            else:
                head, tail = _cut_newest(m, c.debit[row], c.amount[row])
            if is_late:
                m.flight[row, 0], m.flight[row, 1] = head, tail
                continue
        if c.reason[row]:
            _free(m, head, tail)
            if end[c.credit[row]]:
                continue
            head = tail = _make_lot(m, at.OWN, c.amount[row])
        credit = c.credit[row]
        m.balance[credit] += c.amount[row]
        m.following[tail] = m.head[credit]
        m.head[credit] = head
    return event


@jit
def _cut_newest(m: _Chains, account: int, units: int) -> tuple[int, int]:
    """Cut a payment off a chain; it comes back to front, as it will lie: last taken, newest."""
    missing = units - m.balance[account]
    m.balance[account] = max(0, -missing)
    if missing > 0:
        lot = _make_lot(m, at.OWN, missing)
        m.following[lot] = m.head[account]
        m.head[account] = lot
    tail, head, left = m.head[account], at.NONE, units
    while left:
        lot = m.head[account]
        if m.units[lot] <= left:
            m.head[account] = m.following[lot]
        else:
            m.units[lot] -= left
            lot = _make_lot(m, m.source[lot], left)
            if head < 0:
                tail = lot
        left -= m.units[lot]
        m.following[lot] = head
        head = lot
    return head, tail


@jit
def _make_lot(m: _Chains, source: int, units: int) -> int:
    lot = m.n[_FREE]
    if lot >= 0:
        m.n[_FREE] = m.following[lot]
    else:
        lot = m.n[_USED]
        m.n[_USED] = lot + 1
    m.source[lot], m.units[lot], m.following[lot] = source, units, at.NONE
    return int(lot)


@jit
def _free(m: _Chains, head: int, tail: int) -> None:
    """Give the lots of a chain back."""
    m.following[tail] = m.n[_FREE]
    m.n[_FREE] = head


def _gather(chains: _Chains) -> Sources:
    """Add the lots of each account up by source."""
    count = len(chains.head)
    offsets = np.zeros(count + 1, dtype=np.int64)
    room = int(chains.n[_USED])
    source, units = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int64)
    place = np.full(count + 1, at.NONE, dtype=np.int64)
    rows = _add_up(chains, offsets, source, units, place)
    return Sources(offsets, source[:rows].copy(), units[:rows].copy())


@jit
def _add_up(m: _Chains, offsets: Int64s, source: Int32s, units: Int64s, place: Int64s) -> int:
    """Fill the rows; ``place`` is the last row of each source, OWN behind all."""
    rows = 0
    for account in range(len(m.head)):
        start = rows
        lot = m.head[account] if m.balance[account] else at.NONE
        while lot >= 0:
            known = place[m.source[lot]]
            if known < start:
                known = place[m.source[lot]] = rows
                source[rows], units[rows] = m.source[lot], 0
                rows += 1
            units[known] += m.units[lot]
            lot = m.following[lot]
        offsets[account + 1] = rows
    return rows
