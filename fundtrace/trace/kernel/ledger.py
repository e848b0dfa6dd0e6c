"""Lots and how they are listed: two queues by age, or (pro_rata) one list by source.

``holding`` defines what these do; here a lot is a row of ``State.lots``. Three liberties,
none of which a hop, a rest or a first use can see:

- **No traced lot, no lots.** An account without traced money is its balance. When traced
  money arrives, the balance becomes one own lot, older than what arrives.
- **Own lots that touch are one.** An own lot that would stand directly behind another own
  lot joins it: fifo and lifo take the same units in the same order, and own money has no
  identity. It has one where a return or rule specific must find what one movement
  brought (``KEEPS_LOTS``). A conversion weighs own pieces that touch as one.
- **Under pro_rata own money is a subtraction**: the balance less the traced units.
"""

from __future__ import annotations

from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.muldiv import mul_div


@jit
def get_part(value: int, start: int, end: int, whole: int) -> int:
    """Return what units start..end of a whole carry of its value."""
    if value == whole:
        return end - start
    if value == 0:
        return 0
    before = mul_div(value, start, whole)[0] if start else 0
    after = mul_div(value, end, whole)[0] if end != whole else value
    return after - before


@jit
def copy_row(source: Int64s, place: int, target: Int64s, goal: int) -> None:
    """Copy a row of a table (numba's slices would allocate)."""
    for column in range(source.shape[1]):
        target[goal, column] = source[place, column]


@jit
def clear_row(table: Int64s, place: int) -> None:
    """Set a row of a table to 0."""
    for column in range(table.shape[1]):
        table[place, column] = 0


@jit
def new_lot(s: State, source: int, units: int) -> int:
    """Return a lot that nothing lists yet."""
    lot = s.n[at.LOT_FREE]
    if lot >= 0:
        s.n[at.LOT_FREE] = s.lots[lot, at.NEXT]
        s.n[at.LOT_FREE_COUNT] -= 1
    else:
        lot = s.n[at.LOT_COUNT]
        s.n[at.LOT_COUNT] = lot + 1
    number = s.n[at.LOT_NUMBER]
    s.n[at.LOT_NUMBER] = number + 1
    clear_row(s.lots, lot)
    s.lots[lot, at.SOURCE] = source
    s.lots[lot, at.UNITS] = units
    s.lots[lot, at.NUMBER] = number
    s.lots[lot, at.PARENT] = at.NONE
    s.lots[lot, at.SIBLING] = at.NONE
    return int(lot)


@jit
def free_lot(s: State, lot: int) -> None:
    """Give a lot back that nothing lists."""
    s.lots[lot, at.NEXT] = s.n[at.LOT_FREE]
    s.n[at.LOT_FREE] = lot
    s.n[at.LOT_FREE_COUNT] += 1


@jit
def link(s: State, account: int, head: int, lot: int, before: int) -> None:
    """List a lot behind ``before`` (NONE: first) in the queue whose head column is given."""
    after = s.acc[account, head] if before < 0 else s.lots[before, at.NEXT]
    s.lots[lot, at.PREVIOUS] = before
    s.lots[lot, at.NEXT] = after
    if before < 0:
        s.acc[account, head] = lot
    else:
        s.lots[before, at.NEXT] = lot
    if after < 0:
        s.acc[account, head + 1] = lot
    else:
        s.lots[after, at.PREVIOUS] = lot
    s.acc[account, at.LOTS] += 1


@jit
def unlink(s: State, account: int, head: int, lot: int) -> None:
    """Take a lot off its queue."""
    before, after = s.lots[lot, at.PREVIOUS], s.lots[lot, at.NEXT]
    if before < 0:
        s.acc[account, head] = after
    else:
        s.lots[before, at.NEXT] = after
    if after < 0:
        s.acc[account, head + 1] = before
    else:
        s.lots[after, at.PREVIOUS] = before
    s.acc[account, at.LOTS] -= 1


