"""docs/attribution.md, run: every case under every conserving rule, nothing left unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundtrace.api.dataset import Dataset
from fundtrace.model.kinds import CONSERVING_RULES, EndReason, Rule
from fundtrace.model.money import render_amount
from fundtrace.trace.trail import Part, Trail
from fundtrace.trace.view import View
from tests.support.cases import Case, load_cases

CASES = load_cases(Path(__file__).parents[3] / "docs" / "attribution.md")


def name_part(loan_id: str, part: Part, *, with_reason: bool) -> str:
    name = loan_id
    if part.place:
        name += f" at {part.place.bank}/{part.place.account}"
    if with_reason:
        name += f", {part.end_reason}"
    return name


def render(minor: int) -> str:
    return render_amount(minor, "CNY")


def answer(trail: Trail, kind: str) -> dict[str, str]:
    if kind == "hops":
        return {
            f"{trail.loan_id} {hop.movement_id}, depth {hop.depth}": render(hop.traced_minor)
            for hop in trail.hops
        }
    parts = trail.rests if kind == "rests" else trail.first_uses
    with_reason = kind == "rests"
    return {
        name_part(trail.loan_id, part, with_reason=with_reason): render(part.traced_minor)
        for part in parts
        if part.traced_minor
    }


@pytest.mark.parametrize("rule", CONSERVING_RULES)
@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_the_worked_case_holds(case: Case, rule: Rule):
    dataset = Dataset(case.build())
    limits = case.limits
    scope = case.make_scope()
    view = View(depth_max=int(limits["View hops"]) if "View hops" in limits else None)
    assert case.answers, "a case without an answer proves nothing"
    for kind, rows in case.answers.items():
        expected = {name: cells[rule] for name, cells in rows.items() if cells[rule] != "0.00"}
        found: dict[str, str] = {}
        for loan_id in dataset.loan_ids:
            found |= answer(dataset.trace(loan_id, rule, scope=scope, view=view), kind)
        assert found == expected, kind


def test_there_are_cases_for_everything_that_the_design_singles_out():
    assert len(CASES) >= 18
    reasons = {row.rpartition(", ")[2] for case in CASES for row in case.answers["rests"]}
    assert {EndReason.HELD, EndReason.OVERDRAFT, EndReason.CONVERSION_RESIDUE} <= reasons
    assert {EndReason.WINDOW_OVER, EndReason.HOP_LIMIT, EndReason.AMOUNT_LIMIT} <= reasons
    assert EndReason.PART_LIMIT in reasons


def test_a_view_limit_says_what_it_hid():
    case = next(case for case in CASES if "View hops" in case.limits)
    trail = Dataset(case.build()).trace("L1", view=View(depth_max=1))
    assert [(cut.limit, cut.value, cut.hidden_hops, cut.hidden_minor) for cut in trail.cut] == [
        ("max_hops", "1", 2, 20_000)
    ]
