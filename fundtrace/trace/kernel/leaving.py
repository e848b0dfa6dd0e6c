"""Money out: which pieces a movement takes from its debit account, and the hops it makes."""

from __future__ import annotations

from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.arriving import split_off
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, State
from fundtrace.trace.kernel.ledger import (
    append_own,
    clear_row,
    copy_row,
    draw,
    list_lots,
    new_piece,
    settle,
)
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.kernel.resting import end_window, rest
from fundtrace.trace.kernel.returning import swap_rested, take_held
from fundtrace.trace.kernel.taking import note_fees, take


@jit
def draw_loans(c: Columns, s: State) -> None:
    """Make a disbursement movement's pieces: its loans in loan order, then own money."""
    row, left = s.n[at.ROW], s.n[at.CREDITED]
    place = find_row(c.drawn, row)
    while place < len(c.drawn) and c.drawn[place, 0] == row:
        part = c.drawn[place, 2]
        new_loan_piece(s, c.drawn[place, 1], part)
        left -= part
        place += 1
    if left:
        new_piece(s, at.OWN, left)


@jit
def new_loan_piece(s: State, rank: int, minor: int) -> None:
    """Add a piece of a loan that is paid out."""
    if not s.loans[rank, at.IS_TRACED]:
        new_piece(s, at.OWN, minor)
        return
    piece = new_piece(s, rank, minor)
    s.pieces[piece, at.P_VALUE] = minor
    s.pieces[piece, at.P_FRESH] = minor
    s.pieces[piece, at.P_DEPTH] = -1


@jit
def find_row(table: Int64s, row: int) -> int:
    """Return the first line of a sorted table whose first column is not below ``row``."""
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) >> 1
        if table[middle, 0] < row:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def book_debit(c: Columns, s: State, flags: int) -> None:
    """Take a movement's pieces and note the hops that they make."""
    n, account = s.n, s.n[at.DEBIT]
    n[at.PIECES] = 0
    if flags & at.HAS_LOANS:
        draw_loans(c, s)
        return
    if account < 0 or s.acc[account, at.END]:
        new_piece(s, at.OWN, n[at.AMOUNT])
    else:
        take_from(c, s, account, flags)
    if n[at.TARGET] >= 0:
        swap_rested(s, n[at.TARGET])
    if n[at.AMOUNT_MAX] < at.FAR:
        limit_amount(s, account)
    note_hops(s)


@jit
def take_from(c: Columns, s: State, account: int, flags: int) -> None:
    """Take a debit's units: returned lots first, or a payee's loan first, then by the rule."""
    n, units = s.n, s.n[at.AMOUNT]
    if s.alert[account] & at.KEEPS_LOTS:
        list_lots(s, account)
    end_window(s, account, n[at.AT])
    cover_shortfall(s, account, units)
    left = units
    if n[at.TARGET] >= 0:
        left = take_held(s, account, n[at.TARGET], units)
    elif flags & at.HAS_PAYEE:
        left = take_for_payee(c, s, account)
    take(s, account, left)
    if flags & at.IS_FEE and n[at.RULE] == at.SPECIFIC:
        note_fees(s, account, units)
    settle(s, account)


@jit
def cover_shortfall(s: State, account: int, units: int) -> None:
    """Append own money for what is missing: borrowed down to the limit, else unobserved."""
    missing = units - s.balance[account]
    if missing <= 0:
        return
    room = max(0, s.acc[account, at.LIMIT] - s.acc[account, at.OVERDRAWN])
    borrowed = min(missing, room)
    s.acc[account, at.OVERDRAWN] += borrowed
    s.unobserved[account] += missing - borrowed
    append_own(s, account, missing)


@jit
def take_for_payee(c: Columns, s: State, account: int) -> int:
    """Take lots of the loans whose account pays a declared payee; return what is still due."""
    row, left = s.n[at.ROW], s.n[at.AMOUNT]
    place = find_row(c.payees, row)
    while place < len(c.payees) and c.payees[place, 0] == row:
        rank = c.payees[place, 1]
        lot = s.acc[account, at.TRACED_HEAD]
        while lot >= 0 and left:
            after = s.lots[lot, at.NEXT]
            if s.lots[lot, at.SOURCE] == rank:
                share = min(s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN], left)
                draw(s, account, lot, share)
                left -= share
            lot = after
        place += 1
    return int(left)


