"""Exposure by the kernel against the reference: hops, sums by use, and loans per movement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import Rule, Use
from fundtrace.trace.answer import build_trail
from fundtrace.trace.exposure import list_exposed_hops, list_exposed_ranks
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import exposing, prepare, reaching
from fundtrace.trace.kernel.classing import index_classes
from fundtrace.trace.kernel.reaching import index_reach
from fundtrace.trace.result import Scope
from tests.support.worlds import FULL, HUGE, PLAIN, Shape, World, make_world, render_time, worlds

SHAPES = {
    "full": replace(FULL, movements_max=40, late_credit=0.4),
    "huge": HUGE,
    "returning": replace(FULL, movements_max=40, returns=0.4, late_credit=0.5, loans_max=6),
    "plain": replace(PLAIN, movements_max=60, loans_max=12),
}
EVERYTHING, NOTHING = 0.01, 10**9  # SCAN_SHARE: always followed, always scanned
HOLDERS = ("H1", "H2", "H3", "H4")
BANKS = ("A", "B", "C", "DEUTDEFF")


@st.composite
def questions(draw: st.DrawFn, shape: Shape) -> tuple[TraceInput, Scope]:
    world = draw(worlds(shape))
    dress_up(draw, world)
    as_of = draw(st.one_of(st.none(), st.integers(0, 9)))
    scope = st.builds(
        Scope,
        window_days=st.one_of(st.none(), st.integers(0, 5)),
        hops_max=st.one_of(st.none(), st.integers(0, 4)),
        amount_max_minor=st.one_of(st.none(), st.integers(0, 80)),
    )
    instant = None if as_of is None else parse_instant(render_time(as_of * 700))
    return TraceInput(world.build(), instant), draw(st.one_of(st.just(Scope()), scope))


def dress_up(draw: st.DrawFn, world: World) -> None:
    """Add what use classes depend on: relations, sectors, kinds, institutions, a bank abroad."""
    rng = draw(st.randoms(use_true_random=False))
    rows = world.rows
    for row in rows["accounts"]:
        row["holder_id"] = rng.choice((*HOLDERS, ""))
        row["sector"] = rng.choice(("", "", "K70", "7010", "C13"))
        row["kind"] = row["kind"] or rng.choice(
            ("", "", "savings", "securities", "wealth", "bill_margin", "loan")
        )
    for row in rows["movements"]:
        row["payment_institution"] = rng.choice(("", "Pay"))
    rows["parties"] = [{"holder_id": one} for one in HOLDERS]
    pairs = [(one, two) for one in HOLDERS for two in HOLDERS if one < two and rng.random() < 0.4]
    rows["relations"] = [
        {
            "holder_id": one,
            "related_holder_id": two,
            "relation": rng.choice(("spouse", "supplier", "guarantor")),
        }
        for one, two in pairs
    ]
    if rng.random() < 0.4:
        other = rng.choice(BANKS)  # all accounts of a bank move
        for name in ("accounts", "loans", "movements", "members"):
            for row in rows[name]:
                for column in ("bank", "debit_bank", "credit_bank"):
                    if row.get(column) == "C":
                        row[column] = other
                if "declared_payees" in row:
                    row["declared_payees"] = row["declared_payees"].replace("C/", f"{other}/")
        banks = {row["bank"]: row for row in rows["members"]}
        rows["members"] = list(banks.values())


def sum_by_reference(asked: TraceInput, rank: int, scope: Scope) -> dict[Use, int]:
    trail = build_trail(
        asked, rank, Rule.EXPOSURE, {}, list_exposed_hops(asked, rank, scope), scope=scope
    )
    return {one.use: one.traced_minor for one in trail.exposure}


@pytest.mark.parametrize("share", [reaching.SCAN_SHARE, EVERYTHING, NOTHING])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_exposure_is_the_same_by_the_kernel(share: float, shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reaching, "SCAN_SHARE", share)
        check_exposure(asked, scope)


def check_exposure(asked: TraceInput, scope: Scope) -> int:
    index = index_reach(prepare(asked))
    classes = index_classes(index.prepared)
    count = 0
    for rank in range(len(asked.loans)):
        expected = list_exposed_hops(asked, rank, scope)
        assert exposing.list_exposed_hops(index, classes, rank, scope) == expected
        sums = exposing.sum_exposed(index, classes, rank, scope)
        trail = build_trail(asked, rank, Rule.EXPOSURE, {}, sums, scope=scope)
        found = {one.use: one.traced_minor for one in trail.exposure}
        assert found == sum_by_reference(asked, rank, scope)
        assert list(found) == sorted(found, key=list(Use).index)
        count += len(expected)
    return count


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_loans_that_a_movement_can_carry_are_the_same(shape: Shape, data: st.DataObject):
    asked, _ = data.draw(questions(shape))
    index = index_reach(prepare(asked))
    movements = len(asked.tables.movements)
    rows = data.draw(st.sets(st.integers(0, movements - 1), max_size=4))
    assert exposing.list_exposed_ranks(index, rows) == list_exposed_ranks(asked, rows)


@pytest.mark.parametrize("seed", range(3))
def test_long_histories_are_exposed_alike(seed: int):
    shape = replace([FULL, HUGE, PLAIN][seed], loans_max=20, returns=0.15 if seed < 2 else 0)
    asked = TraceInput(make_world(seed, 400, shape).build())
    assert check_exposure(asked, Scope(window_days=3)) > 100
