"""What every pass over the same tables shares, whatever its rule: computed once.

Loans in loan order, events in running order, opening balances, who declared which payee,
and how much of each loan was drawn by the time asked. Nothing later than ``as_of`` enters:
opening balances are derived from the first balance given by then (docs/tracing.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.tables import NO_ROW, NO_VALUE, Loan, Tables, rank_loans
from fundtrace.trace.entries import Walk, walk_entries
from fundtrace.trace.order import Order, order_events
from fundtrace.trace.outflows import Outflows, index_outflows
from fundtrace.trace.places import Places
from fundtrace.trace.units import place_events

PAYMENT_WINDOW_DAYS = 30  # in which a payment to a declared payee takes its loan's lots first


class TraceInput:
    """Tables made ready for tracing up to an instant."""

    def __init__(self, tables: Tables, as_of: int | None = None, walk: Walk = walk_entries) -> None:
        """Order the events and derive what the rules need; ``as_of`` is inclusive.

        ``walk`` is as in ``order_events``.
        """
        self.tables = tables
        self.as_of = as_of
        self.table_positions = rank_loans(tables.loans)  # rank -> position in the loans table
        self.loans: Sequence[Loan] = [tables.loans[position] for position in self.table_positions]
        self.places = Places(tables, self.loans)
        self.order: Order = order_events(tables, as_of, walk)
        self.opening_minor = _get_openings(tables, self.order)  # by account
        # Each movement's position among all events, -1 if later than asked.
        self.debit_position, self.credit_position = place_events(
            self.order.units, self.order.is_late
        )
        self.loans_of_movement: dict[int, list[int]] = {}
        self._payees: dict[int, list[tuple[int, Loan]]] = {}
        self._drawn: dict[int, int] = {}
        self.add_loans(0)
        self.ends_at = self._find_end()

    def add_loans(self, first: int) -> None:
        """Index the loans from rank ``first`` on."""
        rows: dict[int, None] = {}
        for rank, loan in enumerate(self.loans[first:], first):
            if loan.movement != NO_ROW:
                self.loans_of_movement.setdefault(loan.movement, []).append(rank)
                rows[loan.movement] = None
            if loan.declared_payees:
                self._payees.setdefault(loan.account_id, []).append((rank, loan))
        for row in rows:
            self._drawn.update(self.list_drawn(row))

    @cached_property
    def outflows(self) -> Outflows:
        """The movements that leave each account, in running order."""
        return index_outflows(self.tables, self.debit_position)

    def list_unbooked_disbursements(self) -> list[tuple[int, int]]:
        """Return (instant, rank) of the loans, disbursed by now, that no movement pays out."""
        return [
            (loan.disbursed_at, rank)
            for rank, loan in enumerate(self.loans)
            if loan.movement == NO_ROW and self._is_past(loan.disbursed_at)
        ]

    def list_drawn(self, row: int) -> list[tuple[int, int]]:
        """Return (rank, value) for the loans that a movement pays out, in loan order."""
        left = int(self.tables.movements.credit_minor[row])
        drawn = []
        for rank in self.loans_of_movement.get(row, ()):
            part = min(left, self.loans[rank].principal_minor)
            drawn.append((rank, part))
            left -= part
        return drawn

    def get_drawn_minor(self, rank: int) -> int:
        """Return how much of a loan was paid out by the time asked."""
        loan = self.loans[rank]
        if loan.movement == NO_ROW:
            return loan.principal_minor if self._is_past(loan.disbursed_at) else 0
        if self.debit_position[loan.movement] < 0:
            return 0
        return self._drawn[rank]

    def list_declaring_loans(self, row: int, at: int) -> list[int]:
        """Return the loans, in loan order, for which a movement pays a declared payee in time."""
        movements = self.tables.movements
        candidates = self._payees.get(int(movements.debit[row]))
        credit = int(movements.credit[row])
        if not candidates or credit < 0:
            return []
        key = self.tables.accounts.get_key(credit)
        window = PAYMENT_WINDOW_DAYS * DAY_MICROSECONDS
        return [
            rank
            for rank, loan in candidates
            if key in loan.declared_payees and at <= loan.disbursed_at + window
        ]

    def _is_past(self, at: int) -> bool:
        return self.as_of is None or at <= self.as_of

    def _find_end(self) -> int:
        """Return the instant asked, or else that of the last thing known."""
        if self.as_of is not None:
            return self.as_of
        movements = self.tables.movements
        ends = [loan.disbursed_at for loan in self.loans]
        if len(movements):
            ends += [int(movements.booked_at.max()), int(movements.credit_booked_at.max())]
        return max(ends, default=0)


def _get_openings(tables: Tables, order: Order) -> npt.NDArray[Any]:
    """Return opening balances: given, or else the first balance given less what led to it.

    Balances given after a disbursement that no movement books do not contain it, so it is
    no part of what led to them. int64, but Python's integers where they could be larger.
    """
    opening, movements = order.opening, tables.movements
    # LIMIT: with all amounts below 2^61 what led to a balance is so too. An opening balance
    # beyond 64 bits has then wrapped round to 2^62 or more, so what is less is exact.
    moved = float(movements.amount_minor.astype(np.float64).sum())
    moved += float(movements.credit_minor.astype(np.float64).sum())
    largest = max(opening.max(initial=0), -opening.min(initial=0).item())
    if moved < 2.0**61 and largest < 2**62:
        return opening
    exact = np.empty(len(opening), dtype=object)
    exact[:] = derive_exactly(tables, order)
    return exact


def derive_exactly(tables: Tables, order: Order) -> list[int]:
    """Return opening balances without a bound, one event after the other."""
    openings: list[int] = tables.accounts.opening_minor.tolist()
    unknown = {account for account, opening in enumerate(openings) if opening == NO_VALUE}
    moves = tables.movements
    change = dict.fromkeys(unknown, 0)
    for row, is_credit in zip(order.row.tolist(), order.is_credit.tolist(), strict=True):
        account = int((moves.credit if is_credit else moves.debit)[row])
        if account not in unknown:
            continue
        change[account] += int(moves.credit_minor[row] if is_credit else -moves.amount_minor[row])
        given = moves.credit_balance_minor if is_credit else moves.debit_balance_minor
        if (balance := int(given[row])) != NO_VALUE:
            openings[account] = balance - change[account]
            unknown.discard(account)
    for account in unknown:
        openings[account] = 0
    return openings
