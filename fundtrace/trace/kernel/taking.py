"""Which lots a payment takes, rule by rule: ``rules`` over the kernel's tables."""

from __future__ import annotations

from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.jit import jit
from fundtrace.trace.kernel.layout import State
from fundtrace.trace.kernel.ledger import clear_row, draw, free_lot, new_piece
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.rules import SPECIFIC_WINDOW_MICROSECONDS

_FEW = 12


@jit
def take(s: State, account: int, units: int) -> None:
    """Take exactly ``units`` by the rule, as pieces in the order in which they leave."""
    if units == 0:
        return
    if not s.alert[account] & at.HAS_LOTS:
        take_own(s, account, units)
    elif s.n[at.RULE] == at.PRO_RATA:
        take_pro_rata(s, account, units)
    else:
        if s.n[at.RULE] == at.SPECIFIC:
            units = take_arrival(s, account, units)
        while units:
            lot = find_next(s, account)
            left = s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN]
            share = min(left, units)
            draw(s, account, lot, share)
            units -= share


@jit
def take_own(s: State, account: int, units: int) -> None:
    """Take own money of an account whose own lots are not listed."""
    s.balance[account] -= units
    new_piece(s, at.OWN, units)


@jit
def find_next(s: State, account: int) -> int:
    """Return the lot that a rule of order takes next."""
    rule = s.n[at.RULE]
    if rule == at.LIFO:
        own, traced = s.acc[account, at.OWN_TAIL], s.acc[account, at.TRACED_TAIL]
    else:
        own, traced = s.acc[account, at.OWN_HEAD], s.acc[account, at.TRACED_HEAD]
    if own < 0 or traced < 0:
        return int(max(own, traced))
    if rule == at.OWN_FIRST:
        return int(own)
    if rule in (at.PROCEEDS_FIRST, at.SPECIFIC):
        return int(traced)
    own_is_older = s.lots[own, at.NUMBER] < s.lots[traced, at.NUMBER]
    return int(own if own_is_older == (rule == at.FIFO) else traced)


# --- pro_rata -------------------------------------------------------------------------


@jit
def take_pro_rata(s: State, account: int, units: int) -> None:
    """Take of every source in proportion, own money last, by largest remainder."""
    lots, pieces, balance = s.lots, s.pieces, s.balance[account]
    own = balance - s.acc[account, at.TRACED]
    first = s.n[at.PIECES]
    end, left = first, units
    lot = s.acc[account, at.TRACED_HEAD]
    while lot >= 0:
        weight = lots[lot, at.UNITS] - lots[lot, at.TAKEN]
        share, remainder = mul_div(weight, units, balance)
        pieces[end, at.P_LOT] = lot
        pieces[end, at.P_SHARE] = share
        pieces[end, at.P_REMAINDER] = remainder
        left -= share
        end += 1
        lot = lots[lot, at.NEXT]
    share, remainder = mul_div(own, units, balance)
    pieces[end, at.P_SHARE] = share
    pieces[end, at.P_REMAINDER] = remainder
    left -= share
    give_units_left(s, first, end + 1, left)
    own_share = pieces[end, at.P_SHARE]
    for place in range(first, end):  # a piece is written at or before the place read
        share, lot = pieces[place, at.P_SHARE], pieces[place, at.P_LOT]
        if share:
            draw(s, account, lot, share)
    if own_share:
        take_own(s, account, own_share)


@jit
def give_units_left(s: State, first: int, end: int, count: int) -> None:
    """Give one unit each to the ``count`` largest remainders among pieces first..end-1.

    Ties go to the earlier piece. ``count`` is less than the number of remainders above 0.
    """
    pieces = s.pieces
    if count <= 0:
        return
    if count <= _FEW:
        for _ in range(count):
            best = first
            for place in range(first + 1, end):
                if pieces[place, at.P_REMAINDER] > pieces[best, at.P_REMAINDER]:
                    best = place
            pieces[best, at.P_SHARE] += 1
            pieces[best, at.P_REMAINDER] = -1
        return
    for place in range(first, end):
        s.other[place - first, 0] = pieces[place, at.P_REMAINDER]
    least, ties = find_threshold(s, end - first, count)
    for place in range(first, end):
        remainder = pieces[place, at.P_REMAINDER]
        if remainder > least:
            pieces[place, at.P_SHARE] += 1
        elif remainder == least and ties:
            pieces[place, at.P_SHARE] += 1
            ties -= 1


@jit
def find_threshold(s: State, size: int, count: int) -> tuple[int, int]:
    """Return the ``count``-th largest number of ``other``'s column 0, by quickselect.

    Beside it: how many of those ``count`` are equal to it.
    """
    numbers = s.other
    low, high, goal = 0, size - 1, count - 1
    while low < high:
        pivot = numbers[(low + high) >> 1, 0]
        left, right = low, high
        while left <= right:
            while numbers[left, 0] > pivot:
                left += 1
            while numbers[right, 0] < pivot:
                right -= 1
            if left <= right:
                numbers[left, 0], numbers[right, 0] = numbers[right, 0], numbers[left, 0]
                left += 1
                right -= 1
        if goal <= right:
            high = right
        elif goal >= left:
            low = left
        else:
            break
    least = numbers[goal, 0]
    above = 0
    for place in range(size):
        above += numbers[place, 0] > least
    return least, count - above


