"""What the picture of a trail draws: flows between accounts, some hops merged.

Grouping never changes an answer and always says what it did. Only *runs* are merged: hops
between the same two accounts, between which the one account received nothing and the other
sent nothing on, so that no round trip disappears and time still reads from left to right.
Experts who judged such pictures found that the grouping that removes most is not the most
useful one (arXiv 2605.10522); so the default merges nothing in a small trail.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from fundtrace.model.instants import SHANGHAI, from_micros
from fundtrace.model.kinds import EndReason
from fundtrace.trace.trail import Hop, Place, ReentryCandidate, Trail

HOPS_UNGROUPED_MAX = 80  # a trail of up to so many hops is drawn hop by hop
SMALL_FRACTION = 50  # grouping by amount merges hops below 1/50 of the principal
# LIMIT: edges in one picture; at 30 px an account that is some 12,000 px at worst.
FLOWS_MAX = 400
_AFTER_ALL_HOPS = 2**62  # order of re-entry candidates within their instant


class Grouping(StrEnum):
    """How hops between the same two accounts are merged in the picture."""

    NONE = "none"
    AMOUNT = "amount"  # runs of small hops
    TIME = "time"  # runs within one day


class AccountKey(NamedTuple):
    """An account in the picture; ``extra`` tells the corners of the world outside apart."""

    bank: str
    account: str
    currency: str
    extra: str = ""


@dataclass(frozen=True)
class Flow:
    """One edge of the picture: one hop, a run of hops, or an inferred re-entry."""

    debit: AccountKey
    credit: AccountKey
    order: int  # position among the flows of the picture
    hops: tuple[tuple[int, Hop], ...]  # with their 1-based numbers in the table of hops
    candidate: ReentryCandidate | None = None

    @property
    def traced_minor(self) -> int:
        """Return the traced value; none for what is only inferred."""
        return sum(hop.traced_minor for _, hop in self.hops)

    @property
    def number(self) -> int:
        """Return the number of the first hop in the table, 0 for a re-entry candidate."""
        return self.hops[0][0] if self.hops else 0

    @property
    def is_back_flow(self) -> bool:
        """Tell whether the money comes back to an account that it was on before."""
        return any(hop.is_back_flow for _, hop in self.hops)

    @property
    def left(self) -> tuple[int, int]:
        """Return instant and order of the (first) debit."""
        if self.candidate:
            return (self.candidate.booked_at, _AFTER_ALL_HOPS + self.order)
        first = self.hops[0][1]
        return (first.booked_at, first.debit_position)

    @property
    def came(self) -> tuple[int, int]:
        """Return instant and order of the (last) credit; the debit's while in transit."""
        if self.candidate:
            return self.left
        last = self.hops[-1][1]
        if last.credited_at is None:
            return (last.booked_at, last.debit_position)
        return (last.credited_at, last.credit_position)


@dataclass(frozen=True)
class Flows:
    """All edges of a picture, the places that they join, and what was merged or left out."""

    flows: tuple[Flow, ...]
    places: dict[AccountKey, Place]
    grouping: Grouping
    merged_hops: int  # hops that share an edge with another
    merged_edges: int
    undrawn_hops: int  # the smallest, above FLOWS_MAX
    undrawn_minor: int


def choose_grouping(trail: Trail) -> Grouping:
    """Return what a picture does when nobody says otherwise."""
    return Grouping.NONE if len(trail.hops) <= HOPS_UNGROUPED_MAX else Grouping.AMOUNT


def get_small_minor(trail: Trail) -> int:
    """Return the value below which grouping by amount merges hops."""
    return trail.principal_minor // SMALL_FRACTION


def key_of(place: Place) -> AccountKey:
    """Return the key under which an account stands in the picture."""
    return AccountKey(place.bank, place.account, place.currency)


def credit_key_of(hop: Hop) -> AccountKey:
    """Return the key of where a hop arrives; in transit and outside are corners apart."""
    if not hop.credit:
        return AccountKey("", "", "", f"{hop.use}/{hop.end_reason}")
    key = key_of(hop.credit)
    return key._replace(extra=str(EndReason.IN_TRANSIT)) if hop.credited_at is None else key


def build_flows(trail: Trail, grouping: Grouping) -> Flows:
    """List the edges to draw, in the order in which money left, inferred ones last."""
    numbered = list(enumerate(trail.hops, start=1))
    runs = _merge(trail, numbered, grouping)
    kept = sorted(runs, key=lambda run: (-sum(h.traced_minor for _, h in run), run[0][0]))
    dropped = kept[FLOWS_MAX:]
    kept = sorted(kept[:FLOWS_MAX], key=lambda run: run[0][0])
    flows = [
        Flow(key_of(run[0][1].debit), credit_key_of(run[0][1]), order, tuple(run))
        for order, run in enumerate(kept)
    ]
    flows += [
        Flow(key_of(each.debit), key_of(each.credit), order, (), each)
        for order, each in enumerate(trail.reentry_candidates, start=len(flows))
    ]
    places: dict[AccountKey, Place] = {key_of(trail.account): trail.account}
    for flow in flows:
        payer = flow.candidate or flow.hops[0][1]
        places.setdefault(flow.debit, payer.debit)
        places.setdefault(flow.credit, payer.credit)
    merged = [run for run in kept if len(run) > 1]
    return Flows(
        flows=tuple(flows),
        places=places,
        grouping=grouping,
        merged_hops=sum(len(run) for run in merged),
        merged_edges=len(merged),
        undrawn_hops=sum(len(run) for run in dropped),
        undrawn_minor=sum(hop.traced_minor for run in dropped for _, hop in run),
    )


_Run = list[tuple[int, Hop]]


def _merge(trail: Trail, numbered: Sequence[tuple[int, Hop]], grouping: Grouping) -> list[_Run]:
    """Split the hops into runs; a run of one is a hop on its own."""
    if grouping is Grouping.NONE:
        return [[item] for item in numbered]
    small = get_small_minor(trail)
    sent, received = _list_positions(trail)
    open_runs: dict[tuple[object, ...], _Run] = {}
    runs: list[_Run] = []
    for number, hop in numbered:
        if grouping is Grouping.AMOUNT and hop.traced_minor >= small:
            runs.append([(number, hop)])
            continue
        debit, credit = key_of(hop.debit), credit_key_of(hop)
        day = from_micros(hop.booked_at).astimezone(SHANGHAI).date()
        fixed_day = day if grouping is Grouping.TIME else None
        key = (debit, credit, hop.is_back_flow, hop.end_reason, hop.kind, fixed_day)
        run = open_runs.get(key)
        if run:
            begin, end = run[0][1].debit_position, hop.credit_position
            if not _has_between(sent[credit], begin, end) and not _has_between(
                received[debit], begin, end
            ):
                run.append((number, hop))
                continue
        open_runs[key] = [(number, hop)]
        runs.append(open_runs[key])
    return runs


def _list_positions(
    trail: Trail,
) -> tuple[dict[AccountKey, list[int]], dict[AccountKey, list[int]]]:
    """Return the sorted positions at which each account sent, and received."""
    sent: dict[AccountKey, list[int]] = defaultdict(list)
    received: dict[AccountKey, list[int]] = defaultdict(list)
    for hop in trail.hops:
        sent[key_of(hop.debit)].append(hop.debit_position)
        received[credit_key_of(hop)].append(hop.credit_position)
    for positions in (*sent.values(), *received.values()):
        positions.sort()
    return sent, received


def _has_between(positions: Sequence[int], begin: int, end: int) -> bool:
    at = bisect.bisect_right(positions, begin)
    return at < len(positions) and positions[at] < end
