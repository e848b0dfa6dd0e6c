"""Fifo mapped range by range says what one mapping over all accounts says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.model.kinds import Rule
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import fronts, index_fifo, prepare
from fundtrace.trace.kernel.driving import Driver, Written, build_pass
from fundtrace.trace.kernel.fronts import Grounds, list_outflows, map_front, open_front
from fundtrace.trace.kernel.layout import G_RANK
from fundtrace.trace.kernel.mapping import I_ACCOUNT, M_RANK, build_portion, list_limits
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.kernel.preparing import open_loans
from fundtrace.trace.result import Scope
from tests.support.questions import SHAPES, check_equal, patient, questions
from tests.support.worlds import Shape


def map_in_ranges(asked: TraceInput, scope: Scope, rows_max: int) -> tuple[ColumnarPass, int]:
    """Return the pass, and how many rounds it took."""
    prepared = prepare(asked)
    index = index_fifo(prepared)
    ranges = list_outflows(index, rows_max)
    grounds = Grounds(index.axes.acc, index.axes.is_odd)
    loans, limits = open_loans(prepared, scope), list_limits(scope, prepared.ends_at)
    found, rounds = [open_front(index, scope)], 0
    front = found[0].front
    while len(front):
        rounds += 1
        accounts = front[:, I_ACCOUNT]
        now = [
            map_front(one, grounds, front[(accounts >= one.low) & (accounts < one.high)], asked_all)
            for one in ranges
            for asked_all in [(loans, limits)]
        ]
        found += now
        front = np.concatenate([one.front for one in now])
    is_odd = np.zeros(len(loans), dtype=np.bool_)
    is_odd[np.concatenate([one.odd for one in found])] = True
    pieces = np.concatenate([one.pieces for one in found])
    log = np.concatenate([one.log for one in found])
    portions, odd_log = Driver(prepared, Rule.FIFO, scope, is_traced=is_odd).collect()
    portions.append(build_portion(prepared, pieces[~is_odd[pieces[:, M_RANK]]]))
    log = np.concatenate([log[~is_odd[log[:, G_RANK]]], odd_log])
    written = Written(portions, log, index.unobserved)
    return build_pass(asked, (Rule.FIFO, scope), written), rounds


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(80)
@given(data=st.data(), rows_max=st.integers(1, 12))
def test_fifo_in_ranges_says_what_the_reference_says(
    shape: Shape, data: st.DataObject, rows_max: int
):
    asked, scope = data.draw(questions(shape))
    scope = Scope(scope.window_days, scope.hops_max)  # an amount is never mapped
    found, _ = map_in_ranges(asked, scope, rows_max)
    check_equal(found, trace_all(asked, Rule.FIFO, scope))


@patient(25)
@given(data=st.data())
def test_buffers_of_a_front_that_are_too_small_grow_and_change_nothing(data: st.DataObject):
    asked, _ = data.draw(questions(SHAPES["pooled"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fronts, "_ROOM", 1)
        found, _ = map_in_ranges(asked, Scope(), 4)
    check_equal(found, trace_all(asked, Rule.FIFO))


def test_intervals_do_go_back_and_forth_between_ranges():
    rounds = []

    @patient(40)
    @given(data=st.data())
    def count(data: st.DataObject):
        asked, _ = data.draw(questions(SHAPES["plain"]))
        rounds.append(map_in_ranges(asked, Scope(), 2)[1])

    count()
    assert max(rounds) > 2
