"""Messages of private matching: strictly read, every change refused; lists and their openings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, FundtraceError, InvalidInputError, VerificationError
from fundtrace.ledger.framing import frame
from fundtrace.ledger.matching import (
    ListCommitment,
    RelatedList,
    admit_query,
    finish_query,
    parse_answer,
    parse_list_opening,
    parse_outcome,
    parse_query,
    read_outcome,
    verify_list_opening,
)
from fundtrace.ledger.matching.curve import hash_to_point
from fundtrace.ledger.matching.related import LIST_SIZE_MAX, OPENING_BYTES_MAX
from fundtrace.ledger.signed import sign_message
from tests.support.epochs import START
from tests.support.matching import (
    BANK_KEY,
    BANK_SEED,
    DESK,
    LENDER_KEY,
    LENDER_SEED,
    LOAN_KEY,
    answer,
    make_list,
    make_person,
    make_session,
    start,
)
from tests.support.sealed import CONSORTIUM, draw

RELATED = make_list([1, 2, 3])
ASKED = start(1, RELATED)
ANSWERED = answer(ASKED, RELATED)
_, OUTCOME = finish_query(ASKED, ANSWERED.message, LENDER_KEY, BANK_SEED)
POINTS = sorted(hash_to_point(bytes([n])) for n in range(16))
HASH = draw("hash")


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(st.integers(0, 8 * len(ASKED.message) - 1))
@settings(max_examples=100, deadline=None)
def test_a_changed_query_is_refused(bit):
    with pytest.raises(FundtraceError):
        admit_query(DESK, flip(ASKED.message, bit), BANK_KEY, START)


@given(st.integers(0, 8 * len(ANSWERED.message) - 1))
@settings(max_examples=50, deadline=None)
def test_a_changed_answer_is_refused(bit):
    with pytest.raises(FundtraceError):
        finish_query(ASKED, flip(ANSWERED.message, bit), LENDER_KEY, BANK_SEED)


@given(st.integers(0, 8 * len(OUTCOME) - 1))
@settings(max_examples=100, deadline=None)
def test_a_changed_outcome_is_refused(bit):
    with pytest.raises(FundtraceError):
        read_outcome(ANSWERED, flip(OUTCOME, bit), BANK_KEY)


def test_messages_come_back_from_their_bytes():
    assert parse_query(ASKED.message).encode(BANK_SEED) == ASKED.message
    assert parse_answer(ANSWERED.message).encode(LENDER_SEED) == ANSWERED.message
    assert parse_outcome(OUTCOME).encode(BANK_SEED) == OUTCOME


@given(st.sampled_from([parse_query, parse_answer, parse_outcome]), st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_message_or_refused(parse, data):
    with pytest.raises(EncodingError):
        parse(data)


def make_signed(label, *fields):
    return sign_message(frame(label, *fields), BANK_SEED)


NAMES = (CONSORTIUM, LOAN_KEY.hex(), "bank-a", "bank-b")


@pytest.mark.parametrize(
    "data",
    [
        make_signed("matching/query", *NAMES, HASH),
        make_signed("matching/query", *NAMES, HASH, POINTS[0], b""),
        make_signed("matching/query", *NAMES, HASH[:31], POINTS[0]),
        make_signed("matching/query", *NAMES[:3], "", HASH, POINTS[0]),
        make_signed("matching/query", *NAMES[:3], b"\xff", HASH, POINTS[0]),
        make_signed("matching/query", *NAMES, HASH, bytes(32)),
        make_signed("matching/query", *NAMES, HASH, POINTS[0][:31]),
        make_signed("matching/answer", *NAMES, HASH, POINTS[0]),
        make_signed("matching/query", *NAMES, HASH, POINTS[0]) + bytes(2048),
    ],
)
def test_a_query_in_another_form_is_refused(data):
    with pytest.raises(EncodingError):
        parse_query(data)


@pytest.mark.parametrize(
    "fields",
    [
        (HASH,),
        (HASH, POINTS[0]),
        (HASH, POINTS[0], *POINTS[:15]),
        (HASH, POINTS[0], *reversed(POINTS)),
        (HASH, POINTS[0], *POINTS[:15], POINTS[14]),
        (HASH[:31], POINTS[0], *POINTS),
        (HASH, bytes(32), *POINTS),
        (HASH, POINTS[0], (1).to_bytes(32, "little"), *POINTS[1:]),
        (HASH, POINTS[0], *POINTS[:15], b"\xff" * 32),
    ],
    ids=[
        *("no point", "no list", "fifteen", "descending", "twice the same", "short hash"),
        *("zero", "small order in the list", "not reduced in the list"),
    ],
)
def test_an_answer_in_another_form_is_refused(fields):
    with pytest.raises(EncodingError):
        parse_answer(make_signed("matching/answer", *fields))


@pytest.mark.parametrize(
    "fields", [(HASH,), (HASH, b""), (HASH, b"\x02"), (HASH[:31], b"\x01"), (HASH, b"\x01", b"")]
)
def test_an_outcome_in_another_form_is_refused(fields):
    with pytest.raises(EncodingError):
        parse_outcome(make_signed("matching/outcome", *fields))


@pytest.mark.parametrize("field", ["consortium", "lender", "bank"])
def test_a_session_without_a_name_is_refused(field):
    with pytest.raises(InvalidInputError):
        replace(make_session(), **{field: ""})


@pytest.mark.parametrize("field", ["loan_key", "movement_hash"])
def test_a_session_names_loan_and_movement_by_32_bytes(field):
    with pytest.raises(InvalidInputError, match="32 bytes"):
        replace(make_session(), **{field: bytes(31)})


@pytest.mark.parametrize("loan", ["L-2026-0007", LOAN_KEY.hex().upper(), LOAN_KEY.hex()[:62], ""])
def test_a_loan_is_named_by_its_key_in_small_hex_digits_alone(loan):
    fields = (CONSORTIUM, loan, "bank-a", "bank-b", HASH, POINTS[0])
    with pytest.raises(EncodingError):
        parse_query(make_signed("matching/query", *fields))


# -- lists


@pytest.mark.parametrize(("count", "size"), [(0, 16), (1, 16), (16, 16), (17, 32), (256, 256)])
def test_a_list_is_filled_up_to_a_multiple_of_sixteen(count, size):
    related = make_list(range(count))
    assert (related.size, related.commitment.size) == (size, size)


def test_the_filling_differs_from_list_to_list():
    one, two = (set(make_list([], salt=salt).list_points()) for salt in (1, 2))
    assert (len(one), len(two), one & two) == (16, 16, set())


def test_a_list_too_long_is_refused():
    with pytest.raises(InvalidInputError, match="at most 256"):
        make_list(range(LIST_SIZE_MAX + 1))


@pytest.mark.parametrize(
    "identities", [(make_person(2), make_person(1)), (make_person(1), make_person(1))]
)
def test_a_list_out_of_order_is_refused(identities):
    with pytest.raises(InvalidInputError, match="ascending"):
        RelatedList(CONSORTIUM, LOAN_KEY, identities, draw("salt"))


@pytest.mark.parametrize("size", [0, 15, 17, 272])
def test_a_commitment_to_another_size_is_refused(size):
    with pytest.raises(InvalidInputError):
        ListCommitment(HASH, size)


@pytest.mark.parametrize("count", [0, 3, 256])
def test_an_opening_comes_back_and_fits_its_commitment(count):
    related = make_list(range(count))
    opened = parse_list_opening(related.encode())
    assert opened == related
    assert len(related.encode()) <= OPENING_BYTES_MAX
    verify_list_opening(opened, related.commitment)


@pytest.mark.parametrize(
    "opening",
    [
        make_list([1, 2]),
        make_list([1, 2, 3, 4]),
        make_list([1, 2, 3], salt="other"),
        make_list([1, 2, 3], loan=draw("L-2")),
    ],
    ids=["one left out", "one more", "another salt", "another loan"],
)
def test_another_list_does_not_fit_the_commitment(opening):
    with pytest.raises(VerificationError):
        verify_list_opening(opening, RELATED.commitment)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(OPENING_BYTES_MAX + 1),
        frame("matching/opening", CONSORTIUM, LOAN_KEY.hex()),
        frame("matching/opening", CONSORTIUM, LOAN_KEY.hex(), bytes(31)),
        frame("matching/opening", CONSORTIUM, "", bytes(32)),
        frame("matching/opening", CONSORTIUM, LOAN_KEY.hex(), bytes(32), "passport:E12345678"),
        frame(
            "matching/opening", CONSORTIUM, LOAN_KEY.hex(), bytes(32), "resident:11010119900101001X"
        ),
        frame("matching/opening", CONSORTIUM, LOAN_KEY.hex(), bytes(32), b"\xff"),
    ],
)
def test_an_opening_in_another_form_is_refused(data):
    with pytest.raises(EncodingError):
        parse_list_opening(data)
