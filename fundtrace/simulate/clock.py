"""The time of a world: one year in Asia/Shanghai, counted in seconds from its first midnight.

Workdays are Monday to Friday; public holidays are left out. The zone has no summer time, so
local seconds and instants differ by a constant.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from fundtrace.model.tables import Int64s
from fundtrace.simulate.draws import Draws

FIRST_DAY = dt.date(2025, 7, 1)
DAYS = 365
DAY_SECONDS = 86_400
OPENS_AT, CLOSES_AT = 9 * 3_600, 17 * 3_600  # of banks; shops are open until 21:00
SHOPS_CLOSE_AT = 21 * 3_600
LOCAL_EPOCH_SECONDS = (FIRST_DAY - dt.date(1970, 1, 1)).days * DAY_SECONDS

_WEEKDAY = (np.arange(DAYS + 14) + FIRST_DAY.weekday()) % 7
WORKDAYS: Int64s = np.flatnonzero(_WEEKDAY[:DAYS] < 5).astype(np.int64)
# For each day itself or the workday that follows it.
NEXT_WORKDAY: Int64s = np.array(
    [next(day for day in range(one, one + 3) if _WEEKDAY[day] < 5) for one in range(DAYS + 7)],
    dtype=np.int64,
)


def render_day(day: int) -> str:
    """Return the ISO date of a day of the world, which may lie before or after its year."""
    return (FIRST_DAY + dt.timedelta(days=day)).isoformat()


def render_second(second: int) -> str:
    """Return the local ISO time of a second of the world."""
    start = dt.datetime.combine(FIRST_DAY, dt.time())
    return (start + dt.timedelta(seconds=second)).isoformat()


def draw_work_times(draws: Draws, count: int) -> Int64s:
    """Return seconds within banking hours of workdays."""
    days = WORKDAYS[draws.below(len(WORKDAYS), count)]
    return days * DAY_SECONDS + OPENS_AT + draws.below(CLOSES_AT - OPENS_AT, count)


def draw_shop_times(draws: Draws, count: int) -> Int64s:
    """Return seconds within opening hours of shops on any day."""
    days = draws.below(DAYS, count)
    return days * DAY_SECONDS + OPENS_AT + draws.below(SHOPS_CLOSE_AT - OPENS_AT, count)


def move_into_hours(second: int, draws: Draws) -> int:
    """Return a second itself, or one early on the next workday if banks are closed then."""
    day, clock = divmod(second, DAY_SECONDS)
    if clock >= CLOSES_AT:
        day, clock = day + 1, 0
    workday = int(NEXT_WORKDAY[day])
    if workday == day and clock >= OPENS_AT:
        return second
    return workday * DAY_SECONDS + OPENS_AT + draws.between(60, 5_400)
