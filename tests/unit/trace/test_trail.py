"""What a trail says beyond its amounts: depth, parents, back-flow, re-entry, time, coverage."""

from __future__ import annotations

import pytest

from fundtrace.model.kinds import EndReason, Rule, Use
from fundtrace.trace.result import Scope
from fundtrace.trace.view import View
from tests.support.rows import account, build, loan, movement

CHAIN = [
    movement("M1", "02 10:00", "A/1", "B/1", "100.00"),
    movement("M2", "03 10:00", "B/1", "C/1", "60.00"),
    movement("M3", "04 10:00", "C/1", "A/1", "60.00"),
]


def test_hops_name_their_parents_and_grow_deeper():
    trail = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")]).trace("L1")
    assert [(hop.movement_id, hop.depth, hop.parents) for hop in trail.hops] == [
        ("M1", 1, ()),
        ("M2", 2, ("M1",)),
        ("M3", 3, ("M2",)),
    ]


def test_money_that_comes_back_to_where_it_was_is_back_flow():
    trail = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")]).trace("L1")
    assert [hop.is_back_flow for hop in trail.hops] == [False, False, True]


def test_a_second_payment_to_the_same_supplier_is_no_back_flow():
    movements = [
        movement("M1", "02 10:00", "A/1", "B/1", "50.00"),
        movement("M2", "03 10:00", "A/1", "B/1", "50.00"),
    ]
    trail = build(movements=movements, loans=[loan("L1", "A/1", "100.00")]).trace("L1")
    assert [hop.is_back_flow for hop in trail.hops] == [False, False]


def test_money_that_reaches_another_account_of_the_borrower_is_back_flow():
    movements = [*CHAIN[:2], movement("M3", "04 10:00", "C/1", "D/9", "60.00")]
    accounts = [
        account("A/1", holder_id="H"),
        account("B/1"),
        account("C/1"),
        account("D/9", holder_id="H"),
    ]
    loans = [loan("L1", "A/1", "100.00", holder_id="H")]
    trail = build(movements=movements, loans=loans, accounts=accounts).trace("L1")
    assert [hop.is_back_flow for hop in trail.hops] == [False, False, True]


def test_money_between_debit_and_credit_is_in_transit_at_the_time_asked():
    movements = [
        movement(
            "M1", "02 10:00", "A/1", "B/1", "100.00", credit_booked_at="2026-03-05T10:00+08:00"
        )
    ]
    dataset = build(movements=movements, loans=[loan("L1", "A/1", "100.00")])
    trail = dataset.trace("L1", as_of="2026-03-03")
    (rest,) = trail.rests
    assert (rest.place.account, rest.end_reason) == ("1", EndReason.IN_TRANSIT)
    assert trail.hops[0].credited_at is None
    assert dataset.trace("L1").rests[0].end_reason is EndReason.HELD


@pytest.mark.parametrize(
    ("as_of", "hops"),
    [
        ("2026-03-01", 0),
        ("2026-03-02T09:59:59", 0),
        ("2026-03-02T10:00:00", 1),
        ("2026-03-03", 2),
        (None, 3),
    ],
)
def test_as_of_is_inclusive_and_a_date_includes_its_day(as_of: str | None, hops: int):
    dataset = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")])
    assert len(dataset.trace("L1", as_of=as_of).hops) == hops


def test_a_loan_not_yet_paid_out_is_undrawn():
    trail = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00", "09 09:00")]).trace(
        "L1", as_of="2026-03-05"
    )
    for statement in (trail.first_uses, trail.rests):
        (part,) = statement
        assert (part.use, part.traced_minor) == (Use.UNDRAWN, 10_000)


def test_coverage_counts_what_rests_out_of_sight():
    members = [{"bank": bank} for bank in "AB"]
    trail = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")], members=members).trace("L1")
    assert trail.coverage.percent == "40.00"
    assert trail.coverage.blind == ((EndReason.NON_MEMBER, 6_000),)


def make_reentry(at: str = "05 10:00", kind: str = "", holder: str = "W", amount: str = "55.00"):
    movements = [
        movement("M1", "02 10:00", "A/1", "N/1", "60.00"),
        movement("M2", at, "N/1", "B/1", amount),
    ]
    accounts = [account("A/1", holder_id="H"), account("B/1", holder_id=holder)]
    accounts.append(account("N/1", kind=kind))
    dataset = build(
        movements=movements,
        loans=[loan("L1", "A/1", "100.00", holder_id="H")],
        accounts=accounts,
        members=[{"bank": bank} for bank in "AB"],
        relations=[{"holder_id": "H", "related_holder_id": "W", "relation": "spouse"}],
    )
    return dataset.trace("L1").reentry_candidates


def test_a_credit_from_where_the_trail_ended_is_a_reentry_candidate():
    (candidate,) = make_reentry()
    assert (candidate.amount_minor, candidate.ended_minor) == (5_500, 6_000)
    assert (candidate.use, candidate.is_same_party) == (Use.RELATED_PARTY, True)
    assert candidate.end_reason is EndReason.NON_MEMBER


def test_a_credit_before_the_money_ended_there_is_none():
    assert make_reentry("02 09:00") == ()


