"""Re-entry candidates by their definition: every movement looked at for every loan."""

from __future__ import annotations

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, Use
from fundtrace.model.tables import OUTSIDE
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import Pass

SHARED = {EndReason.HUB, EndReason.PAYMENT_INSTITUTION}
BLIND = {*SHARED, EndReason.NON_MEMBER, EndReason.NOT_LISTED, EndReason.EXTERNAL}


def list_candidates(given: TraceInput, rank: int, shown: Pass) -> list[tuple[str, int, Use]]:
    """Return (movement id, value that had ended there, use), sorted by booking and id."""
    moves, places, hops = given.tables.movements, given.places, shown.hops[rank]
    found = []
    for row in range(len(moves)):
        source, target = int(moves.debit[row]), int(moves.credit[row])
        if OUTSIDE in (source, target) or given.debit_position[row] < 0:
            continue
        reason = places.find_account_end(source)
        if reason not in BLIND or places.find_arrival_place(row) is not None:
            continue
        before = [
            hop
            for hop in hops
            if moves.credit[hop.row] == source
            and 0 <= given.credit_position[hop.row] < given.debit_position[row]
        ]
        latest = max((int(moves.credit_booked_at[hop.row]) for hop in before), default=None)
        if latest is None or moves.booked_at[row] > latest + 30 * DAY_MICROSECONDS:
            continue
        use = places.classify(rank, PlaceKey(target, EndReason.HELD))
        is_party = use in {Use.BORROWER, Use.RELATED_PARTY}
        if row in {hop.row for hop in hops} or (reason in SHARED and not is_party):
            continue
        value = sum(hop.value for hop in before)
        found.append((int(moves.booked_at[row]), moves.movement_id[row], value, use))
    return [(name, value, use) for _, name, value, use in sorted(found)]
