"""What one pass yields: per loan its hops, first uses and rests, keyed by place.

``Pass`` is what answers read; the reference makes a ``PassResult``, the kernel a
``ColumnarPass``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import Rule
from fundtrace.model.tables import Int32s, Int64s
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.places import PlaceKey


@dataclass(frozen=True)
class Scope:
    """How far following is allowed (from an authorization); None means without limit.

    ``window_days`` after the disbursement, inclusive; ``hops_max`` movements deep;
    ``amount_max_minor`` of value over all hops of one loan together; ``part_min_minor`` of
    value in each piece that a movement brings (0 and None are the same). Amounts are minor
    units of each loan's own currency.
    """

    window_days: int | None = None
    hops_max: int | None = None
    amount_max_minor: int | None = None
    part_min_minor: int | None = None

    def __post_init__(self) -> None:
        """Refuse limits below zero."""
        for name in ("window_days", "hops_max", "amount_max_minor", "part_min_minor"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidInputError(f"scope {name} is {value}; give 0 or more, or leave it out")


class HopRow(NamedTuple):
    """A movement that carries a part of one loan."""

    row: int  # of the movement
    depth: int
    units: int  # traced, debit currency
    value: int  # traced, loan's currency
    parents: tuple[int, ...]  # rows of the movements that brought what it carries
    returned: int  # of value: what goes back along the movement that this one reverses


class Carried(NamedTuple):
    """The hops of one loan as columns, without parents: cheap where there are millions."""

    row: Int32s
    depth: Int32s
    units: Int64s
    value: Int64s


def list_columns(hops: Sequence[HopRow]) -> Carried:
    """Return hops as columns."""
    return Carried(
        np.array([hop.row for hop in hops], dtype=np.int32),
        np.array([hop.depth for hop in hops], dtype=np.int32),
        np.array([hop.units for hop in hops], dtype=np.int64),
        np.array([hop.value for hop in hops], dtype=np.int64),
    )


class Pass(Protocol):
    """What every pass can be asked, whichever way it was made; nothing here changes it.

    Sequences go by rank; a value may be built anew at each asking.
    """

    @property
    def rule(self) -> Rule:
        """The rule of the pass."""

    @property
    def scope(self) -> Scope:
        """How far it followed."""

    @property
    def given(self) -> TraceInput:
        """What it was made of."""

    @property
    def hops(self) -> Sequence[Sequence[HopRow]]:
        """The hops of each loan in the order in which money left."""

    @property
    def rests(self) -> Sequence[Mapping[PlaceKey, int]]:
        """Where each loan lies at the time asked."""

    @property
    def first_uses(self) -> Sequence[Mapping[PlaceKey, int]]:
        """What each loan was first used for."""

    @property
    def unobserved(self) -> Mapping[int, int]:
        """Units that accounts paid out and nobody saw arrive."""

    def list_carried(self, rank: int) -> Carried:
        """Return the hops of a loan as columns."""


@dataclass(eq=False)
class PassResult:
    """The state after one pass under one rule; loans are named by rank in loan order."""

    rule: Rule
    scope: Scope
    given: TraceInput
    hops: list[list[HopRow]] = field(init=False)
    rests: list[dict[PlaceKey, int]] = field(init=False)
    first_uses: list[dict[PlaceKey, int]] = field(init=False)
    unobserved: dict[int, int] = field(default_factory=dict)  # account: units paid yet never seen

    def __post_init__(self) -> None:
        """Start with nothing for every loan."""
        count = len(self.given.loans)
        self.hops = [[] for _ in range(count)]
        self.rests = [{} for _ in range(count)]
        self.first_uses = [{} for _ in range(count)]

    def list_carried(self, rank: int) -> Carried:
        """Return the hops of a loan as columns."""
        return list_columns(self.hops[rank])

    def add_rest(self, rank: int, place: PlaceKey, value: int, fresh: int) -> None:
        """Let value rest at a place; its fresh part is also a first use there (the borrower)."""
        rests = self.rests[rank]
        rests[place] = rests.get(place, 0) + value
        if fresh:
            self.add_first_use(rank, place, fresh)

    def add_first_use(self, rank: int, place: PlaceKey, value: int) -> None:
        """Count value that first reached a place."""
        uses = self.first_uses[rank]
        uses[place] = uses.get(place, 0) + value
