"""The loop over all events, and what becomes of money at the end.

A movement between two accounts that hold no traced money costs two additions. Everything
else goes through ``book``, which first makes sure that every buffer has room for the worst
that the event can do; where one has not, ``run`` returns which, its state intact and the
event not begun, and goes on when called again.
"""

from __future__ import annotations

from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.arriving import convert, deliver, fetch, send_off
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import Columns, State
from fundtrace.trace.kernel.leaving import book_debit, find_row, new_loan_piece
from fundtrace.trace.kernel.ledger import new_piece
from fundtrace.trace.kernel.resting import rest, rest_lot
from fundtrace.trace.kernel.taking import free_note

_STRANGE = at.HAS_LOANS | at.REVERSES


@jit
def run(c: Columns, s: State, stop: int) -> int:
    """Run the events up to position ``stop``, or until a buffer is full; say which."""
    events, flags = c.events, c.flags
    debits, credits_, amounts, credited = c.debit, c.credit, c.amount, c.credited
    balance, alert, unobserved, flight = s.balance, s.alert, s.unobserved, s.flight
    event = s.n[at.EVENT]
    while event < stop:
        code = events[event]
        if code >= 0:
            row = code >> 1
            flag = flags[row]
            is_calm = alert[credits_[row]] == 0 and flag & at.IS_REVERSED == 0
            if code & 1:
                if is_calm and flight[row] < 0:
                    balance[credits_[row]] += credited[row]
                    event += 1
                    continue
            elif flag & _STRANGE == 0 and alert[debits[row]] == 0:
                is_late = flag & at.IS_LATE
                if is_late or is_calm:
                    left = balance[debits[row]] - amounts[row]
                    if left < 0:
                        unobserved[debits[row]] -= left
                        left = 0
                    balance[debits[row]] = left
                    if not is_late:
                        balance[credits_[row]] += credited[row]
                    event += 1
                    continue
        status = book(c, s, code)
        if status != at.DONE:
            s.n[at.EVENT] = event
            return status
        event += 1
    s.n[at.EVENT] = event
    return at.DONE


@jit
def book(c: Columns, s: State, code: int) -> int:
    """Book one event in full, or return which buffer is too small for it."""
    n = s.n
    n[at.MEMORY] = at.NONE
    n[at.TARGET] = at.NONE
    if code < 0:
        return disburse(c, s, -1 - code)
    row = code >> 1
    flag = c.flags[row]
    load(c, s, row)
    status = check_room(c, s, row, flag)
    if status != at.DONE:
        return status
    converts = flag & (at.CONVERTS | at.HAS_LOANS) == at.CONVERTS
    if code & 1 == 0:
        n[at.AT] = c.booked_at[row]
        book_debit(c, s, flag)
        if flag & at.IS_LATE:
            depart(s)
            return at.DONE
    elif s.flight[row] >= 0:
        land_flight(s, row)
    else:
        n[at.PIECES] = 0
        new_piece(s, at.OWN, n[at.CREDITED])
        converts = False
    if flag & at.IS_REVERSED:
        n[at.MEMORY] = find_reversed(c, row)
    n[at.AT] = c.credited_at[row]
    if converts:
        convert(s)
    deliver(s)
    return at.DONE


@jit
def load(c: Columns, s: State, row: int) -> None:
    """Note the facts of a movement."""
    n = s.n
    n[at.ROW] = row
    n[at.DEBIT] = c.debit[row]
    n[at.CREDIT] = c.credit[row]
    n[at.AMOUNT] = c.amount[row]
    n[at.CREDITED] = c.credited[row]
    n[at.REASON] = c.reason[row]
    if c.flags[row] & at.REVERSES:
        n[at.TARGET] = find_reversed(c, c.reverses[row])


@jit
def find_reversed(c: Columns, row: int) -> int:
    """Return the memory of a reversed movement, or NONE where no loan can reach it."""
    place = find_row(c.reversed_rows, row)
    if place < len(c.reversed_rows) and c.reversed_rows[place, 0] == row:
        return place
    return at.NONE


@jit
def check_room(c: Columns, s: State, row: int, flag: int) -> int:
    """Return DONE if every buffer has room for what an event can do at worst."""
    n = s.n
    lots = 4
    if n[at.DEBIT] >= 0:
        lots += s.acc[n[at.DEBIT], at.LOTS]
    if n[at.TARGET] >= 0:
        lots += s.memory[n[at.TARGET], at.M_COUNT]
    if flag & at.HAS_LOANS:
        lots += find_row(c.drawn, row + 1) - find_row(c.drawn, row)
    if flag & at.IS_LATE and s.flight[row] >= 0:
        lots += s.notes[s.flight[row], at.A_COUNT]
    pieces = 2 * lots + 4
    if n[at.CREDIT] >= 0:
        lots += s.acc[n[at.CREDIT], at.LOTS]
    return find_full(s, pieces, 8 * lots + 16)


