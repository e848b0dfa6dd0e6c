"""What is valid, late or pending, and what that names."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.changes import Correction
from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.ledger.kinds.handling import Access, Restriction
from fundtrace.ledger.kinds.loans import AttributionPin, Drawdown, LoanClosed
from fundtrace.ledger.kinds.movements import Segment, build_traced
from fundtrace.ledger.kinds.sharing import ShareReason
from fundtrace.ledger.kinds.words import DisputeState, LoanEnd, Role, SegmentSource
from fundtrace.ledger.roster.terms import AllowedBases
from fundtrace.ledger.validity.judge import Judge, judge
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.verdicts import (
    MissingBody,
    MissingEntries,
    MissingRoster,
    MissingRuleSet,
    Pending,
    Position,
    Valid,
    Void,
)
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from tests.support.judged_world import (
    LOAN_KEY,
    RULE_SET,
    START,
    START_MINUTE,
    get_origin,
    make_account,
    make_erasure_key,
)
from tests.support.records import make_hash
from tests.support.scenes import Scene
from tests.support.void_cases import get_position

A, B = get_origin("a"), get_origin("b")


@pytest.fixture
def scene():
    return Scene()


def judge_in(scene: Scene, pointer: RecordPointer, **known):
    return judge(scene.view(**known), get_position(pointer))


# Each publishes one record that breaks no rule.
GOOD = {
    "the loan": lambda scene: scene.loan,
    "its authorization": lambda scene: scene.authorization,
    "a drawdown by the lender, whom no authorization names": lambda scene: scene.drawn,
    "a hop": lambda scene: scene.hop(),
    "a hop at the last moment of the window": lambda scene: scene.hop(
        booked_at=START + dt.timedelta(days=200)
    ),
    "a hop at the last depth": lambda scene: scene.hop(depth=5),
    "a hop of the least part": lambda scene: scene.hop(value=100),
    "hops up to the amount": lambda scene: (scene.hop(value=200_000), scene.hop(value=100_000))[1],
    "a receipt": lambda scene: scene.receive(scene.authorization, scene.hop()),
    "a receipt of money that came back": lambda scene: scene.publish(
        "b",
        "receipts",
        scene.make_receipt(
            scene.authorization, scene.publish("b", "b-c", scene.make_return(scene.hop()))
        ),
    ),
    "a share with an authorized member": lambda scene: scene.publish(
        "b", "b-c", scene.make_share(scene.hop())
    ),
    "a share with the lender": lambda scene: scene.publish(
        "b", "b-c", scene.make_share(scene.hop(), readers=("bank-a",))
    ),
    "a share with another member, by order": lambda scene: scene.publish(
        "b",
        "b-c",
        scene.make_share(
            scene.hop(),
            reason=ShareReason.LEGAL_ORDER,
            authority=scene.see(scene.grant(scene.loan, letters="bc")),
        ),
    ),
    "the end of following a receipt": lambda scene: scene.publish(
        "c",
        "c-b",
        scene.make_follow_ended(scene.receive(scene.authorization, scene.hop())),
    ),
    "the end of following the loan at the lender": lambda scene: scene.publish(
        "a", "a-b", scene.make_follow_ended(scene.loan)
    ),
    "an answer": lambda scene: scene.publish(
        "c", "c-b", scene.make_answer(scene.publish("a", "a-c", scene.make_request()))
    ),
    "an upheld dispute": lambda scene: scene.publish(
        "b",
        "b-c",
        scene.make_dispute(
            state=DisputeState.UPHELD, opened=scene.publish("b", "b-c", scene.make_dispute())
        ),
    ),
    "the end of the loan": lambda scene: scene.publish(
        "a",
        "loan",
        LoanClosed(
            record_id=scene.make_id(),
            loan_key=LOAN_KEY,
            loan=scene.loan,
            end=LoanEnd.REPAID,
            closed_at=START,
        ),
    ),
    "a revocation": lambda scene: scene.revoke(scene.authorization),
    "returns up to the amount": lambda scene: [
        scene.publish("b", "b-c", scene.make_return(hop, value, version=version))
        for hop in [scene.hop()]
        for version, value in ((1, 600), (2, 400))
    ][1],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_record_that_keeps_all_rules_is_valid(name, scene):
    assert judge_in(scene, GOOD[name](scene)) == Valid()


def test_a_basis_that_the_roster_configures_is_allowed(scene):
    receipt = scene.receive(scene.authorization, scene.hop(), basis="supervisory_request")
    assert judge_in(scene, receipt) == Void(Reason.BASIS_NOT_ALLOWED)
    bases = (AllowedBases(jurisdiction="CN", bases=("supervisory_request",)),)
    scene.rosters = {**scene.rosters, 1: replace(scene.rosters[1], allowed_bases=bases)}
    assert judge_in(scene, receipt) == Valid()


def test_an_account_is_the_issuers_by_the_first_eight_letters_of_its_bic(scene):
    member = scene.rosters[1].get_member("bank-b")
    named = replace(member, bic="WZCBCNSHXXX")
    members = tuple(named if one is member else one for one in scene.rosters[1].members)
    scene.rosters = {**scene.rosters, 1: replace(scene.rosters[1], members=members)}
    own = scene.hop(debit="b")
    branch = scene.make_hop()
    branch = replace(branch, debit=replace(branch.debit, bank="WZCBCNSH001"))
    stranger = scene.make_hop()
    stranger = replace(stranger, debit=replace(stranger.debit, bank="ICBKCNBJ001"))
    assert judge_in(scene, own) == Valid()
    assert judge_in(scene, scene.publish("b", "b-c", branch)) == Valid()
    assert judge_in(scene, scene.publish("b", "b-c", stranger)) == Void(Reason.NOT_DEBTORS_BANK)


def test_corrections_are_numbered_on_and_each_replaces_the_last(scene):
    hop = scene.hop()
    old = scene.get_body(hop)
    for version in (2, 3, 4):
        value = replace(old, bank_reference=f"FT{version}")
        correction = scene.make_correction(hop, value, version=version)
        assert judge_in(scene, scene.publish("b", "b-c", correction)) == Valid()


def test_a_corrected_amount_makes_room_under_the_limit(scene):
    hop = scene.hop(value=300_000)
    assert judge_in(scene, scene.hop(value=100, stream="b-c")) == Void(Reason.AMOUNT_LIMIT)
    old = scene.get_body(hop)
    value = scene.make_hop(value=299_900, record_id=old.record_id, authority=old.authority)
    scene.publish("b", "b-c", scene.make_correction(hop, value))
    assert judge_in(scene, scene.hop(value=100)) == Valid()


def test_a_drawdown_that_a_correction_stated_can_be_traced(scene):
    old = scene.get_body(scene.loan)
    second = Drawdown("借据02", 1_000, START, make_account("a"), "FT2")
    value = replace(old, drawdowns=(*old.drawdowns, second))
    correction = scene.publish("a", "loan", scene.make_correction(scene.loan, value))
    assert judge_in(scene, correction) == Valid()
    loan = (Segment(SegmentSource.LOAN, 1_000, 1_000, 1, 1, (0,)),)
    traced = build_traced(dict.fromkeys(CONSERVING_RULES, loan))
    assert judge_in(scene, scene.hop(traced=traced)) == Valid()


# What may still be published when a revocation was seen, and what may not.
def lower(scene: Scene, hop: RecordPointer):
    old = scene.get_body(hop)
    value = scene.make_hop(value=900, record_id=old.record_id, authority=old.authority)
    return scene.make_correction(hop, value)


def restrict(scene: Scene, _hop: RecordPointer):
    return Restriction(
        **scene.about(scene.authorization), legal_basis="pipl_47", effective_at=START
    )


def journal(scene: Scene, _hop: RecordPointer):
    return Access(
        **scene.about(scene.authorization),
        officer=make_hash("officer"),
        role=Role.AUDITOR,
        read_on=START.date(),
        reason="review",
        reads=1,
    )


AFTERWARDS = {
    "a correction that lowers": (lower, True),
    "a return": (lambda scene, hop: scene.make_return(hop), True),
    "a restriction": (restrict, True),
    "a dispute": (lambda scene, _: scene.make_dispute(), True),
    "a journal of reads": (journal, True),
    "a hop": (lambda scene, _: scene.make_hop(), False),
    "a share": (lambda scene, hop: scene.make_share(hop), False),
    "a request": (lambda scene, _: scene.make_request(), False),
    "a correction of a name": (
        lambda scene, hop: scene.make_correction(
            hop, replace(scene.get_body(hop), bank_reference="FT2")
        ),
        False,
    ),
}


@pytest.mark.parametrize("name", AFTERWARDS)
def test_after_a_revocation_that_was_seen_only_what_discloses_nothing_is_valid(name, scene):
    make, is_allowed = AFTERWARDS[name]
    hop = scene.hop()
    scene.revoke(scene.authorization)
    after = scene.publish("b", "b-c", make(scene, hop))
    expected = Valid() if is_allowed else Void(Reason.AUTHORIZATION_REVOKED)
    assert judge_in(scene, after) == expected


@pytest.mark.parametrize("name", AFTERWARDS)
def test_after_an_authorization_ran_out_only_what_discloses_nothing_is_valid(name, scene):
    make, is_allowed = AFTERWARDS[name]
    hop = scene.hop()
    header = {"published_minute": START_MINUTE + 300 * 1_440}
    after = scene.publish("b", "b-c", make(scene, hop), **header)
    expected = Valid() if is_allowed else Void(Reason.AUTHORIZATION_NOT_IN_FORCE)
    assert judge_in(scene, after) == expected


def test_a_revocation_that_was_not_seen_voids_nothing_but_makes_late(scene):
    authority = scene.see(scene.authorization)
    before = scene.hop()
    revoked = scene.revoke(scene.authorization, effective_at=START + dt.timedelta(minutes=5))
    after = scene.publish("b", "b-c", scene.make_movement(authority, scene.drawn))
    assert scene.minute > START_MINUTE + 5
    assert judge_in(scene, before) == Valid()
    assert judge_in(scene, after) == Valid(is_late=True)
    unseen = {origin: len(log) for origin, log in scene.logs.items()} | {A: revoked.index}
    assert judge_in(scene, after, sizes=unseen) == Valid()


def test_what_discloses_nothing_is_never_late(scene):
    hop = scene.hop()
    authority = scene.see(scene.authorization)
    scene.revoke(scene.authorization)
    body = replace(scene.make_return(hop), authority=authority)
    assert judge_in(scene, scene.publish("b", "b-c", body)) == Valid()


def test_a_record_is_not_late_before_a_revocation_takes_effect(scene):
    authority = scene.see(scene.authorization)
    scene.revoke(scene.authorization, effective_at=START + dt.timedelta(days=1))
    body = scene.make_movement(authority, scene.drawn)
    assert judge_in(scene, scene.publish("b", "b-c", body)) == Valid()


def test_a_new_authorization_counts_after_the_old_one_was_revoked(scene):
    scene.revoke(scene.authorization)
    anew = scene.grant(scene.loan)
    body = scene.make_movement(anew, scene.drawn)
    assert judge_in(scene, scene.publish("b", "b-c", body)) == Valid()


def test_a_record_that_was_published_twice_counts_once(scene):
    hop = scene.hop()
    again = scene.publish("b", "b-c", scene.get_body(hop))
    assert judge_in(scene, again) == Valid(is_repeat=True)


def test_a_void_record_does_not_use_up_its_id(scene):
    void = scene.hop(debit="c")
    body = scene.make_hop(record_id=scene.get_body(void).record_id)
    assert judge_in(scene, scene.publish("b", "b-c", body)) == Valid()


def test_a_record_id_is_free_in_another_stream(scene):
    hop = scene.hop()
    body = scene.make_hop(record_id=scene.get_body(hop).record_id, value=900)
    assert judge_in(scene, scene.publish("b", "b-d", body)) == Valid()


class TestEpochs:
    def test_what_is_said_again_in_the_next_epoch_is_a_repeat(self, scene):
        hop = scene.hop()
        scene.open_epoch("b", 3)
        again = scene.publish("b", "b-c", scene.get_body(hop))
        assert judge_in(scene, again) == Valid(is_repeat=True)

    def test_other_content_under_an_id_of_the_epoch_before_is_void(self, scene):
        hop = scene.hop()
        scene.open_epoch("b", 3)
        body = replace(scene.get_body(hop), bank_reference="FT9")
        again = scene.publish("b", "b-c", body)
        assert judge_in(scene, again) == Void(Reason.RECORD_ID_REUSED)

    def test_what_was_never_final_is_new_in_the_next_epoch(self, scene):
        lost = scene.make_hop()
        scene.hop()
        scene.open_epoch("b", 3)
        assert judge_in(scene, scene.publish("b", "b-c", lost)) == Valid()

    def test_limits_and_versions_run_on_through_epochs(self, scene):
        hop = scene.hop(value=300_000)
        scene.open_epoch("b", 3)
        more = scene.publish("b", "b-c", scene.make_hop(value=100))
        assert judge_in(scene, more) == Void(Reason.AMOUNT_LIMIT)
        old = scene.get_body(hop)
        value = scene.make_hop(value=200_000, record_id=old.record_id, authority=old.authority)
        correction = scene.publish("b", "b-c", scene.make_correction(hop, value))
        assert judge_in(scene, correction) == Valid()

    def test_judging_waits_for_the_epoch_before(self, scene):
        scene.hop()
        scene.open_epoch("b", 3)
        next_hop = scene.publish("b", "b-c", scene.make_hop())
        sizes = {origin: len(log) for origin, log in scene.logs.items()} | {B: 0}
        verdict = judge_in(scene, next_hop, sizes=sizes)
        assert verdict == Pending((MissingEntries(B, 1),))

    def test_a_revocation_in_the_lenders_next_epoch_makes_late(self, scene):
        authority = scene.see(scene.authorization)
        scene.open_epoch("a", 4)
        for pointer in (scene.loan, scene.authorization):
            scene.publish("a", "loan", scene.get_body(pointer))
        body = scene.make_movement(authority, scene.drawn)
        hop = scene.publish("b", "b-c", body)
        assert judge_in(scene, hop) == Valid()
        revocation = scene.make_revocation(scene.authorization)
        assert judge_in(scene, scene.publish("a", "loan", revocation)) == Valid()
        assert judge_in(scene, hop) == Valid(is_late=True)

    def test_an_authorization_said_again_in_the_next_epoch_authorizes(self, scene):
        scene.open_epoch("a", 4)
        scene.publish("a", "loan", scene.get_body(scene.loan))
        again = scene.publish("a", "loan", scene.get_body(scene.authorization))
        assert judge_in(scene, again) == Valid(is_repeat=True)
        body = scene.make_movement(again, scene.drawn)
        assert judge_in(scene, scene.publish("b", "b-c", body)) == Valid()
        revocation = scene.make_revocation(scene.authorization)
        scene.publish("a", "loan", revocation)
        after = scene.publish("b", "b-c", scene.make_movement(again, scene.drawn))
        assert judge_in(scene, after) == Void(Reason.AUTHORIZATION_REVOKED)

    def test_a_stream_that_holds_a_loan_only_in_the_next_epoch_begins_anew(self, scene):
        scene.open_epoch("a", 4)
        body = replace(scene.get_body(scene.loan), record_id=scene.make_id())
        loan = scene.publish("a", "a-b", body)
        assert judge_in(scene, loan) == Valid()
        grant = scene.publish("a", "a-b", scene.make_grant(loan))
        assert judge_in(scene, grant) == Valid()
        hop = scene.publish("b", "b-c", scene.make_movement(grant, scene.drawn))
        assert judge_in(scene, hop) == Valid()

    def test_limits_hang_on_the_loan_that_the_authorization_names(self, scene):
        scene.open_epoch("a", 4)
        other = replace(scene.get_body(scene.loan), record_id=scene.make_id(), drawdowns=())
        assert judge_in(scene, scene.publish("a", "loan", other)) == Valid()
        grant = scene.grant(scene.loan)
        hop = scene.publish("b", "b-c", scene.make_movement(grant, scene.drawn))
        assert judge_in(scene, hop) == Valid()


class TestPending:
    def test_an_entry_that_is_not_there_yet(self, scene):
        hop = scene.hop()
        verdict = judge_in(scene, hop, sizes={A: len(scene.logs[A])})
        assert verdict == Pending((MissingEntries(B, 1),))

    def test_the_authorizing_log_up_to_the_size_seen(self, scene):
        hop = scene.hop()
        verdict = judge_in(scene, hop, sizes={A: 2, B: 1})
        assert verdict == Pending((MissingEntries(A, 3),))

    def test_a_roster_version(self, scene):
        assert judge_in(scene, scene.hop(), versions=()) == Pending((MissingRoster(1),))

    def test_a_rule_set_version(self, scene):
        verdict = judge_in(scene, scene.hop(), rule_sets=())
        assert verdict == Pending((MissingRuleSet(RULE_SET),))

    def test_the_records_own_body(self, scene):
        hop = scene.hop()
        verdict = judge_in(scene, hop, sealed={get_position(hop)})
        assert verdict == Pending((MissingBody(B, hop.index),))

    def test_the_body_of_an_earlier_record_of_the_stream(self, scene):
        first, second = scene.hop(), scene.hop()
        verdict = judge_in(scene, second, sealed={get_position(first)})
        assert verdict == Pending((MissingBody(B, first.index),))

    def test_the_body_of_a_record_in_the_loans_stream_that_may_be_a_revocation(self, scene):
        revoked = scene.revoke(scene.authorization)
        hop = scene.hop()
        verdict = judge_in(scene, hop, sealed={get_position(revoked)})
        assert verdict == Pending((MissingBody(A, revoked.index),))

    def test_no_record_of_another_stream(self, scene):
        other, hop = scene.hop(stream="b-d"), scene.hop()
        sealed = {get_position(other), get_position(scene.drawn)}
        assert judge_in(scene, hop, sealed=sealed) == Valid()

    def test_the_movement_that_a_receipt_names(self, scene):
        hop = scene.hop()
        receipt = scene.receive(scene.authorization, hop)
        sizes = {origin: len(log) for origin, log in scene.logs.items()} | {B: 0}
        verdict = judge_in(scene, receipt, sizes=sizes)
        assert verdict == Pending((MissingEntries(B, 1),))

    def test_what_an_earlier_record_of_the_stream_waits_for(self, scene):
        far = scene.see(scene.authorization, 1_000)
        scene.publish("b", "b-c", scene.make_movement(far, scene.drawn))
        verdict = judge_in(scene, scene.hop())
        assert verdict == Pending((MissingEntries(A, 1_000),))


def test_only_records_are_judged(scene):
    scene.activate(B, 2)
    with pytest.raises(InvalidInputError, match="no record"):
        judge(scene.view(), Position(B, 0))


def test_a_view_does_not_shrink(scene):
    one = Judge(scene.view())
    with pytest.raises(InvalidInputError, match="shorter"):
        one.extend(scene.view(sizes={}))
    with pytest.raises(InvalidInputError, match="consortium"):
        one.extend(replace(scene.view(), consortium="other.example"))


def test_a_member_that_activated_the_next_roster_publishes_under_it(scene):
    scene.activate(B, 2)
    assert judge_in(scene, scene.hop()) == Valid()
    late_name = scene.hop(header={"roster_version": 1})
    assert judge_in(scene, late_name) == Void(Reason.ROSTER_NOT_ACTIVE)


def test_the_rule_of_the_roster_binds_when_the_loan_opens(scene):
    pin = AttributionPin(Rule.FIFO, RULE_SET, 30, 72 * 3_600)
    scene.rosters = {
        **scene.rosters,
        1: replace(scene.rosters[1], attribution_rule=Rule.FIFO),
    }
    loan = scene.open_loan(stream="second", attribution=pin)
    assert judge_in(scene, loan) == Valid()


def test_a_correction_of_the_loan_needs_no_authority(scene):
    value = replace(scene.get_body(scene.loan), purpose="周转")
    correction = scene.make_correction(scene.loan, value)
    assert isinstance(correction, Correction)
    assert correction.authority is None
    assert judge_in(scene, scene.publish("a", "loan", correction)) == Valid()


def test_the_erasure_key_of_an_authorization_is_the_members_own(scene):
    assert make_erasure_key("b") != make_erasure_key("c")
    body = scene.make_hop()
    swapped = scene.publish("b", "b-c", body, erasure_key=make_erasure_key("c"))
    assert judge_in(scene, swapped) == Void(Reason.ERASURE_KEY_DIFFERS)


def test_the_lender_is_both_parties_to_an_erasure_of_its_own_records(scene):
    own = make_erasure_key("of the lender's own")
    body = scene.make_movement(scene.authorization, scene.loan, debit="a", depth=0)
    assert judge_in(scene, scene.publish("a", "a-x", body, erasure_key=own)) == Valid()


def test_a_lender_that_authorizes_itself_uses_the_key_that_it_names(scene):
    grant = scene.grant(scene.loan, members=scene.make_grant(scene.loan, "abcd").members)
    body = scene.make_movement(grant, scene.loan, debit="a", depth=0)
    wrong = scene.publish("a", "a-x", body, erasure_key=make_erasure_key("own"))
    assert judge_in(scene, wrong) == Void(Reason.ERASURE_KEY_DIFFERS)
