"""The text of a consent: one form only, and what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, InvalidInputError, RuleViolationError
from fundtrace.ledger.consent import (
    ConsentStatement,
    check_consent_covers,
    parse_consent_statement,
)
from fundtrace.ledger.consent.statement import RECIPIENTS_MAX, STATEMENT_BYTES_MAX
from tests.support.certificates import LOAN_KEY, make_statement
from tests.support.sealed import draw

STATEMENT = make_statement(signed_at=datetime(2026, 3, 2, 9, 30, 1, tzinfo=UTC))
TEXT = STATEMENT.encode()

NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)
HASHES = st.binary(min_size=32, max_size=32)
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001 - Hypothesis wants it so
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)


@given(
    st.builds(
        ConsentStatement,
        *[NAMES] * 2,
        HASHES,
        NAMES,
        *[HASHES] * 3,
        st.sets(NAMES, min_size=1, max_size=5).map(lambda names: tuple(sorted(names))),
        NAMES,
        TIMES,
        TIMES.map(lambda time: time + timedelta(days=40_000)),
        TIMES,
    )
)
@settings(max_examples=100, deadline=None)
def test_a_statement_comes_back_from_its_text(statement):
    assert parse_consent_statement(statement.encode()) == statement


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_changed_byte_is_another_statement_or_refused(data):
    place = data.draw(st.integers(0, len(TEXT) - 1))
    changed = TEXT[:place] + data.draw(st.binary(max_size=2)) + TEXT[place + 1 :]
    try:
        parsed = parse_consent_statement(changed)
    except EncodingError:
        return
    assert parsed.encode() == changed
    assert (parsed == STATEMENT) == (changed == TEXT)


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_statement_or_refused(data):
    with pytest.raises(EncodingError):
        parse_consent_statement(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\nlender", b"\r\nlender"),
        (b"lender bank-a", b"lender  bank-a"),
        (b"recipient bank-b\nrecipient bank-c", b"recipient bank-c\nrecipient bank-b"),
        (b"recipient bank-b\nrecipient bank-c\n", b""),
        (b"recipient bank-c", b"recipient bank-b"),
        (b"2026-03-01T00:00:00Z", b"2026-03-01T00:00:00+00:00"),
        (b"2026-03-01T00:00:00Z", b"2026-02-30T00:00:00Z"),
        (b"2026-03-01T00:00:00Z", "２０２６-03-01T00:00:00Z".encode()),
        (b"2027-03-01T00:00:00Z", b"2026-03-01T00:00:00Z"),
        (draw("document").hex().encode(), draw("document").hex().upper().encode()),
        (b"purpose ", "purpose \u202e".encode()),
        (b"purpose ", "purpose a\u2028".encode()),
        (b"loan ", b"contract "),
        (b"Z\n", b"Z"),
        (b"fundtrace/v1/consent", b"fundtrace/v2/consent"),
        (b"fundtrace/v1/consent", b" fundtrace/v1/consent"),
        (b"bank-a", b"bank-\xff"),
    ],
)
def test_another_form_of_the_text_is_refused(old, new):
    changed = TEXT.replace(old, new)
    assert changed != TEXT
    with pytest.raises(EncodingError):
        parse_consent_statement(changed)


def test_a_text_too_long_is_refused():
    with pytest.raises(EncodingError, match="at most"):
        parse_consent_statement(bytes(STATEMENT_BYTES_MAX + 1))


def test_the_longest_statement_is_within_the_limit():
    recipients = tuple(f"{n:03}" + "x" * 252 for n in range(RECIPIENTS_MAX))
    names = {"consortium": "c" * 255, "lender": "l" * 255, "contract_id": "n" * 255}
    names |= {"purpose": "p" * 1000}
    text = replace(STATEMENT, recipients=recipients, **names).encode()
    assert len(text) <= STATEMENT_BYTES_MAX
    assert parse_consent_statement(text).recipients == recipients


@pytest.mark.parametrize(
    "change",
    [
        {"recipients": ()},
        {"recipients": ("bank-c", "bank-b")},
        {"recipients": ("bank-b", "bank-b")},
        {"recipients": tuple(f"{n:03}" for n in range(RECIPIENTS_MAX + 1))},
        {"purpose": ""},
        {"purpose": "x" * 1001},
        {"purpose": "two\nlines"},
        {"contract_id": " L-1"},
        {"contract_id": "\ud800"},
        {"loan_key": bytes(31)},
        {"document_hash": bytes(31)},
        {"valid_until": STATEMENT.valid_from},
        {"signed_at": datetime(2026, 3, 1)},  # noqa: DTZ001 - on purpose
        {"signed_at": datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))},
        {"signed_at": datetime(2026, 3, 1, microsecond=1, tzinfo=UTC)},
    ],
)
def test_a_statement_out_of_bounds_is_refused(change):
    with pytest.raises(InvalidInputError):
        replace(STATEMENT, **change)


@pytest.mark.parametrize("at", [STATEMENT.signed_at, STATEMENT.valid_until - timedelta(seconds=1)])
def test_a_consent_covers_its_loan_recipients_and_period(at):
    check_consent_covers(STATEMENT, LOAN_KEY, "bank-c", at)


@pytest.mark.parametrize(
    ("loan_key", "recipient", "at", "says"),
    [
        (bytes(32), "bank-b", STATEMENT.signed_at, "another loan, of contract L-2026-0007"),
        (LOAN_KEY, "bank-d", STATEMENT.signed_at, "does not name bank-d"),
        (LOAN_KEY, "bank-b", STATEMENT.valid_from, "it holds from 2026-03-02T09:30:01Z"),
        (LOAN_KEY, "bank-b", STATEMENT.valid_until, "until 2027-03-01T00:00:00Z"),
    ],
    ids=["another loan", "another recipient", "before it was signed", "after its period"],
)
def test_what_a_consent_does_not_cover_is_refused(loan_key, recipient, at, says):
    with pytest.raises(RuleViolationError, match=says) as caught:
        check_consent_covers(STATEMENT, loan_key, recipient, at)
    assert caught.value.rule == "consent"
