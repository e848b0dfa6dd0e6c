"""A chain holds one document per version, from a pinned root, and takes up nothing given up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import (
    ForkError,
    NotFoundError,
    RuleViolationError,
    SignatureError,
    VerificationError,
)
from fundtrace.ledger.roster.chain import RosterChain, begin_chain
from fundtrace.tlog.keys import SignerKey
from tests.support.rosters import (
    BANKS,
    LEARNER,
    Bank,
    begin,
    list_signers,
    make_next,
    make_roster,
    make_signer,
    sign_document,
)


def extend(chain: RosterChain, *members, signers="abc", **changes) -> RosterChain:
    return chain.extend(sign_document(make_next(chain.latest, *members, **changes), signers))


def refuse_return(chain: RosterChain, *members, signers="abcd") -> None:
    with pytest.raises(RuleViolationError) as caught:
        extend(chain, *members, signers=signers)
    assert caught.value.rule == "roster-returned"


def test_a_chain_grows_version_by_version():
    chain = extend(extend(begin()), rule_set_version="2026-2")
    assert [one.roster.version for one in chain.documents] == [1, 2, 3]
    assert chain.get_version(3) is chain.latest
    assert chain.find_version(4) is chain.find_version(0) is None
    with pytest.raises(NotFoundError, match="only 1 to 3"):
        chain.get_version(4)


def test_other_bytes_than_the_pinned_ones_are_refused():
    document = sign_document(make_roster(), "abcd")
    with pytest.raises(VerificationError, match="pinned root"):
        begin_chain(document, b"\x01" * 32)


def test_a_chain_begins_at_version_one():
    second = extend(begin()).latest
    with pytest.raises(RuleViolationError, match="begins at version 1"):
        begin_chain(second, second.hash)


def test_a_root_needs_the_threshold_of_its_own_members():
    document = sign_document(make_roster("abcd"), "ab")
    with pytest.raises(SignatureError, match="2 of the 3"):
        begin_chain(document, document.hash)


def test_the_latest_version_given_again_changes_nothing_whoever_signed_it():
    chain = extend(begin())
    again = sign_document(chain.latest.roster, "bcd")
    assert chain.extend(again) is chain


def test_an_older_version_given_again_is_a_rollback():
    chain = extend(begin())
    with pytest.raises(RuleViolationError, match="is a rollback"):
        chain.extend(chain.documents[0])


@pytest.mark.parametrize("signers", ["bcd", "d"])
def test_other_bytes_of_an_accepted_version_are_a_fork_that_names_who_signed_both(signers):
    start = begin()
    chain = extend(start, signers="abc")
    other = sign_document(make_next(start.latest, rule_set_version="other"), signers)
    named = "signed both: bank-b, bank-c" if signers == "bcd" else "signed by bank-d"
    with pytest.raises(ForkError, match=named) as caught:
        chain.extend(other)
    assert caught.value.ours == chain.latest.note.encode()
    assert caught.value.theirs == other.note.encode()


def test_other_bytes_of_the_root_are_a_fork():
    chain = extend(begin())
    other = sign_document(make_roster(rule_set_version="other"), "a")
    with pytest.raises(ForkError, match="signed both: bank-a"):
        chain.extend(other)


def test_other_bytes_that_no_member_signed_raise_no_alarm():
    start = begin()
    chain = extend(start)
    other = sign_document(make_next(start.latest, rule_set_version="other"), "e")
    with pytest.raises(SignatureError, match="made them up"):
        chain.extend(other)


def test_a_key_that_was_rotated_out_never_comes_back():
    renewed = Bank("d", mirror_count=2)
    chain = extend(begin(), renewed.make_member())
    refuse_return(chain, BANKS["d"].make_member())


def test_a_bank_that_left_does_not_come_back_under_its_old_id():
    chain = extend(begin("abcd"), gone="bank-d")
    renewed = Bank("d", mirror_count=2, governance_count=2)
    member = renewed.make_member(
        LEARNER,
        origin_base="d.bank.example/new",
        log_key=make_signer("d.bank.example/new/1", 1).verifier,
    )
    refuse_return(chain, member, signers="abc")
    back = replace(member, id="bank-d2")
    assert extend(chain, back).latest.roster.get_member("bank-d2")


def test_a_log_that_ended_with_its_member_is_nobody_elses():
    chain = extend(begin("abcd"), gone="bank-d")
    member = BANKS["e"].make_member(
        LEARNER,
        origin_base="d.bank.example/ledger",
        log_key=replace(BANKS["d"].log, seed=b"\x08" * 32).verifier,
    )
    refuse_return(chain, member, signers="abc")


def test_a_key_does_not_change_hands():
    old_log_key = BANKS["c"].log.verifier
    rolled = Bank("c", epoch=2).make_member()
    stolen = SignerKey("d.bank.example/mirror/2", 4, BANKS["c"].log.seed)
    assert stolen.verifier.public_key == old_log_key.public_key
    mirrors = (stolen.verifier, BANKS["d"].mirror_mldsa.verifier)
    refuse_return(begin(), rolled, BANKS["d"].make_member(mirror_keys=mirrors))


def test_a_key_name_stays_with_its_key():
    renamed = replace(BANKS["d"].mirror, seed=b"\x09" * 32).verifier
    mirrors = (renamed, BANKS["d"].mirror_mldsa.verifier)
    refuse_return(begin(), BANKS["d"].make_member(mirror_keys=mirrors))


def test_a_chain_of_many_kinds_of_changes_is_accepted():
    chain = begin("abcd")
    chain = extend(chain, BANKS["e"].make_member(LEARNER))
    chain = extend(chain, BANKS["e"].make_member())
    chain = extend(chain, gone="bank-a", signers="bcde")
    renewed = Bank("b", governance_count=2)
    signers = [*list_signers("bcde"), renewed.governance]
    chain = extend(chain, renewed.make_member(), signers=signers)
    assert [one.id for one in chain.latest.roster.voting_members] == [
        "bank-b",
        "bank-c",
        "bank-d",
        "bank-e",
    ]
