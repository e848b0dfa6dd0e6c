"""For every reason a smallest ledger in which one record is void for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from fundtrace.ledger.consent import ConsentEvidence
from fundtrace.ledger.kinds.authorizations import AuthorizedMember, FollowLimits
from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.ledger.kinds.loans import AttributionPin, Drawdown
from fundtrace.ledger.kinds.movements import Segment, build_traced
from fundtrace.ledger.kinds.sharing import SharedKey
from fundtrace.ledger.kinds.words import (
    DisputeState,
    FollowMode,
    ReceiptEnd,
    SegmentSource,
)
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.verdicts import Position
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from tests.support.judged_world import (
    BAD_CONSENT,
    RULE_SET,
    START,
    START_MINUTE,
    get_origin,
    make_account,
    make_erasure_key,
)
from tests.support.records import make_hash
from tests.support.scenes import Scene

OTHER_LOAN_KEY = make_hash("another loan")
CASES: dict[str, tuple[Reason, Callable[[Scene], RecordPointer]]] = {}


def case(reason: Reason):
    """Enter a function that makes a record void for a reason, and returns a pointer to it."""

    def enter(make: Callable[[Scene], RecordPointer]):
        CASES[make.__name__] = (reason, make)
        return make

    return enter


def get_position(pointer: RecordPointer) -> Position:
    return Position(pointer.origin, pointer.index)


@case(Reason.HEADER_CONTRADICTS_LOG)
def header_of_another_log(scene):
    return scene.hop(header={"origin": get_origin("c")})


@case(Reason.HEADER_CONTRADICTS_LOG)
def header_of_another_consortium(scene):
    return scene.hop(header={"consortium": "other.example"})


@case(Reason.ROSTER_NOT_ACTIVE)
def roster_not_activated_yet(scene):
    return scene.hop(header={"roster_version": 2})


@case(Reason.ISSUER_NOT_MEMBER)
def issuer_left(scene):
    scene.activate(get_origin("d"), 2)
    body = scene.make_movement(scene.authorization, scene.drawn, debit="d")
    return scene.publish("d", "d-c", body)


@case(Reason.WRONG_STREAM)
def loan_opened_behind_the_beginning(scene):
    return scene.open_loan()


@case(Reason.WRONG_STREAM)
def movement_in_the_stream_of_the_loan(scene):
    body = scene.make_movement(scene.authorization, scene.loan, debit="a", depth=0)
    return scene.publish("a", "loan", body)


@case(Reason.WRONG_STREAM)
def authorization_outside_of_the_stream_of_the_loan(scene):
    return scene.publish("a", "a-b", scene.make_grant(scene.loan))


@case(Reason.OTHER_LOAN)
def authorization_of_another_loan_in_the_stream(scene):
    return scene.grant(scene.loan, loan_key=OTHER_LOAN_KEY)


@case(Reason.HEADER_BODY)
def return_of_another_banks_movement(scene):
    hop = scene.hop()
    return scene.publish("c", "c-b", scene.make_return(hop))


@case(Reason.RECORD_ID_REUSED)
def same_id_other_content(scene):
    first = scene.hop()
    return scene.hop(record_id=scene.get_body(first).record_id, value=999)


@case(Reason.SEEN_AHEAD)
def seen_of_the_own_log_beyond_itself(scene):
    size = len(scene.logs[get_origin("a")]) + 1
    authority = scene.see(scene.authorization, size)
    body = scene.make_movement(authority, scene.loan, debit="a", depth=0)
    return scene.publish("a", "a-b", body)


@case(Reason.AUTHORITY_MISMATCH)
def authority_with_another_leaf_hash(scene):
    pointer = replace(scene.authorization, leaf_hash=make_hash("no such leaf"))
    return scene.publish("b", "b-c", scene.make_movement(pointer, scene.drawn))


@case(Reason.AUTHORITY_MISMATCH)
def authority_is_the_loan_itself(scene):
    return scene.publish("b", "b-c", scene.make_movement(scene.loan, scene.drawn))


@case(Reason.AUTHORITY_MISMATCH)
def authority_of_another_loan(scene):
    return scene.hop(loan_key=OTHER_LOAN_KEY)


@case(Reason.AUTHORITY_MISMATCH)
def authority_outside_of_a_stream_of_a_loan(scene):
    stray = scene.publish("a", "a-b", scene.make_grant(scene.loan))
    return scene.publish("b", "b-c", scene.make_movement(stray, scene.drawn))


@case(Reason.AUTHORITY_MISMATCH)
def authority_that_is_no_record(scene):
    scene.activate(get_origin("a"), 2)
    origin = get_origin("a")
    index = len(scene.logs[origin]) - 1
    pointer = RecordPointer(origin, index, scene.logs[origin][index].leaf_hash)
    return scene.publish("b", "b-c", scene.make_movement(pointer, scene.drawn))


@case(Reason.AUTHORITY_VOID)
def authority_without_consent(scene):
    bad = (ConsentEvidence(BAD_CONSENT, "ed25519", b"s", (b"der",)),)
    grant = scene.grant(scene.loan, consents=bad)
    return scene.publish("b", "b-c", scene.make_movement(grant, scene.drawn))


@case(Reason.MEMBER_NOT_AUTHORIZED)
def member_left_out(scene):
    grant = scene.grant(scene.loan, members=scene.make_grant(scene.loan, "c").members)
    return scene.publish("b", "b-c", scene.make_movement(grant, scene.drawn))


@case(Reason.ERASURE_KEY_DIFFERS)
def erasure_key_of_the_issuers_own(scene):
    return scene.hop(header={"erasure_key": make_erasure_key("own")})


@case(Reason.SEEN_DECREASED)
def seen_less_than_before(scene):
    scene.hop()
    size = scene.authorization.index + 1
    body = scene.make_movement(scene.see(scene.authorization, size), scene.drawn)
    return scene.publish("b", "b-c", body)


@case(Reason.AUTHORIZATION_NOT_IN_FORCE)
def before_it_is_valid(scene):
    return scene.hop(header={"published_minute": START_MINUTE - 1})


@case(Reason.AUTHORIZATION_NOT_IN_FORCE)
def before_it_is_effective(scene):
    grant = scene.grant(scene.loan, effective_at=START + dt.timedelta(days=2))
    return scene.publish("b", "b-c", scene.make_movement(grant, scene.drawn))


@case(Reason.AUTHORIZATION_NOT_IN_FORCE)
def behind_its_end(scene):
    return scene.hop(header={"published_minute": START_MINUTE + 300 * 1_440})


@case(Reason.AUTHORIZATION_REVOKED)
def revoked_and_seen(scene):
    scene.revoke(scene.authorization)
    return scene.hop()


@case(Reason.AUTHORIZATION_REVOKED)
def revoked_from_a_day_on_and_published_behind_it(scene):
    scene.revoke(scene.authorization, effective_at=START + dt.timedelta(days=1))
    return scene.hop(header={"published_minute": START_MINUTE + 1_440})


@case(Reason.AUTHORIZATION_REVOKED)
def dated_back_before_a_revocation_seen(scene):
    scene.revoke(scene.authorization, effective_at=START + dt.timedelta(minutes=1))
    return scene.hop(header={"published_minute": START_MINUTE})


@case(Reason.AUTHORIZATION_REVOKED)
def correction_that_raises_behind_a_revocation(scene):
    hop = scene.hop()
    scene.revoke(scene.authorization)
    value = scene.make_hop(
        record_id=scene.get_body(hop).record_id,
        authority=scene.get_body(hop).authority,
        value=1_001,
    )
    return scene.publish("b", "b-c", scene.make_correction(hop, value))


@case(Reason.RULE_NOT_OF_ROSTER)
def loan_by_another_rule(scene):
    pin = AttributionPin(Rule.FIFO, RULE_SET, 30, 72 * 3_600)
    return scene.open_loan(stream="second", attribution=pin)


@case(Reason.RULE_NOT_OF_ROSTER)
def correction_of_the_rule_pinned(scene):
    pin = AttributionPin(Rule.FIFO, RULE_SET, 30, 72 * 3_600)
    value = replace(scene.get_body(scene.loan), attribution=pin)
    return scene.publish("a", "loan", scene.make_correction(scene.loan, value))


@case(Reason.LOAN_MISMATCH)
def authorization_of_no_loan(scene):
    return scene.grant(scene.authorization)


@case(Reason.LOAN_MISMATCH)
def authorization_of_a_loan_with_another_leaf_hash(scene):
    return scene.grant(replace(scene.loan, leaf_hash=make_hash("no such leaf")))


@case(Reason.GRANT_TERMS)
def authorization_of_a_stranger(scene):
    members = (AuthorizedMember("bank-x", make_erasure_key("x")),)
    return scene.grant(scene.loan, members=members)


@case(Reason.GRANT_TERMS)
def limits_in_another_currency(scene):
    return scene.grant(scene.loan, limits=FollowLimits(6, 300_000, 100, "USD", 200))


@case(Reason.CONSENT_NOT_VERIFIED)
def consent_that_does_not_verify(scene):
    bad = (ConsentEvidence(BAD_CONSENT, "ed25519", b"s", (b"der",)),)
    return scene.grant(scene.loan, consents=bad)


@case(Reason.REVOCATION_MISMATCH)
def revocation_of_the_loan(scene):
    return scene.revoke(scene.loan)


@case(Reason.TARGET_MISMATCH)
def correction_of_a_record_of_another_stream(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    return scene.publish("b", "b-d", scene.make_correction(hop, value))


@case(Reason.TARGET_MISMATCH)
def correction_of_another_record_id(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), record_id=make_hash("another"))
    return scene.publish("b", "b-c", scene.make_correction(hop, value))


@case(Reason.TARGET_MISMATCH)
def correction_of_a_correction(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    first = scene.publish("b", "b-c", scene.make_correction(hop, value))
    return scene.publish("b", "b-c", scene.make_correction(first, value, version=3))


@case(Reason.TARGET_MISMATCH)
def return_of_a_dispute(scene):
    dispute = scene.publish("b", "b-c", scene.make_dispute())
    return scene.publish("b", "b-c", scene.make_return(dispute))


@case(Reason.TARGET_VOID)
def correction_of_a_void_record(scene):
    void = scene.hop(debit="c")
    value = replace(scene.get_body(void), debit=make_account("b"))
    return scene.publish("b", "b-c", scene.make_correction(void, value))


@case(Reason.TARGET_VOID)
def correction_of_a_record_void_by_its_header(scene):
    scene.hop()
    void = scene.hop(header={"roster_version": 2})
    value = replace(scene.get_body(void), bank_reference="FT2")
    return scene.publish("b", "b-c", scene.make_correction(void, value))


@case(Reason.VERSION_GAP)
def correction_of_a_version_too_high(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), bank_reference="FT2")
    return scene.publish("b", "b-c", scene.make_correction(hop, value, version=3))


@case(Reason.VERSION_GAP)
def second_return_numbered_as_the_first(scene):
    hop = scene.hop()
    scene.publish("b", "b-c", scene.make_return(hop, 100))
    return scene.publish("b", "b-c", scene.make_return(hop, 100))


@case(Reason.SUBJECT_CHANGED)
def correction_to_another_movement(scene):
    receipt = scene.receive(scene.authorization, scene.hop())
    value = replace(scene.get_body(receipt), movement=scene.drawn)
    return scene.publish("c", "c-b", scene.make_correction(receipt, value))


@case(Reason.SUBJECT_CHANGED)
def correction_to_another_contract(scene):
    value = replace(scene.get_body(scene.loan), contract_id="another")
    return scene.publish("a", "loan", scene.make_correction(scene.loan, value))


@case(Reason.RETURN_EXCEEDS)
def returns_above_the_original(scene):
    hop = scene.hop()
    scene.publish("b", "b-c", scene.make_return(hop, 600))
    return scene.publish("b", "b-c", scene.make_return(hop, 401, version=2))


@case(Reason.RETURN_EXCEEDS)
def corrected_return_above_the_original(scene):
    hop = scene.hop()
    back = scene.publish("b", "b-c", scene.make_return(hop, 600))
    old = scene.get_body(back)
    value = scene.make_return(hop, 1_001, version=1)
    moved = replace(value.value, record_id=old.record_id)
    value = replace(value, record_id=old.record_id, authority=old.authority, value=moved)
    return scene.publish("b", "b-c", scene.make_correction(back, value))


@case(Reason.RETURN_EXCEEDS)
def return_of_more_than_a_receipt_found(scene):
    receipt = scene.receive(scene.authorization, scene.hop(value=5_000))
    return scene.publish("c", "c-b", scene.make_return(receipt, 1_001))


@case(Reason.NOT_DEBTORS_BANK)
def movement_of_another_bank(scene):
    return scene.hop(debit="c")


@case(Reason.NOT_DEBTORS_BANK)
def movement_from_outside(scene):
    body = replace(scene.make_hop(), debit=None)
    return scene.publish("b", "b-c", body)


@case(Reason.NOT_DEBTORS_BANK)
def correction_to_another_bank(scene):
    hop = scene.hop()
    value = replace(scene.get_body(hop), debit=make_account("c"))
    return scene.publish("b", "b-c", scene.make_correction(hop, value))


@case(Reason.NOT_DEBTORS_BANK)
def return_between_others(scene):
    hop = scene.hop()
    body = scene.make_return(hop)
    other = replace(body.value, debit=make_account("c"), credit=make_account("d"))
    return scene.publish("b", "b-c", replace(body, value=other))


@case(Reason.NOT_CREDITORS_BANK)
def receipt_of_another_banks_money(scene):
    hop = scene.hop(credit="d")
    return scene.receive(scene.authorization, hop)


@case(Reason.NOT_CREDITORS_BANK)
def receipt_of_no_movement(scene):
    return scene.receive(scene.authorization, scene.loan)


@case(Reason.NOT_CREDITORS_BANK)
def receipt_with_another_leaf_hash(scene):
    hop = replace(scene.hop(), leaf_hash=make_hash("no such leaf"))
    return scene.receive(scene.authorization, hop)


@case(Reason.BASIS_NOT_ALLOWED)
def basis_that_no_roster_allows(scene):
    return scene.receive(scene.authorization, scene.hop(), basis="curiosity")


@case(Reason.START_MISMATCH)
def end_of_what_was_not_followed(scene):
    receipt = scene.receive(
        scene.authorization,
        scene.hop(),
        basis="",
        facts=None,
        mode=FollowMode.OPEN,
        end_reason=ReceiptEnd.HOLDER_NOT_AUTHORIZED,
    )
    return scene.publish("c", "c-b", scene.make_follow_ended(receipt))


@case(Reason.START_MISMATCH)
def end_of_a_dispute(scene):
    dispute = scene.publish("b", "b-c", scene.make_dispute())
    return scene.publish("b", "b-c", scene.make_follow_ended(dispute))


@case(Reason.START_MISMATCH)
def end_before_the_beginning(scene):
    later = RecordPointer(get_origin("b"), 5, make_hash("later"))
    return scene.publish("b", "b-c", scene.make_follow_ended(later))


@case(Reason.CURRENCY_DIFFERS)
def values_in_another_currency(scene):
    return scene.hop(value_currency="USD")


@case(Reason.CURRENCY_DIFFERS)
def returned_values_in_another_currency(scene):
    hop = scene.hop()
    body = scene.make_return(hop)
    return scene.publish("b", "b-c", replace(body, value=replace(body.value, value_currency="USD")))


@case(Reason.NOTHING_TRACED)
def nothing_of_the_loan_under_its_rule(scene):
    own = (Segment(SegmentSource.OWN, 1_000),)
    loan = (Segment(SegmentSource.LOAN, 1_000, 1_000, 1, 0, (0,)),)
    cuts = {rule: own if rule is Rule.PROCEEDS_FIRST else loan for rule in CONSERVING_RULES}
    return scene.hop(traced=build_traced(cuts))


@case(Reason.DRAWDOWN_UNKNOWN)
def drawdown_that_the_loan_does_not_have(scene):
    loan = (Segment(SegmentSource.LOAN, 1_000, 1_000, 1, 1, (0,)),)
    return scene.hop(traced=build_traced(dict.fromkeys(CONSERVING_RULES, loan)))


@case(Reason.DRAWDOWN_UNKNOWN)
def drawdown_stated_behind_the_size_seen(scene):
    authority = scene.see(scene.authorization)
    old = scene.get_body(scene.loan)
    second = Drawdown("借据02", 1_000, START, make_account("a"), "FT2")
    value = replace(old, drawdowns=(*old.drawdowns, second))
    scene.publish("a", "loan", scene.make_correction(scene.loan, value))
    loan = (Segment(SegmentSource.LOAN, 1_000, 1_000, 1, 1, (0,)),)
    traced = build_traced(dict.fromkeys(CONSERVING_RULES, loan))
    return scene.publish("b", "b-c", scene.make_movement(authority, scene.drawn, traced=traced))


@case(Reason.PARENT_MISMATCH)
def parent_that_was_followed_no_further(scene):
    receipt = scene.publish(
        "b",
        "b-c",
        scene.make_receipt(
            scene.authorization,
            scene.drawn,
            basis="",
            facts=None,
            mode=FollowMode.OPEN,
            end_reason=ReceiptEnd.HOLDER_NOT_AUTHORIZED,
        ),
    )
    return scene.publish("b", "b-c", scene.make_movement(scene.authorization, receipt))


@case(Reason.PARENT_MISMATCH)
def parent_that_is_void(scene):
    void = scene.hop(debit="c")
    return scene.publish("b", "b-c", scene.make_movement(scene.authorization, void))


@case(Reason.HOP_LIMIT)
def one_hop_too_far(scene):
    return scene.hop(depth=6)


@case(Reason.WINDOW_OVER)
def booked_behind_the_window(scene):
    at = START + dt.timedelta(days=200, microseconds=1)
    return scene.hop(booked_at=at)


@case(Reason.PART_LIMIT)
def part_too_small(scene):
    return scene.hop(value=99)


@case(Reason.AMOUNT_LIMIT)
def total_above_the_limit(scene):
    scene.hop(value=200_000)
    return scene.hop(value=100_001)


@case(Reason.AMOUNT_LIMIT)
def correction_above_the_limit(scene):
    hop = scene.hop(value=200_000)
    scene.hop(value=100_000)
    old = scene.get_body(hop)
    value = scene.make_hop(value=200_001, record_id=old.record_id, authority=old.authority)
    return scene.publish("b", "b-c", scene.make_correction(hop, value))


@case(Reason.SHARE_MISMATCH)
def share_of_another_body(scene):
    hop = scene.hop()
    key = SharedKey(hop, make_hash("another body"), make_hash("key"))
    return scene.publish("b", "b-c", scene.make_share(hop, keys=(key,)))


@case(Reason.SHARE_MISMATCH)
def share_of_what_comes_later(scene):
    later = RecordPointer(get_origin("b"), 1, make_hash("later"))
    hop = scene.hop()
    key = SharedKey(later, make_hash("body"), make_hash("key"))
    return scene.publish("b", "b-c", scene.make_share(hop, keys=(key,)))


@case(Reason.READER_NOT_ALLOWED)
def share_with_a_stranger(scene):
    return scene.publish("b", "b-c", scene.make_share(scene.hop(), readers=("bank-x",)))


@case(Reason.READER_NOT_ALLOWED)
def share_with_a_member_that_is_not_authorized(scene):
    grant = scene.grant(scene.loan, members=scene.make_grant(scene.loan, "bc").members)
    share = scene.make_share(scene.hop(), authority=scene.see(grant))
    return scene.publish("b", "b-c", share)


@case(Reason.NOT_ASKED)
def answer_of_a_bank_that_was_not_asked(scene):
    request = scene.publish("b", "b-c", scene.make_request(to_member="bank-d"))
    return scene.publish("c", "c-b", scene.make_answer(request))


@case(Reason.NOT_ASKED)
def answer_to_no_request(scene):
    return scene.publish("c", "c-b", scene.make_answer(scene.loan))


@case(Reason.DISPUTE_MISMATCH)
def end_of_no_dispute(scene):
    hop = scene.hop()
    body = scene.make_dispute(state=DisputeState.UPHELD, opened=hop)
    return scene.publish("b", "b-c", body)