@jit
def limit_amount(s: State, account: int) -> None:
    """Cut traced pieces where a loan's hops would add up to more than the scope allows."""
    pieces, other, limit = s.pieces, s.other, s.n[at.AMOUNT_MAX]
    count = s.n[at.PIECES]
    for place in range(count):
        copy_row(pieces, place, other, place + 1)  # row 0 is where a piece is split
    end = 0
    for place in range(1, count + 1):
        copy_row(other, place, pieces, end)
        rank, units = pieces[end, at.P_SOURCE], pieces[end, at.P_UNITS]
        if rank == at.OWN or pieces[end, at.P_RETURNED]:
            end += 1
            continue
        value = pieces[end, at.P_VALUE]
        room = limit - s.loans[rank, at.FOLLOWED]
        inside = units
        if value > room:  # the most units that carry no more value than there is room
            inside, remainder = mul_div(room + 1, units, value)
            inside -= remainder == 0
        if inside > 0:
            split_off(s, end, inside)
            s.loans[rank, at.FOLLOWED] += pieces[end, at.P_VALUE]
            end += 1
            copy_row(other, 0, pieces, end)
        if inside < units:
            rest(s, end, account, at.AMOUNT_LIMIT, at.NONE)
            s.n[at.PIECES] = end
            new_piece(s, at.OWN, units - max(inside, 0))
            end += 1
    s.n[at.PIECES] = end


@jit
def note_hops(s: State) -> None:
    """Note one hop per loan that the movement carries."""
    pieces, hops, loans = s.pieces, s.hops, s.loans
    first = s.n[at.HOP_COUNT]
    several = False
    for piece in range(s.n[at.PIECES]):
        rank = pieces[piece, at.P_SOURCE]
        if rank == at.OWN:
            continue
        hop = loans[rank, at.SLOT]
        if hop < 0:
            hop = s.n[at.HOP_COUNT]
            s.n[at.HOP_COUNT] = hop + 1
            loans[rank, at.SLOT] = hop
            clear_row(hops, hop)
            hops[hop, at.H_KEY] = (rank << at.RANK_SHIFT) | s.n[at.ROW]
            hops[hop, at.H_DEPTH] = pieces[piece, at.P_DEPTH] + 1
            hops[hop, at.H_PARENTS_END] = piece  # its only piece, unless there are several
        else:
            several = True
            hops[hop, at.H_PARENTS_END] = at.NONE
        hops[hop, at.H_DEPTH] = min(hops[hop, at.H_DEPTH], pieces[piece, at.P_DEPTH] + 1)
        hops[hop, at.H_UNITS] += pieces[piece, at.P_UNITS]
        hops[hop, at.H_VALUE] += pieces[piece, at.P_VALUE]
        if pieces[piece, at.P_RETURNED]:
            hops[hop, at.H_RETURNED] += pieces[piece, at.P_VALUE]
    for hop in range(first, s.n[at.HOP_COUNT]):
        rank = hops[hop, at.H_KEY] >> at.RANK_SHIFT
        loans[rank, at.SLOT] = at.NONE
        piece = hops[hop, at.H_PARENTS_END]
        if piece >= 0:
            add_parent(s, pieces[piece, at.P_PARENT], s.n[at.PARENT_COUNT])
        elif several:
            begin = s.n[at.PARENT_COUNT]
            for place in range(s.n[at.PIECES]):
                if pieces[place, at.P_SOURCE] == rank:
                    add_parent(s, pieces[place, at.P_PARENT], begin)
        hops[hop, at.H_PARENTS_END] = s.n[at.PARENT_COUNT]


@jit
def add_parent(s: State, parent: int, begin: int) -> None:
    """Add a parent to the hop whose parents begin at ``begin``, unless it is there."""
    if parent < 0:
        return
    end = s.n[at.PARENT_COUNT]
    for place in range(begin, end):
        if s.parents[place] == parent:
            return
    s.parents[end] = parent
    s.n[at.PARENT_COUNT] = end + 1
