"""What a kernel pass offers besides being equal to the reference."""

from __future__ import annotations

import numpy as np
import pytest

from fundtrace.books.tables import build_tables
from fundtrace.model.kinds import CONSERVING_RULES, EndReason, Rule
from fundtrace.model.tables import OUTSIDE
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import index_fifo, map_fifo, prepare, run_kernel, run_prepared
from fundtrace.trace.kernel.jit import STAMP
from fundtrace.trace.kernel.layout import REASONS
from fundtrace.trace.kernel.muldiv import mul_div
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import Scope
from tests.support.rows import account, loan, movement


def build_input(**extra: list[dict[str, str]]) -> TraceInput:
    rows = {
        "accounts": [account(f"{bank}/1", opening_balance="0.00") for bank in "ABC"],
        "loans": [loan("L1", "A/1", "100.00"), loan("L2", "A/1", "50.00", "01 10:00")],
        "movements": [
            movement("M1", "02 12:00", "A/1", "B/1", "120.00"),
            movement("M2", "03 12:00", "B/1", "C/1", "70.00"),
            movement("M3", "04 12:00", "C/1", "", "30.00", payment_institution="Pay"),
        ],
    }
    return TraceInput(build_tables(rows | extra))


def test_the_columns_hold_what_the_values_say():
    found = run_kernel(build_input(), Rule.FIFO)
    hops = found.hop_columns
    assert hops.rank.tolist() == [0, 0, 0, 1]
    assert hops.row.tolist() == [0, 1, 2, 0]
    assert hops.value.tolist() == [10_000, 7_000, 3_000, 2_000]
    assert hops.parents.tolist() == [0, 1]
    assert [hop.parents for hop in found.hops[0]] == [(), (0,), (1,)]
    rests = found.rest_columns
    assert rests.rank.tolist() == [0, 0, 0, 1, 1]
    assert int(rests.value.sum()) == 15_000
    outside = PlaceKey(OUTSIDE, EndReason.PAYMENT_INSTITUTION, "Pay")
    assert found.rests[0][outside] == 3_000
    assert REASONS[rests.reason[rests.account == OUTSIDE][0]] is EndReason.PAYMENT_INSTITUTION


def test_loans_are_read_by_rank_like_a_list():
    found = run_kernel(build_input(), Rule.LIFO)
    assert len(found.hops) == len(found.rests) == 2
    assert found.rests[-1] == found.rests[1]
    assert found.hops[:1] == [found.hops[0]]
    with pytest.raises(IndexError):
        found.first_uses[2]


def test_a_world_without_loans_has_an_empty_pass():
    found = run_kernel(build_input(loans=[]), Rule.PRO_RATA)
    assert len(found.hops) == len(found.hop_columns) == len(found.rest_columns) == 0
    assert found.unobserved == {0: 12_000}


def test_exposure_has_no_pass():
    with pytest.raises(ValueError, match="exposure"):
        run_kernel(build_input(), Rule.EXPOSURE)


def test_sums_beyond_what_64_bits_hold_are_refused():
    accounts = [account(f"A/{n}", opening_balance="900000000000000.00") for n in range(30)]
    huge = build_input(accounts=[*accounts, account("B/1"), account("C/1")])
    with pytest.raises(OverflowError, match=r"2\^61"):
        prepare(huge)


@pytest.mark.parametrize("rule", CONSERVING_RULES)
def test_one_preparation_serves_every_scope(rule: Rule):
    prepared = prepare(build_input())
    whole = run_prepared(prepared, rule, Scope())
    cut = run_prepared(prepared, rule, Scope(hops_max=1))
    again = run_prepared(prepared, rule, Scope())
    assert list(whole.hops) == list(again.hops)
    assert max(hop.depth for hop in cut.hops[0]) == 1


def test_a_return_leaves_other_loans_to_the_mapping():
    returned = movement("R1", "05 12:00", "E/1", "D/1", "10.00", kind="return", reverses="M9")
    asked = build_input(
        accounts=[account(f"{bank}/1", opening_balance="0.00") for bank in "ABCDE"],
        loans=[loan("L1", "A/1", "100.00"), loan("L9", "D/1", "20.00")],
        movements=[
            movement("M1", "02 12:00", "A/1", "B/1", "60.00"),
            movement("M9", "02 12:00", "D/1", "E/1", "20.00"),
            returned,
        ],
    )
    mapped, passed = map_fifo(index_fifo(prepare(asked))), run_kernel(asked, Rule.FIFO)
    assert list(mapped.hops) == list(passed.hops)
    assert mapped.hops[1][-1].returned == 1_000
    assert np.array_equal(mapped.rest_columns.value, passed.rest_columns.value)


def test_a_disbursement_that_is_returned_is_not_mapped():
    asked = build_input(
        loans=[loan("L1", "A/1", "100.00", movement_id="D1")],
        movements=[
            movement("D1", "01 09:00", "C/1", "A/1", "100.00", kind="repayment"),
            movement("R1", "02 09:00", "A/1", "C/1", "30.00", kind="return", reverses="D1"),
        ],
    )
    mapped, passed = map_fifo(index_fifo(prepare(asked))), run_kernel(asked, Rule.FIFO)
    assert list(mapped.hops) == list(passed.hops) != [[]]
    assert list(mapped.rests) == list(passed.rests)


def test_compiled_code_carries_the_stamp_of_all_sources():
    assert mul_div(6, 7, 5) == (8, 2)
    cache = mul_div._cache._cache_file
    assert cache._source_stamp == STAMP
    assert cache._load_index()
    cache._source_stamp = "another"
    try:
        assert not cache._load_index()
    finally:
        cache._source_stamp = STAMP
