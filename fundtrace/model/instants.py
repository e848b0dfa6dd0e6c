"""Instants: ISO 8601 text to microseconds since 1970-01-01T00:00:00Z and back.

A time without an offset is Asia/Shanghai, and so is what people are shown; files that
leave the machine carry UTC. A date alone is its first instant, or its last one where it
bounds a question ("as of the 5th" includes the 5th).
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from fundtrace.errors import InvalidInputError

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_MICROSECONDS = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_micros(at: dt.datetime) -> int:
    """Return microseconds since the epoch; a naive time is read as Asia/Shanghai."""
    aware = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    delta = aware.astimezone(dt.UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> dt.datetime:
    """Return the aware UTC time of an instant."""
    return _EPOCH + dt.timedelta(microseconds=micros)


def parse_instant(text: str, *, end_of_day: bool = False) -> int:
    """Read an ISO 8601 time or date into microseconds.

    ``end_of_day`` makes a bare date its last microsecond. Raises InvalidInputError.
    """
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(
            f"{text!r} is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"
        ) from error
    if end_of_day and _is_date(text):
        at += dt.timedelta(days=1) - dt.timedelta(microseconds=1)
    try:
        return to_micros(at)
    except OverflowError as error:
        raise InvalidInputError(f"{text!r} lies outside the calendar") from error


def render_instant(micros: int, *, utc: bool = True) -> str:
    """Render as ISO 8601 with offset, in UTC (``Z``) for files or Asia/Shanghai for people."""
    at = from_micros(micros)
    timespec = "microseconds" if micros % 1_000_000 else "seconds"
    if utc:
        return at.isoformat(timespec=timespec).replace("+00:00", "Z")
    return at.astimezone(SHANGHAI).isoformat(timespec=timespec)


def render_local(micros: int) -> str:
    """Render for a screen: ``2026-03-05 09:30`` in Asia/Shanghai, seconds where there are any."""
    at = from_micros(micros).astimezone(SHANGHAI)
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def _is_date(text: str) -> bool:
    """Tell whether a text is a date without a time."""
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
