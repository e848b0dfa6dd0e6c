from __future__ import annotations

import datetime as dt

import pytest

from fundtrace.books.statement.cells import (
    parse_account,
    parse_amount,
    parse_currency,
    parse_direction,
    parse_moment,
    parse_text,
)
from fundtrace.books.statement.messages import MESSAGES, StatementRefusedError


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1,234,567.89", 123456789),
        ("１２３４．５０", 123450),
        ("¥ 3000000.00", 300000000),
        ("3,000元", 300000),
        ('="12.30"', 1230),
        ("-5.5", -550),
        ("(5.50)", -550),
        ("5.50-", -550),
        ("+7", 700),
        (".5", 50),
        (1234.5, 123450),
        (0.07, 7),
        (3000000, 300000000),
        (-12.34, -1234),
        ("", None),
        ("--", None),
        (None, None),
    ],
)
def test_an_amount_is_read_exactly(cell, minor):
    assert parse_amount(cell, "CNY") == minor


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (0.1 + 0.2, "amount_float"),
        (1234.567, "amount_float"),
        (1e22, "amount_scientific"),
        (float("nan"), "amount_scientific"),
        (float("inf"), "amount_scientific"),
        ("6.22E+18", "amount_scientific"),
        ("12.345", "amount_decimals"),
        ("1,23.00", "amount_text"),
        ("-5-", "amount_text"),
        ("十万", "amount_text"),
        (True, "amount_kind"),
        (dt.date(2026, 3, 5), "amount_kind"),
        ("9" * 30, "amount_large"),
        (10**18, "amount_large"),
    ],
)
def test_an_amount_that_would_need_a_guess_is_refused(cell, code):
    with pytest.raises(StatementRefusedError) as caught:
        parse_amount(cell, "CNY")
    assert caught.value.code == code


def test_decimals_are_those_of_the_currency():
    assert parse_amount("1.234", "KWD") == 1234
    assert parse_amount("1234", "JPY") == 1234
    assert parse_amount(1234.0, "JPY") == 1234
    with pytest.raises(StatementRefusedError, match="decimals of JPY"):
        parse_amount("12.5", "JPY")


@pytest.mark.parametrize(
    ("cell", "account"),
    [
        ('="6222020200012345678"', "6222020200012345678"),
        ("6222 0202 0001 2345 678\t", "6222020200012345678"),
        ("'33050168", "33050168"),
        ("6222****5678", "6222****5678"),
        (123456789012345, "123456789012345"),
        (330501.0, "330501"),
        (None, ""),
        ("-", ""),
        (0, ""),
        ("0", ""),
    ],
)
def test_an_account_number_is_text(cell, account):
    assert parse_account(cell) == account


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (6222020200012345678, "account_digits"),
        (6.222020200012345e18, "account_digits"),
        (1234567890123456, "account_digits"),
        ("6.22E+18", "account_scientific"),
        (12.5, "account_kind"),
        (True, "account_kind"),
    ],
)
def test_an_account_number_that_lost_digits_is_refused(cell, code):
    with pytest.raises(StatementRefusedError) as caught:
        parse_account(cell)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("date", "time", "moment"),
    [
        ("20260305", "093000", (dt.date(2026, 3, 5), dt.time(9, 30))),
        (20260305, 93000, (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("2026-03-05", "09:30:15", (dt.date(2026, 3, 5), dt.time(9, 30, 15))),
        ("2026/3/5", "9:30", (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("2026.3.5", "0930", (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("2026年3月5日", "9时30分", (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("2026-03-05 09:30:00", "", (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("20260305", "093000123", (dt.date(2026, 3, 5), dt.time(9, 30, 0, 123000))),
        ("20260305", None, (dt.date(2026, 3, 5), None)),
        (None, "2026-03-05 09:30:00", (dt.date(2026, 3, 5), dt.time(9, 30))),
        (None, "20260305093000", (dt.date(2026, 3, 5), dt.time(9, 30))),
        ("2026-03-06", "2026-03-05T23:59:00", (dt.date(2026, 3, 5), dt.time(23, 59))),
        (dt.datetime(2026, 3, 5), dt.time(9, 30), (dt.date(2026, 3, 5), dt.time(9, 30))),  # noqa: DTZ001
        (dt.date(2026, 3, 5), dt.timedelta(hours=9), (dt.date(2026, 3, 5), dt.time(9))),
        (dt.datetime(2026, 3, 5, 9, 30), None, (dt.date(2026, 3, 5), dt.time(9, 30))),  # noqa: DTZ001
    ],
)
def test_dates_and_times_come_in_many_forms(date, time, moment):
    assert parse_moment(date, time) == moment


@pytest.mark.parametrize(
    ("date", "time", "code"),
    [
        ("", "", "date_blank"),
        ("05/03/2026", "", "date_text"),
        ("2026-02-30", "", "date_text"),
        ("0001-01-01", "", "date_text"),
        (46086, None, "date_number"),
        (46086.5, None, "date_number"),
        ("20260305", "25:00", "time_text"),
        ("20260305", "1430", "time_ambiguous"),
        ("20260305", "noon", "time_text"),
        ("20260305", dt.timedelta(days=2), "time_text"),
    ],
)
def test_a_date_or_time_that_would_need_a_guess_is_refused(date, time, code):
    with pytest.raises(StatementRefusedError) as caught:
        parse_moment(date, time)
    assert caught.value.code == code


@pytest.mark.parametrize("mark", ["借", "借方", "D", "dr", "支出", "Ｄ", "-", " 借 "])
def test_debit_means_that_money_goes_out(mark):
    assert parse_direction(mark) is False


@pytest.mark.parametrize("mark", ["贷", "贷方", "C", "cr", "收入", "+"])
def test_credit_means_that_money_comes_in(mark):
    assert parse_direction(mark) is True


@pytest.mark.parametrize("mark", ["", None, "1", "借贷"])
def test_an_unknown_mark_is_refused(mark):
    with pytest.raises(StatementRefusedError):
        parse_direction(mark)


def test_currencies_have_chinese_names():
    assert [parse_currency(text) for text in ("人民币", "CNY", "美元", "rmb")] == [
        "CNY",
        "CNY",
        "USD",
        "CNY",
    ]
    with pytest.raises(StatementRefusedError):
        parse_currency("贝壳")


def test_texts_are_trimmed_and_blank_marks_are_empty():
    assert [parse_text(cell) for cell in ("  货 款\n ", "null", 5.0, None)] == [
        "货 款",
        "",
        "5",
        "",
    ]


@pytest.mark.parametrize("code", MESSAGES)
def test_every_refusal_speaks_both_languages_with_the_same_values(code):
    chinese, english = MESSAGES[code]
    assert chinese
    assert english
    fields = [
        {part.split("}")[0].split("!")[0] for part in text.split("{")[1:]}
        for text in (chinese, english)
    ]
    assert fields[0] == fields[1]
