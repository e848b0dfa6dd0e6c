"""Fast cell parsers mean exactly what the scalar ones say, and anything parses or is listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.books import cells
from fundtrace.books.cells import Cells
from fundtrace.books.csvtext import parse_csv
from fundtrace.errors import InvalidInputError
from fundtrace.model.instants import parse_instant
from fundtrace.model.money import CURRENCIES, parse_amount_minor, render_amount
from fundtrace.model.tables import NO_VALUE, Int64s

CODES = st.sampled_from(["CNY", "JPY", "KWD", "CLF"])
ODD = st.text(st.sampled_from("0123456789.,-+eE:TZ /１２٣"), max_size=24)
DECIMALS = st.from_regex(r"\A-?[0-9]{1,20}(\.[0-9]{1,6})?\Z")
TIMES = st.builds(
    lambda at, sep, form, zone: at.strftime(f"%Y-%m-%d{sep}{form}").zfill(10) + zone,
    st.datetimes(dt.datetime(1899, 1, 1), dt.datetime(2202, 1, 1)),  # noqa: DTZ001
    st.sampled_from("T "),
    st.sampled_from(["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"]),
    st.sampled_from(["", "Z", "+08:00", "-03:30", "+0800"]),
)


def make(texts: list[str]) -> Cells:
    line = np.arange(len(texts), dtype=np.int64)
    return Cells(pl.Series(texts, dtype=pl.String), "t.csv", "c", line, [])


def run_fast(
    texts: list[str], parse: Callable[[Cells], Int64s]
) -> tuple[list[int], dict[int, str]]:
    column = make(texts)
    with patch.object(cells, "SHORT", 0):
        values = parse(column).tolist()
    return values, {problem.line: problem.reason for problem in column.problems}


def run_scalar(texts: list[str], parse: Callable[[str], int]) -> tuple[list[int], dict[int, str]]:
    values, reasons = [], {}
    for row, text in enumerate(texts):
        value = NO_VALUE
        if text:
            try:
                value = parse(text)
            except InvalidInputError as error:
                reasons[row] = str(error)
        values.append(value)
    return values, reasons


@given(st.lists(DECIMALS | ODD.filter(lambda text: "," not in text), min_size=1), CODES)
def test_amounts_agree_with_the_scalar_definition(texts: list[str], currency: str) -> None:
    codes = pl.Series([currency] * len(texts))
    fast = run_fast(texts, lambda column: cells.parse_amounts(column, codes))
    assert fast == run_scalar(texts, lambda text: parse_amount_minor(text, currency))


@given(st.lists(st.tuples(DECIMALS, CODES), min_size=1))
def test_amounts_of_mixed_currencies_agree_with_the_scalar_definition(
    rows: list[tuple[str, str]],
) -> None:
    codes = pl.Series([code for _, code in rows])
    values, _ = run_fast([text for text, _ in rows], lambda c: cells.parse_amounts(c, codes))
    for value, (text, code) in zip(values, rows, strict=True):
        assert [value] == run_scalar(
            [text], lambda text, code=code: parse_amount_minor(text, code)
        )[0]


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(sorted(CURRENCIES)))
def test_a_rendered_amount_reads_back_with_and_without_separators(minor: int, code: str) -> None:
    texts = [render_amount(minor, code), render_amount(minor, code, grouping=False)]
    codes = pl.Series([code] * 2)
    assert run_fast(texts, lambda c: cells.parse_amounts(c, codes)) == ([minor, minor], {})


@given(st.lists(TIMES | ODD | st.dates().map(str), min_size=1))
def test_times_agree_with_the_scalar_definition(texts: list[str]) -> None:
    values, reasons = run_fast(texts, cells.parse_instants)
    assert (values, reasons) == run_scalar(texts, cells.parse_instant_cell)
    for text, value in zip(texts, values, strict=True):
        if value != NO_VALUE:
            assert value == parse_instant(text)


@given(st.lists(ODD | st.integers().map(str), min_size=1))
def test_whole_numbers_agree_with_the_scalar_definition(texts: list[str]) -> None:
    assert run_fast(texts, cells.parse_ints) == run_scalar(texts, cells.parse_int_cell)


@given(st.lists(st.text() | ODD | ODD.map(lambda text: f'="{text}"'), min_size=1), st.booleans())
def test_cleaning_a_column_is_cleaning_its_cells(texts: list[str], normalise: bool) -> None:  # noqa: FBT001
    with patch.object(cells, "SHORT", 0):
        cleaned = cells.clean(pl.Series(texts, dtype=pl.String), normalise=normalise).to_list()
    assert cleaned == [cells.clean_cell(text, normalise=normalise) for text in texts]


@given(st.lists(ODD, min_size=1))
def test_damaged_identifiers_are_found_alike(texts: list[str]) -> None:
    column = make(texts)
    with patch.object(cells, "SHORT", 0):
        cells.check_identifiers(column)
    expected = {
        row: reason for row, text in enumerate(texts) if (reason := cells.explain_identifier(text))
    }
    assert {problem.line: problem.reason for problem in column.problems} == expected


@given(st.binary(max_size=200) | st.text(st.sampled_from('a,"\n\r ;')).map(str.encode))
def test_any_bytes_are_a_table_or_have_problems(content: bytes) -> None:
    table, problems = parse_csv(content, "t.csv")
    assert table.columns or problems
    assert all(len(column) == len(table) for column in table.columns.values())


@given(st.text(st.sampled_from("a,b \n\r"), max_size=60))
def test_both_ways_of_splitting_lines_agree(text: str) -> None:
    results = []
    for minimum in (0, 10**9):
        with patch("fundtrace.books.csvtext.PLAIN_SIZE_MIN", minimum):
            table, problems = parse_csv(text.encode(), "t.csv")
        columns = {name: column.to_list() for name, column in table.columns.items()}
        results.append((columns, table.line.tolist(), sorted(problems)))
    assert results[0] == results[1]
