"""What a return takes back: ``returns`` over the kernel's tables."""

from __future__ import annotations

from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.ledger import copy_row, draw, get_part, new_piece
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.kernel.resting import log, remember
from fundtrace.trace.kernel.taking import take_own


@jit
def note_arrival(s: State, k: int) -> None:
    """Remember the lots that a movement became (not pro_rata: see ``note_brought``)."""
    lot = s.n[at.CHAIN_HEAD]
    s.memory[k, at.M_LOT] = lot
    while lot >= 0:
        s.lots[lot, at.PINS] += 1
        s.memory[k, at.M_COUNT] += 1
        lot = s.lots[lot, at.SIBLING]


@jit
def note_brought(s: State, k: int) -> None:
    """Remember, under pro_rata, which sources a movement brought, and their units.

    A piece's P_SHARE is the source of the lot that it became: own money behind a limit of the scope.
    """
    for place in range(s.n[at.PIECES]):
        source = s.pieces[place, at.P_SHARE]
        note = find_brought(s, k, source)
        if note < 0:
            note = remember(s, k, at.BROUGHT_HEAD, place)
            s.notes[note, at.A_SOURCE] = source
            s.notes[note, at.A_UNITS] = 0
        s.notes[note, at.A_UNITS] += s.pieces[place, at.P_UNITS]


@jit
def find_brought(s: State, k: int, source: int) -> int:
    """Return the note on a source that a movement brought, or NONE."""
    note = s.memory[k, at.BROUGHT_HEAD]
    while note >= 0 and s.notes[note, at.A_SOURCE] != source:
        note = s.notes[note, at.A_NEXT]
    return int(note)


@jit
def take_held(s: State, account: int, k: int, units: int) -> int:
    """Take what a movement brought and the account still holds; return what is still due."""
    if s.n[at.RULE] == at.PRO_RATA:
        return take_brought(s, account, k, units)
    lot = s.memory[k, at.M_LOT]
    while lot >= 0:
        share = min(s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN], units)
        after = s.lots[lot, at.SIBLING]
        if share:
            units -= share
            mark(s, draw(s, account, lot, share), k)
        lot = after
    return units


@jit
def take_brought(s: State, account: int, k: int, units: int) -> int:
    """Take, under pro_rata, of every source at most what a movement brought."""
    note = s.memory[k, at.BROUGHT_HEAD]
    while note >= 0:
        source, due = s.notes[note, at.A_SOURCE], min(s.notes[note, at.A_UNITS], units)
        if source == at.OWN or is_disowned(s, account, source):
            share = min(due, s.balance[account] - s.acc[account, at.TRACED])
            if share:
                take_own(s, account, share)
        else:
            lot = s.acc[account, at.TRACED_HEAD]
            while lot >= 0 and s.lots[lot, at.SOURCE] != source:
                lot = s.lots[lot, at.NEXT]
            share = 0
            if lot >= 0:
                share = min(due, s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN])
            if share:
                mark(s, draw(s, account, lot, share), k)
        s.notes[note, at.A_UNITS] -= share
        units -= share
        note = s.notes[note, at.A_NEXT]
    return units


@jit
def is_disowned(s: State, account: int, source: int) -> bool:
    """Tell whether the scope ever let a source rest on an account: it lies with own money."""
    note = s.acc[account, at.DISOWNED]
    while note >= 0:
        if s.notes[note, at.A_SOURCE] == source:
            return True
        note = s.notes[note, at.A_NEXT]
    return False


@jit
def mark(s: State, piece: int, k: int) -> None:
    """Mark a piece as returned and make its share of a first use fresh again."""
    pieces = s.pieces
    source = pieces[piece, at.P_SOURCE]
    if source == at.OWN:
        return
    units, restored = pieces[piece, at.P_UNITS], 0
    room = pieces[piece, at.P_VALUE] - pieces[piece, at.P_FRESH]
    note = s.memory[k, at.LANDED_HEAD]
    while note >= 0:
        there = s.notes[note, at.A_UNITS]
        part = min(units, there) if s.notes[note, at.A_SOURCE] == source else 0
        if part:
            fresh = mul_div(s.notes[note, at.A_FRESH], part, there)[0]
            fresh = min(fresh, room - restored)
            s.notes[note, at.A_UNITS] = there - part
            s.notes[note, at.A_FRESH] -= fresh
            account, reason = s.notes[note, at.A_ACCOUNT], s.notes[note, at.A_REASON]
            detail = s.notes[note, at.A_DETAIL]
            entry = log(s, source, account, reason + at.FIRST_USE, detail)
            s.log[entry, at.G_VALUE] = -fresh
            units -= part
            restored += fresh
        note = s.notes[note, at.A_NEXT]
    pieces[piece, at.P_FRESH] += restored
    pieces[piece, at.P_RETURNED] = 1


@jit
def swap_rested(s: State, k: int) -> None:
    """Put what rests because of a movement in the place of own money, in front."""
    pieces = s.pieces
    count, units = s.n[at.PIECES], 0
    for place in range(count):
        if pieces[place, at.P_SOURCE] == at.OWN:
            units += pieces[place, at.P_UNITS]
        copy_row(pieces, place, s.other, place)
    s.n[at.PIECES] = 0
    over = 0
    note = s.memory[k, at.REST_HEAD]
    while note >= 0:
        share = min(s.notes[note, at.A_UNITS] - s.notes[note, at.A_TAKEN], units)
        if share:
            units -= share
            over += share
            mark(s, draw_rested(s, note, share), k)
        note = s.notes[note, at.A_NEXT]
    for place in range(count):
        part = 0
        if s.other[place, at.P_SOURCE] == at.OWN:
            part = min(over, s.other[place, at.P_UNITS])
        over -= part
        if part < s.other[place, at.P_UNITS]:
            end = s.n[at.PIECES]
            copy_row(s.other, place, pieces, end)
            pieces[end, at.P_UNITS] -= part
            s.n[at.PIECES] = end + 1


@jit
def draw_rested(s: State, note: int, units: int) -> int:
    """Take units of what rests at a place, as a piece."""
    notes = s.notes
    source, whole, start = (
        notes[note, at.A_SOURCE],
        notes[note, at.A_UNITS],
        notes[note, at.A_TAKEN],
    )
    end = start + units
    notes[note, at.A_TAKEN] = end
    piece = new_piece(s, source, units)
    value = get_part(notes[note, at.A_VALUE], start, end, whole)
    fresh = get_part(notes[note, at.A_FRESH], start, end, whole)
    s.pieces[piece, at.P_VALUE] = value
    s.pieces[piece, at.P_FRESH] = fresh
    s.pieces[piece, at.P_DEPTH] = notes[note, at.A_DEPTH]
    s.pieces[piece, at.P_PARENT] = notes[note, at.A_PARENT]
    account, reason, detail = (
        notes[note, at.A_ACCOUNT],
        notes[note, at.A_REASON],
        notes[note, at.A_DETAIL],
    )
    entry = log(s, source, account, reason, detail)
    s.log[entry, at.G_VALUE] = -value
    if fresh:
        entry = log(s, source, account, reason + at.FIRST_USE, detail)
        s.log[entry, at.G_VALUE] = -fresh
    return piece
