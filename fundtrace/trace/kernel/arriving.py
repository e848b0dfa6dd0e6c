"""Money in: how the pieces of a movement become lots of its credit account."""

from __future__ import annotations

from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.ledger import (
    append_own,
    append_traced,
    copy_row,
    list_lots,
    new_piece,
    settle,
)
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.kernel.resting import end_window, land, rest
from fundtrace.trace.kernel.returning import note_arrival, note_brought
from fundtrace.trace.kernel.taking import give_units_left, new_note, register_arrival


@jit
def convert(s: State) -> None:
    """Restate units in the credit currency by largest remainder; values do not move."""
    merge_own(s)
    pieces, whole, total = s.pieces, s.n[at.AMOUNT], s.n[at.CREDITED]
    count, left = s.n[at.PIECES], s.n[at.CREDITED]
    for place in range(count):
        share, remainder = mul_div(pieces[place, at.P_UNITS], total, whole)
        pieces[place, at.P_SHARE] = share
        pieces[place, at.P_REMAINDER] = remainder
        left -= share
    give_units_left(s, 0, count, left)
    kept = 0
    for place in range(count):
        share = pieces[place, at.P_SHARE]
        if share:
            copy_row(pieces, place, pieces, kept)
            pieces[kept, at.P_UNITS] = share
            kept += 1
        elif pieces[place, at.P_SOURCE] != at.OWN:
            pieces[place, at.P_UNITS] = 0
            if s.n[at.REASON]:
                rest(s, place, s.n[at.CREDIT], s.n[at.REASON], s.n[at.ROW])
            else:
                rest(s, place, s.n[at.CREDIT], at.CONVERSION_RESIDUE, at.NONE)
    s.n[at.PIECES] = kept


@jit
def merge_own(s: State) -> None:
    """Join own pieces that stand beside each other."""
    pieces, kept = s.pieces, 0
    for place in range(s.n[at.PIECES]):
        is_own = pieces[place, at.P_SOURCE] == at.OWN
        if is_own and kept and pieces[kept - 1, at.P_SOURCE] == at.OWN:
            pieces[kept - 1, at.P_UNITS] += pieces[place, at.P_UNITS]
            continue
        if kept != place:
            copy_row(pieces, place, pieces, kept)
        kept += 1
    s.n[at.PIECES] = kept


@jit
def deliver(s: State) -> None:
    """Append the pieces to the credit account, or let them rest where a trail ends."""
    n, account = s.n, s.n[at.CREDIT]
    if n[at.REASON]:
        rest_all(s, account)
        if account < 0 or s.acc[account, at.END]:
            return
    is_specific = n[at.RULE] == at.SPECIFIC
    if s.alert[account] & at.KEEPS_LOTS:
        list_lots(s, account)
        n[at.IS_CHAINING] = is_specific or n[at.MEMORY] >= 0
    n[at.CHAIN_HEAD] = at.NONE
    n[at.CURSOR] = at.NONE
    end_window(s, account, n[at.AT])
    is_whole = s.acc[account, at.OVERDRAWN] == 0
    if not is_whole:
        repay_overdraft(s, account)
    for piece in range(n[at.PIECES]):
        append(s, account, piece)
    if n[at.IS_CHAINING] and n[at.CHAIN_HEAD] >= 0:
        if is_specific and is_whole:
            register_arrival(s, account)
        if n[at.MEMORY] >= 0:
            note_arrival(s, n[at.MEMORY])
    if n[at.MEMORY] >= 0 and n[at.RULE] == at.PRO_RATA:
        note_brought(s, n[at.MEMORY])
    n[at.IS_CHAINING] = 0
    settle(s, account)


@jit
def rest_all(s: State, account: int) -> None:
    """Let all traced pieces rest; what goes on is one piece of own money."""
    total = 0
    for piece in range(s.n[at.PIECES]):
        total += s.pieces[piece, at.P_UNITS]
        if s.pieces[piece, at.P_SOURCE] != at.OWN:
            detail = s.n[at.ROW]
            rest(s, piece, account, s.n[at.REASON], detail)
    s.n[at.PIECES] = 0
    new_piece(s, at.OWN, total)


