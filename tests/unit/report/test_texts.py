import pytest

from fundtrace.report.texts import (
    clean,
    describe_scope,
    get_bank_name,
    mask_account,
    render_round_amount,
    render_share,
    shorten_account,
)
from fundtrace.trace.result import Scope
from tests.support.trails import make_s1


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("瓯海皮革", "瓯海皮革"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("a\u202eb\u200bc", "a\ufffdb\ufffdc"),
        ("a\nb\u2028c", "a\ufffdb\ufffdc"),
        ("a\ud800\uffff", "a\ufffd\ufffd"),
    ],
)
def test_harmful_characters_are_replaced(dirty: str, shown: str) -> None:
    assert clean(dirty) == shown


@pytest.mark.parametrize(
    ("account", "masked"),
    [("6222021203001234567", "****4567"), ("1001", "****01"), ("1", "****"), ("", "****")],
)
def test_masking_never_shows_more_than_half(account: str, masked: str) -> None:
    assert mask_account(account) == masked


@pytest.mark.parametrize(
    ("account", "short"), [("1001", "1001"), ("12345678", "12345678"), ("123456789", "…6789")]
)
def test_only_long_accounts_are_shortened(account: str, short: str) -> None:
    assert shorten_account(account) == short


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (300_000_000, "CNY", "300万"),
        (97_500_000, "CNY", "97.5万"),
        (1_000_000, "CNY", "1万"),
        (1_010_000, "CNY", "1.01万"),
        (1_000_000_000_000, "CNY", "1,000,000万"),
        (999_900, "CNY", "9,999.00"),
        (97_500_001, "CNY", "975,000.01"),
        (0, "CNY", "0.00"),
        (3_000_000, "JPY", "3,000,000"),
    ],
)
def test_round_sums_are_exact_or_in_full(minor: int, currency: str, text: str) -> None:
    assert render_round_amount(minor, currency) == text


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(1, 3, "33.33%"), (3, 3, "100.00%"), (0, 3, "0.00%")]
)
def test_shares_are_rounded_down(part: int, whole: int, share: str) -> None:
    assert render_share(part, whole) == share


def test_shares_of_great_amounts_stay_exact() -> None:
    assert render_share(10**18 - 1, 10**18) == "99.99%"


@pytest.mark.parametrize(
    ("scope", "zh", "en"),
    [
        (Scope(), "不限", "without limit"),
        (Scope(part_min_minor=0), "不限", "without limit"),
        (Scope(window_days=0), "放款后 0 天内", "0 days after disbursement"),
        (
            Scope(90, 3, 0, 100),
            "放款后 90 天内，最多 3 层，流转累计不超过 CNY 0.00，单份资金不少于 CNY 1.00",
            (
                "90 days after disbursement, 3 movements deep, hops up to CNY 0.00 in all, "
                "parts of CNY 1.00 or more"
            ),
        ),
    ],
)
def test_a_scope_is_told_limit_by_limit(scope: Scope, zh: str, en: str) -> None:
    assert describe_scope(scope, "CNY", "zh") == zh
    assert describe_scope(scope, "CNY", "en") == en


def test_amounts_of_a_scope_are_those_of_the_loans_currency() -> None:
    assert describe_scope(Scope(part_min_minor=100), "JPY", "en") == "parts of JPY 100 or more"


def test_a_bank_without_a_name_shows_its_code() -> None:
    assert get_bank_name(make_s1(), "A") == "瓯江银行"
    assert get_bank_name(make_s1(), "ZZ") == "ZZ"