@jit
def find_full(s: State, pieces: int, rows: int) -> int:
    """Return which buffer has no room for so many more pieces or rows, or DONE."""
    n, full = s.n, at.DONE
    if pieces > len(s.pieces):
        full = at.PIECES_FULL
    if n[at.LOT_COUNT] - n[at.LOT_FREE_COUNT] + rows > len(s.lots):
        full = at.LOTS_FULL
    if n[at.NOTE_COUNT] - n[at.NOTE_FREE_COUNT] + rows > len(s.notes):
        full = at.NOTES_FULL
    if n[at.RULE] == at.PRO_RATA and n[at.CELL_COUNT] + rows > len(s.cells):
        full = at.CELLS_FULL
    if n[at.HOP_COUNT] + rows > len(s.hops) or n[at.PARENT_COUNT] + rows > len(s.parents):
        full = at.OUTPUT_FULL
    if n[at.LOG_COUNT] + rows > len(s.log):
        full = at.OUTPUT_FULL
    return full


@jit
def disburse(c: Columns, s: State, rank: int) -> int:
    """Put in a loan for which the tables hold no movement: depth 0, not a hop."""
    n, account = s.n, s.loans[rank, at.LOAN_ACCOUNT]
    n[at.ROW] = at.NONE
    n[at.DEBIT] = at.NONE
    n[at.CREDIT] = account
    status = check_room(c, s, at.NONE, 0)
    if status != at.DONE:
        return status
    n[at.REASON] = s.acc[account, at.END]
    n[at.AT] = s.loans[rank, at.LOAN_AT]
    n[at.PIECES] = 0
    new_loan_piece(s, rank, s.loans[rank, at.LOAN_MINOR])
    deliver(s)
    return at.DONE


@jit
def depart(s: State) -> None:
    """Keep the pieces of a movement whose credit comes later, where they are not all own."""
    for piece in range(s.n[at.PIECES]):
        if s.pieces[piece, at.P_SOURCE] != at.OWN:
            send_off(s)
            return


@jit
def land_flight(s: State, row: int) -> None:
    """Fetch what is in flight and free its notes."""
    fetch(s, row)
    note = s.flight[row]
    s.flight[row] = at.NONE
    while note >= 0:
        after = s.notes[note, at.A_NEXT]
        free_note(s, note)
        note = after


@jit
def close(s: State, start: int, now: int) -> int:
    """Log what rests on the accounts from ``start`` on; return where the log was full.

    Changes no holding: a pass can go on after it. A lot whose window is over rests for
    that reason; it would have become own money at the account's next event.
    """
    count = len(s.acc)
    for account in range(start, count):
        lot = s.acc[account, at.TRACED_HEAD]
        if lot < 0:
            continue
        if s.n[at.LOG_COUNT] + 2 * s.acc[account, at.LOTS] > len(s.log):
            return account
        while lot >= 0:
            end = s.loans[s.lots[lot, at.SOURCE], at.LOAN_WINDOW_END]
            rest_lot(s, account, lot, at.WINDOW_OVER if end < now else at.HELD)
            lot = s.lots[lot, at.NEXT]
    return count


@jit
def close_some(s: State, accounts: Int64s, start: int) -> int:
    """Log what is held on some accounts, from place ``start`` on; return where it was full.

    Changes no holding. Whether a window is over is for the reader to say.
    """
    for place in range(start, len(accounts)):
        account = accounts[place]
        if s.n[at.LOG_COUNT] + 2 * s.acc[account, at.LOTS] > len(s.log):
            return place
        lot = s.acc[account, at.TRACED_HEAD]
        while lot >= 0:
            rest_lot(s, account, lot, at.HELD)
            lot = s.lots[lot, at.NEXT]
    return len(accounts)


@jit
def close_flights(c: Columns, s: State, start: int) -> int:
    """Log what is in flight on the movements from ``start`` on; return where it was full."""
    s.n[at.MEMORY] = at.NONE
    for row in range(start, len(s.flight)):
        if s.flight[row] < 0:
            continue
        if s.n[at.LOG_COUNT] + 3 * s.notes[s.flight[row], at.A_COUNT] > len(s.log):
            return row
        fetch(s, row)
        s.n[at.ROW] = row
        for piece in range(s.n[at.PIECES]):
            if s.pieces[piece, at.P_SOURCE] != at.OWN:
                rest(s, piece, c.credit[row], at.IN_TRANSIT, row)
    return len(s.flight)
