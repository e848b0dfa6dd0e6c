from __future__ import annotations

import numpy as np
import pytest

from fundtrace.simulate import clock
from fundtrace.simulate.draws import Draws


def test_the_same_stream_draws_the_same():
    assert Draws(3, 1).below(1000, 50).tolist() == Draws(3, 1).below(1000, 50).tolist()


@pytest.mark.parametrize("other", [(3, 2), (4, 1)])
def test_another_seed_or_room_draws_something_else(other):
    assert Draws(3, 1).below(1000, 50).tolist() != Draws(*other).below(1000, 50).tolist()


@pytest.mark.parametrize(("share", "expected"), [(0.001, 0.063), (0.01, 0.158), (0.1, 0.398)])
def test_ranks_follow_zipf_with_exponent_six_tenths(share, expected):
    ranks = Draws(1, 1).rank(10_000, 200_000)
    assert ranks.min() >= 0
    assert ranks.max() < 10_000
    assert (ranks < 10_000 * share).mean() == pytest.approx(expected, abs=0.01)


def test_amounts_are_at_least_their_base_and_have_a_tail():
    amounts = Draws(1, 1).amounts(1_000_00, 100_000)
    assert amounts.dtype == np.int64
    assert amounts.min() >= 1_000_00
    assert np.median(amounts) < 2_000_00
    assert amounts.max() > 500_000_00
    assert 0.45 < (amounts % 100 == 0).mean() < 0.56


def test_shuffling_loses_nobody():
    assert sorted(Draws(1, 1).shuffle(100).tolist()) == list(range(100))


def test_work_times_are_in_banking_hours_of_workdays():
    seconds = clock.draw_work_times(Draws(1, 1), 10_000)
    clocks = seconds % clock.DAY_SECONDS
    assert (clocks >= clock.OPENS_AT).all()
    assert (clocks < clock.CLOSES_AT).all()
    assert np.isin(seconds // clock.DAY_SECONDS, clock.WORKDAYS).all()


@pytest.mark.parametrize(
    ("day", "hour", "expected_day"),
    [
        pytest.param(0, 10, 0, id="within hours"),
        pytest.param(0, 18, 1, id="evening"),
        pytest.param(3, 18, 6, id="friday evening"),
        pytest.param(4, 10, 6, id="saturday"),
        pytest.param(1, 7, 1, id="early morning"),
    ],
)
def test_what_falls_outside_banking_hours_waits_for_the_next_morning(day, hour, expected_day):
    second = clock.move_into_hours(day * clock.DAY_SECONDS + hour * 3_600, Draws(1, 1))
    assert second // clock.DAY_SECONDS == expected_day
    assert clock.OPENS_AT <= second % clock.DAY_SECONDS < clock.CLOSES_AT


def test_days_and_seconds_are_rendered_in_local_time():
    assert clock.render_day(0) == "2025-07-01"
    assert clock.render_second(clock.DAY_SECONDS + 9 * 3_600 + 61) == "2025-07-02T09:01:01"
