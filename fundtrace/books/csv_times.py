"""Times of a mapped CSV: one column, or date and time apart, in the bank's own formats.

A format is strptime's. A cell of digits alone must be as wide as its format writes it: a
spreadsheet turns 093000 into 93000 and 010100 into 10100, which reads as ten past ten. With
separators, ``2026/3/5`` is as good as ``2026/03/05``. Without a format, ISO 8601.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl

from fundtrace.books import cells
from fundtrace.books.cells import Cells
from fundtrace.books.csv_mapping import CsvMapping
from fundtrace.errors import InvalidInputError
from fundtrace.model.instants import to_micros
from fundtrace.model.tables import NO_VALUE, Int64s

_ISO_DATE = "%Y-%m-%d"
_ISO_TIME = "%H:%M:%S"
_EIGHT_HOURS = 8 * 3_600_000_000


def read_times(mapping: CsvMapping, read: Callable[[str], Cells]) -> tuple[Int64s, int]:
    """Return each row's instant (NO_VALUE where refused), and how many rows have no time.

    ``read`` gives the cells of a target; bad cells are listed in them.
    """
    if "booked_at" in mapping.columns:
        column = read("booked_at")
        cells.require(column)
        form = mapping.formats.get("datetime")
        if form is None:
            return cells.parse_instants(column), 0
        return _parse_different(column, lambda cell: to_micros(parse_time(cell, form))), 0
    dates = read("booked_on")
    cells.require(dates)
    date_form = mapping.formats.get("date", _ISO_DATE)
    days = _parse_different(dates, lambda cell: parse_time(cell, date_form).toordinal())
    if not mapping.has("booked_time"):
        return _join(days, np.zeros_like(days)), len(days)
    times = read("booked_time")
    time_form = mapping.formats.get("time", _ISO_TIME)
    clock = _parse_different(times, lambda cell: _count_micros(parse_time(cell, time_form)))
    empty = cells.find_empty(times.text)
    clock[empty] = 0
    return _join(days, clock), int(empty.sum())


def parse_time(cell: str, form: str) -> dt.datetime:
    """Parse one cell by a strptime format. Raises InvalidInputError."""
    try:
        at = dt.datetime.strptime(cell, form)  # noqa: DTZ007  # no offset means Asia/Shanghai
    except ValueError as error:
        raise InvalidInputError(f"{cell!r} is not of the form {form}") from error
    if cell.isdigit() and at.strftime(form) != cell:
        raise InvalidInputError(
            f"{cell!r} is not of the form {form}; were leading zeros lost? Export it as text"
        )
    if not cells.YEAR_MIN <= at.year <= cells.YEAR_MAX:
        raise InvalidInputError(
            f"{cell!r} lies outside the years {cells.YEAR_MIN} to {cells.YEAR_MAX}"
        )
    return at


def render_times(micros: Int64s) -> pl.Series:
    """Render instants as ISO 8601 at +08:00, the offset of Asia/Shanghai today; "" for none."""
    times = pl.Series(micros).replace(NO_VALUE, None) + _EIGHT_HOURS
    local = times.cast(pl.Datetime("us"))
    whole = bool((local.dt.microsecond().fill_null(0) == 0).all())
    form = f"%Y-%m-%dT%H:%M:%S{'' if whole else '%.6f'}+08:00"
    return local.dt.to_string(form).fill_null("")


def _count_micros(at: dt.datetime) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _parse_different(column: Cells, parse: Callable[[str], int]) -> Int64s:
    """Parse each different text once; NO_VALUE for empty and for refused cells."""
    values: dict[str, int] = {}
    bad: dict[str, str] = {}
    for cell in column.text.unique().to_list():
        if cell:
            try:
                values[cell] = parse(cell)
            except InvalidInputError as error:
                bad[cell] = str(error)
    texts = column.text.to_list()
    if bad:
        for row, cell in enumerate(texts):
            if cell in bad:
                column.refuse(row, bad[cell])
    return np.array([values.get(cell, NO_VALUE) for cell in texts], dtype=np.int64)


def _join(days: Int64s, clock: Int64s) -> Int64s:
    """Return the instants of days (ordinals) and times of day (microseconds)."""
    good = (days != NO_VALUE) & (clock != NO_VALUE)
    midnights = {
        day: to_micros(dt.datetime.fromordinal(day)) for day in np.unique(days[good]).tolist()
    }
    micros = [
        midnights[day] + time if fits else NO_VALUE
        for day, time, fits in zip(days.tolist(), clock.tolist(), good.tolist(), strict=True)
    ]
    return np.array(micros, dtype=np.int64)
