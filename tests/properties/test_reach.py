"""Forward reach: reference and kernel against a definition that knows neither's way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.model.instants import parse_instant
from fundtrace.model.tables import NO_ROW, OUTSIDE
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel import prepare, reaching
from fundtrace.trace.kernel.reaching import index_reach
from fundtrace.trace.reach import Arrivals, reach_forward
from tests.support.worlds import FULL, PLAIN, Shape, make_world, render_time, worlds

SHAPES = {
    "full": replace(FULL, movements_max=40, late_credit=0.4),
    "returning": replace(FULL, movements_max=40, returns=0.4, late_credit=0.5),
    "plain": replace(PLAIN, movements_max=60),
}
EVERYTHING, NOTHING = 0.01, 10**9  # SCAN_SHARE: always followed, always scanned
Question = tuple[TraceInput, int, int, int | None]


@st.composite
def questions(draw: st.DrawFn, shape: Shape) -> Question:
    tables = draw(worlds(shape)).build()
    as_of = draw(st.one_of(st.none(), st.integers(4, 9)))
    asked = TraceInput(tables, as_of if as_of is None else read_minute(as_of))
    account = draw(st.integers(0, len(tables.accounts) - 1))
    until = draw(st.one_of(st.none(), st.integers(0, 9)))
    return (
        asked,
        account,
        read_minute(draw(st.integers(0, 7))) + draw(st.sampled_from((0, 0, 1))),
        until if until is None else read_minute(until),
    )


def read_minute(number: int) -> int:
    return parse_instant(render_time(number * 700))


def search_paths(asked: TraceInput, account: int, since: int, until: int | None) -> dict[int, int]:
    """Walk movement by movement, as a tree of all walks, and keep the earliest arrivals.

    Keys are accounts, values positions among all events; the account itself stands at -1.
    """
    moves, places = asked.tables.movements, asked.places
    last = asked.ends_at if until is None else until
    earliest: dict[int, int] = {account: -1}
    tried: set[int] = set()
    walks = [(account, NO_ROW, -1)]
    while walks:
        place, through, position = walks.pop()
        for row in range(len(moves)):
            leaves, arrives = int(asked.debit_position[row]), int(asked.credit_position[row])
            is_from_there = int(moves.debit[row]) == place and not places.find_account_end(place)
            goes_back = through != NO_ROW and int(moves.reverses[row]) == through
            carried_at = int(asked.debit_position[through]) if goes_back else position
            if not (is_from_there and leaves > position) and not (
                goes_back and leaves > carried_at
            ):
                continue
            if row in tried or row in asked.loans_of_movement:
                continue
            if not since <= int(moves.booked_at[row]) <= last or leaves < 0:
                continue
            tried.add(row)
            is_credited = arrives >= 0 and int(moves.credit_booked_at[row]) <= last
            credit = int(moves.credit[row])
            ends = credit == OUTSIDE or (
                places.find_arrival_place(row) is not None and not places.find_account_end(credit)
            )
            if is_credited and not ends:
                earliest[credit] = min(earliest.get(credit, arrives), arrives)
                walks.append((credit, row, arrives))
            else:
                walks.append((OUTSIDE, row, arrives))
    return earliest


def check_arrivals(found: Arrivals, asked: TraceInput, expected: dict[int, int]) -> None:
    order, moves = asked.order, asked.tables.movements
    assert dict(zip(found.account.tolist(), found.position.tolist(), strict=True)) == expected
    assert found.position.tolist() == sorted(expected.values())
    assert found.row[0] == NO_ROW
    assert found.row[1:].tolist() == order.row[found.position[1:]].tolist()
    assert found.instant[1:].tolist() == moves.credit_booked_at[found.row[1:]].tolist()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reach_is_the_earliest_end_of_all_walks(shape: Shape, data: st.DataObject):
    asked, account, since, until = data.draw(questions(shape))
    expected = search_paths(asked, account, since, until)
    found = reach_forward(asked, account, since, until)
    check_arrivals(found, asked, expected)
    assert found.instant[0] == since


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_kernel_reaches_the_same_either_way(shape: Shape, data: st.DataObject):
    asked, account, since, until = data.draw(questions(shape))
    expected, index = reach_forward(asked, account, since, until), index_reach(prepare(asked))
    for share in (reaching.SCAN_SHARE, EVERYTHING, NOTHING):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reaching, "SCAN_SHARE", share)
            found = reaching.reach_forward(index, account, since, until)
        for column, wanted in zip(found, expected, strict=True):
            assert column.tolist() == wanted.tolist()
            assert column.dtype == wanted.dtype


@pytest.mark.parametrize("seed", range(3))
def test_long_histories_reach_the_same(seed: int):
    shape = replace(FULL, returns=0.2, late_credit=0.3) if seed else PLAIN
    asked = TraceInput(make_world(seed, 500, shape).build())
    index = index_reach(prepare(asked))
    sizes = []
    for account in range(len(asked.tables.accounts)):
        expected = reach_forward(asked, account, read_minute(1))
        found = reaching.reach_forward(index, account, read_minute(1))
        assert found.position.tolist() == expected.position.tolist()
        sizes.append(len(found.account))
    assert np.max(sizes) > 2
