"""The trail of one loan: hops, where its parts were first used, and where they rest.

Amounts: ``traced_minor`` is value, minor units of the loan's currency; ``amount_minor``
and ``units_minor`` are minor units of the movement's debit currency. ``first_uses`` and
``rests`` each add up to the principal exactly, for every rule but exposure, for which both
are empty (it is an upper bound, not a distribution). ``min_minor`` and ``max_minor`` are
the least and the greatest amount of the same row under any conserving rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from fundtrace.model.kinds import BLIND_END_REASONS, DoubtKind, EndReason, MovementKind, Rule, Use
from fundtrace.model.money import render_percent

if TYPE_CHECKING:
    import networkx as nx
    import polars as pl

    from fundtrace.trace.result import Scope


@dataclass(frozen=True)
class Place:
    """An account as a trail shows it; all texts empty for the world outside the tables."""

    bank: str
    account: str
    currency: str = ""
    holder_id: str = ""
    holder_name: str = ""

    def __bool__(self) -> bool:
        """Tell whether there is an account at all."""
        return bool(self.bank or self.account)


@dataclass(frozen=True)
class Hop:
    """One movement that carried part of the loan."""

    movement_id: str
    depth: int  # 1 = straight from the disbursement
    booked_at: int  # microseconds since the epoch
    credited_at: int | None  # None while in transit at the time asked
    debit: Place
    credit: Place
    kind: MovementKind
    amount_minor: int  # of the whole movement, debit currency
    currency: str
    units_minor: int  # the traced part, in units of the movement
    traced_minor: int  # the traced part, in value of the loan
    parents: tuple[str, ...]  # ids of the hops (or the disbursement) that brought the lots
    use: Use  # class of the place where it arrived
    end_reason: EndReason  # HELD where the money went on to be followed
    reverses: str  # id of the movement that this one takes back, or ""
    returned_minor: int  # value that later hops took back from this one
    is_back_flow: bool  # arrives where this very money has been, or back with the borrower
    debit_position: int  # order of the two events among all events
    credit_position: int
    purpose: str = ""


@dataclass(frozen=True)
class Part:
    """A row of the statements first_uses and rests."""

    use: Use
    place: Place
    end_reason: EndReason
    traced_minor: int
    min_minor: int
    max_minor: int


@dataclass(frozen=True)
class Reached:
    """Gross value that ever reached places of one class; may exceed the principal."""

    use: Use
    traced_minor: int
    min_minor: int
    max_minor: int


@dataclass(frozen=True)
class ReentryCandidate:
    """A credit from an account where the trail ended. Inferred; outside every sum."""

    movement_id: str
    booked_at: int
    debit: Place
    credit: Place
    amount_minor: int
    currency: str
    ended_minor: int  # value of the loan that had ended on the debit account by then
    end_reason: EndReason
    use: Use  # class of the place where it re-enters
    is_same_party: bool  # the credited holder is the borrower or related to it


@dataclass(frozen=True)
class Doubt:
    """Something that weakens the trail, at one account."""

    kind: DoubtKind
    place: Place
    amount_minor: int = 0  # units of the place's currency that nobody saw arrive
    day: str = ""  # YYYY-MM-DD (Asia/Shanghai) on which balances do not chain


@dataclass(frozen=True)
class Cut:
    """What a view limit hid; the amounts of the statements never change by it."""

    limit: str  # max_hops, min_amount, budget_hops, budget_seconds
    value: str  # the limit; an amount as a decimal; for seconds, the rules left out
    hidden_hops: int
    hidden_minor: int  # gross traced value of the hidden hops


@dataclass(frozen=True)
class Coverage:
    """How much of the principal rests where somebody here can see it."""

    visible_minor: int
    blind: tuple[tuple[EndReason, int], ...]  # value by end reason behind which nobody sees
    principal_minor: int

    @property
    def percent(self) -> str:
        """Return the visible share as a decimal text with two digits."""
        return render_percent(self.visible_minor, self.principal_minor)


@dataclass(frozen=True, eq=False)
class Trail:
    """The answer to: where did this loan's money go?"""

    loan_id: str
    contract_id: str
    rule: Rule
    as_of: int | None  # None: everything that the tables hold
    scope: Scope  # how far following was allowed
    snapshot: str
    currency: str
    principal_minor: int
    disbursed_at: int
    account: Place  # the loan's own account
    purpose: str
    hops: tuple[Hop, ...]  # in the order in which money left
    first_uses: tuple[Part, ...]
    rests: tuple[Part, ...]
    ever_reached: tuple[Reached, ...]
    # Upper bound by use under the exposure rule, always apart; None where nobody computed it.
    exposure: tuple[Reached, ...] | None
    reentry_candidates: tuple[ReentryCandidate, ...]
    cut: tuple[Cut, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    bank_names: tuple[tuple[str, str], ...] = ()  # (bank, name) of every bank shown

    @property
    def drawn_minor(self) -> int:
        """Return how much of the principal had been paid out at the time asked."""
        undrawn = (part for part in self.rests if part.end_reason is EndReason.UNDRAWN)
        return self.principal_minor - sum(part.traced_minor for part in undrawn)

    @property
    def is_whole(self) -> bool:
        """Tell whether the hops account for all value, so that balances between them are known."""
        return self.rule is not Rule.EXPOSURE and not any(cut.hidden_hops for cut in self.cut)

    @cached_property
    def coverage(self) -> Coverage:
        """Return how much of the principal rests in sight (nothing under exposure)."""
        blind: dict[EndReason, int] = {}
        for part in self.rests:
            if part.end_reason in BLIND_END_REASONS and part.traced_minor:
                blind[part.end_reason] = blind.get(part.end_reason, 0) + part.traced_minor
        resting = sum(part.traced_minor for part in self.rests)
        visible = resting - sum(blind.values())
        return Coverage(visible, tuple(sorted(blind.items())), self.principal_minor)

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """Return the trail as a networkx MultiDiGraph unrolled in time (a DAG); see graph.py."""
        from fundtrace.trace.graph import build_graph

        return build_graph(self)

    def to_frame(self, table: Literal["hops", "first_uses", "rests"] = "hops") -> pl.DataFrame:
        """Return the hops or a statement as a polars DataFrame, amounts as Int64 minor units."""
        from fundtrace.trace.frames import build_hop_frame, build_part_frame

        if table == "hops":
            return build_hop_frame(self)
        return build_part_frame(self.first_uses if table == "first_uses" else self.rests)
