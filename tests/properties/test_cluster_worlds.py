"""What a cluster says is what the reference says; here its tasks run in this process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.cluster.tracing import trace_rules
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.trace.engine import trace_all
from fundtrace.trace.kernel import prepare
from tests.support.engines import InlineEngine
from tests.support.questions import SHAPES, check_equal, patient, questions
from tests.support.worlds import Shape


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@patient(15)
@given(data=st.data(), rows_max=st.integers(2, 30))
def test_a_cluster_says_what_the_reference_says(shape: Shape, data: st.DataObject, rows_max: int):
    asked, scope = data.draw(questions(shape))
    rules = list(CONSERVING_RULES)
    passes = trace_rules(prepare(asked), rules, scope, InlineEngine(), rows_max=rows_max)
    assert list(passes) == rules
    for rule, found in passes.items():
        check_equal(found, trace_all(asked, rule, scope))


def test_worlds_are_cut_into_several_slices_ranges_and_jobs():
    """The property above would hold of one partition and one job."""
    counts = []

    @patient(10)
    @given(data=st.data())
    def count(data: st.DataObject):
        asked, scope = data.draw(questions(SHAPES["long"]))
        engine = InlineEngine()
        trace_rules(prepare(asked), list(CONSERVING_RULES), scope, engine, rows_max=4)
        counts.append([engine.tasks.count(x) for x in ("walk_slice", "read_range", "cut_job")])

    count()
    assert all(max(of_one_kind) > 1 for of_one_kind in zip(*counts, strict=True))
