from dataclasses import replace

import pytest

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.kinds.agreement import check_header_body
from fundtrace.ledger.kinds.words import Kind
from tests.support.records import (
    BODIES,
    CONTEXT,
    LENDER_LOG,
    PEER_LOG,
    make_correction,
    make_follow_ended,
    make_pointer,
    make_return,
    make_share,
)

LENDER = replace(CONTEXT, origin=LENDER_LOG)
PEER = replace(CONTEXT, origin=PEER_LOG)
NEXT_EPOCH = replace(CONTEXT, origin=LENDER_LOG.removesuffix("1") + "2")

OF_LENDER = [
    BODIES[Kind.LOAN_CLOSED],
    BODIES[Kind.AUTHORIZATION_GRANTED],
    BODIES[Kind.AUTHORIZATION_REVOKED],
    make_return(),
    make_share(),
    make_correction(target=make_pointer(15)),
    make_follow_ended(started_by=make_pointer(3)),
]


@pytest.mark.parametrize("body", OF_LENDER, ids=lambda body: type(body).__name__)
def test_a_bank_speaks_of_its_own_records_in_its_own_log(body):
    check_header_body(LENDER, body)
    check_header_body(NEXT_EPOCH, body)


@pytest.mark.parametrize("body", OF_LENDER, ids=lambda body: type(body).__name__)
def test_anothers_records_are_not_its_own(body):
    with pytest.raises(RuleViolationError, match="own log") as caught:
        check_header_body(PEER, body)
    assert caught.value.rule == "header_body"


def test_a_corrected_value_speaks_of_own_records_too():
    foreign = make_follow_ended(started_by=make_pointer(3))
    with pytest.raises(RuleViolationError, match=r"value\.started_by"):
        check_header_body(PEER, make_correction(value=foreign))


@pytest.mark.parametrize("kind", [Kind.MOVEMENT, Kind.RECEIPT, Kind.NOTICE, Kind.LOAN_OPENED])
def test_what_may_speak_of_other_logs_is_taken_from_any(kind):
    check_header_body(LENDER, BODIES[kind])
    check_header_body(PEER, BODIES[kind])
