"""The attribution rules: which lots a payment takes. The table of docs/tracing.md in code.

Every conserving rule is one function ``(holding, units, at) -> pieces``: it takes exactly
``units`` out of a holding that has at least that many, and returns the pieces in the order
in which they leave. ``TAKES`` is the whole dispatch table. Exposure takes nothing and is
not here (see ``exposure``).

Settled here, where the text leaves two readings:

- specific: an arrival counts as wholly unspent when nothing but fees has gone out of it;
  so 1,000.00 in, a fee of 5.00, 995.00 out is the same money. A disbursement is an
  arrival, an opening balance is not. Nor is an arrival part of which repaid an overdraft.
- pro_rata: within a source whose lots were joined, value and fresh value are split in the
  same proportion as units.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import Rule
from fundtrace.trace.holding import OWN, Arrival, Holding, Lot, Piece

Take = Callable[[Holding, int, int], list[Piece]]

SPECIFIC_WINDOW_MICROSECONDS = 3 * DAY_MICROSECONDS  # 72 hours

_EXACT, _WITH_FEES = False, True  # how an arrival is looked up


def take_fifo(holding: Holding, units: int, _at: int) -> list[Piece]:
    """Take the oldest lots first (Clayton's case)."""
    return _take_in_order(holding, units, holding.find_oldest)


def take_lifo(holding: Holding, units: int, _at: int) -> list[Piece]:
    """Take the newest lots first."""
    return _take_in_order(holding, units, holding.find_newest)


def take_proceeds_first(holding: Holding, units: int, _at: int) -> list[Piece]:
    """Take traced lots oldest first, then own money oldest first."""
    return _take_in_order(
        holding, units, lambda: holding.find_oldest_traced() or holding.find_oldest_own()
    )


def take_own_first(holding: Holding, units: int, _at: int) -> list[Piece]:
    """Take own money oldest first, then traced lots oldest first (lowest intermediate balance)."""
    return _take_in_order(
        holding, units, lambda: holding.find_oldest_own() or holding.find_oldest_traced()
    )


def take_pro_rata(holding: Holding, units: int, _at: int) -> list[Piece]:
    """Take of every source in proportion, loans in loan order and own money last.

    Each gives floor(its units x ``units`` / balance); the units left over go one each to
    the largest remainders, ties in that same order.
    """
    sources = sorted(holding.by_source)
    if sources and sources[0] == OWN:
        sources.append(sources.pop(0))
    lots = [holding.by_source[source] for source in sources]
    shares = split_largest_remainder([lot.left for lot in lots], units)
    return [holding.draw(lot, share) for lot, share in zip(lots, shares, strict=True) if share]


def take_specific(holding: Holding, units: int, at: int) -> list[Piece]:
    """Take the oldest arrival of the last 72 h that fits exactly, else as proceeds_first."""
    arrival = _find_fitting_arrival(holding, units, at)
    pieces: list[Piece] = []
    for lot in arrival.lots if arrival else ():
        share = min(lot.left, units - sum(piece.units for piece in pieces))
        if share:
            pieces.append(holding.draw(lot, share))
    return pieces or take_proceeds_first(holding, units, at)


TAKES: dict[Rule, Take] = {
    Rule.FIFO: take_fifo,
    Rule.LIFO: take_lifo,
    Rule.PRO_RATA: take_pro_rata,
    Rule.PROCEEDS_FIRST: take_proceeds_first,
    Rule.OWN_FIRST: take_own_first,
    Rule.SPECIFIC: take_specific,
}


def split_largest_remainder(weights: list[int], total: int) -> list[int]:
    """Split ``total`` in proportion to ``weights``, whole units, by largest remainder.

    Ties go to the earlier weight. The shares add up to ``total``, and none exceeds its
    weight where ``total`` does not exceed their sum.
    """
    whole = sum(weights)
    shares = [weight * total // whole for weight in weights]
    over = total - sum(shares)
    if over:
        by_remainder = sorted(
            range(len(weights)), key=lambda place: -(weights[place] * total % whole)
        )
        for place in by_remainder[:over]:
            shares[place] += 1
    return shares


def register_arrival(holding: Holding, lots: list[Lot], at: int) -> None:
    """Remember a credit for rule ``specific``, by its sum and by its sum plus fees so far."""
    total = sum(lot.units for lot in lots)
    arrival = Arrival(at, tuple(lots))
    for key in ((_EXACT, total), (_WITH_FEES, total + holding.fees_paid)):
        holding.arrivals.setdefault(key, deque()).append(arrival)


def _take_in_order(
    holding: Holding, units: int, find_next: Callable[[], Lot | None]
) -> list[Piece]:
    pieces: list[Piece] = []
    while units:
        lot = find_next()
        if lot is None:
            raise AssertionError("a rule was asked for more than the holding has")
        share = min(lot.left, units)
        pieces.append(holding.draw(lot, share))
        units -= share
    return pieces


def _find_fitting_arrival(holding: Holding, units: int, at: int) -> Arrival | None:
    """Find the oldest arrival that had ``units``, or ``units`` and the fees paid since."""
    found: list[Arrival] = []
    for key in ((_EXACT, units), (_WITH_FEES, units + holding.fees_paid)):
        queue = holding.arrivals.get(key)
        while queue and not _fits(queue[0], units, at):
            queue.popleft()  # neither age nor spending nor a fee is ever undone
        if queue:
            found.append(queue[0])
    return min(found, key=lambda arrival: arrival.lots[0].number, default=None)


def _fits(arrival: Arrival, units: int, at: int) -> bool:
    """Tell whether an arrival is recent, unspent but for fees, and has the units left."""
    if arrival.at < at - SPECIFIC_WINDOW_MICROSECONDS:
        return False
    if any(lot.taken != lot.fees for lot in arrival.lots):
        return False
    return sum(lot.left for lot in arrival.lots) >= units