@jit
def append(s: State, account: int, piece: int) -> None:
    """Make a piece the newest lot of an account, within the scope."""
    pieces, source = s.pieces, s.pieces[piece, at.P_SOURCE]
    pieces[piece, at.P_SHARE] = at.OWN
    if source == at.OWN:
        append_own(s, account, pieces[piece, at.P_UNITS])
        return
    depth = pieces[piece, at.P_DEPTH]
    if not pieces[piece, at.P_RETURNED]:
        depth += 1
    limit = 0
    if depth >= s.n[at.HOPS_MAX]:
        limit = at.HOP_LIMIT
    elif pieces[piece, at.P_VALUE] < s.n[at.PART_MIN] and pieces[piece, at.P_DEPTH] >= 0:
        limit = at.PART_LIMIT  # what a disbursement brings left at depth -1: always followed
    if limit:
        rest(s, piece, account, limit, at.NONE)
        append_own(s, account, pieces[piece, at.P_UNITS])
        return
    pieces[piece, at.P_SHARE] = source
    pieces[piece, at.P_FRESH] = land(s, piece, account, at.HELD, at.NONE)
    append_traced(s, account, piece, depth)


@jit
def repay_overdraft(s: State, account: int) -> None:
    """Use arriving pieces, in order, to repay the overdraft; what is left goes on."""
    pieces, kept = s.pieces, 0
    for place in range(s.n[at.PIECES]):
        units = pieces[place, at.P_UNITS]
        part = min(s.acc[account, at.OVERDRAWN], units)
        s.acc[account, at.OVERDRAWN] -= part
        if part:
            split_off(s, place, part)
            if pieces[place, at.P_SOURCE] != at.OWN:
                rest(s, place, account, at.OVERDRAFT, at.NONE)
        if part < units:
            if part:
                copy_row(s.other, 0, pieces, kept)
            elif kept != place:
                copy_row(pieces, place, pieces, kept)
            kept += 1
    s.n[at.PIECES] = kept


@jit
def split_off(s: State, piece: int, units: int) -> None:
    """Cut a piece to its first units; ``other[0]`` becomes what it loses."""
    pieces, rest_of = s.pieces, s.other
    whole = pieces[piece, at.P_UNITS]
    value, fresh = pieces[piece, at.P_VALUE], pieces[piece, at.P_FRESH]
    copy_row(pieces, piece, rest_of, 0)
    if units >= whole:
        return
    pieces[piece, at.P_UNITS] = units
    pieces[piece, at.P_VALUE] = mul_div(value, units, whole)[0]
    pieces[piece, at.P_FRESH] = mul_div(fresh, units, whole)[0]
    rest_of[0, at.P_UNITS] = whole - units
    rest_of[0, at.P_VALUE] = value - pieces[piece, at.P_VALUE]
    rest_of[0, at.P_FRESH] = fresh - pieces[piece, at.P_FRESH]


@jit
def send_off(s: State) -> None:
    """Keep the pieces of a movement whose credit comes later."""
    row, last = s.n[at.ROW], at.NONE
    for piece in range(s.n[at.PIECES]):
        note = new_note(s)
        s.notes[note, at.A_SOURCE] = s.pieces[piece, at.P_SOURCE]
        s.notes[note, at.A_UNITS] = s.pieces[piece, at.P_UNITS]
        s.notes[note, at.A_VALUE] = s.pieces[piece, at.P_VALUE]
        s.notes[note, at.A_FRESH] = s.pieces[piece, at.P_FRESH]
        s.notes[note, at.A_DEPTH] = s.pieces[piece, at.P_DEPTH]
        s.notes[note, at.A_RETURNED] = s.pieces[piece, at.P_RETURNED]
        if last < 0:
            s.flight[row] = note
            s.notes[note, at.A_COUNT] = s.n[at.PIECES]
        else:
            s.notes[last, at.A_NEXT] = note
        last = note


@jit
def fetch(s: State, row: int) -> None:
    """Make the pieces of a movement in flight those of the event at hand."""
    note = s.flight[row]
    s.n[at.PIECES] = 0
    while note >= 0:
        piece = new_piece(s, s.notes[note, at.A_SOURCE], s.notes[note, at.A_UNITS])
        s.pieces[piece, at.P_VALUE] = s.notes[note, at.A_VALUE]
        s.pieces[piece, at.P_FRESH] = s.notes[note, at.A_FRESH]
        s.pieces[piece, at.P_DEPTH] = s.notes[note, at.A_DEPTH]
        s.pieces[piece, at.P_RETURNED] = s.notes[note, at.A_RETURNED]
        note = s.notes[note, at.A_NEXT]
