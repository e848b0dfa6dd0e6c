"""Erasure: the lender's countersignature, bound to one body, and when it may be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fundtrace.errors import EncodingError, InvalidInputError, RuleViolationError, SignatureError
from fundtrace.ledger.erasure import (
    ErasureReason,
    ErasureStatement,
    check_erasure_allowed,
    derive_erasure_key,
    derive_erasure_seed,
    sign_erasure,
    verify_erasure,
)
from tests.support.sealed import CONSORTIUM, ORIGIN, draw

STATEMENT = ErasureStatement(CONSORTIUM, ORIGIN, 41, draw("body"), ErasureReason.RETENTION_OVER)
LOAN_KEY = draw("L-1")
SEED = derive_erasure_seed(draw("root"), CONSORTIUM, LOAN_KEY, "bank-b", 0)
KEY = derive_erasure_key(SEED)
END = datetime(2031, 5, 1, tzinfo=UTC)


def test_the_lenders_countersignature_verifies_under_the_key_of_the_header():
    verify_erasure(KEY, STATEMENT, sign_erasure(SEED, STATEMENT))


@pytest.mark.parametrize(
    "change",
    [
        {"consortium": "others.example"},
        {"origin": "a.bank.example/ledger/2"},
        {"entry_index": 42},
        {"body_hash": draw("other")},
        {"reason": ErasureReason.LEGAL_ORDER},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_countersignature_serves_no_other_erasure(change):
    signature = sign_erasure(SEED, STATEMENT)
    with pytest.raises(SignatureError):
        verify_erasure(KEY, replace(STATEMENT, **change), signature)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), bytes(65)])
def test_what_is_no_signature_is_refused(signature):
    with pytest.raises(SignatureError):
        verify_erasure(KEY, STATEMENT, signature)


@pytest.mark.parametrize(
    "key", [b"", bytes(31), bytes([1]) + bytes(31), b"\xff" * 32], ids=lambda key: key.hex()[:8]
)
def test_a_key_that_libraries_read_differently_is_refused(key):
    with pytest.raises(EncodingError):
        verify_erasure(key, STATEMENT, bytes(64))


@pytest.mark.parametrize(
    ("root", "consortium", "loan_key", "member", "number"),
    [
        ("root", CONSORTIUM, draw("L-2"), "bank-b", 0),
        ("root", CONSORTIUM, LOAN_KEY, "bank-c", 0),
        ("root", CONSORTIUM, LOAN_KEY, "bank-b", 1),
        ("root", "others.example", LOAN_KEY, "bank-b", 0),
        ("other", CONSORTIUM, LOAN_KEY, "bank-b", 0),
    ],
)
def test_every_loan_member_and_stream_has_a_key_of_its_own(
    root, consortium, loan_key, member, number
):
    assert derive_erasure_seed(draw(root), consortium, loan_key, member, number) != SEED


def test_the_same_loan_and_member_have_the_same_key():
    assert derive_erasure_seed(draw("root"), CONSORTIUM, LOAN_KEY, "bank-b", 0) == SEED


def test_the_signed_message_can_be_no_signed_note():
    assert STATEMENT.message[0] == 0


@pytest.mark.parametrize(
    "field",
    [{"entry_index": -1}, {"entry_index": 2**63}, {"body_hash": bytes(31)}, {"origin": ""}],
)
def test_a_statement_out_of_bounds_is_refused(field):
    with pytest.raises(InvalidInputError):
        replace(STATEMENT, **field)


def test_an_erasure_is_allowed_after_retention_without_holds():
    check_erasure_allowed(END, END, [])


@pytest.mark.parametrize(
    ("now", "until", "holds", "says"),
    [
        (END - timedelta(seconds=1), END, [], "kept until 2031-05-01"),
        (END, None, [], "not known"),
        (END, END, ["dispute 7", "case 3"], "held: case 3, dispute 7"),
        (
            datetime(2031, 5, 1, tzinfo=timezone(timedelta(hours=8))),
            END,
            [],
            "kept until",
        ),
    ],
)
def test_an_erasure_before_its_time_or_under_a_hold_is_refused(now, until, holds, says):
    with pytest.raises(RuleViolationError, match=says) as caught:
        check_erasure_allowed(now, until, holds)
    assert caught.value.rule == "erasure"


def test_times_without_offset_are_refused():
    with pytest.raises(InvalidInputError):
        check_erasure_allowed(END.replace(tzinfo=None), END, [])
    with pytest.raises(InvalidInputError):
        check_erasure_allowed(END, END.replace(tzinfo=None), [])
