"""Times in a bank's own formats, one column or two."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.books.cells import Cells
from fundtrace.books.csv_mapping import CsvMapping, Shape
from fundtrace.books.csv_times import parse_time, read_times, render_times
from fundtrace.errors import InvalidInputError
from fundtrace.model.instants import parse_instant
from fundtrace.model.tables import NO_VALUE


def read(columns, formats=None):
    """Read columns {target: cells}; return rendered times, rows without time and problems."""
    problems = []
    line = np.arange(2, 2 + max(len(cells) for cells in columns.values()))
    mapping = CsvMapping(Shape.LEDGER, {name: name for name in columns}, {}, formats=formats or {})
    micros, without = read_times(
        mapping,
        lambda name: Cells(pl.Series(columns[name], dtype=pl.String), "f", name, line, problems),
    )
    return render_times(micros).to_list(), without, problems


def test_date_and_time_columns_are_joined():
    times, without, problems = read(
        {"booked_on": ["20260305", "20260305"], "booked_time": ["093000", ""]},
        {"date": "%Y%m%d", "time": "%H%M%S"},
    )
    assert times == ["2026-03-05T09:30:00+08:00", "2026-03-05T00:00:00+08:00"]
    assert (without, problems) == (1, [])


def test_a_date_alone_is_midnight():
    times, without, _ = read({"booked_on": ["2026-03-05"]})
    assert (times, without) == (["2026-03-05T00:00:00+08:00"], 1)


def test_one_column_may_have_a_format_or_be_iso():
    form = {"datetime": "%Y/%m/%d %H:%M"}
    assert read({"booked_at": ["2026/3/5 9:30"]}, form)[0] == ["2026-03-05T09:30:00+08:00"]
    assert read({"booked_at": ["2026-03-05T01:30:00Z"]})[0] == ["2026-03-05T09:30:00+08:00"]


def test_parts_of_seconds_are_kept():
    assert read({"booked_at": ["2026-03-05T09:30:00.25"]})[0] == [
        "2026-03-05T09:30:00.250000+08:00"
    ]


def test_bad_and_empty_cells_are_listed_with_their_line():
    times, _, problems = read({"booked_on": ["2026-03-05", "5 March", ""]})
    assert times[1:] == ["", ""]
    assert sorted((p.line, p.column) for p in problems) == [(3, "booked_on"), (4, "booked_on")]


@pytest.mark.parametrize("cell", ["93000", "10100", "20260305", ""])
def test_a_time_of_digits_that_lost_its_zeros_is_refused(cell):
    with pytest.raises(InvalidInputError):
        parse_time(cell, "%H%M%S")


def test_years_far_away_are_refused():
    with pytest.raises(InvalidInputError, match="outside the years"):
        parse_time("0026-03-05", "%Y-%m-%d")


@given(st.integers(parse_instant("1900-01-01"), parse_instant("2199-12-31")))
def test_rendered_times_are_the_same_instants(micros):
    text = render_times(np.array([micros, NO_VALUE])).to_list()
    assert text[1] == ""
    assert parse_instant(text[0]) == micros
