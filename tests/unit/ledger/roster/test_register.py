"""A member signs one document per version; two are evidence against it, and against no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, ForkError, RuleViolationError, SignatureError
from fundtrace.ledger.roster.register import SigningRegister
from fundtrace.ledger.roster.signing import build_roster_checkpoint
from fundtrace.tlog.note import Signature
from tests.support.rosters import BANKS, LEARNER, Bank, begin, make_next, sign_document

FIRST = begin("abcd").latest
ONE = make_next(FIRST, rule_set_version="one")
OTHER = make_next(FIRST, rule_set_version="other")


def observe(*documents):
    register = SigningRegister()
    for document in documents:
        register = register.observe(document.note, FIRST.roster)
    return register


def test_a_member_that_signed_two_documents_is_named_with_both_notes():
    one, other = sign_document(ONE, "ab"), sign_document(OTHER, "bc")
    register = observe(one, other)
    assert register.find_double_signers(2) == ("bank-b",)
    with pytest.raises(ForkError, match="bank-b signed two documents") as caught:
        register.check_no_double_signing(2)
    assert (caught.value.ours, caught.value.theirs) == (one.note.encode(), other.note.encode())


def test_lines_of_one_document_in_several_notes_are_no_double_signing():
    register = observe(
        sign_document(ONE, "ab"), sign_document(ONE, "ba"), sign_document(OTHER, "c")
    )
    assert register.find_double_signers(2) == ()
    register.check_no_double_signing(2)


def test_a_third_document_adds_nothing():
    third = make_next(FIRST, rule_set_version="third")
    two = observe(sign_document(ONE, "a"), sign_document(OTHER, "a"))
    assert two.observe(sign_document(third, "a").note, FIRST.roster) == two


def test_a_proposal_cannot_frame_a_member_with_a_key_that_it_names_itself():
    framed = Bank("a", governance_count=2)
    forged = make_next(FIRST, framed.make_member())
    register = observe(sign_document(ONE, "a"), sign_document(forged, [framed.governance]))
    assert register.find_double_signers(2) == ()


def test_a_forged_line_is_refused_and_frames_nobody():
    key = BANKS["a"].governance.verifier
    forged = sign_document(OTHER, "b").note.add_lines([Signature(key.name, key.key_id, bytes(64))])
    with pytest.raises(SignatureError):
        SigningRegister().observe(forged, FIRST.roster)


def test_a_note_over_another_version_is_not_registered():
    with pytest.raises(EncodingError, match="wanted is version 2"):
        SigningRegister().observe(FIRST.note, FIRST.roster)


def test_a_note_of_another_consortium_is_not_registered():
    elsewhere = sign_document(replace(ONE, consortium="other.example"), "a")
    with pytest.raises(EncodingError, match="wanted is version 2"):
        SigningRegister().observe(elsewhere.note, FIRST.roster)


def test_a_member_asks_its_register_before_it_signs_another_document():
    one, other = sign_document(ONE, "a"), sign_document(OTHER, "b")
    register = observe(one)
    register.check_may_sign("bank-a", build_roster_checkpoint(ONE, one.data))
    register.check_may_sign("bank-b", build_roster_checkpoint(OTHER, other.data))
    with pytest.raises(RuleViolationError) as caught:
        register.check_may_sign("bank-a", build_roster_checkpoint(OTHER, other.data))
    assert caught.value.rule == "one-roster-per-version"


def test_a_learner_that_is_to_be_promoted_is_held_to_one_document_too():
    members = (*FIRST.roster.members[:3], BANKS["d"].make_member(LEARNER))
    learning = sign_document(replace(FIRST.roster, members=members), "abc")
    register = SigningRegister()
    for word in ("one", "other"):
        promoted = make_next(learning, BANKS["d"].make_member(), rule_set_version=word)
        register = register.observe(sign_document(promoted, "d").note, learning.roster)
    assert register.find_double_signers(2) == ("bank-d",)
