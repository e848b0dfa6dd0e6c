"""Re-entry: money that may have come back from an account where the trail ended.

A credit from such an account to an account that is followed again, no later than
``REENTRY_WINDOW_DAYS`` after the loan's money ended there, is a candidate. It is inferred,
never part of conserved amounts. Through a hub or a payment institution everybody's money
comes and goes, so there only credits to the borrower or a related party are candidates.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, Use
from fundtrace.model.tables import OUTSIDE, Int32s, Int64s
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import Carried, Pass
from fundtrace.trace.trail import ReentryCandidate

REENTRY_WINDOW_DAYS = 30

_SHARED = frozenset({EndReason.HUB, EndReason.PAYMENT_INSTITUTION})
_BLIND = _SHARED | {EndReason.NON_MEMBER, EndReason.NOT_LISTED, EndReason.EXTERNAL}
_SAME_PARTY = frozenset({Use.BORROWER, Use.RELATED_PARTY})
_WINDOW = REENTRY_WINDOW_DAYS * DAY_MICROSECONDS


def list_reentry_candidates(
    given: TraceInput, rank: int, shown: Pass
) -> tuple[ReentryCandidate, ...]:
    """Return the candidates of one loan in the order in which they were booked.

    Looks at what leaves the accounts where the trail ended while the window is open, and at
    nothing else.
    """
    carried = shown.list_carried(rank)
    hop_rows = set(carried.row.tolist())
    candidates = []
    for source, ended in _group_arrivals(given, carried).items():
        reason = given.places.find_account_end(source) or EndReason.OUTSIDE
        for row in _list_later_rows(given, rank, source, ended):
            if row in hop_rows or given.places.find_arrival_place(row) is not None:
                continue
            value = ended.find_value(given, row)
            if value is None:
                continue
            target = PlaceKey(int(given.tables.movements.credit[row]), EndReason.HELD)
            use = given.places.classify(rank, target)
            if use in _SAME_PARTY or reason not in _SHARED:
                candidates.append(_build_candidate(given, row, value, reason, use))
    return tuple(sorted(candidates, key=lambda one: (one.booked_at, one.movement_id)))


class _Ended:
    """What of the loan ended on one account, in the order in which it was credited."""

    def __init__(self, given: TraceInput, rows: Int32s, values: Int64s) -> None:
        by = np.argsort(given.credit_position[rows])
        self.position: list[int] = given.credit_position[rows[by]].tolist()
        credited = given.tables.movements.credit_booked_at[rows[by]]
        self.open_until: list[int] = (np.maximum.accumulate(credited) + _WINDOW).tolist()
        self.value: list[int] = np.cumsum(values[by]).tolist()

    def find_value(self, given: TraceInput, row: int) -> int | None:
        """Return what had ended before a movement left, or None where its window was over."""
        before = bisect_right(self.position, int(given.debit_position[row])) - 1
        at = int(given.tables.movements.booked_at[row])
        return self.value[before] if before >= 0 and at <= self.open_until[before] else None


def _group_arrivals(given: TraceInput, carried: Carried) -> dict[int, _Ended]:
    """Return what ended on the accounts behind which nobody sees, those reached first first."""
    credit = given.tables.movements.credit[carried.row]
    is_there = (credit >= 0) & (given.credit_position[carried.row] >= 0)
    blind = [
        account
        for account in dict.fromkeys(credit[is_there].tolist())
        if given.places.find_account_end(account) in _BLIND
    ]
    found = {}
    for account in blind:
        chosen = is_there & (credit == account)
        found[account] = _Ended(given, carried.row[chosen], carried.value[chosen])
    return found


def _list_later_rows(given: TraceInput, rank: int, source: int, ended: _Ended) -> list[int]:
    """Return what left an account for a followed one after the first arrival and in time.

    From a shared account only what went to the borrower's or a related party's accounts.
    """
    movements, rows = given.tables.movements, given.outflows.list_rows(source)
    # Both rise along ``rows``: it is in running order.
    start = bisect_right(rows, ended.position[0], key=given.debit_position.__getitem__)
    end = bisect_right(rows, ended.open_until[-1], key=movements.booked_at.__getitem__)
    rows = rows[start:end]
    credit = movements.credit[rows]
    kept = (credit != OUTSIDE) & (given.places.account_ends[credit] == 0)
    if given.places.find_account_end(source) in _SHARED:
        kept &= np.isin(credit, given.places.list_known_accounts(rank))
    later: list[int] = rows[kept].tolist()
    return later


def _build_candidate(
    given: TraceInput, row: int, value: int, reason: EndReason, use: Use
) -> ReentryCandidate:
    movements = given.tables.movements
    return ReentryCandidate(
        movement_id=movements.movement_id[row],
        booked_at=int(movements.booked_at[row]),
        debit=given.places.describe(int(movements.debit[row])),
        credit=given.places.describe(int(movements.credit[row])),
        amount_minor=int(movements.amount_minor[row]),
        currency=movements.currency[row],
        ended_minor=value,
        end_reason=reason,
        use=use,
        is_same_party=use in _SAME_PARTY,
    )