@jit
def list_lots(s: State, account: int) -> None:
    """Turn a bare balance into lots."""
    if s.alert[account] & at.HAS_LOTS:
        return
    s.alert[account] |= at.HAS_LOTS
    if s.balance[account] > 0 and s.n[at.RULE] != at.PRO_RATA:
        lot = new_lot(s, at.OWN, s.balance[account])
        link(s, account, at.OWN_HEAD, lot, at.NONE)


@jit
def settle(s: State, account: int) -> None:
    """Turn lots into a bare balance where none of them is traced and nothing keeps them."""
    if s.acc[account, at.TRACED_HEAD] >= 0 or s.alert[account] & at.KEEPS_LOTS:
        return
    if not s.alert[account] & at.HAS_LOTS:
        return
    lot = s.acc[account, at.OWN_HEAD]
    while lot >= 0:
        after = s.lots[lot, at.NEXT]
        free_lot(s, lot)
        lot = after
    s.acc[account, at.OWN_HEAD] = at.NONE
    s.acc[account, at.OWN_TAIL] = at.NONE
    s.acc[account, at.LOTS] = 0
    s.acc[account, at.WINDOW_END] = at.FAR
    s.alert[account] &= ~at.HAS_LOTS & 0xFF


@jit
def append_own(s: State, account: int, units: int) -> None:
    """Append own money as the newest lot."""
    s.balance[account] += units
    if s.n[at.RULE] == at.PRO_RATA or not s.alert[account] & at.HAS_LOTS:
        return
    tail, traced = s.acc[account, at.OWN_TAIL], s.acc[account, at.TRACED_TAIL]
    is_newest = tail >= 0 and (traced < 0 or s.lots[tail, at.NUMBER] > s.lots[traced, at.NUMBER])
    if is_newest and s.lots[tail, at.PINS] == 0 and not s.n[at.IS_CHAINING]:
        s.lots[tail, at.UNITS] += units
        return
    lot = new_lot(s, at.OWN, units)
    link(s, account, at.OWN_HEAD, lot, tail)
    chain(s, lot)


@jit
def chain(s: State, lot: int) -> None:
    """Count a lot among those that this credit brings, where something remembers them."""
    if not s.n[at.IS_CHAINING]:
        return
    if s.n[at.CHAIN_HEAD] < 0:
        s.n[at.CHAIN_HEAD] = lot
    else:
        s.lots[s.n[at.CHAIN_TAIL], at.SIBLING] = lot
    s.n[at.CHAIN_TAIL] = lot


@jit
def append_traced(s: State, account: int, piece: int, depth: int) -> None:
    """Append a traced piece as the newest lot; pro_rata, join it to its source."""
    list_lots(s, account)
    pieces = s.pieces
    units = pieces[piece, at.P_UNITS]
    s.balance[account] += units
    source, row = pieces[piece, at.P_SOURCE], s.n[at.ROW]
    end = s.loans[source, at.LOAN_WINDOW_END]
    s.acc[account, at.WINDOW_END] = min(end, s.acc[account, at.WINDOW_END])
    if s.n[at.RULE] == at.PRO_RATA:
        s.acc[account, at.TRACED] += units
        join(s, account, piece, depth)
        return
    lot = new_lot(s, source, units)
    s.lots[lot, at.VALUE] = pieces[piece, at.P_VALUE]
    s.lots[lot, at.FRESH] = pieces[piece, at.P_FRESH]
    s.lots[lot, at.DEPTH] = depth
    s.lots[lot, at.PARENT] = row
    link(s, account, at.TRACED_HEAD, lot, s.acc[account, at.TRACED_TAIL])
    chain(s, lot)


@jit
def find_before(s: State, account: int, source: int) -> int:
    """Return the last lot whose source is not behind ``source``, or NONE."""
    lots = s.lots
    before = s.n[at.CURSOR]
    if before < 0 or lots[before, at.SOURCE] > source:
        before = at.NONE
    after = s.acc[account, at.TRACED_HEAD] if before < 0 else lots[before, at.NEXT]
    while after >= 0 and lots[after, at.SOURCE] <= source:
        before, after = after, lots[after, at.NEXT]
    return int(before)


