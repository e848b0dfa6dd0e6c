"""The trail as a networkx MultiDiGraph, unrolled in time so that round trips draw as well.

A node is an account at one event of the trail, so an account that money touches n times
has n nodes. Money in and out of the same account may form a circle; its unrolled graph
cannot: every edge leads from an earlier event to a later one, also where a whole chain
happens within one instant, because the order is that of the events and not of the clock.

Edges are of two kinds. ``hop``: a movement, from its debit event to its credit event.
``held``: the wait on one account between two consecutive events, with the traced value that
hops brought there less what hops took away. That value includes what rests there under
another name (an overdraft repaid, a conversion residue). It is left out where the trail does
not say it: under the exposure rule, which does not conserve, and where a view limit hid hops.

Nodes stand in event order, the disbursement first; edges as hops, then waits. All
attributes are texts, integers and truth values, so that GraphML can carry them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

from fundtrace.model.instants import render_instant
from fundtrace.model.kinds import EndReason

if TYPE_CHECKING:
    from fundtrace.trace.trail import Hop, Place, Trail

_AccountKey = tuple[str, str, str]
_Order = tuple[int, int, int]  # position, debit before credit, number of the hop

_DISBURSEMENT: _Order = (-1, -1, -1)


@dataclass(frozen=True)
class _Event:
    """A point at which the trail touches an account."""

    order: _Order
    node: str
    place: Place
    at: str  # ISO UTC, empty while in transit
    change_minor: int  # traced value that arrives (+) or leaves (-)


@dataclass
class _Wait:
    """The events of one account so far, and what lies there."""

    node: str = ""
    at: str = ""
    held_minor: int = 0


def build_graph(trail: Trail) -> nx.MultiDiGraph[str]:
    """Unroll a trail in time into a directed acyclic multigraph.

    Node attributes: bank, account, currency, holder, at (ISO UTC; empty while in transit).
    Edge attributes: kind (hop or held), movement_id, depth, amount_minor, traced_minor,
    units_minor, currency, booked_at (ISO UTC), use, end_reason, is_back_flow; traced_minor in
    the loan's currency, amount_minor and units_minor in that of the movement. A held edge has
    kind, currency, booked_at and, where the trail says it, traced_minor. The graph has what the
    whole answer says; of a scope (scope_window_days ...) only the limits that were set.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        loan_id=trail.loan_id,
        rule=str(trail.rule),
        currency=trail.currency,
        principal_minor=trail.principal_minor,
        snapshot=trail.snapshot,
    )
    graph.graph.update({f"scope_{name}": limit for name, limit in _list_limits(trail)})
    events = _list_events(trail)
    for event in sorted(events, key=lambda event: event.order):
        graph.add_node(
            event.node,
            bank=event.place.bank,
            account=event.place.account,
            currency=event.place.currency,
            holder=event.place.holder_name or event.place.holder_id,
            at=event.at,
        )
    for number, hop in enumerate(trail.hops):
        # The two events of hop n stand behind the disbursement's.
        debit, credit = events[1 + 2 * number], events[2 + 2 * number]
        graph.add_edge(debit.node, credit.node, key=hop.movement_id, **_describe_hop(hop))
    _add_waits(graph, trail, events)
    return graph


def _list_limits(trail: Trail) -> list[tuple[str, int]]:
    """Return the limits of the scope that were set, by name."""
    limits = dataclasses.asdict(trail.scope)
    return [(name, limit) for name, limit in limits.items() if limit is not None]


def _list_events(trail: Trail) -> list[_Event]:
    """Return the disbursement's event, then debit and credit event of every hop."""
    undrawn = sum(p.traced_minor for p in trail.rests if p.end_reason is EndReason.UNDRAWN)
    events = [
        _Event(
            _DISBURSEMENT,
            f"{_name(trail.account)}@disbursement",
            trail.account,
            render_instant(trail.disbursed_at),
            trail.principal_minor - undrawn,
        )
    ]
    for number, hop in enumerate(trail.hops):
        events.append(
            _Event(
                (hop.debit_position, 0, number),
                f"{_name(hop.debit)}@{hop.debit_position}",
                hop.debit,
                render_instant(hop.booked_at),
                -hop.traced_minor,
            )
        )
        events.append(_credit_event(number, hop))
    return events


def _credit_event(number: int, hop: Hop) -> _Event:
    if hop.credited_at is None:
        # Still on its way: a node of its own, behind the debit, on nobody's account yet.
        return _Event(
            (hop.debit_position, 1, number),
            f"{_name(hop.credit)}@in_transit:{hop.movement_id}",
            hop.credit,
            "",
            0,
        )
    return _Event(
        (hop.credit_position, 1, number),
        f"{_name(hop.credit)}@{hop.credit_position}",
        hop.credit,
        render_instant(hop.credited_at),
        hop.traced_minor,
    )


def _name(place: Place) -> str:
    return f"{place.bank}/{place.account}/{place.currency}" if place else "outside"


def _describe_hop(hop: Hop) -> dict[str, str | int | bool]:
    return {
        "kind": "hop",
        "movement_id": hop.movement_id,
        "depth": hop.depth,
        "amount_minor": hop.amount_minor,
        "traced_minor": hop.traced_minor,
        "units_minor": hop.units_minor,
        "currency": hop.currency,
        "booked_at": render_instant(hop.booked_at),
        "use": str(hop.use),
        "end_reason": str(hop.end_reason),
        "is_back_flow": hop.is_back_flow,
    }


def _add_waits(graph: nx.MultiDiGraph[str], trail: Trail, events: list[_Event]) -> None:
    """Join consecutive events of each account; the world outside is no account."""
    waits: dict[_AccountKey, _Wait] = {}
    for event in sorted(events, key=lambda event: event.order):
        if not event.place or not event.at:
            continue
        place = event.place
        wait = waits.setdefault((place.bank, place.account, place.currency), _Wait())
        if wait.node:
            held: dict[str, str | int] = {
                "kind": "held",
                "currency": trail.currency,
                "booked_at": wait.at,
            }
            if trail.is_whole and wait.held_minor >= 0:
                held["traced_minor"] = wait.held_minor
            graph.add_edge(wait.node, event.node, key="held", **held)
        wait.node, wait.at = event.node, event.at
        wait.held_minor += event.change_minor
