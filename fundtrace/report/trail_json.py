"""A trail as JSON: the stable answer for programs, schema ``fundtrace.trail/1``.

docs/trail.schema.json describes it field by field. Amounts are whole minor units as JSON
integers of any size; times are ISO 8601 in UTC; absent accounts have empty texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from fundtrace.model.instants import render_instant
from fundtrace.model.kinds import Rule
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import (
    Coverage,
    Cut,
    Doubt,
    Hop,
    Part,
    Place,
    Reached,
    ReentryCandidate,
    Trail,
)

SCHEMA = "fundtrace.trail/1"

Json = dict[str, object]


def render_trail_json(trail: Trail) -> str:
    """Render the whole answer, indented, with a newline at its end."""
    return json.dumps(build_trail_json(trail), ensure_ascii=False, indent=2) + "\n"


def build_trail_json(trail: Trail) -> Json:
    """Return the answer as plain JSON values, in the order of the schema."""
    return {
        "schema": SCHEMA,
        "loan_id": trail.loan_id,
        "contract_id": trail.contract_id,
        "rule": str(trail.rule),
        "as_of": None if trail.as_of is None else render_instant(trail.as_of),
        "scope": _scope(trail.scope),
        "snapshot": trail.snapshot,
        "currency": trail.currency,
        "principal_minor": trail.principal_minor,
        # Exposure gives upper bounds and no rests, of which a share could be in sight.
        "coverage": None if trail.rule is Rule.EXPOSURE else _coverage(trail.coverage),
        "hops": [_hop(hop, trail.currency) for hop in trail.hops],
        "first_uses": [_part(part, trail.currency) for part in trail.first_uses],
        "rests": [
            {**_part(part, trail.currency), "end_reason": str(part.end_reason)}
            for part in trail.rests
        ],
        "ever_reached": _reached(trail.ever_reached),
        "exposure": None if trail.exposure is None else _reached(trail.exposure),
        "reentry_candidates": [
            _candidate(each, trail.currency) for each in trail.reentry_candidates
        ],
        "flags": [],
        "cut": [_cut(cut) for cut in trail.cut],
        "doubts": [_doubt(doubt) for doubt in trail.doubts],
    }


def _scope(scope: Scope) -> Json:
    return {
        "window_days": scope.window_days,
        "hops_max": scope.hops_max,
        "amount_max_minor": scope.amount_max_minor,
        "part_min_minor": scope.part_min_minor,
    }


def _hop(hop: Hop, loan_currency: str) -> Json:
    fields: Json = {
        "movement_id": hop.movement_id,
        "depth": hop.depth,
        "kind": str(hop.kind),
        "booked_at": render_instant(hop.booked_at),
        "credited_at": None if hop.credited_at is None else render_instant(hop.credited_at),
        "debit": _place(hop.debit, loan_currency),
        "credit": _place(hop.credit, loan_currency),
        "amount_minor": hop.amount_minor,
        "traced_minor": hop.traced_minor,
    }
    # Also in the loan's own currency once money has come back from another one.
    if hop.currency != loan_currency or hop.units_minor != hop.traced_minor:
        fields["units_minor"] = hop.units_minor
        fields["currency"] = hop.currency
    fields |= {
        "parents": list(hop.parents),
        "use": str(hop.use),
        "end_reason": str(hop.end_reason),
        "reverses": hop.reverses,
        "returned_minor": hop.returned_minor,
        "is_back_flow": hop.is_back_flow,
    }
    return fields


def _place(place: Place, loan_currency: str) -> Json:
    """Name a place; its currency where it is not the loan's, its name where it has no account."""
    fields: Json = {"bank": place.bank, "account": place.account}
    if place.currency not in ("", loan_currency):
        fields["currency"] = place.currency
    if not place and place.holder_name:
        fields["name"] = place.holder_name
    return fields


def _part(part: Part, loan_currency: str) -> Json:
    return {
        "use": str(part.use),
        **_place(part.place, loan_currency),
        "traced_minor": part.traced_minor,
        "min_minor": part.min_minor,
        "max_minor": part.max_minor,
    }


def _reached(rows: Iterable[Reached]) -> list[Json]:
    return [
        {
            "use": str(row.use),
            "traced_minor": row.traced_minor,
            "min_minor": row.min_minor,
            "max_minor": row.max_minor,
        }
        for row in rows
    ]


def _coverage(coverage: Coverage) -> Json:
    return {
        "visible_minor": coverage.visible_minor,
        "percent": coverage.percent,
        "blind": [
            {"end_reason": str(reason), "traced_minor": value} for reason, value in coverage.blind
        ],
    }


def _candidate(candidate: ReentryCandidate, loan_currency: str) -> Json:
    return {
        "movement_id": candidate.movement_id,
        "booked_at": render_instant(candidate.booked_at),
        "debit": _place(candidate.debit, loan_currency),
        "credit": _place(candidate.credit, loan_currency),
        "amount_minor": candidate.amount_minor,
        "currency": candidate.currency,
        "ended_minor": candidate.ended_minor,
        "end_reason": str(candidate.end_reason),
        "use": str(candidate.use),
        "is_same_party": candidate.is_same_party,
    }


def _cut(cut: Cut) -> Json:
    return {
        "limit": cut.limit,
        "value": cut.value,
        "hidden_hops": cut.hidden_hops,
        "hidden_minor": cut.hidden_minor,
    }


def _doubt(doubt: Doubt) -> Json:
    return {
        "kind": str(doubt.kind),
        "bank": doubt.place.bank,
        "account": doubt.place.account,
        "currency": doubt.place.currency,
        "amount_minor": doubt.amount_minor,
        "day": doubt.day,
    }
