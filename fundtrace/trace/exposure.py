"""Exposure: everything that a loan's money can have touched. An upper bound, not a division.

Every outflow of an account that the loan's money can have reached, forward in time, is
exposed in full, capped at the principal (docs/tracing.md; elsewhere called "poison"), and
so is every return of an exposed movement. Nothing is conserved. Settled here:

- Units are value (*par*) as long as the money has never been converted. Behind a conversion
  a small payment may carry much value, so that everything which arrived on the account,
  capped at the principal, counts as exposed by each of its outflows.
- Of a scope, window and hops apply; the cumulated amount and the least part do not, for
  they depend on the rule. Without them the bound is higher and still one.
- ``HopRow.parents`` names the first movement that reached the debit account.

``kernel.exposing`` says the same of millions of movements.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.tables import NO_ROW
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import HopRow, Scope


@dataclass(slots=True)
class _Reached:
    """An account (or a movement) that the money can have reached."""

    depth: int
    parents: tuple[int, ...]
    value: int  # that arrived in all, capped at the principal
    is_par: bool  # whether units are value there


def list_exposed_hops(given: TraceInput, rank: int, scope: Scope) -> list[HopRow]:
    """Return the exposed hops of one loan in the order in which money left.

    Costs one step per event; ``units`` are the whole movement's, ``value`` is capped.
    """
    if not given.get_drawn_minor(rank):
        return []
    return _Exposure(given, rank, scope).run()


def list_exposed_ranks(given: TraceInput, rows: Collection[int]) -> list[int]:
    """Return the loans whose money any of the movements ``rows`` can have carried.

    All loans in one pass over the events, as bit sets; no scope.
    """
    moves = given.tables.movements
    debit, credit = moves.debit.tolist(), moves.credit.tolist()
    reverses, booked_at = moves.reverses.tolist(), moves.booked_at.tolist()
    wanted = set(rows)
    there: dict[int, int] = {}  # account: loans that can have reached it
    carried: dict[int, int] = {}  # movement: loans that it can have carried
    found = 0
    unbooked = given.list_unbooked_disbursements()[::-1]
    for row, is_credit in zip(
        given.order.row.tolist(), given.order.is_credit.tolist(), strict=True
    ):
        while unbooked and unbooked[-1][0] <= booked_at[row]:
            _, rank = unbooked.pop()
            account = given.loans[rank].account_id
            if not given.places.find_account_end(account):
                there[account] = there.get(account, 0) | 1 << rank
        if not is_credit:
            drawn = given.loans_of_movement.get(row)
            if drawn is None:
                loans = there.get(debit[row], 0) | carried.get(reverses[row], 0)
            else:
                loans = sum(1 << rank for rank in drawn)
            if loans:
                carried[row] = loans
                found |= loans if row in wanted else 0
        elif row in carried and given.places.find_arrival_place(row) is None:
            there[credit[row]] = there.get(credit[row], 0) | carried[row]
    return [rank for rank in range(len(given.loans)) if found >> rank & 1]


class _Exposure:
    """The state of one pass for one loan."""

    def __init__(self, given: TraceInput, rank: int, scope: Scope) -> None:
        self.given, self.scope = given, scope
        self.loan = given.loans[rank]
        moves = given.tables.movements
        self.debit: list[int] = moves.debit.tolist()
        self.credit: list[int] = moves.credit.tolist()
        self.amount: list[int] = moves.amount_minor.tolist()
        self.credited: list[int] = moves.credit_minor.tolist()
        self.booked_at: list[int] = moves.booked_at.tolist()
        self.reverses: list[int] = moves.reverses.tolist()
        self.window_ends_at: int | None = None
        if scope.window_days is not None:
            self.window_ends_at = self.loan.disbursed_at + scope.window_days * DAY_MICROSECONDS
        self.accounts: dict[int, _Reached] = {}
        self.movements: dict[int, _Reached] = {}  # exposed ones, for their returns
        self.hops: list[HopRow] = []

    def run(self) -> list[HopRow]:
        principal, start = self.loan.principal_minor, _Reached(0, (), 0, is_par=True)
        is_unbooked = self.loan.movement == NO_ROW
        if not is_unbooked:
            start.parents = (self.loan.movement,)
            self.movements[self.loan.movement] = _Reached(0, (), principal, is_par=True)
        order = self.given.order
        for row, is_credit in zip(order.row.tolist(), order.is_credit.tolist(), strict=True):
            if is_unbooked and self.booked_at[row] >= self.loan.disbursed_at:
                is_unbooked = False
                self.reach(self.loan.account_id, start, principal)
            if not is_credit:
                self.book_debit(row)
            elif row == self.loan.movement:
                self.reach(self.credit[row], start, principal)
            elif row in self.movements and self.given.places.find_arrival_place(row) is None:
                moved = self.movements[row]
                arrived = _Reached(moved.depth, (row,), 0, moved.is_par)
                self.reach(self.credit[row], arrived, moved.value)
        return self.hops

    def book_debit(self, row: int) -> None:
        """Expose a movement whose account was reached, or that returns an exposed one."""
        if row in self.given.loans_of_movement:
            return
        end = self.window_ends_at
        if end is not None and self.booked_at[row] > end:
            return
        returned = self.movements.get(self.reverses[row])
        if returned is not None:
            parents = (self.reverses[row],)
            returned = _Reached(returned.depth, parents, returned.value, returned.is_par)
        depth_max = self.scope.hops_max
        sources = [
            source
            for source in (self.accounts.get(self.debit[row]), returned)
            if source is not None and (depth_max is None or source.depth < depth_max)
        ]
        if not sources:
            return
        is_par = all(source.is_par for source in sources)
        bound = self.amount[row] if is_par else sum(source.value for source in sources)
        value = min(self.loan.principal_minor, bound)
        nearest = min(sources, key=lambda source: source.depth)
        hop = HopRow(row, nearest.depth + 1, self.amount[row], value, nearest.parents, 0)
        self.hops.append(hop)
        is_par = is_par and self.amount[row] == self.credited[row]
        depth = nearest.depth if returned else hop.depth  # a return arrives as deep as it was
        self.movements[row] = _Reached(depth, (row,), value, is_par)

    def reach(self, account: int, arrived: _Reached, value: int) -> None:
        """Note that exposed money arrived on an account, unless it ends there."""
        if self.given.places.find_account_end(account):
            return
        before = self.accounts.setdefault(account, arrived)
        before.depth = min(before.depth, arrived.depth)
        before.is_par = before.is_par and arrived.is_par
        before.value = min(self.loan.principal_minor, before.value + value)
