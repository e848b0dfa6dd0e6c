from __future__ import annotations

import numpy as np
import pytest

from fundtrace.model.kinds import MovementKind
from fundtrace.simulate.candidates import NOTHING, Batch, Payment, Script, code_kind, merge


def ints(*values):
    return np.array(values, dtype=np.int64)


def no_minutes(count=10):
    return np.zeros(count, dtype=np.bool_)


@pytest.fixture
def script():
    told = Script()
    told.put_in(Payment(100, 0, 1, 1_000, "贷款发放", MovementKind.DISBURSEMENT))
    return told


def test_a_funded_payment_keeps_its_part_of_what_arrived(script):
    script.pay_from(Payment(200, 1, 2, 600, "货款"), 0)
    assert script.held[0] == 600
    assert script.get_left(0) == 400


def test_several_sources_give_in_order(script):
    other = script.put_in(Payment(110, 3, 1, 500, "货款"))
    script.pay_from(Payment(200, 1, 2, 1_200, "货款"), 0, other)
    assert script.held[:2] == [1_000, 200]


@pytest.mark.parametrize(
    "payment",
    [
        pytest.param(Payment(200, 1, 2, 1_001, "货款"), id="more than there is"),
        pytest.param(Payment(200, 2, 1, 10, "货款"), id="another account"),
        pytest.param(Payment(99, 1, 2, 10, "货款"), id="before it arrived"),
        pytest.param(Payment(200, 1, 2, 0, "货款"), id="nothing"),
    ],
)
def test_a_story_told_wrong_is_refused(script, payment):
    with pytest.raises(AssertionError):
        script.pay_from(payment, 0)


def test_candidates_are_merged_in_time_and_stories_come_first_within_a_second(script):
    early = Batch(ints(100, 50), 4, ints(5, 6), ints(7, 8), "货款")
    columns = merge(script, [early], no_minutes())
    assert columns.second.tolist() == [50, 100, 100]
    assert columns.credit.tolist() == [6, 1, 5]
    assert columns.script.tolist() == [NOTHING, 0, NOTHING]
    assert columns.kind.tolist()[1] == code_kind(MovementKind.DISBURSEMENT)


def test_returns_find_what_they_take_back(script):
    sales = Batch(ints(300, 200), 4, 5, ints(7, 8), "货款")
    back = Batch(
        ints(400), 5, 4, ints(3), "退款", MovementKind.RETURN, returns_of=sales, reverses=ints(0)
    )
    script.put_in(Payment(500, 0, 1, 9, "货款", reverses=0))
    columns = merge(script, [sales, back], no_minutes())
    assert columns.second.tolist() == [100, 200, 300, 400, 500]
    assert columns.reverses.tolist() == [NOTHING, NOTHING, NOTHING, 2, 0]


def test_a_bank_that_keeps_minutes_books_at_their_start(script):
    keeps = no_minutes()
    keeps[4] = True
    columns = merge(script, [Batch(ints(119, 125), ints(4, 3), 5, ints(7, 8), "货款")], keeps)
    assert columns.second.tolist() == [60, 100, 125]
