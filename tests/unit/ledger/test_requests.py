"""Requests for new wraps: signed, bound to one log and one key, strictly read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import (
    EncodingError,
    FundtraceError,
    InvalidInputError,
    RuleViolationError,
    SignatureError,
)
from fundtrace.ledger.framing import frame
from fundtrace.ledger.keyring import MISSING_RANGES_MAX
from fundtrace.ledger.requests import (
    REQUEST_BYTES_MAX,
    RewrapRequest,
    parse_rewrap_request,
    verify_rewrap_request,
)
from fundtrace.ledger.signed import sign_message
from tests.support.sealed import CONSORTIUM, ORIGIN, draw

SEED = draw("reader")
KEY = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
KEY_ID = draw("key", 16)
REQUEST = RewrapRequest(CONSORTIUM, ORIGIN, "bank-b", KEY_ID, ((0, 4), (9, 10)))


def verify(data, key=KEY, origin=ORIGIN, key_id=KEY_ID):
    return verify_rewrap_request(data, key, CONSORTIUM, origin, key_id)


def test_a_signed_request_is_verified():
    assert verify(REQUEST.encode(SEED)) == REQUEST


def test_a_request_of_another_signer_is_refused():
    with pytest.raises(SignatureError):
        verify(REQUEST.encode(draw("other")))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"origin": "b.bank.example/ledger/1"}, "is for"),
        ({"consortium": "others.example"}, "is for"),
        ({"key_id": draw("older", 16)}, "newer epoch key"),
    ],
)
def test_a_request_for_another_log_or_key_is_refused(asked, says):
    with pytest.raises(RuleViolationError, match=says):
        verify(replace(REQUEST, **asked).encode(SEED))


def test_a_key_that_anybody_can_sign_for_is_refused():
    with pytest.raises(EncodingError, match="small order"):
        verify(REQUEST.encode(SEED), key=bytes([1]) + bytes(31))


@given(st.integers(0, 8 * len(REQUEST.encode(SEED)) - 1))
@settings(max_examples=100, deadline=None)
def test_a_changed_bit_is_refused(bit):
    changed = bytearray(REQUEST.encode(SEED))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FundtraceError):
        verify(bytes(changed))


@pytest.mark.parametrize(
    "ranges",
    [
        (),
        ((3, 3),),
        ((4, 3),),
        ((5, 6), (0, 1)),
        ((0, 2), (2, 3)),
        ((0, 2**63),),
        tuple((2 * n, 2 * n + 1) for n in range(MISSING_RANGES_MAX + 1)),
    ],
    ids=["none", "empty", "backwards", "descending", "touching", "too large", "too many"],
)
def test_ranges_out_of_form_are_refused(ranges):
    with pytest.raises(InvalidInputError):
        replace(REQUEST, ranges=ranges)
    ends = b"".join(end.to_bytes(8, "big") for pair in ranges for end in pair)
    fields = (CONSORTIUM, ORIGIN, "bank-b", KEY_ID, ends)
    with pytest.raises(EncodingError):
        parse_rewrap_request(sign_message(frame("rewrap-request", *fields), SEED))


def test_the_largest_request_is_within_the_limit():
    names = ["n" * 255] * 3
    ranges = tuple((2 * n, 2 * n + 1) for n in range(MISSING_RANGES_MAX))
    data = RewrapRequest(*names, KEY_ID, ranges).encode(SEED)
    assert len(data) <= REQUEST_BYTES_MAX
    assert parse_rewrap_request(data).ranges == ranges


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(64),
        bytes(REQUEST_BYTES_MAX + 1),
        sign_message(frame("rewrap-request", "c", "o"), SEED),
        sign_message(frame("rewrap-request", "c", "o", "r", KEY_ID, bytes(15)), SEED),
        sign_message(frame("rewrap-request", "c", "o", b"\xff", KEY_ID, bytes(16)), SEED),
        sign_message(frame("rewrap-request", "c", "o", "", KEY_ID, bytes(7) + b"\x01"), SEED),
        sign_message(frame("erasure", "c", "o", "r", KEY_ID, bytes(16)), SEED),
    ],
)
def test_malformed_bytes_are_refused(data):
    with pytest.raises(EncodingError):
        parse_rewrap_request(data)
