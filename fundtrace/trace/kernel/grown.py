"""A pass that goes on: what a first pass said, what each step added, what was traced again.

Hops are appended. Rests and first uses are sums, so each step adds entries, some of them
negative: what an account held before a step is taken off and what it holds now put on. As
time goes on, windows end on accounts that nothing touches; that is seen when asked.

Steps are joined as they come, so that each is more than twice the size of the next: there are
never more of them than the logarithm of all that they say, and each of their entries is moved
as often at most. What one step put on and a later one took off is then gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from fundtrace.model.instants import DAY_MICROSECONDS
from fundtrace.model.kinds import EndReason, Rule
from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel.driving import join_passes
from fundtrace.trace.kernel.passes import ByRank, ColumnarPass
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import Carried, HopRow, Pass, Scope


@dataclass(eq=False)
class GrownPass:
    """Reads like every pass (``result.Pass``)."""

    rule: Rule
    scope: Scope
    given: TraceInput
    first: Pass
    unobserved_minor: Int64s
    steps: list[ColumnarPass] = field(default_factory=list)
    again: dict[int, ColumnarPass] = field(default_factory=dict)  # by rank: traced again
    first_rows: tuple[Int32s, Int32s] | None = None  # what ``list_rows`` says of ``first``

    @cached_property
    def hops(self) -> Sequence[list[HopRow]]:
        """Return the hops of each loan in the order in which money left."""
        return ByRank(len(self.given.loans), self._build_hops)

    @cached_property
    def rests(self) -> Sequence[dict[PlaceKey, int]]:
        """Return where each loan lies at the time asked."""
        return ByRank(len(self.given.loans), self._build_rests)

    @cached_property
    def first_uses(self) -> Sequence[dict[PlaceKey, int]]:
        """Return what each loan was first used for."""
        return ByRank(len(self.given.loans), self._build_first_uses)

    @property
    def unobserved(self) -> Mapping[int, int]:
        """Return the units that accounts paid out and nobody saw arrive."""
        found = np.flatnonzero(self.unobserved_minor)
        return dict(zip(found.tolist(), self.unobserved_minor[found].tolist(), strict=True))

    def with_step(
        self, given: TraceInput, step: ColumnarPass, unobserved_minor: Int64s
    ) -> GrownPass:
        """Return what this pass says when it went on by a step; this one stays as it is."""
        steps = [*self.steps, step]
        while len(steps) > 1 and _measure(steps[-2]) <= 2 * _measure(steps[-1]):
            steps[-2:] = [join_passes(*steps[-2:])]
        return replace(self, given=given, unobserved_minor=unobserved_minor, steps=steps)

    def list_carried(self, rank: int) -> Carried:
        """Return the hops of a loan as columns."""
        parts = [one.list_carried(rank) for one in self._list_sources(rank)]
        return Carried(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def list_rows(self) -> tuple[Int32s, Int32s]:
        """Return (rank, row of the movement) of all hops as the state has them, in no order.

        What was traced again is not in it.
        """
        if self.first_rows is None:
            self.first_rows = _list_rows(self.first)
        parts = [self.first_rows, *(_list_rows(one) for one in self.steps)]
        return np.concatenate([one[0] for one in parts]), np.concatenate([one[1] for one in parts])

    def _list_sources(self, rank: int) -> list[Pass]:
        """Return the passes whose results add up to a loan's."""
        if rank in self.again:
            return [self.again[rank]]
        first: list[Pass] = [self.first] if rank < len(self.first.hops) else []
        return [*first, *(one for one in self.steps if rank < len(one.hops))]

    def _build_hops(self, rank: int) -> list[HopRow]:
        return [hop for one in self._list_sources(rank) for hop in one.hops[rank]]

    def _build_rests(self, rank: int) -> dict[PlaceKey, int]:
        return self._add_up(rank, [one.rests[rank] for one in self._list_sources(rank)])

    def _build_first_uses(self, rank: int) -> dict[PlaceKey, int]:
        statements = [one.first_uses[rank] for one in self._list_sources(rank)]
        return self._add_up(rank, statements, is_first_use=True)

    def _add_up(
        self, rank: int, statements: Sequence[Mapping[PlaceKey, int]], *, is_first_use: bool = False
    ) -> dict[PlaceKey, int]:
        """Add statements up; where the window is over, nothing is merely held."""
        is_over = self._is_window_over(rank)
        total: dict[PlaceKey, int] = {}
        for statement in statements:
            for place, value in statement.items():
                key = place
                if is_over and place.reason is EndReason.HELD:
                    over = place._replace(reason=EndReason.WINDOW_OVER)
                    # Of first uses only what is still with the borrower is held; else it landed.
                    if not is_first_use or self.given.places.is_borrower_place(rank, place):
                        key = over
                total[key] = total.get(key, 0) + value
        return {place: value for place, value in total.items() if value}

    def _is_window_over(self, rank: int) -> bool:
        days = self.scope.window_days
        if days is None:
            return False
        end = self.given.loans[rank].disbursed_at + days * DAY_MICROSECONDS
        return end < self.given.ends_at


def _measure(one: ColumnarPass) -> int:
    return len(one.hop_columns) + len(one.rest_columns) + len(one.first_use_columns)


def _list_rows(one: Pass) -> tuple[Int32s, Int32s]:
    if isinstance(one, ColumnarPass):
        return one.hop_columns.rank, one.hop_columns.row
    carried = [one.list_carried(rank).row for rank in range(len(one.hops))]
    nothing = np.zeros(0, dtype=np.int32)
    ranks = np.repeat(np.arange(len(carried), dtype=np.int32), [len(row) for row in carried])
    return ranks, np.concatenate([nothing, *carried])
