"""Sorted lists of (source, units) in blocks: the accounts of ``sources`` under pro_rata.

All blocks of a list but its last are full. Merging reads one list and writes another, and a
block that was read is free at once. A run stops between events when the free blocks might
not suffice for the next one, and goes on with more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns
from fundtrace.trace.kernel.muldiv import mul_div

BLOCK = 32  # rows, a power of two: 384 bytes, half a block of waste for each account
_LAST = BLOCK - 1
_ROOM = 1 << 12  # blocks free at first, beside two for each account
_USED, _FREE, _TAKEN, _N_WIDTH = range(4)  # Lists.n
_GUESSES_MAX = 1 << 50  # LIMIT: below it a float's quotient is off by one at most
_BUCKETS = 1024


class Blocks(NamedTuple):
    """The rows of all lists."""

    following: Int32s  # block: the next one
    source: Int32s
    units: Int64s


class Lists(NamedTuple):
    """The lists of all accounts, and the payment at hand."""

    n: Int64s
    blocks: Blocks
    head: Int32s  # by account: its first block, or NONE
    rows: Int32s  # by account: how many
    balance: Int64s
    flight: Int32s  # by movement: first block and rows of what has left and not arrived
    source: Int32s  # the payment: rows
    share: Int64s
    remainder: Int64s
    close: Int64s  # remainders about the one looked for
    buckets: Int32s


def open_lists(opening: Int64s, flight: Int32s) -> Lists:
    """Return the lists before the first event: each opening balance is one row."""
    count = len(opening)
    some = np.flatnonzero(opening)
    n = np.array([len(some), at.NONE, 0], dtype=np.int64)
    room = 2 * count + _ROOM
    blocks = Blocks(
        np.full(room, at.NONE, dtype=np.int32),
        np.empty(room * BLOCK, dtype=np.int32),
        np.empty(room * BLOCK, dtype=np.int64),
    )
    blocks.source[: len(some) * BLOCK : BLOCK] = some
    blocks.units[: len(some) * BLOCK : BLOCK] = opening[some]
    head = np.full(count, at.NONE, dtype=np.int32)
    head[some] = np.arange(len(some), dtype=np.int32)
    return Lists(
        n,
        blocks,
        head,
        (opening > 0).astype(np.int32),
        opening.copy(),
        flight,
        np.empty(count + 1, dtype=np.int32),
        np.empty(count + 1, dtype=np.int64),
        np.empty(count + 1, dtype=np.int64),
        np.empty(count + 1, dtype=np.int64),
        np.empty(_BUCKETS, dtype=np.int32),
    )


def run_pro_rata(columns: Columns, end: Int8s, lists: Lists) -> Lists:
    """Run all events; returns the lists, which may lie elsewhere now."""
    event = 0
    while event < len(columns.events):
        event = int(_run(columns, end, lists, event))
        if event < len(columns.events):
            lists = lists._replace(blocks=_grow(lists))
    return lists


def _grow(lists: Lists) -> Blocks:
    """Return blocks with room for twice as many, and for the longest list once more."""
    used, before = int(lists.n[_USED]), lists.blocks
    room = 2 * used + len(lists.head) // BLOCK + 8
    blocks = Blocks(
        np.empty(room, dtype=np.int32),
        np.empty(room * BLOCK, dtype=np.int32),
        np.empty(room * BLOCK, dtype=np.int64),
    )
    blocks.following[:used] = before.following[:used]
    blocks.source[: used * BLOCK] = before.source[: used * BLOCK]
    blocks.units[: used * BLOCK] = before.units[: used * BLOCK]
    return blocks


def gather_blocks(lists: Lists) -> tuple[Int64s, Int32s, Int64s]:
    """Return (offsets by account, source, units) of all lists; own money is source OWN."""
    offsets = np.concatenate([[0], np.cumsum(lists.rows, dtype=np.int64)])
    source = np.empty(int(offsets[-1]), dtype=np.int32)
    units = np.empty(len(source), dtype=np.int64)
    for_all = (source, units)
    _copy_out(lists, offsets, for_all)
    source[source == len(lists.head)] = at.OWN
    return offsets, source, units


@jit
def _run(c: Columns, end: Int8s, m: Lists, event: int) -> int:
    """Run events until all are done or the blocks may not suffice; return the next event."""
    n, own = m.n, len(m.head)
    while event < len(c.events):
        code = c.events[event]
        row = code >> 1
        if code < 0:
            event += 1
            continue
        debit, credit, amount = c.debit[row], c.credit[row], c.amount[row]
        if n[_USED] + _count_needed(m, end, (code, debit, credit)) > len(m.blocks.following):
            return event
        event += 1
        if code & 1:
            _load(m, row)
        else:
            if end[debit]:
                _set_own(m, amount)
            else:
                _take(m, debit, amount, own)
            if c.flags[row] & at.IS_LATE:
                m.flight[row, 1] = n[_TAKEN]
                m.flight[row, 0], _ = _merge(m, at.NONE, 0)
                continue
        if c.reason[row]:
            if end[credit]:
                continue
            _set_own(m, amount)
        m.balance[credit] += amount
        m.head[credit], m.rows[credit] = _merge(m, m.head[credit], m.rows[credit])
    return event


@jit
def _count_needed(m: Lists, end: Int8s, event: tuple[int, int, int]) -> int:
    """Return how many new blocks an event can need at most, freed ones left aside."""
    code, debit, credit = event
    rows = 1
    if code & 1:
        rows += m.flight[code >> 1, 1]
    elif not end[debit]:
        rows += m.rows[debit]
    if not end[credit]:
        rows += m.rows[credit]
    return rows // BLOCK + 3


@jit
def _set_own(m: Lists, units: int) -> None:
    """Let the payment be own money."""
    m.source[0], m.share[0] = len(m.head), units
    m.n[_TAKEN] = 1


@jit
def _load(m: Lists, row: int) -> None:
    """Take up a payment that has been in flight, and free its blocks."""
    block, count, b = m.flight[row, 0], m.flight[row, 1], m.blocks
    for place in range(count):
        at_row = place & _LAST
        m.source[place] = b.source[block * BLOCK + at_row]
        m.share[place] = b.units[block * BLOCK + at_row]
        if at_row == _LAST or place == count - 1:
            block = _free(m, block)
    m.n[_TAKEN] = count


@jit
def _take(m: Lists, account: int, units: int, own: int) -> None:
    """Take a payment out of an account, in proportion to what lies there."""
    n, b = m.n, m.blocks
    balance, count = m.balance[account], m.rows[account]
    if units >= balance:
        block = m.head[account]
        for place in range(count):
            at_row = place & _LAST
            m.source[place] = b.source[block * BLOCK + at_row]
            m.share[place] = b.units[block * BLOCK + at_row]
            if at_row == _LAST or place == count - 1:
                block = _free(m, block)
        if units > balance:
            if count == 0 or m.source[count - 1] != own:
                m.source[count], m.share[count] = own, 0
                count += 1
            m.share[count - 1] += units - balance
        n[_TAKEN] = count
        m.head[account], m.rows[account], m.balance[account] = at.NONE, 0, 0
        return
    left = units - _divide(m, account, units)
    limit, ties = balance, 0
    if left:
        limit, ties = _find_limit(m, account, left)
    m.balance[account] = balance - units
    _subtract(m, account, limit, ties)


@jit
def _divide(m: Lists, account: int, units: int) -> int:
    """Note share and remainder of every row; return the sum of the shares."""
    b, balance, count = m.blocks, m.balance[account], m.rows[account]
    block, place, total = m.head[account], 0, 0
    ratio = units / balance
    while place < count:
        row = block * BLOCK
        for here in range(row, row + min(BLOCK, count - place)):
            if balance < _GUESSES_MAX:
                share = int(b.units[here] * ratio)
                rest = b.units[here] * units - share * balance  # modulo 2^64, which cancels
                if rest < 0:
                    share -= 1
                    rest += balance
                elif rest >= balance:
                    share += 1
                    rest -= balance
            else:
                share, rest = mul_div(b.units[here], units, balance)
            m.share[place], m.remainder[place] = share, rest
            total += share
            place += 1
        block = b.following[block]
    return total


@jit
def _find_limit(m: Lists, account: int, wanted: int) -> tuple[int, int]:
    """Return the remainder above which all get one unit more, and how many at it do.

    Remainders between ``low`` and ``high`` are counted in buckets; those of the bucket in
    which the last wanted one lies are looked at again, until all of them are equal.
    """
    values, buckets, count = m.remainder, m.buckets, int(m.rows[account])
    low, high = 0, m.balance[account]
    while low < high:
        size = min(_BUCKETS, count)
        scale = size / (high - low + 1)
        buckets[:size] = 0
        for place in range(count):
            buckets[min(size - 1, int((values[place] - low) * scale))] += 1
        bucket = size - 1
        while buckets[bucket] < wanted:
            wanted -= buckets[bucket]
            bucket -= 1
        least, most, close = high, low, 0
        for place in range(count):
            one = values[place]
            if min(size - 1, int((one - low) * scale)) == bucket:
                m.close[close] = one
                close += 1
                least, most = min(least, one), max(most, one)
        low, high, values, count = least, most, m.close, close
    return low, wanted


@jit
def _subtract(m: Lists, account: int, limit: int, ties: int) -> None:
    """Give the units left over, take the shares away, and close up what remains."""
    b, count = m.blocks, m.rows[account]
    block = kept_block = m.head[account]
    kept, taken = 0, 0
    for place in range(count):
        at_row = place & _LAST
        source, units = b.source[block * BLOCK + at_row], b.units[block * BLOCK + at_row]
        share, rest = m.share[place], m.remainder[place]
        if rest > limit:
            share += 1
        elif rest == limit and ties:
            share += 1
            ties -= 1
        if share:
            m.source[taken], m.share[taken] = source, share
            taken += 1
        if share < units:
            if kept and kept & _LAST == 0:
                kept_block = b.following[kept_block]
            b.source[kept_block * BLOCK + (kept & _LAST)] = source
            b.units[kept_block * BLOCK + (kept & _LAST)] = units - share
            kept += 1
        if at_row == _LAST:
            block = b.following[block]
    m.n[_TAKEN], m.rows[account] = taken, kept
    block = b.following[kept_block]
    b.following[kept_block] = at.NONE
    while block >= 0:
        block = _free(m, block)


@jit
def _merge(m: Lists, block: int, count: int) -> tuple[int, int]:
    """Merge the payment into a list; return its first block and how many rows it has.

    Which side comes next cannot be foretold, so that it is computed and not branched on.
    """
    b, taken = m.blocks, m.n[_TAKEN]
    head = at.NONE
    place, mine, rows, out = 0, 0, 0, at.NONE
    here = block * BLOCK
    while place < count and mine < taken:
        source, other = m.source[mine], b.source[here]
        is_mine, is_other = int(source <= other), int(other <= source)
        units = m.share[mine] * is_mine + b.units[here] * is_other
        mine += is_mine
        place += is_other
        here += is_other
        if here & _LAST == 0 and is_other:
            block = _free(m, block)
            here = block * BLOCK
        if rows & _LAST == 0:
            out, head = _append(m, out, head)
        b.source[out], b.units[out] = min(source, other), units
        out += 1
        rows += 1
    while mine < taken:
        if rows & _LAST == 0:
            out, head = _append(m, out, head)
        b.source[out], b.units[out] = m.source[mine], m.share[mine]
        mine, out, rows = mine + 1, out + 1, rows + 1
    while place < count:
        source, units = b.source[here], b.units[here]
        place, here = place + 1, here + 1
        if here & _LAST == 0:
            block = _free(m, block)
            here = block * BLOCK
        if rows & _LAST == 0:
            out, head = _append(m, out, head)
        b.source[out], b.units[out] = source, units
        out, rows = out + 1, rows + 1
    if count & _LAST:
        _free(m, block)
    return head, rows


@jit
def _append(m: Lists, out: int, head: int) -> tuple[int, int]:
    """Open the block behind the one that ends before ``out``; return its place, and the head."""
    block = _make(m)
    if head < 0:
        return block * BLOCK, block
    m.blocks.following[(out - 1) // BLOCK] = block
    return block * BLOCK, head


@jit
def _make(m: Lists) -> int:
    block = m.n[_FREE]
    if block >= 0:
        m.n[_FREE] = m.blocks.following[block]
    else:
        block = m.n[_USED]
        m.n[_USED] = block + 1
    m.blocks.following[block] = at.NONE
    return int(block)


@jit
def _free(m: Lists, block: int) -> int:
    """Give a block back; return the one behind it."""
    behind = m.blocks.following[block]
    m.blocks.following[block] = m.n[_FREE]
    m.n[_FREE] = block
    return int(behind)


@jit
def _copy_out(m: Lists, offsets: Int64s, out: tuple[Int32s, Int64s]) -> None:
    source, units = out
    for account in range(len(m.head)):
        block = m.head[account]
        for place in range(m.rows[account]):
            here = block * BLOCK + (place & _LAST)
            source[offsets[account] + place] = m.blocks.source[here]
            units[offsets[account] + place] = m.blocks.units[here]
            if place & _LAST == _LAST:
                block = m.blocks.following[block]
