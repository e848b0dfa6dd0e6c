"""Where parts of a loan end: the log of rests and first uses, and the scope's window.

Every entry is (rank, account, reason, detail row, value); ``passes`` adds them up. Value
that is still fresh where it rests is a first use there, whoever holds the place.
"""

from __future__ import annotations

from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.ledger import free_lot, get_part, link, new_cell, unlink
from fundtrace.trace.kernel.taking import new_note


@jit
def log(s: State, rank: int, account: int, reason: int, detail: int) -> int:
    """Begin an entry; the caller writes its value."""
    entry = s.n[at.LOG_COUNT]
    s.n[at.LOG_COUNT] = entry + 1
    s.log[entry, at.G_RANK] = rank
    s.log[entry, at.G_ACCOUNT] = account
    s.log[entry, at.G_REASON] = reason
    s.log[entry, at.G_DETAIL] = detail
    return int(entry)


@jit
def is_borrowers(s: State, rank: int, account: int, reason: int) -> bool:
    """Tell whether a part at a place is still with the borrower (``places``)."""
    if account < 0:
        return False
    if reason in (at.OVERDRAFT, at.FEE, at.CASH, at.REPAYMENT):
        return False
    is_same_key = s.acc[account, at.KEY] == s.loans[rank, at.LOAN_KEY]
    return bool(is_same_key or s.acc[account, at.HOLDER] == s.loans[rank, at.LOAN_HOLDER])


@jit
def land(s: State, piece: int, account: int, reason: int, detail: int) -> int:
    """Count fresh value that reaches a place beyond the borrower; return what stays fresh."""
    fresh, rank = s.pieces[piece, at.P_FRESH], s.pieces[piece, at.P_SOURCE]
    if fresh == 0 or is_borrowers(s, rank, account, reason):
        return int(fresh)
    entry = log(s, rank, account, reason + at.FIRST_USE, detail)
    s.log[entry, at.G_VALUE] = fresh
    k = s.n[at.MEMORY]
    if k >= 0 and s.pieces[piece, at.P_UNITS]:
        note = remember(s, k, at.LANDED_HEAD, piece)
        s.notes[note, at.A_FRESH] = fresh
        s.notes[note, at.A_ACCOUNT] = account
        s.notes[note, at.A_REASON] = reason
        s.notes[note, at.A_DETAIL] = detail
    return 0


@jit
def rest(s: State, piece: int, account: int, reason: int, detail: int) -> None:
    """Let a traced piece end at a place."""
    fresh = land(s, piece, account, reason, detail)
    rank, value = s.pieces[piece, at.P_SOURCE], s.pieces[piece, at.P_VALUE]
    entry = log(s, rank, account, reason, detail)
    s.log[entry, at.G_VALUE] = value
    if fresh:
        entry = log(s, rank, account, reason + at.FIRST_USE, detail)
        s.log[entry, at.G_VALUE] = fresh
    k = s.n[at.MEMORY]
    if k < 0 or s.pieces[piece, at.P_UNITS] == 0:
        return
    note = remember(s, k, at.REST_HEAD, piece)
    depth, row = s.pieces[piece, at.P_DEPTH], s.n[at.ROW]
    s.notes[note, at.A_VALUE] = value
    s.notes[note, at.A_FRESH] = fresh
    s.notes[note, at.A_DEPTH] = depth if s.pieces[piece, at.P_RETURNED] else depth + 1
    s.notes[note, at.A_ACCOUNT] = account
    s.notes[note, at.A_REASON] = reason
    s.notes[note, at.A_DETAIL] = detail
    s.notes[note, at.A_PARENT] = new_cell(s, row, -1) if s.n[at.RULE] == at.PRO_RATA else row


@jit
def remember(s: State, k: int, head: int, piece: int) -> int:
    """Add a note on a piece to a memory; the column behind ``head`` holds the last one."""
    note = new_note(s)
    s.notes[note, at.A_SOURCE] = s.pieces[piece, at.P_SOURCE]
    s.notes[note, at.A_UNITS] = s.pieces[piece, at.P_UNITS]
    last = s.memory[k, head + 1]
    if last < 0:
        s.memory[k, head] = note
    else:
        s.notes[last, at.A_NEXT] = note
    s.memory[k, head + 1] = note
    s.memory[k, at.M_COUNT] += 1
    return note


@jit
def rest_lot(s: State, account: int, lot: int, reason: int) -> None:
    """Let what is left of a lot rest on its account."""
    lots = s.lots
    rank, taken, whole = lots[lot, at.SOURCE], lots[lot, at.TAKEN], lots[lot, at.UNITS]
    entry = log(s, rank, account, reason, at.NONE)
    s.log[entry, at.G_VALUE] = get_part(lots[lot, at.VALUE], taken, whole, whole)
    fresh = get_part(lots[lot, at.FRESH], taken, whole, whole)
    if fresh:
        entry = log(s, rank, account, reason + at.FIRST_USE, at.NONE)
        s.log[entry, at.G_VALUE] = fresh


@jit
def end_window(s: State, account: int, now: int) -> None:
    """Let lots rest whose loan's window has passed; they become own money in place."""
    if s.acc[account, at.WINDOW_END] >= now:
        return
    lots = s.lots
    least = at.FAR
    is_pooled = s.n[at.RULE] == at.PRO_RATA
    own = s.acc[account, at.OWN_HEAD]  # own lots up to ``behind`` are older than what comes
    behind = at.NONE
    lot = s.acc[account, at.TRACED_HEAD]
    while lot >= 0:
        after = lots[lot, at.NEXT]
        end = s.loans[lots[lot, at.SOURCE], at.LOAN_WINDOW_END]
        if end >= now:
            least = min(least, end)
        else:
            rest_lot(s, account, lot, at.WINDOW_OVER)
            unlink(s, account, at.TRACED_HEAD, lot)
            if is_pooled:
                s.acc[account, at.TRACED] -= lots[lot, at.UNITS] - lots[lot, at.TAKEN]
                note_disowned(s, account, lots[lot, at.SOURCE])
                free_lot(s, lot)
            else:
                while own >= 0 and lots[own, at.NUMBER] < lots[lot, at.NUMBER]:
                    behind, own = own, lots[own, at.NEXT]
                disown(s, account, lot, behind)
                behind = lot
        lot = after
    s.acc[account, at.WINDOW_END] = least


@jit
def disown(s: State, account: int, lot: int, behind: int) -> None:
    """Make a lot own money and list it behind an own lot."""
    s.lots[lot, at.SOURCE] = at.OWN
    s.lots[lot, at.VALUE] = 0
    s.lots[lot, at.FRESH] = 0
    s.lots[lot, at.DEPTH] = 0
    s.lots[lot, at.PARENT] = at.NONE
    link(s, account, at.OWN_HEAD, lot, behind)


@jit
def note_disowned(s: State, account: int, source: int) -> None:
    """Remember, under pro_rata, what the scope let rest on an account that may return money."""
    before = s.acc[account, at.DISOWNED]
    if before != at.UNASKED:
        note = new_note(s)
        s.notes[note, at.A_SOURCE] = source
        s.notes[note, at.A_NEXT] = before
        s.acc[account, at.DISOWNED] = note
