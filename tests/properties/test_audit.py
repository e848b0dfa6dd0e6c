"""The proof of a pass in columns finds what the proof loan by loan finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.trace import audit
from fundtrace.trace.audit import find_imbalanced, list_imbalances, list_loan_imbalances
from fundtrace.trace.kernel import ColumnarPass, run_kernel
from tests.support.questions import SHAPES, patient, questions
from tests.support.worlds import Shape

PARTS = ("hop_columns", "rest_columns", "first_use_columns")


def harm(result: ColumnarPass, part: str, place: int, by: int) -> ColumnarPass:
    """Change one value of a part, if there is any."""
    columns = getattr(result, part)
    value = columns.value.copy()
    if len(value):
        value[place % len(value)] += by
    return replace(result, **{part: replace(columns, value=value)})


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("chunk", [1, 1 << 22])
@patient(20)
@given(data=st.data())
def test_a_harmed_pass_is_found_by_both_proofs(shape: Shape, chunk: int, data: st.DataObject):
    asked, scope = data.draw(questions(shape))
    made = run_kernel(asked, data.draw(st.sampled_from(CONSERVING_RULES)), scope)
    part, place = data.draw(st.sampled_from(PARTS)), data.draw(st.integers(0, 99))
    by = data.draw(st.sampled_from([0, 1, -1, -(10**6)]))
    result = harm(made, part, place, by)
    ranks = range(len(asked.loans))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_CHUNK_HOPS", chunk)
        found = find_imbalanced(result)
    # A hop between two sides of one place moves nothing; then neither proof sees it.
    assert found == [rank for rank in ranks if list_loan_imbalances(result, rank)]
    assert bool(list_imbalances(result)) == bool(found)
    if by and part != "hop_columns" and len(getattr(made, part)):
        assert found
