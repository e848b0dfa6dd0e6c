"""One version follows another by number, hash and two thresholds, with one change at most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import RuleViolationError, SignatureError
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.roster.register import SigningRegister
from fundtrace.ledger.roster.terms import Limits, RequiredAlgorithms, SigningAlgorithm
from fundtrace.ledger.roster.transition import ChangeKind, MembershipChange, check_transition
from tests.support.rosters import (
    BANKS,
    LEARNER,
    Bank,
    begin,
    list_signers,
    make_certificate,
    make_next,
    make_roster,
    make_signer,
    sign_document,
)

FIRST = begin("abcd").latest
LEARNING = sign_document(
    make_roster("abcd", members=(*make_roster("abcd").members, BANKS["e"].make_member(LEARNER))),
    "abcd",
)
B_NEW_MIRROR = Bank("b", mirror_count=2)
B_NEW_GOVERNANCE = Bank("b", governance_count=2)
C_NEW_MIRROR = Bank("c", mirror_count=2)
C_NEXT_EPOCH = Bank("c", epoch=2)
D_NEXT_EPOCH = Bank("d", epoch=2)


def check(roster: Roster, signers="abc", old=FIRST):
    return check_transition(old, sign_document(roster, signers))


def refuse(roster: Roster, rule: str, old=FIRST) -> None:
    with pytest.raises(RuleViolationError) as caught:
        check(roster, "abcd", old)
    assert caught.value.rule == rule


def test_a_version_without_a_membership_change_may_change_all_else():
    named = BANKS["a"].make_member(
        name_zh="甲乙银行",
        bic="ABCDCNBX",
        endpoints=("new.a.bank.example:443",),
        tls_cas=(make_certificate("a new TLS"),),
    )
    following = make_next(
        FIRST,
        named,
        C_NEXT_EPOCH.make_member(),
        D_NEXT_EPOCH.make_member(),
        rule_set_version="2026-2",
        limits=Limits(full_copies=5),
        e_signature_cas=(make_certificate("sign"),),
    )
    assert check(following) is None


@pytest.mark.parametrize(
    ("old", "members", "gone", "change"),
    [
        (FIRST, [BANKS["e"].make_member(LEARNER)], "", (ChangeKind.ADDED, "bank-e")),
        (FIRST, [], "bank-d", (ChangeKind.REMOVED, "bank-d")),
        (LEARNING, [BANKS["e"].make_member()], "", (ChangeKind.PROMOTED, "bank-e")),
        (FIRST, [BANKS["b"].make_member(LEARNER)], "", (ChangeKind.MADE_LEARNER, "bank-b")),
        (FIRST, [B_NEW_MIRROR.make_member(LEARNER)], "", (ChangeKind.MADE_LEARNER, "bank-b")),
        (FIRST, [B_NEW_MIRROR.make_member()], "", (ChangeKind.KEYS_ROTATED, "bank-b")),
        (FIRST, [B_NEW_GOVERNANCE.make_member()], "", (ChangeKind.KEYS_ROTATED, "bank-b")),
    ],
)
def test_one_membership_change_is_named(old: object, members: list[Member], gone, change):
    assert check(make_next(old, *members, gone=gone), "acd", old) == MembershipChange(*change)


@pytest.mark.parametrize(
    ("members", "gone"),
    [
        ([BANKS["e"].make_member(LEARNER), BANKS["f"].make_member(LEARNER)], ""),
        ([BANKS["e"].make_member(LEARNER)], "bank-d"),
        ([B_NEW_MIRROR.make_member(), C_NEW_MIRROR.make_member()], ""),
        ([B_NEW_GOVERNANCE.make_member(), BANKS["c"].make_member(LEARNER)], ""),
        ([B_NEW_MIRROR.make_member()], "bank-a"),
    ],
)
def test_two_membership_changes_in_one_version_are_refused(members, gone):
    refuse(make_next(FIRST, *members, gone=gone), "roster-one-change")


def test_a_new_member_begins_as_a_learner():
    refuse(make_next(FIRST, BANKS["e"].make_member()), "roster-new-member")


def test_a_new_members_log_begins_in_epoch_one():
    late = Bank("e", epoch=2)
    refuse(make_next(FIRST, late.make_member(LEARNER)), "roster-new-member")


def test_a_learner_is_promoted_with_the_keys_it_caught_up_under():
    renewed = Bank("e", mirror_count=2)
    refuse(make_next(LEARNING, renewed.make_member()), "roster-promotion", LEARNING)


@pytest.mark.parametrize("version", [2, 4])
def test_the_same_version_again_and_a_skipped_one_are_refused(version):
    second = sign_document(make_next(FIRST), "abc")
    refuse(replace(make_next(second), version=version), "roster-version", second)


def test_a_rollback_is_refused():
    refuse(FIRST.roster, "roster-version", sign_document(make_next(FIRST), "abc"))


def test_another_consortium_is_refused():
    refuse(make_next(FIRST, consortium="other.example"), "roster-version")


def test_a_version_made_to_follow_other_bytes_is_refused():
    refuse(make_next(FIRST, previous_hash=b"\x01" * 32), "roster-previous")


@pytest.mark.parametrize(
    "member",
    [
        Bank("c", epoch=3).make_member(),
        BANKS["c"].make_member(
            origin_base="c.bank.example/book",
            log_key=make_signer("c.bank.example/book/1", 1).verifier,
        ),
        BANKS["c"].make_member(log_key=replace(BANKS["c"].log, seed=b"\x07" * 32).verifier),
        BANKS["c"].make_member(
            epoch=2, log_key=replace(C_NEXT_EPOCH.log, seed=BANKS["c"].log.seed).verifier
        ),
    ],
    ids=["an epoch skipped", "another base", "a new key in the epoch", "the old key in the next"],
)
def test_a_log_keeps_its_origin_and_key_or_rolls_to_the_next_epoch(member):
    refuse(make_next(FIRST, member), "roster-log")


def test_a_log_does_not_roll_back():
    rolled = sign_document(make_next(FIRST, C_NEXT_EPOCH.make_member()), "abcd")
    refuse(make_next(rolled, BANKS["c"].make_member()), "roster-log", rolled)


def test_the_old_versions_threshold_is_needed():
    old = begin("abcde").latest
    gone = make_next(old, gone="bank-e")
    with pytest.raises(SignatureError, match=r"2 of the 3 ed25519 signatures that version 1"):
        check(gone, "ab", old)
    assert check(gone, "abc", old)


def test_the_new_versions_threshold_is_needed_too():
    promoted = make_next(LEARNING, BANKS["e"].make_member())
    rotated = make_next(FIRST, B_NEW_GOVERNANCE.make_member())
    assert check(promoted, "abc", LEARNING)
    with pytest.raises(SignatureError, match="2 of the 3 ed25519 signatures that version 2"):
        check(rotated, "abc")  # b signed with its old key alone
    assert check(rotated, [*list_signers("abc"), B_NEW_GOVERNANCE.governance])


def test_an_algorithm_that_only_the_new_version_requires_is_asked_of_its_members():
    both = RequiredAlgorithms(governance=tuple(SigningAlgorithm))
    following = make_next(FIRST, algorithms=both)
    with pytest.raises(SignatureError, match="0 of the 3 mldsa44 signatures that version 2"):
        check(following, "abc")
    assert (
        check(following, [*list_signers("abc"), *(BANKS[x].governance_mldsa for x in "abc")])
        is None
    )


def test_a_removed_member_counts_in_the_old_threshold_alone():
    old = begin("abcde").latest
    gone = make_next(old, gone="bank-e")
    with pytest.raises(SignatureError, match="2 of the 3 ed25519 signatures that version 2"):
        check(gone, "abe", old)


def test_a_line_of_a_member_that_signed_another_document_does_not_count():
    other = sign_document(make_next(FIRST, rule_set_version="other"), "c")
    register = SigningRegister().observe(other.note, FIRST.roster)
    following = make_next(FIRST, rule_set_version="one")
    with pytest.raises(SignatureError, match=r"2 of the 3 .*bank-c signed another one too"):
        check_transition(FIRST, sign_document(following, "abc"), register)
    check_transition(FIRST, sign_document(following, "abcd"), register)
