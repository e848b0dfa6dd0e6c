"""Re-entry: money that may have come back from an account where the trail ended.

A credit from such an account to an account that is followed again, no later than
``REENTRY_WINDOW_DAYS`` after the loan's money ended there, is a candidate. It is inferred,
never part of conserved amounts. Through a hub or a payment institution everybody's money
comes and goes, so there only credits to the borrower or a related party are candidates.
"""

from __future__ import annotations

import numpy as np

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, Use
from fundtrace.model.tables import OUTSIDE
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey, build_place
from fundtrace.trace.result import Pass
from fundtrace.trace.trail import ReentryCandidate

REENTRY_WINDOW_DAYS = 30

_SHARED = frozenset({EndReason.HUB, EndReason.PAYMENT_INSTITUTION})
_BLIND = _SHARED | {EndReason.NON_MEMBER, EndReason.NOT_LISTED, EndReason.EXTERNAL}


def list_reentry_candidates(
    given: TraceInput, rank: int, shown: Pass
) -> tuple[ReentryCandidate, ...]:
    """Return the candidates of one loan in the order in which they were booked."""
    movements, places = given.tables.movements, given.places
    arrivals: dict[int, list[tuple[int, int]]] = {}  # account: (credit position, row)
    for hop in shown.hops[rank]:
        account, position = int(movements.credit[hop.row]), int(given.credit_position[hop.row])
        if account != OUTSIDE and position >= 0 and places.find_account_end(account) in _BLIND:
            arrivals.setdefault(account, []).append((position, hop.row))
    if not arrivals:
        return ()
    values = {hop.row: hop.value for hop in shown.hops[rank]}
    window = REENTRY_WINDOW_DAYS * DAY_MICROSECONDS
    candidates = []
    from_there = np.isin(movements.debit, list(arrivals)) & (given.debit_position >= 0)
    for row in np.flatnonzero(from_there).tolist():
        target, source = int(movements.credit[row]), int(movements.debit[row])
        if target == OUTSIDE or places.find_arrival_place(row) is not None or row in values:
            continue
        position, at = int(given.debit_position[row]), int(movements.booked_at[row])
        before = [arrival for there, arrival in arrivals[source] if there < position]
        if not before or at > window + max(int(movements.credit_booked_at[one]) for one in before):
            continue
        reason = places.find_account_end(source) or EndReason.OUTSIDE
        use = places.classify(rank, PlaceKey(target, EndReason.HELD))
        is_same_party = use in (Use.BORROWER, Use.RELATED_PARTY)
        if reason in _SHARED and not is_same_party:
            continue
        candidates.append(
            ReentryCandidate(
                movement_id=movements.movement_id[row],
                booked_at=at,
                debit=build_place(given.tables, source),
                credit=build_place(given.tables, target),
                amount_minor=int(movements.amount_minor[row]),
                currency=movements.currency[row],
                ended_minor=sum(values[one] for one in before),
                end_reason=reason,
                use=use,
                is_same_party=is_same_party,
            )
        )
    return tuple(sorted(candidates, key=lambda one: (one.booked_at, one.movement_id)))
