"""Loans that a step changes before what ran already: found, and traced again by themselves.

A loan is affected when its money was on an account that changed, or is carried by a
movement that is now returned; and so is one that was, or now is, on an account with an
affected loan's money. That closes: no other loan has money on any account where these had
or have it, so tracing them apart says what tracing all together would (``parts``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from fundtrace.model.tables import NO_ROW, Int8s, Int64s
from fundtrace.trace.kernel.driving import Written, build_pass
from fundtrace.trace.kernel.grown import GrownPass
from fundtrace.trace.kernel.parts import cut_part, join_written, run_part
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.kernel.preparing import Basis, Bools


@dataclass(eq=False)
class Changes:
    """What changed, since a state was made, before what that state ran."""

    accounts: set[int] = field(default_factory=set)
    loans: set[int] = field(default_factory=set)  # by rank; others join them

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.accounts or self.loans)

    def note(
        self, result: GrownPass, changed: Collection[int], reopened: Int64s, rows: int
    ) -> None:
        """Note what a step changed.

        ``changed`` are accounts, ``reopened`` some of so many movements, whose return nobody
        expected.
        """
        self.accounts.update(changed)
        if len(reopened):
            is_asked = _mark(reopened.tolist(), rows)
            rank, row = result.list_rows()
            self.loans.update(np.unique(rank[is_asked[row]]).tolist())
            for one in reopened.tolist():
                self.loans.update(result.given.loans_of_movement.get(one, ()))


class _Touched:
    """Which loans' money was on which accounts, as the state has it."""

    def __init__(self, result: GrownPass, reason: Int8s) -> None:
        rank, row = result.list_rows()
        goes_on = reason[row] == 0
        loans, credit = result.given.loans, result.given.tables.movements.credit
        paid = [
            loan.account_id if loan.movement == NO_ROW else int(credit[loan.movement])
            for loan in loans
        ]
        self.rank = np.concatenate([rank[goes_on], np.arange(len(loans))])
        self.account = np.concatenate([credit[row[goes_on]], np.array(paid, dtype=np.int64)])
        is_inside = self.account >= 0
        self.rank, self.account = self.rank[is_inside], self.account[is_inside]


def _mark(places: Collection[int], count: int) -> Bools:
    marked = np.zeros(count, dtype=np.bool_)
    marked[list(places)] = True
    return marked


def retrace(
    basis: Basis, changes: Changes, result: GrownPass, unobserved: Int64s
) -> dict[int, ColumnarPass]:
    """Return by rank the pass that holds for each affected loan."""
    given, scope = result.given, result.scope
    touched = _Touched(result, basis.columns.reason)
    is_affected = _mark(changes.loans, len(given.loans))
    is_changed = _mark(changes.accounts, len(given.tables.accounts))
    written = None
    while True:
        size = int(is_affected.sum())
        is_affected[touched.rank[is_changed[touched.account]]] = True
        is_changed[touched.account[is_affected[touched.rank]]] = True
        if int(is_affected.sum()) > size:
            continue
        if written is not None or not size:
            break
        written = run_part(cut_part(basis, is_affected, scope), result.rule, scope)
        is_changed[_list_arrivals(basis, written)] = True
        is_affected[touched.rank[is_changed[touched.account]]] = True
        if int(is_affected.sum()) > size:
            written = None
    changes.accounts.update(np.flatnonzero(is_changed).tolist())
    changes.loans.update(np.flatnonzero(is_affected).tolist())
    if written is None:
        return {}
    whole = join_written([written], unobserved)
    again = build_pass(given, (result.rule, scope), whole)
    return dict.fromkeys(np.flatnonzero(is_affected).tolist(), again)


def _list_arrivals(basis: Basis, written: Written) -> Int64s:
    """Return the accounts on which written hops put money that goes on."""
    nothing = np.zeros(0, dtype=np.int64)
    row = np.concatenate([nothing, *(one.row for one in written.portions)])
    arrived: Int64s = basis.columns.credit[row[basis.columns.reason[row] == 0]]
    return arrived
