"""Cells become values, or are listed with file, line, column and reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from fundtrace.books import cells
from fundtrace.books.cells import Cells
from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import AccountKind, MovementKind
from fundtrace.model.tables import NO_VALUE

SHAPES = pytest.mark.parametrize("short", [0, 10**9], ids=["fast", "scalar"])


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, short: int) -> Callable[..., Cells]:
    monkeypatch.setattr(cells, "SHORT", short)

    def make_cells(*texts: str) -> Cells:
        line = np.arange(2, len(texts) + 2, dtype=np.int64)
        return Cells(pl.Series(texts, dtype=pl.String), "t.csv", "c", line, [])

    return make_cells


def repeat(text: str, count: int) -> pl.Series:
    return pl.Series([text] * count, dtype=pl.String)


def get_reasons(column: Cells) -> list[str]:
    return [str(problem).removeprefix("t.csv:2: c: ") for problem in column.problems]


@SHAPES
@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" 6222 ", "6222"),
        ("\t6222\t", "6222"),
        ("\u00a06222\u3000", "6222"),
        ("\ufeff6222\u200b", "6222"),
        ("６２２２", "6222"),
        ("１，２３４．５０", "1,234.50"),
        ('="6222020200112233445"', "6222020200112233445"),
        (' =" 6222 " ', "6222"),
        ('="6222', '="6222'),
        ('="', '="'),
        ('=""', ""),
        ("", ""),
        ("温州（集团）", "温州(集团)"),
    ],
)
def test_cells_are_cleaned(make: Callable[..., Cells], raw: str, clean: str) -> None:
    assert cells.clean(make(raw, "x").text).to_list() == [clean, "x"]


@SHAPES
def test_descriptive_text_keeps_its_full_width_forms(make: Callable[..., Cells]) -> None:
    assert cells.clean(make(" 温州（集团）　").text, normalise=False).to_list() == ["温州（集团）"]


@SHAPES
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("6.22E+18", "is in scientific notation, its digits are lost; export it as text"),
        ("6.22e18", "is in scientific notation, its digits are lost; export it as text"),
        ("1e+18", "is in scientific notation, its digits are lost; export it as text"),
        ("6222.0", "was written as a number, digits may be lost; export it as text"),
        ("6222.", "was written as a number, digits may be lost; export it as text"),
        ("62\n22", "holds control characters"),
    ],
)
def test_identifiers_that_a_spreadsheet_has_damaged_are_listed(
    make: Callable[..., Cells], text: str, reason: str
) -> None:
    column = make(text, "6222")
    cells.check_identifiers(column)
    assert get_reasons(column) == [f"{text!r} {reason}"]


@SHAPES
@pytest.mark.parametrize("text", ["6222", "0012", "12345e67", "DE89 3704", "12.5", "", "１"])
def test_other_identifiers_are_left_alone(make: Callable[..., Cells], text: str) -> None:
    column = make(text)
    cells.check_identifiers(column)
    assert column.problems == []


@SHAPES
@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("3000000.00", "CNY", 300_000_000),
        ("1", "CNY", 100),
        ("1.5", "CNY", 150),
        ("1.500", "CNY", 150),
        ("-0.01", "CNY", -1),
        ("-0.00", "CNY", 0),
        ("1,234,567.89", "CNY", 123_456_789),
        ("-1,234", "CNY", -123_400),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1_234),
        ("1.2345", "CLF", 12_345),
        ("0" * 30 + "12.30", "CNY", 1_230),
        ("92233720368547758.07", "CNY", 2**63 - 1),
        ("-92233720368547758.07", "CNY", -(2**63 - 1)),
        ("", "CNY", NO_VALUE),
    ],
)
def test_amounts_are_read_to_the_minor_unit(
    make: Callable[..., Cells], text: str, currency: str, minor: int
) -> None:
    column = make(text)
    assert cells.parse_amounts(column, repeat(currency, 1)).tolist() == [minor]
    assert column.problems == []


@SHAPES
@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("1.001", "CNY", "'1.001' has more than 2 decimals, which CNY has not"),
        ("1.5", "JPY", "'1.5' has more than 0 decimals, which JPY has not"),
        ("12,34.50", "CNY", "'12,34.50' is not an amount such as 1,234,567.89"),
        ("1234,567", "CNY", "'1234,567' is not an amount such as 1,234,567.89"),
        ("1e5", "CNY", "'1e5' is not a plain decimal amount such as 1234.56"),
        ("+5", "CNY", "'+5' is not a plain decimal amount such as 1234.56"),
        (".5", "CNY", "'.5' is not a plain decimal amount such as 1234.56"),
        ("5.", "CNY", "'5.' is not a plain decimal amount such as 1234.56"),
        ("٣", "CNY", "'٣' is not a plain decimal amount such as 1234.56"),
        ("¥5", "CNY", "'¥5' is not a plain decimal amount such as 1234.56"),
        ("92233720368547758.08", "CNY", "'92233720368547758.08' is too large"),
        ("-92233720368547758.08", "CNY", "'-92233720368547758.08' is too large"),
        ("9" * 5000, "CNY", "'99999999999999999999...' is too large"),
    ],
)
def test_other_amounts_are_refused(
    make: Callable[..., Cells], text: str, currency: str, reason: str
) -> None:
    column = make(text)
    assert cells.parse_amounts(column, repeat(currency, 1)).tolist() == [NO_VALUE]
    assert get_reasons(column) == [reason]


@SHAPES
def test_each_amount_is_read_in_the_currency_of_its_row(make: Callable[..., Cells]) -> None:
    currency = pl.Series(["CNY", "JPY", "KWD", "XXX", ""])
    column = make("12", "12", "12", "12", "12")
    values = cells.parse_amounts(column, currency).tolist()
    assert values == [1200, 12, 12_000, NO_VALUE, NO_VALUE]
    assert column.problems == []


@SHAPES
@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-05", "2026-03-05T00:00:00+08:00"),
        ("2026-03-05 09:30", "2026-03-05T09:30:00+08:00"),
        ("2026-03-05T09:30:07", "2026-03-05T09:30:07+08:00"),
        ("2026-03-05 09:30:07.5", "2026-03-05T09:30:07.500000+08:00"),
        ("2026-03-05T09:30:07.123456", "2026-03-05T09:30:07.123456+08:00"),
        ("2026-03-05T09:30:07.123456000", "2026-03-05T09:30:07.123456+08:00"),
        ("2026-03-05T09:30Z", "2026-03-05T17:30:00+08:00"),
        ("2026-03-05T09:30:07.25-03:30", "2026-03-05T21:00:07.250000+08:00"),
        ("2026-03-05T09:30:07+0800", "2026-03-05T09:30:07+08:00"),
        ("20260305", "2026-03-05T00:00:00+08:00"),
        ("1988-07-01 12:00", "1988-07-01T12:00:00+09:00"),
        ("1900-01-01", "1900-01-01T00:00:00+08:05:43"),
        ("2200-12-31T23:59:59.999999", "2200-12-31T23:59:59.999999+08:00"),
    ],
)
def test_times_are_read_to_the_microsecond(
    make: Callable[..., Cells], text: str, same: str
) -> None:
    column = make(text)
    assert cells.parse_instants(column).tolist() == [parse_instant(same)]
    assert column.problems == []


@SHAPES
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("2026-03-05T24:00", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("2026-03-05T09:30:60", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("2026/03/05", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("2026-03-05T09:30:00+24:00", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("45000", "is not an ISO 8601 time such as 2026-03-05T09:30:00+08:00"),
        ("2026-03-05T09:30:07.1234567", "is finer than a microsecond"),
        ("1899-12-31", "lies outside the years 1900 to 2200"),
        ("2201-01-01", "lies outside the years 1900 to 2200"),
        ("0001-01-01", "lies outside the calendar"),
    ],
)
def test_other_times_are_refused(make: Callable[..., Cells], text: str, reason: str) -> None:
    column = make(text)
    assert cells.parse_instants(column).tolist() == [NO_VALUE]
    assert get_reasons(column) == [f"{text!r} {reason}"]


@SHAPES
def test_dates_become_iso_text(make: Callable[..., Cells]) -> None:
    column = make("2026-03-05", "20260305", "")
    assert cells.parse_dates(column) == ["2026-03-05", "2026-03-05", ""]


@SHAPES
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", "is not an ISO 8601 date such as 2026-03-05"),
        ("2026-03-05T09:30", "is not an ISO 8601 date such as 2026-03-05"),
        ("1800-01-01", "lies outside the years 1900 to 2200"),
    ],
)
def test_other_dates_are_refused(make: Callable[..., Cells], text: str, reason: str) -> None:
    column = make(text)
    assert cells.parse_dates(column) == [""]
    assert get_reasons(column) == [f"{text!r} {reason}"]


@SHAPES
def test_whole_numbers_are_read(make: Callable[..., Cells]) -> None:
    column = make("1", "-5", "0007", "", str(2**63 - 1), str(-(2**63) + 1))
    values = cells.parse_ints(column).tolist()
    assert values == [1, -5, 7, NO_VALUE, 2**63 - 1, -(2**63) + 1]


@SHAPES
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.0", "is not a whole number"),
        ("+1", "is not a whole number"),
        ("x", "is not a whole number"),
        (str(2**63), "is too large"),
        (str(-(2**63)), "is too large"),
        ("9" * 5000, "is too large"),
    ],
)
def test_other_numbers_are_refused(make: Callable[..., Cells], text: str, reason: str) -> None:
    column = make(text)
    assert cells.parse_ints(column).tolist() == [NO_VALUE]
    assert get_reasons(column) == [f"{text!r} {reason}"]


@SHAPES
def test_words_become_their_positions(make: Callable[..., Cells]) -> None:
    assert cells.parse_choices(make("fee", "", "transfer"), MovementKind).tolist() == [2, -1, 0]


@SHAPES
def test_the_empty_word_has_a_position_where_the_vocabulary_has_it(
    make: Callable[..., Cells],
) -> None:
    assert cells.parse_choices(make("loan", ""), AccountKind).tolist() == [4, 0]


@SHAPES
def test_a_word_outside_the_vocabulary_is_refused_with_the_allowed_ones(
    make: Callable[..., Cells],
) -> None:
    column = make("Fee")
    assert cells.parse_choices(column, MovementKind).tolist() == [-1]
    allowed = "transfer cash fee interest disbursement repayment return"
    assert get_reasons(column) == [f"'Fee' is none of: {allowed}"]


@SHAPES
def test_unknown_currencies_are_listed(make: Callable[..., Cells]) -> None:
    column = make("cny", "", "CNY")
    cells.check_currencies(column)
    assert get_reasons(column) == ["unknown currency 'cny'; use an ISO 4217 code such as CNY"]


@SHAPES
def test_required_cells_that_are_empty_are_listed_at_their_line(make: Callable[..., Cells]) -> None:
    column = make("x", "", "y", "")
    cells.require(column)
    assert [str(problem) for problem in column.problems] == [
        "t.csv:3: c: is empty",
        "t.csv:5: c: is empty",
    ]
