"""movement: money that left an account, and what of it is the loan's under every rule.

The traced part is a vector over the conserving rules. Each rule cuts the whole amount into
**ordered segments**, in the order in which the money leaves: own 50 then loan 50 is not loan
50 then own 50, since the creditor's bank appends them to its holding one by one. Readings
settled here:

- Rules that cut alike, as all do on most early hops, are written together: one list of
  segments with their names. No two lists are equal, so a vector has one form.

- A record belongs to one loan's stream, so "own" is whatever is not this loan's, other
  loans' money included: nobody learns of another borrower. A bank that receives two loans'
  records of one payment lays them over each other, since both cut the same amount.
- Own segments beside each other are written as one, so that nothing else of a third party's
  holding shows.
- ``depth`` and ``parents`` are those of the lot that a segment was taken from: depth 0 came
  by the drawdown itself, whose parent is the record that opened the loan.
- Parents are listed once per movement, each of them used, and segments name their places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.authorizations import HOPS_MAX
from fundtrace.ledger.kinds.bounds import AMOUNT_MINOR_END, Checked, Items, Whole
from fundtrace.ledger.kinds.common import (
    AccountRef,
    AmountMinor,
    AuthorizedBody,
    BankReference,
    Currency,
    Instant,
    Note,
    PositiveMinor,
    PurposeCode,
    RecordPointer,
    Uetr,
)
from fundtrace.ledger.kinds.loans import DRAWDOWNS_MAX
from fundtrace.ledger.kinds.words import FollowMode, SegmentSource
from fundtrace.ledger.origins import get_origin_base
from fundtrace.model.kinds import CONSERVING_RULES, MovementKind, Rule

# LIMIT: lots that one payment takes under one rule; six rules of 1,024 segments have some 200 kB
# where each names one parent, and what is too much for one body is refused when it is encoded.
SEGMENTS_MAX = 1_024
# LIMIT: as many records can have brought them; 1,024 pointers of 80 bytes have 80 kB.
PARENTS_MAX = 1_024
# LIMIT: as the tracer names at most 100 parents of a lot (fundtrace.trace.holding).
SEGMENT_PARENTS_MAX = 100

_PLACES: dict[Rule, int] = {rule: place for place, rule in enumerate(CONSERVING_RULES)}


@dataclass(frozen=True, slots=True)
class Segment(Checked):
    """A part of a movement: units of the movement's currency, and if the loan's, their value.

    ``value_minor`` is in the loan's currency; ``parents`` are places in the movement's list.
    """

    source: SegmentSource
    units: PositiveMinor
    value_minor: AmountMinor = 0
    depth: Annotated[int, Whole(0, HOPS_MAX)] = 0
    drawdown_index: Annotated[int, Whole(0, DRAWDOWNS_MAX - 1)] = 0  # in loan.opened
    parents: Annotated[
        tuple[Annotated[int, Whole(0, PARENTS_MAX - 1)], ...], Items(0, SEGMENT_PARENTS_MAX)
    ] = ()

    def check_together(self) -> None:
        """Raise InvalidInputError where own money is traced, or a loan's comes from nowhere."""
        if self.source is SegmentSource.OWN:
            if self.value_minor or self.depth or self.drawdown_index or self.parents:
                raise InvalidInputError("Segment of own money carries value, depth or parents")
        elif not self.parents:
            raise InvalidInputError("Segment of the loan's money names no parent")
        if any(one >= after for one, after in pairwise(self.parents)):
            raise InvalidInputError("Segment.parents must rise, each once")


