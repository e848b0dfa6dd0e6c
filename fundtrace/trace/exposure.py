"""Exposure: everything that a loan's money can have touched. An upper bound, not a division.

Every outflow of an account that the loan's money can have reached, forward in time, is
exposed in full, capped at the principal (DESIGN section 4; elsewhere called "poison").
Nothing is conserved. In an account of another currency, units are valued at the highest
rate at which exposed money arrived there, rounded up, so that it stays an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.tables import NO_ROW
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import HopRow, Scope


@dataclass(slots=True)
class _Reached:
    """An account that the money can have reached: how deep, by which movement, at what rate."""

    depth: int
    parents: tuple[int, ...]
    value: int  # of ``units``; the highest rate seen
    units: int


def list_exposed_hops(given: TraceInput, rank: int, scope: Scope) -> list[HopRow]:
    """Return the exposed hops of one loan in the order in which money left.

    Costs one step per event; ``units`` and ``value`` are the whole movement, capped.
    """
    loan = given.loans[rank]
    principal, accounts = loan.principal_minor, given.tables.accounts
    if not given.get_drawn_minor(rank):
        return []
    moves = given.tables.movements
    debit, credit = moves.debit.tolist(), moves.credit.tolist()
    amount, credited = moves.amount_minor.tolist(), moves.credit_minor.tolist()
    booked_at = moves.booked_at.tolist()
    reached: dict[int, _Reached] = {}
    if loan.movement == NO_ROW:
        start = loan.disbursed_at
        reached[loan.account_id] = _Reached(0, (), 1, 1)
    else:
        start = int(moves.credit_booked_at[loan.movement])
        reached[int(moves.credit[loan.movement])] = _Reached(0, (loan.movement,), 1, 1)
    end = (
        None
        if scope.window_days is None
        else (loan.disbursed_at + scope.window_days * DAY_MICROSECONDS)
    )
    in_flight: dict[int, HopRow] = {}
    hops: list[HopRow] = []
    began = int(given.credit_position[loan.movement]) if loan.movement != NO_ROW else -1
    sides = zip(given.order.row.tolist(), given.order.is_credit.tolist(), strict=True)
    for position, (row, is_credit) in enumerate(sides):
        if is_credit:
            hop = in_flight.pop(row, None)
            if hop is not None and given.places.find_arrival_place(row) is None:
                is_home = accounts.currency[credit[row]] == loan.currency
                rate = (1, 1) if is_home else (hop.value, credited[row])
                _reach(reached, credit[row], hop, rate)
            continue
        source = reached.get(debit[row])
        if source is None or booked_at[row] < start or position < began:
            continue
        if row in given.loans_of_movement or given.places.find_account_end(debit[row]):
            continue
        if end is not None and booked_at[row] > end:
            continue
        if scope.hops_max is not None and source.depth >= scope.hops_max:
            continue
        value = min(principal, -(-amount[row] * source.value // source.units))
        hop = HopRow(row, source.depth + 1, amount[row], value, source.parents, 0)
        hops.append(hop)
        in_flight[row] = hop
    return hops


def _reach(reached: dict[int, _Reached], account: int, hop: HopRow, rate: tuple[int, int]) -> None:
    """Note that exposed money arrived on an account."""
    value, units = rate
    before = reached.get(account)
    if before is None:
        reached[account] = _Reached(hop.depth, (hop.row,), value, units)
        return
    before.depth = min(before.depth, hop.depth)
    if value * before.units > before.value * units:
        before.value, before.units = value, units
