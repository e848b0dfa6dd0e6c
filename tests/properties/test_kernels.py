"""The kernels against the plain reference: equal in everything that a pass says."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.api.dataset import Dataset
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.trace.answer import build_trail
from fundtrace.trace.audit import list_imbalances
from fundtrace.trace.engine import trace_all
from fundtrace.trace.exposure import list_exposed_hops
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import (
    Driver,
    index_fifo,
    map_fifo,
    prepare,
    preparing,
    run_kernel,
)
from fundtrace.trace.kernel.driving import build_pass
from fundtrace.trace.kernel.layout import P_REMAINDER, P_SHARE, P_UNITS, PIECES
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.kernel.taking import give_units_left
from fundtrace.trace.result import Scope
from fundtrace.trace.rules import split_largest_remainder
from tests.support.cases import Case, load_cases
from tests.support.questions import SHAPES, check_equal, patient, questions
from tests.support.worlds import FULL, HUGE, PLAIN, Shape, World, make_world

CASES = load_cases(Path(__file__).parents[2] / "docs" / "attribution.md")
RULES = pytest.mark.parametrize("rule", CONSERVING_RULES)
WORLDS_OF_A_SHAPE = 200  # x 7 shapes = 1,400 worlds, each under six rules


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(WORLDS_OF_A_SHAPE)
@given(data=st.data())
def test_the_kernel_says_what_the_reference_says(shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    for rule in CONSERVING_RULES:
        check_equal(run_kernel(asked, rule, scope), trace_all(asked, rule, scope))


@RULES
@pytest.mark.parametrize("seed", range(3))
def test_long_histories_with_many_loans_are_equal_too(rule: Rule, seed: int):
    shape = replace([FULL, HUGE, PLAIN][seed], loans_max=30, returns=0.15 if seed < 2 else 0)
    asked = TraceInput(make_world(seed, 400, shape).build())
    check_equal(run_kernel(asked, rule), trace_all(asked, rule))
    if rule is Rule.FIFO:
        check_equal(map_fifo(index_fifo(prepare(asked))), trace_all(asked, rule))


@RULES
@patient(25)
@given(data=st.data())
def test_buffers_that_are_too_small_grow_and_change_nothing(rule: Rule, data: st.DataObject):
    asked, scope = data.draw(questions(SHAPES["long"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "_ROOM", 1)
        found = run_kernel(asked, rule, scope)
    check_equal(found, trace_all(asked, rule, scope))


@RULES
@patient(25)
@given(data=st.data())
def test_a_pass_can_be_asked_half_way_and_goes_on(rule: Rule, data: st.DataObject):
    asked, scope = data.draw(questions(SHAPES["long"]))
    driver = Driver(prepare(asked), rule, scope)
    events = len(driver.basis.columns.events)
    for stop in sorted(data.draw(st.lists(st.integers(0, events), max_size=3))):
        driver.run(stop)
    expected = trace_all(asked, rule, scope)
    for _ in range(2):
        found = build_pass(asked, (rule, scope), driver.write())
        check_equal(found, expected)


@RULES
@patient(25)
@given(data=st.data())
def test_a_kernel_pass_conserves(rule: Rule, data: st.DataObject):
    asked, scope = data.draw(questions(HUGE))
    assert list_imbalances(run_kernel(asked, rule, scope)) == []


@RULES
@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_the_worked_case_holds_by_the_kernel(case: Case, rule: Rule):
    tables, scope = case.build(), case.make_scope()
    dataset, asked = Dataset(tables), TraceInput(tables)
    passes = {one: run_kernel(asked, one, scope) for one in CONSERVING_RULES}
    for rank, loan in enumerate(asked.loans):
        exposed = list_exposed_hops(asked, rank, scope)
        trail = build_trail(asked, rank, rule, passes, exposed, scope=scope)
        expected = dataset.trace(loan.loan_id, rule, scope=scope)
        assert [getattr(trail, one.name) for one in fields(trail)] == [
            getattr(expected, one.name) for one in fields(expected)
        ]


# --- fifo as a mapping of intervals ---------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(250)
@given(data=st.data())
def test_mapped_fifo_says_what_the_reference_says(shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    check_equal(map_fifo(index_fifo(prepare(asked)), scope), trace_all(asked, Rule.FIFO, scope))


# --- exact arithmetic -----------------------------------------------------------------

AMOUNTS = st.one_of(
    st.integers(0, 2**63 - 1), st.integers(0, 10**15), st.integers(0, 2**32 + 5), st.integers(0, 9)
)


@settings(max_examples=3000, deadline=None)
@given(whole=AMOUNTS, part=AMOUNTS, other=AMOUNTS)
def test_mul_div_is_what_integers_say(whole: int, part: int, other: int):
    whole = max(whole, 1)
    part %= whole + 1
    assert mul_div(part, other, whole) == divmod(part * other, whole)
    assert mul_div(other, part, whole) == divmod(part * other, whole)


@settings(max_examples=300, deadline=None)
@given(
    weights=st.lists(st.one_of(st.integers(0, 10**15), st.integers(0, 5)), min_size=1, max_size=80),
    data=st.data(),
)
def test_the_largest_remainders_get_the_units_left(weights: list[int], data: st.DataObject):
    if not sum(weights):
        weights[0] = 1
    total, whole = data.draw(st.integers(1, 2 * sum(weights))), sum(weights)
    state = Driver(prepare(TraceInput(World().build())), Rule.FIFO, Scope()).state
    left = total
    for place, weight in enumerate(weights):
        share, remainder = mul_div(weight, total, whole)
        state.pieces[place, (P_UNITS, P_SHARE, P_REMAINDER)] = weight, share, remainder
        left -= share
    state.n[PIECES] = len(weights)
    give_units_left(state, 0, len(weights), left)
    found = state.pieces[: len(weights), P_SHARE].tolist()
    assert found == split_largest_remainder(weights, total)