@jit
def join(s: State, account: int, piece: int, depth: int) -> None:
    """Join a piece to the lot of its source (pro_rata), or begin that lot."""
    lots, pieces, row = s.lots, s.pieces, s.n[at.ROW]
    source, units = pieces[piece, at.P_SOURCE], pieces[piece, at.P_UNITS]
    value, fresh = pieces[piece, at.P_VALUE], pieces[piece, at.P_FRESH]
    tail = s.acc[account, at.TRACED_TAIL]
    if tail >= 0 and lots[tail, at.SOURCE] <= source:
        before = tail
    else:
        before = find_before(s, account, source)
    if before >= 0 and lots[before, at.SOURCE] == source:
        lot = before
        whole, taken = lots[lot, at.UNITS], lots[lot, at.TAKEN]
        value += get_part(lots[lot, at.VALUE], taken, whole, whole)
        fresh += get_part(lots[lot, at.FRESH], taken, whole, whole)
        units += whole - taken
        depth = min(depth, lots[lot, at.DEPTH])
    else:
        lot = new_lot(s, source, units)
        link(s, account, at.TRACED_HEAD, lot, before)
    lots[lot, at.UNITS] = units
    lots[lot, at.TAKEN] = 0
    lots[lot, at.VALUE] = value
    lots[lot, at.FRESH] = fresh
    lots[lot, at.DEPTH] = depth
    earlier = lots[lot, at.PARENT]
    if row >= 0 and (earlier < 0 or s.cells[earlier, 0] != row):
        lots[lot, at.PARENT] = new_cell(s, row, earlier)
    s.n[at.CURSOR] = lot


@jit
def new_cell(s: State, row: int, earlier: int) -> int:
    """Return a cell of a chain of movements."""
    cell = s.n[at.CELL_COUNT]
    s.n[at.CELL_COUNT] = cell + 1
    s.cells[cell, 0] = row
    s.cells[cell, 1] = earlier
    return int(cell)


@jit
def new_piece(s: State, source: int, units: int) -> int:
    """Add a piece to those of the event at hand."""
    piece = s.n[at.PIECES]
    s.n[at.PIECES] = piece + 1
    clear_row(s.pieces, piece)
    s.pieces[piece, at.P_SOURCE] = source
    s.pieces[piece, at.P_UNITS] = units
    s.pieces[piece, at.P_PARENT] = at.NONE
    s.pieces[piece, at.P_LOT] = at.NONE
    return int(piece)


@jit
def draw(s: State, account: int, lot: int, units: int) -> int:
    """Take units of one lot out of the account, as a piece."""
    lots = s.lots
    source, whole = lots[lot, at.SOURCE], lots[lot, at.UNITS]
    start = lots[lot, at.TAKEN]
    end = start + units
    lots[lot, at.TAKEN] = end
    s.balance[account] -= units
    piece = new_piece(s, source, units)
    s.pieces[piece, at.P_LOT] = lot
    if source != at.OWN:
        s.pieces[piece, at.P_VALUE] = get_part(lots[lot, at.VALUE], start, end, whole)
        s.pieces[piece, at.P_FRESH] = get_part(lots[lot, at.FRESH], start, end, whole)
        s.pieces[piece, at.P_DEPTH] = lots[lot, at.DEPTH]
        s.pieces[piece, at.P_PARENT] = lots[lot, at.PARENT]
        if s.n[at.RULE] == at.PRO_RATA:
            s.acc[account, at.TRACED] -= units
    if end == whole:
        unlink(s, account, at.OWN_HEAD if source == at.OWN else at.TRACED_HEAD, lot)
        if lots[lot, at.PINS] == 0:
            free_lot(s, lot)
    return piece