def test_a_credit_a_month_later_is_none():
    assert make_reentry("31 10:00") != ()
    dataset_later = build(
        movements=[
            movement("M1", "02 10:00", "A/1", "N/1", "60.00"),
            movement("M2", "02 10:00", "N/1", "B/1", "55.00")
            | {"booked_at": "2026-04-01T10:00:01+08:00"},
        ],
        loans=[loan("L1", "A/1", "100.00")],
        members=[{"bank": bank} for bank in "AB"],
    )
    assert dataset_later.trace("L1").reentry_candidates == ()


@pytest.mark.parametrize(("holder", "found"), [("W", 1), ("X", 0)])
def test_through_a_payment_institution_only_the_borrowers_people_count(holder: str, found: int):
    assert len(make_reentry(kind="payment_institution", holder=holder)) == found


def test_under_exposure_every_outflow_counts_in_full_up_to_the_principal():
    movements = [
        movement("M0", "01 08:00", "B/1", "X/1", "10.00"),  # before the money came
        movement("M1", "02 10:00", "A/1", "B/1", "1.00"),
        movement("M2", "03 10:00", "B/1", "C/1", "70.00"),
        movement("M3", "04 10:00", "B/1", "C/1", "500.00"),
    ]
    trail = build(movements=movements, loans=[loan("L1", "A/1", "100.00")]).trace("L1", "exposure")
    assert [(hop.movement_id, hop.traced_minor, hop.depth) for hop in trail.hops] == [
        ("M1", 100, 1),
        ("M2", 7_000, 2),
        ("M3", 10_000, 2),
    ]
    assert trail.first_uses == trail.rests == ()
    assert [(one.use, one.traced_minor) for one in trail.exposure] == [(Use.UNKNOWN, 10_000)]


def test_exposure_obeys_window_and_hops_and_bounds_converted_money_by_what_arrived():
    movements = [
        movement(
            "M1", "02 10:00", "A/1", "B/1", "50.00", credit_currency="JPY", credit_amount="1000"
        ),
        movement("M2", "03 10:00", "B/1", "C/1", "333", currency="JPY"),
        movement("M3", "09 10:00", "C/1", "D/1", "333", currency="JPY"),
    ]
    dataset = build(movements=movements, loans=[loan("L1", "A/1", "100.00")])
    hops = dataset.trace("L1", "exposure").hops
    assert [hop.traced_minor for hop in hops] == [5_000, 5_000, 5_000]
    assert len(dataset.trace("L1", "exposure", scope=Scope(window_days=5)).hops) == 2
    assert len(dataset.trace("L1", "exposure", scope=Scope(hops_max=1)).hops) == 1
    loose = dataset.trace("L1", "exposure").hops
    assert dataset.trace("L1", "exposure", scope=Scope(part_min_minor=10**9)).hops == loose


def test_money_paid_that_nobody_saw_arrive_is_said():
    movements = [movement("M1", "02 10:00", "A/1", "B/1", "150.00")]
    trail = build(movements=movements, loans=[loan("L1", "A/1", "100.00")]).trace("L1")
    (doubt,) = trail.doubts
    assert (doubt.kind, doubt.place.account, doubt.amount_minor) == ("unobserved", "1", 5_000)


@pytest.mark.parametrize(
    ("view", "shown", "cut"),
    [
        (View(), ["M1", "M2", "M3"], []),
        (View(depth_max=2), ["M1", "M2"], [("max_hops", "2", 1, 6_000)]),
        (View(amount_min_minor=6_001), ["M1"], [("min_amount", "60.01", 2, 12_000)]),
        (View(hops_max=1), ["M1"], [("budget_hops", "1", 2, 12_000)]),
        (View(depth_max=9, amount_min_minor=1, hops_max=9), ["M1", "M2", "M3"], []),
    ],
)
def test_a_view_hides_hops_and_says_what_it_hid(view: View, shown: list[str], cut: list[tuple]):
    dataset = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")])
    trail = dataset.trace("L1", view=view)
    assert [hop.movement_id for hop in trail.hops] == shown
    assert [(one.limit, one.value, one.hidden_hops, one.hidden_minor) for one in trail.cut] == cut
    assert trail.rests == dataset.trace("L1").rests


def test_a_view_without_time_for_the_spread_says_which_rules_are_missing():
    dataset = build(movements=CHAIN, loans=[loan("L1", "A/1", "100.00")])
    (cut,) = dataset.trace("L1", "fifo", view=View(seconds_max=0)).cut
    assert cut.limit == "budget_seconds"
    assert "pro_rata" in cut.value
    assert "fifo" not in cut.value


def test_the_shortest_way_gives_the_depth_of_pooled_money():
    movements = [
        movement("M1", "02 10:00", "A/1", "B/1", "50.00"),
        movement("M2", "02 11:00", "B/1", "C/1", "50.00"),
        movement("M3", "02 12:00", "A/1", "C/1", "50.00"),
        movement("M4", "02 13:00", "C/1", "D/1", "80.00"),
    ]
    dataset = build(movements=movements, loans=[loan("L1", "A/1", "100.00")])
    for rule in (Rule.PRO_RATA, Rule.FIFO):
        hop = dataset.trace("L1", rule).hops[-1]
        assert hop.depth == 2
        assert set(hop.parents) == {"M2", "M3"}