@dataclass(frozen=True, slots=True)
class RuleSegments(Checked):
    """How some attribution rules, which agree here, cut a movement."""

    rules: Annotated[tuple[Rule, ...], Items(1, len(CONSERVING_RULES))]
    segments: Annotated[tuple[Segment, ...], Items(1, SEGMENTS_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError for own segments side by side, or more value than any loan has."""
        if sum(one.value_minor for one in self.segments) >= AMOUNT_MINOR_END:
            raise InvalidInputError(f"RuleSegments of {self.rules[0]} carry more than an amount")
        own = SegmentSource.OWN
        for before, after in pairwise(self.segments):
            if before.source is own and after.source is own:
                raise InvalidInputError(
                    f"RuleSegments of {self.rules[0]} has two own segments in a row; join them"
                )

    @property
    def units(self) -> int:
        """Return the units of all segments."""
        return sum(one.units for one in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(AuthorizedBody):
    """Money moved between two accounts, published by the debtor's bank.

    ``debit`` or ``credit`` is None where that side is outside (cash, unknown). ``currency``
    is that of ``amount_minor`` and of all units, ``value_currency`` the loan's.
    """

    bank_reference: BankReference = ""
    uetr: Uetr = ""
    debit: AccountRef | None
    credit: AccountRef | None
    amount_minor: PositiveMinor
    currency: Currency
    value_currency: Currency
    booked_at: Instant
    value_at: Instant
    kind: MovementKind
    purpose_code: PurposeCode = ""
    purpose: Note = ""
    mode: FollowMode = FollowMode.OPEN
    traced: Annotated[tuple[RuleSegments, ...], Items(1, len(CONSERVING_RULES))]
    parents: Annotated[tuple[RecordPointer, ...], Items(1, PARENTS_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError unless every rule cuts the whole amount, and parents fit."""
        if not self.bank_reference and not self.uetr:
            raise InvalidInputError("Movement needs a bank_reference or a uetr")
        if self.debit is None and self.credit is None:
            raise InvalidInputError("Movement names neither a debit nor a credit account")
        for one in self.traced:
            if one.units != self.amount_minor:
                raise InvalidInputError(
                    f"Movement.traced: the segments of {one.rules[0]} have {one.units} units, "
                    f"the amount has {self.amount_minor}"
                )
        self._check_rules()
        self._check_parents()

    def _check_rules(self) -> None:
        """Refuse all but the one form: each rule once, in order, and no list of segments twice."""
        places = [[_PLACES.get(rule, -1) for rule in one.rules] for one in self.traced]
        if any(one != sorted(one) for one in places) or places != sorted(places):
            raise InvalidInputError("Movement.traced names rules out of order")
        if sorted(place for one in places for place in one) != [*range(len(CONSERVING_RULES))]:
            names = ", ".join(CONSERVING_RULES)
            raise InvalidInputError(f"Movement.traced must name each of the rules {names} once")
        if len({one.segments for one in self.traced}) != len(self.traced):
            raise InvalidInputError("Movement.traced holds one list of segments twice; join them")

    def _check_parents(self) -> None:
        if len(set(self.parents)) != len(self.parents):
            raise InvalidInputError("Movement.parents name one record twice")
        used = {
            place for one in self.traced for segment in one.segments for place in segment.parents
        }
        if not used:
            raise InvalidInputError("Movement carries nothing of the loan under any rule")
        if used != set(range(len(self.parents))):
            raise InvalidInputError(
                "Movement.parents must hold exactly the records that segments name"
            )
        self._check_drawdowns()

    def _check_drawdowns(self) -> None:
        """Refuse money that came by the drawdown itself from elsewhere than the lender's log."""
        lender = get_origin_base(self.authority.origin)
        for one in self.traced:
            for segment in one.segments:
                origins = (self.parents[place].origin for place in segment.parents)
                if segment.depth == 0 and any(
                    get_origin_base(origin) != lender for origin in origins
                ):
                    raise InvalidInputError(
                        "Movement.parents of a segment with depth 0 must be the lender's records"
                    )

    def get_segments(self, rule: Rule) -> tuple[Segment, ...]:
        """Return all segments under one conserving rule, in the order in which they leave."""
        return next(one.segments for one in self.traced if rule in one.rules)

    def get_traced_minor(self, rule: Rule) -> int:
        """Return the value that the movement carries under a rule, in the loan's currency."""
        return sum(one.value_minor for one in self.get_segments(rule))

    def find_depth(self, rule: Rule) -> int | None:
        """Return the hop's depth under a rule, least depth of the lots plus one, if it is traced."""
        depths = [one.depth for one in self.get_segments(rule) if one.source is SegmentSource.LOAN]
        return min(depths) + 1 if depths else None


def build_traced(segments: Mapping[Rule, tuple[Segment, ...]]) -> tuple[RuleSegments, ...]:
    """Build a movement's vector from the segments under each conserving rule.

    Raises InvalidInputError unless exactly the conserving rules are given.
    """
    if segments.keys() != set(CONSERVING_RULES):
        raise InvalidInputError(f"segments must be given for {', '.join(CONSERVING_RULES)}")
    together: dict[tuple[Segment, ...], list[Rule]] = {}
    for rule in CONSERVING_RULES:
        together.setdefault(segments[rule], []).append(rule)
    return tuple(RuleSegments(tuple(rules), cut) for cut, rules in together.items())
