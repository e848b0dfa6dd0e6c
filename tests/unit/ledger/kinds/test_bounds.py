import datetime as dt
from dataclasses import dataclass
from typing import Annotated

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.bounds import (
    AMOUNT_MINOR_END,
    CURRENCY,
    DAY,
    INSTANT,
    Checked,
    Items,
    Octets,
    Text,
    Whole,
    build_check,
    list_checks,
)
from tests.support.ledger_values import list_value_classes

UTC_TIME = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
CHINA = dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize("kind", list_value_classes(), ids=lambda kind: kind.__qualname__)
def test_every_field_of_every_value_has_a_bound(kind):
    assert list_checks(kind)


@pytest.mark.parametrize("hint", [str, bytes, int, tuple[int, ...], str | None, dt.datetime])
def test_a_field_without_a_bound_is_our_own_error(hint):
    with pytest.raises(TypeError, match="no bound"):
        build_check(hint)


def test_a_list_of_unbounded_items_is_our_own_error():
    with pytest.raises(TypeError, match="no bound"):
        build_check(Annotated[tuple[bytes, ...], Items(0, 3)])


@pytest.mark.parametrize("text", ["a", "银行", "𠮷x", "abcdefgh"])
def test_text_within_its_bytes_is_taken(text):
    Text(1, 8).check(text, "it")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 bytes"),
        ("银行甲", "9 bytes"),
        ("a\nb", "control"),
        ("a\x00", "control"),
        ("a\x7f", "control"),
        ("a\x85", "control"),
        ("a\u2028", "control"),
        ("a\u2029", "control"),
        ("\u202eba", "control"),
        ("\u2066ab", "control"),
        ("a\u061cb", "control"),
        ("\ud800", "surrogate"),
        (b"ab", "must be text"),
        (7, "must be text"),
        (None, "must be text"),
    ],
)
def test_other_text_is_refused(text, why):
    with pytest.raises(InvalidInputError, match=why):
        Text(1, 8).check(text, "it")


@pytest.mark.parametrize("value", [0, 5, 9])
def test_a_whole_number_within_its_bounds_is_taken(value):
    Whole(0, 9).check(value, "it")


@pytest.mark.parametrize("value", [-1, 10, True, 1.0, "1", None])
def test_other_numbers_are_refused(value):
    with pytest.raises(InvalidInputError, match="it "):
        Whole(0, 9).check(value, "it")


@pytest.mark.parametrize("value", [b"", b"abc", bytearray(b"ab"), "ab", None])
def test_other_bytes_are_refused(value):
    with pytest.raises(InvalidInputError, match="it "):
        Octets(2, 2).check(value, "it")


@pytest.mark.parametrize(
    "value",
    [
        UTC_TIME.replace(tzinfo=None),
        UTC_TIME.astimezone(CHINA),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
        dt.datetime(2200, 1, 1, tzinfo=dt.UTC),
        UTC_TIME.date(),
        1_772_668_800,
    ],
    ids=str,
)
def test_an_instant_is_an_aware_time_in_utc(value):
    INSTANT.check(UTC_TIME, "it")
    with pytest.raises(InvalidInputError, match="it "):
        INSTANT.check(value, "it")


@pytest.mark.parametrize("value", [UTC_TIME, dt.date(1969, 12, 31), dt.date(2200, 1, 1), "2026"])
def test_a_day_is_a_date_and_no_time(value):
    DAY.check(UTC_TIME.date(), "it")
    with pytest.raises(InvalidInputError, match="it "):
        DAY.check(value, "it")


@pytest.mark.parametrize("value", ["cny", "RMB", "", None, ["CNY"]])
def test_a_currency_is_of_iso_4217(value):
    CURRENCY.check("CNY", "it")
    with pytest.raises(InvalidInputError, match="ISO 4217"):
        CURRENCY.check(value, "it")


@dataclass(frozen=True, slots=True)
class _Inner(Checked):
    amount_minor: Annotated[int, Whole(0, AMOUNT_MINOR_END - 1)]


@dataclass(frozen=True, slots=True)
class _Outer(Checked):
    many: Annotated[tuple[_Inner, ...], Items(1, 2)]
    maybe: _Inner | None = None


def test_a_value_names_class_and_field_of_what_it_refuses():
    with pytest.raises(InvalidInputError, match=r"_Inner\.amount_minor is -1"):
        _Inner(-1)


def test_sums_of_two_amounts_fit_64_bits():
    largest = _Inner(AMOUNT_MINOR_END - 1)
    assert 2 * largest.amount_minor < 2**63
    with pytest.raises(InvalidInputError):
        _Inner(AMOUNT_MINOR_END)


@pytest.mark.parametrize(
    ("many", "why"),
    [
        ((), "0 items"),
        ((_Inner(1),) * 3, "3 items"),
        ([_Inner(1)], "must be a tuple"),
        ((1,), "must be _Inner"),
    ],
)
def test_a_list_is_a_tuple_of_so_many_good_items(many, why):
    with pytest.raises(InvalidInputError, match=why):
        _Outer(many)


def test_what_may_be_absent_may_not_be_something_else():
    assert _Outer((_Inner(1),), None).maybe is None
    with pytest.raises(InvalidInputError, match="must be _Inner"):
        _Outer((_Inner(1),), 3)
