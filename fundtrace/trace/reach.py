"""Forward reach: the accounts that money on one account can have come to, and since when.

An upper bound without amounts: money moves on with every movement that leaves an account
after it came there, in the running order of events. Settled here:

- It arrives with the credit, which may be late; what has not been credited arrives nowhere.
- A return of a movement that can have carried it carries it too, from wherever it lay.
- Cash, fees and repayments end where they are paid. They reach only accounts that absorb,
  and nothing leaves those.
- A movement that pays out a loan takes nothing from its debit account, so it carries nothing.

``kernel.reaching`` says the same of millions of movements.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fundtrace.model.tables import NO_ROW, OUTSIDE, Int32s, Int64s
from fundtrace.trace.inputs import TraceInput


class Arrivals(NamedTuple):
    """Accounts in the order in which money first came to them; the first is where it was."""

    account: Int32s  # rows of the accounts table
    instant: Int64s  # microseconds
    row: Int32s  # of the movement that brought it; NO_ROW: it was there
    position: Int32s  # of that credit in the order of events; -1: it was there


def reach_forward(
    given: TraceInput, account: int, since: int, until: int | None = None
) -> Arrivals:
    """Return the accounts that money on ``account`` at ``since`` can have reached.

    ``account`` is a row of the accounts table; ``since`` and ``until`` are microseconds, both
    inclusive. One step per event.
    """
    moves, places, order = given.tables.movements, given.places, given.order
    found = {account: (since, NO_ROW, -1)}
    carried: set[int] = set()
    sides = zip(order.row.tolist(), order.is_credit.tolist(), strict=True)
    for position, (row, is_credit) in enumerate(sides):
        instant = int((moves.credit_booked_at if is_credit else moves.booked_at)[row])
        if instant < since or (until is not None and instant > until):
            continue
        debit, credit = int(moves.debit[row]), int(moves.credit[row])
        if not is_credit:
            is_there = debit in found and not places.find_account_end(debit)
            is_return = int(moves.reverses[row]) in carried
            if (is_there or is_return) and row not in given.loans_of_movement:
                carried.add(row)
            continue
        is_open = places.find_account_end(credit) or places.find_arrival_place(row) is None
        if row in carried and credit != OUTSIDE and is_open:
            found.setdefault(credit, (instant, row, position))
    instants, rows, positions = zip(*found.values(), strict=True)
    return Arrivals(
        np.array(list(found), dtype=np.int32),
        np.array(instants, dtype=np.int64),
        np.array(rows, dtype=np.int32),
        np.array(positions, dtype=np.int32),
    )
