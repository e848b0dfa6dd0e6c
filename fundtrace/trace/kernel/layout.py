"""The memory of a pass: a handful of integer tables, their columns named here.

Everything that changes lies in ``State``, everything that does not in ``Columns``. Tables
are rows of int64 (one thing, one or two cache lines); links between rows are row numbers,
``NONE`` ends a chain. ``State.n`` holds counters, settings, and the facts of the event at
hand, so that compiled functions pass one argument instead of thirty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.model.kinds import CONSERVING_RULES, EndReason, Rule
from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.bounds import AMOUNTS_END

UInt8s = npt.NDArray[np.uint8]

NONE = -1
UNASKED = -2  # no return will ever ask
OWN = -1
FAR = 2**62  # an instant that never comes
ENDLESS = AMOUNTS_END  # the balance of accounts that are not followed: they pay whatever they pay

RULES = CONSERVING_RULES
FIFO, LIFO, PRO_RATA, PROCEEDS_FIRST, OWN_FIRST, SPECIFIC = (
    RULES.index(rule)
    for rule in (
        Rule.FIFO,
        Rule.LIFO,
        Rule.PRO_RATA,
        Rule.PROCEEDS_FIRST,
        Rule.OWN_FIRST,
        Rule.SPECIFIC,
    )
)

# End reasons by number; 0 stands for none.
REASONS: tuple[EndReason | None, ...] = (None, *EndReason)
HELD = REASONS.index(EndReason.HELD)
IN_TRANSIT = REASONS.index(EndReason.IN_TRANSIT)
OVERDRAFT = REASONS.index(EndReason.OVERDRAFT)
CONVERSION_RESIDUE = REASONS.index(EndReason.CONVERSION_RESIDUE)
OUTSIDE_END = REASONS.index(EndReason.OUTSIDE)
WINDOW_OVER = REASONS.index(EndReason.WINDOW_OVER)
HOP_LIMIT = REASONS.index(EndReason.HOP_LIMIT)
AMOUNT_LIMIT = REASONS.index(EndReason.AMOUNT_LIMIT)
PART_LIMIT = REASONS.index(EndReason.PART_LIMIT)
FEE = REASONS.index(EndReason.FEE)
CASH = REASONS.index(EndReason.CASH)
REPAYMENT = REASONS.index(EndReason.REPAYMENT)

# Columns.flags, by movement
HAS_LOANS = 1  # pays out loans
IS_REVERSED = 2  # another movement returns it
REVERSES = 4  # returns another movement
HAS_PAYEE = 8  # pays a declared payee of a loan on its account, in time
CONVERTS = 16  # its two amounts differ
IS_LATE = 32  # its credit is an event of its own
IS_FEE = 64

# State.alert, by account; 0 means: nothing but a balance
HAS_LOTS = 1  # its lots are listed; else its balance is one own lot
KEEPS_LOTS = 2  # they are listed even while none is traced
MAY_OVERDRAW = 4

# State.acc, by account
(
    OVERDRAWN,
    LIMIT,
    OWN_HEAD,
    OWN_TAIL,
    TRACED_HEAD,
    TRACED_TAIL,
    LOTS,  # how many are listed
    WINDOW_END,  # first scope window that may end a traced lot
    TRACED,  # pro_rata: units of all traced lots
    FEES_PAID,
    ARRIVAL_HEAD,
    ARRIVAL_TAIL,
    END,  # why it absorbs, or 0
    KEY,
    HOLDER,
    DISOWNED,  # pro_rata: chain of the sources that the scope let rest here, or UNASKED
    ACC_WIDTH,
) = range(17)

# State.loans, by rank
(
    LOAN_KEY,
    LOAN_HOLDER,
    LOAN_ACCOUNT,
    LOAN_MINOR,
    LOAN_AT,
    LOAN_WINDOW_END,
    FOLLOWED,  # value of its hops so far
    SLOT,  # its hop of the event at hand
    IS_TRACED,  # 0: it is own money to this pass
    LOAN_WIDTH,
) = range(10)

# State.lots
(
    SOURCE,
    UNITS,
    TAKEN,
    VALUE,
    FRESH,
    DEPTH,
    PARENT,  # row of the movement that brought it; pro_rata: cell of the chain of rows
    NUMBER,
    NEXT,
    PREVIOUS,
    PINS,  # how many memories hold it; a pinned lot outlives its units
    SIBLING,  # the next lot of the same arrival
    FEES,
    LOT_WIDTH,
) = range(14)

# State.pieces and State.other
(
    P_SOURCE,
    P_UNITS,
    P_VALUE,
    P_FRESH,
    P_DEPTH,
    P_PARENT,
    P_LOT,
    P_RETURNED,
    P_SHARE,  # scratch of a split by largest remainder
    P_REMAINDER,
    PIECE_WIDTH,
) = range(11)

# State.notes: small records in chains (what returns remember, arrivals, money in flight)
(
    A_NEXT,
    A_SOURCE,
    A_UNITS,
    A_VALUE,
    A_FRESH,
    A_DEPTH,
    A_TAKEN,
    A_ACCOUNT,
    A_REASON,
    A_DETAIL,
    A_PARENT,
    NOTE_WIDTH,
) = range(12)
# An arrival (rule specific) and a piece in flight use the same record.
A_AT, A_TOTAL, A_FEES, A_LOT = A_VALUE, A_UNITS, A_FRESH, A_SOURCE
A_RETURNED, A_COUNT = A_TAKEN, A_ACCOUNT

# State.memory, by reversed movement
(
    M_LOT,
    REST_HEAD,
    REST_TAIL,
    LANDED_HEAD,
    LANDED_TAIL,
    BROUGHT_HEAD,
    BROUGHT_TAIL,
    M_COUNT,  # notes and lots in all
    MEMORY_WIDTH,
) = range(9)

# State.hops
H_KEY, H_DEPTH, H_UNITS, H_VALUE, H_RETURNED, H_PARENTS_END, HOP_WIDTH = range(7)
RANK_SHIFT = 32  # H_KEY is rank << 32 | row

# State.log: what rests or is first used where, to be added up
G_RANK, G_ACCOUNT, G_REASON, G_DETAIL, G_VALUE, LOG_WIDTH = range(6)
FIRST_USE = 64  # added to G_REASON

# State.n
(
    EVENT,  # the next one
    LOT_COUNT,
    LOT_FREE,
    LOT_FREE_COUNT,
    LOT_NUMBER,
    NOTE_COUNT,
    NOTE_FREE,
    NOTE_FREE_COUNT,
    CELL_COUNT,
    HOP_COUNT,
    PARENT_COUNT,
    LOG_COUNT,
    PIECES,
    RULE,
    HOPS_MAX,
    AMOUNT_MAX,
    PART_MIN,
    HAS_WINDOW,
    ROW,
    DEBIT,
    CREDIT,
    AMOUNT,
    CREDITED,  # amount of the credit side
    AT,
    REASON,  # why the movement ends every trail, or 0
    TARGET,  # memory of the movement that this one returns, or NONE
    MEMORY,  # memory of this movement, or NONE
    CHAIN_HEAD,  # lots that this credit has brought so far
    CHAIN_TAIL,
    IS_CHAINING,
    CURSOR,  # pro_rata: lot behind which the next piece probably belongs
    N_WIDTH,
) = range(32)

# What a run returns
(
    DONE,
    OUTPUT_FULL,  # hops, parents or log: take them away
    LOTS_FULL,
    PIECES_FULL,
    NOTES_FULL,
    CELLS_FULL,
) = range(6)


class Columns(NamedTuple):
    """What a pass reads: events, movements, and short sorted lists of special ones."""

    events: Int32s  # row << 1 | is late credit; -1 - rank: a disbursement that nothing books
    flags: UInt8s
    debit: Int32s
    credit: Int32s
    amount: Int64s
    credited: Int64s
    booked_at: Int64s
    credited_at: Int64s
    reverses: Int32s
    reason: Int8s  # why a movement ends every trail, or 0
    drawn: Int64s  # (row, rank, part), sorted
    payees: Int64s  # (row, rank), sorted
    reversed_rows: Int64s  # sorted


def make_columns(**columns: npt.NDArray[Any]) -> Columns:
    """Return columns that nothing can write to.

    To numba an array that is read-only has a type of its own, and tables from mapped files
    are: with all columns so, whatever they stand on, kernels compile once.
    """
    sealed = {}
    for name, column in columns.items():
        sealed[name] = np.ascontiguousarray(column).view()
        sealed[name].flags.writeable = False
    return Columns(**sealed)


class State(NamedTuple):
    """What a pass changes. Buffers that fill up are replaced by larger ones between runs."""

    n: Int64s
    balance: Int64s  # last: OUTSIDE
    alert: UInt8s  # last: OUTSIDE
    unobserved: Int64s
    acc: Int64s
    loans: Int64s
    lots: Int64s
    pieces: Int64s
    other: Int64s
    notes: Int64s
    memory: Int64s
    flight: Int32s  # by movement: its first piece in flight, or NONE
    cells: Int32s  # pro_rata: (row, earlier cell)
    hops: Int64s
    parents: Int32s
    log: Int64s
