"""A pass as columns, read like a PassResult: hops and statements of all loans, lists of numbers.

``hops``, ``rests`` and ``first_uses`` are sequences by rank that build Python values of one
loan when asked for it; the columns beneath are there for whoever wants all loans at once.
They may as well be memory-mapped: nothing here writes to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, overload

import numpy as np

from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int8s, Int32s, Int64s
from fundtrace.trace.holding import PARENTS_MAX
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import END_REASONS, PlaceKey
from fundtrace.trace.result import Carried, HopRow, Scope

T = TypeVar("T")


class ByRank(Sequence[T]):
    """One value for each loan, built when asked for."""

    def __init__(self, count: int, build: Callable[[int], T]) -> None:
        """``build`` makes the value of a rank."""
        self._count, self._build = count, build

    def __len__(self) -> int:
        """Return the number of loans."""
        return self._count

    @overload
    def __getitem__(self, rank: int) -> T: ...

    @overload
    def __getitem__(self, rank: slice) -> Sequence[T]: ...

    def __getitem__(self, rank: int | slice) -> T | Sequence[T]:
        """Return the value of a loan."""
        if isinstance(rank, slice):
            return [self._build(one) for one in range(self._count)[rank]]
        return self._build(range(self._count)[rank])


@dataclass(frozen=True, eq=False)
class HopColumns:
    """All hops, by rank and then in the order in which money left."""

    offsets: Int64s  # of each rank's first hop, and the end
    row: Int32s
    depth: Int32s
    units: Int64s
    value: Int64s
    returned: Int64s
    parent_offsets: Int64s  # of each hop's first parent, and the end
    parents: Int32s  # rows; where there are cells, the last cell of a chain of rows
    cells: Int32s | None = None  # (row, earlier cell or -1): pro_rata

    def __len__(self) -> int:
        """Return how many hops there are."""
        return len(self.row)

    @property
    def rank(self) -> Int32s:
        """Return the loan of each hop."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    def list_parents(self, hop: int) -> tuple[int, ...]:
        """Return the rows of the movements that brought what a hop carries, oldest first.

        Of a chain (pro_rata) the newest are named, as many as ``holding`` names.
        """
        start, end = self.parent_offsets[hop : hop + 2].tolist()
        parents = self.parents[start:end].tolist()
        if self.cells is None:
            return tuple(parents)
        rows: list[int] = []
        for parent in parents:
            chain: list[int] = []
            cell = parent
            while cell >= 0 and len(chain) < PARENTS_MAX:
                row, cell = self.cells[cell].tolist()
                chain.append(row)
            rows += reversed(chain)
        return tuple(dict.fromkeys(rows))

    def build(self, rank: int) -> list[HopRow]:
        """Return a loan's hops as values."""
        start, end = self.offsets[rank : rank + 2].tolist()
        columns = zip(
            *(
                column[start:end].tolist()
                for column in (self.row, self.depth, self.units, self.value, self.returned)
            ),
            strict=True,
        )
        return [
            HopRow(row, depth, units, value, self.list_parents(hop), returned)
            for hop, (row, depth, units, value, returned) in enumerate(columns, start)
        ]


@dataclass(frozen=True, eq=False)
class PlaceColumns:
    """A statement of all loans: value by place, by rank; places of equal key are one row."""

    offsets: Int64s
    account: Int32s
    reason: Int8s  # position in END_REASONS
    detail: Int32s  # position in details
    value: Int64s
    details: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.account)

    @property
    def rank(self) -> Int32s:
        """Return the loan of each row."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    def build(self, rank: int) -> dict[PlaceKey, int]:
        """Return a loan's statement as values."""
        start, end = self.offsets[rank : rank + 2].tolist()
        statement: dict[PlaceKey, int] = {}
        for place in range(start, end):
            reason = END_REASONS[self.reason[place]]
            if reason is None:
                raise AssertionError("a part rests without a reason")
            detail = self.details[self.detail[place]]
            key = PlaceKey(int(self.account[place]), reason, detail)
            statement[key] = int(self.value[place])
        return statement


@dataclass(frozen=True, eq=False)
class ColumnarPass:
    """The state after one pass under one rule; loans are named by rank in loan order."""

    rule: Rule
    scope: Scope
    given: TraceInput
    hop_columns: HopColumns
    rest_columns: PlaceColumns
    first_use_columns: PlaceColumns
    unobserved_minor: Int64s  # by account: units paid yet never seen

    @cached_property
    def hops(self) -> Sequence[list[HopRow]]:
        """Return the hops of each loan in the order in which money left."""
        return ByRank(len(self.given.loans), self.hop_columns.build)

    def list_carried(self, rank: int) -> Carried:
        """Return the hops of a loan as columns."""
        columns = self.hop_columns
        part = slice(*columns.offsets[rank : rank + 2].tolist())
        return Carried(
            columns.row[part], columns.depth[part], columns.units[part], columns.value[part]
        )

    @cached_property
    def rests(self) -> Sequence[dict[PlaceKey, int]]:
        """Return where each loan lies at the time asked."""
        return ByRank(len(self.given.loans), self.rest_columns.build)

    @cached_property
    def first_uses(self) -> Sequence[dict[PlaceKey, int]]:
        """Return what each loan was first used for."""
        return ByRank(len(self.given.loans), self.first_use_columns.build)

    @cached_property
    def unobserved(self) -> dict[int, int]:
        """Return the units that accounts paid out and nobody saw arrive."""
        found = np.flatnonzero(self.unobserved_minor)
        return dict(zip(found.tolist(), self.unobserved_minor[found].tolist(), strict=True))
