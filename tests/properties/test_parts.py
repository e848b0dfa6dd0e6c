"""Loans that share no reached account, traced apart, say what one pass over all says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import prepare
from fundtrace.trace.kernel.driving import Driver, build_pass
from fundtrace.trace.kernel.grouping import label_accounts, name_groups, reach_loans
from fundtrace.trace.kernel.parts import cut_part, join_written, run_part
from fundtrace.trace.result import Scope
from tests.support.questions import SHAPES, check_equal, patient, questions
from tests.support.worlds import Shape

# Few movements between many accounts, so that loans often stay apart.
APART = {
    name: replace(shape, movements_max=min(shape.movements_max, 20), loans_max=6)
    for name, shape in SHAPES.items()
}


def trace_apart(asked: TraceInput, scope: Scope) -> int:
    """Check every rule; return how many groups there were."""
    prepared = prepare(asked)
    groups = name_groups(reach_loans(prepared, scope))
    names = np.unique(groups)
    for rule in CONSERVING_RULES:
        parts = [cut_part(prepared, groups == name, scope) for name in names]
        written = [run_part(part, rule, scope) for part in parts]
        whole = Driver(prepared, rule, scope).write()
        joined = join_written(written, whole.unobserved)
        check_equal(build_pass(asked, (rule, scope), joined), trace_all(asked, rule, scope))
        for part, one in zip(parts, written, strict=True):
            found = np.flatnonzero(one.unobserved)
            inside = part.accounts[found]
            assert np.array_equal(one.unobserved[found], whole.unobserved[inside])
    return len(names)


@pytest.mark.parametrize("shape", APART.values(), ids=APART)
@patient(60)
@given(data=st.data())
def test_groups_traced_apart_say_what_the_reference_says(shape: Shape, data: st.DataObject):
    trace_apart(*data.draw(questions(shape)))


@pytest.mark.parametrize("shape", APART.values(), ids=APART)
@patient(60)
@given(data=st.data())
def test_money_goes_nowhere_that_its_group_cannot_reach(shape: Shape, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    prepared = prepare(asked)
    reach = reach_loans(prepared, scope)
    groups, labels = name_groups(reach), label_accounts(reach)
    for rule in CONSERVING_RULES:
        result = trace_all(asked, rule, scope)
        for rank, hops in enumerate(result.hops):
            for hop in hops:
                account = int(asked.tables.movements.credit[hop.row])
                ends = asked.places.find_arrival_place(hop.row) is not None
                assert ends or labels[account] == groups[rank]


def test_worlds_do_fall_apart_and_do_hang_together():
    """The properties above would hold of one group, or of loans that never meet."""
    counts = []

    @patient(60)
    @given(data=st.data())
    def count(data: st.DataObject):
        asked, scope = data.draw(questions(APART["plain"]))
        groups = name_groups(reach_loans(prepare(asked), scope))
        counts.append((len(groups), len(np.unique(groups))))

    count()
    assert any(groups > 1 for _, groups in counts)
    assert any(1 <= groups < loans for loans, groups in counts)