# --- specific -------------------------------------------------------------------------


@jit
def take_arrival(s: State, account: int, units: int) -> int:
    """Take the oldest arrival that fits exactly; return what is then still to be taken."""
    note = find_fitting_arrival(s, account, units)
    if note < 0:
        return units
    lot = s.notes[note, at.A_LOT]
    while lot >= 0 and units:
        share = min(s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN], units)
        if share:
            draw(s, account, lot, share)
            units -= share
        lot = s.lots[lot, at.SIBLING]
    return units


@jit
def find_fitting_arrival(s: State, account: int, units: int) -> int:
    """Return the oldest arrival of the last 72 h, wholly unspent, of these units (and fees)."""
    notes, now = s.notes, s.n[at.AT]
    fees = s.acc[account, at.FEES_PAID]
    before, note = at.NONE, s.acc[account, at.ARRIVAL_HEAD]
    while note >= 0:
        after = notes[note, at.A_NEXT]
        left = count_unspent(s, note)
        if left < 0 or notes[note, at.A_AT] < now - SPECIFIC_WINDOW_MICROSECONDS:
            drop_arrival(s, account, note, before)  # neither age nor spending is ever undone
        else:
            total = notes[note, at.A_TOTAL]
            fits = total == units or total + notes[note, at.A_FEES] == units + fees
            if fits and left >= units:
                return int(note)
            before = note
        note = after
    return at.NONE


@jit
def count_unspent(s: State, note: int) -> int:
    """Return the units left of an arrival, or NONE if any went to something but fees."""
    lot, left = s.notes[note, at.A_LOT], 0
    while lot >= 0:
        if s.lots[lot, at.TAKEN] != s.lots[lot, at.FEES]:
            return at.NONE
        left += s.lots[lot, at.UNITS] - s.lots[lot, at.TAKEN]
        lot = s.lots[lot, at.SIBLING]
    return left


@jit
def drop_arrival(s: State, account: int, note: int, before: int) -> None:
    """Forget an arrival."""
    lot = s.notes[note, at.A_LOT]
    while lot >= 0:
        after = s.lots[lot, at.SIBLING]
        s.lots[lot, at.PINS] -= 1
        if s.lots[lot, at.PINS] == 0 and s.lots[lot, at.TAKEN] == s.lots[lot, at.UNITS]:
            free_lot(s, lot)
        lot = after
    after = s.notes[note, at.A_NEXT]
    if before < 0:
        s.acc[account, at.ARRIVAL_HEAD] = after
    else:
        s.notes[before, at.A_NEXT] = after
    if after < 0:
        s.acc[account, at.ARRIVAL_TAIL] = before
    free_note(s, note)


@jit
def register_arrival(s: State, account: int) -> None:
    """Remember the lots that a credit has brought."""
    note = new_note(s)
    total, lot = 0, s.n[at.CHAIN_HEAD]
    s.notes[note, at.A_LOT] = lot
    while lot >= 0:
        total += s.lots[lot, at.UNITS]
        s.lots[lot, at.PINS] += 1
        lot = s.lots[lot, at.SIBLING]
    s.notes[note, at.A_TOTAL] = total
    s.notes[note, at.A_AT] = s.n[at.AT]
    s.notes[note, at.A_FEES] = s.acc[account, at.FEES_PAID]
    tail = s.acc[account, at.ARRIVAL_TAIL]
    if tail < 0:
        s.acc[account, at.ARRIVAL_HEAD] = note
    else:
        s.notes[tail, at.A_NEXT] = note
    s.acc[account, at.ARRIVAL_TAIL] = note


@jit
def note_fees(s: State, account: int, units: int) -> None:
    """Remember how much of each lot went to a fee."""
    s.acc[account, at.FEES_PAID] += units
    for piece in range(s.n[at.PIECES]):
        lot = s.pieces[piece, at.P_LOT]
        if lot >= 0:
            s.lots[lot, at.FEES] += s.pieces[piece, at.P_UNITS]


# --- notes ----------------------------------------------------------------------------


@jit
def new_note(s: State) -> int:
    """Return an empty note."""
    note = s.n[at.NOTE_FREE]
    if note >= 0:
        s.n[at.NOTE_FREE] = s.notes[note, at.A_NEXT]
        s.n[at.NOTE_FREE_COUNT] -= 1
    else:
        note = s.n[at.NOTE_COUNT]
        s.n[at.NOTE_COUNT] = note + 1
    clear_row(s.notes, note)
    s.notes[note, at.A_NEXT] = at.NONE
    return int(note)


@jit
def free_note(s: State, note: int) -> None:
    """Give a note back."""
    s.notes[note, at.A_NEXT] = s.n[at.NOTE_FREE]
    s.n[at.NOTE_FREE] = note
    s.n[at.NOTE_FREE_COUNT] += 1
