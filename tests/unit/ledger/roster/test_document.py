"""In a roster nothing stands twice, and what all agree on is within its bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError, NotFoundError
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import MemberStatus
from fundtrace.ledger.roster.terms import (
    AllowedBases,
    Limits,
    Periods,
    Quotas,
    RequiredAlgorithms,
    SigningAlgorithm,
)
from fundtrace.model.kinds import Rule
from fundtrace.tlog.keys import SignerKey, VerifierKey
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support.rosters import BANKS, LEARNER, make_certificate, make_roster, make_signer

A, B = BANKS["a"], BANKS["b"]
ED25519, MLDSA44 = SigningAlgorithm
ROSTER = make_roster("abcd")


def make_pair(**changes_of_b) -> Roster:
    return make_roster(members=(A.make_member(), B.make_member(**changes_of_b)))


def rename(key: SignerKey, name: str) -> VerifierKey:
    """Return a key's public half under another name."""
    return VerifierKey(name, key.algorithm, key.verifier.public_key)


def test_a_roster_is_read_back_as_it_was_written():
    assert parse_roster(encode_roster(ROSTER)) == ROSTER


def test_learners_count_in_no_threshold():
    roster = make_roster(
        members=(*(BANKS[one].make_member() for one in "abc"), BANKS["d"].make_member(LEARNER))
    )
    assert [one.id for one in roster.voting_members] == ["bank-a", "bank-b", "bank-c"]
    assert roster.threshold == 2


@pytest.mark.parametrize(("letters", "threshold"), [("a", 1), ("ab", 2), ("abcd", 3), ("abcde", 3)])
def test_the_threshold_is_more_than_half(letters, threshold):
    assert make_roster(letters).threshold == threshold


def test_a_member_is_found_by_its_id_and_by_its_origin():
    assert ROSTER.get_member("bank-b") is ROSTER.find_member_by_origin("b.bank.example/ledger/1")
    assert ROSTER.find_member_by_origin("b.bank.example/ledger/2") is None
    with pytest.raises(NotFoundError):
        ROSTER.get_member("bank-z")


def test_one_bank_may_have_one_name_in_both_languages():
    assert make_pair(name_zh="Bank B", name_en="Bank B").members[1].name_zh == "Bank B"


@pytest.mark.parametrize(
    "changes",
    [
        {"name_zh": "A银行"},
        {"name_zh": "BANK A"},
        {"cnaps": A.make_member().cnaps},
        {"endpoints": A.make_member().endpoints},
        {"tls_cas": A.make_member().tls_cas},
        {"tls_cas": (make_certificate("same"), make_certificate("same"))},
        {"mirror_keys": (A.mirror.verifier, B.mirror_mldsa.verifier)},
        {"mirror_keys": (B.mirror.verifier, B.mirror.verifier, B.mirror_mldsa.verifier)},
        {"mirror_keys": (rename(A.mirror, "b/mirror"), B.mirror_mldsa.verifier)},
        {"mirror_keys": (make_signer(A.log.name, 4).verifier, B.mirror_mldsa.verifier)},
        {"mirror_keys": (make_signer("ring.example/roster", 4).verifier, B.mirror_mldsa.verifier)},
        {"governance_keys": (rename(A.log, "b/governance"),)},
        {"governance_keys": (rename(B.log, "b/governance"),)},
        {"governance_keys": (A.governance.verifier,)},
        {"governance_keys": (make_signer(B.mirror.name, 1).verifier,)},
    ],
    ids=[
        "name",
        "name in other case",
        "CNAPS code",
        "endpoint",
        "TLS authority",
        "TLS authority twice",
        "mirror key",
        "mirror key twice",
        "public key under another name",
        "key name of a log",
        "the roster's own name",
        "another member's log key",
        "the member's own log key",
        "governance key",
        "name of the member's mirror",
    ],
)
def test_what_names_or_identifies_stands_once(changes):
    with pytest.raises(InvalidInputError, match="stands twice"):
        make_pair(**changes)


@pytest.mark.parametrize("code", ["bic", "lei"])
def test_two_members_share_no_bank_code(code):
    value = {"bic": "ABCDCNBX", "lei": "5493001KJTIIGC8Y1R12"}[code]
    members = (A.make_member(**{code: value}), B.make_member(**{code: value}))
    with pytest.raises(InvalidInputError, match="stands twice"):
        make_roster(members=members)


def test_two_members_share_no_log():
    other = make_signer("a.bank.example/ledger/2", 1).verifier
    with pytest.raises(InvalidInputError, match="origin base"):
        make_pair(origin_base="a.bank.example/ledger", epoch=2, log_key=other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("consortium", ""),
        ("consortium", "two words"),
        ("version", 0),
        ("previous_hash", b"\x01" * 32),
        ("version", 2),
        ("members", ()),
        ("members", ROSTER.members[::-1]),
        ("members", (ROSTER.members[0],) * 2),
        ("members", tuple(replace(one, status=MemberStatus.LEARNER) for one in ROSTER.members)),
        ("attribution_rule", Rule.EXPOSURE),
        ("attribution_rule", "fifo"),
        ("rule_set_version", ""),
        ("allowed_bases", (AllowedBases(jurisdiction="CN", bases=("borrower",)),) * 2),
        ("e_signature_cas", (make_certificate("sign"),) * 2),
        ("e_signature_cas", (make_certificate("leaf", is_ca=False),)),
        ("limits", Limits(body_bytes_max=4_096)),
        ("limits", Limits(readers_max=4)),
    ],
)
def test_a_roster_out_of_its_bounds_is_refused(name, value):
    with pytest.raises(InvalidInputError):
        replace(ROSTER, **{name: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"live": ()},
        {"live": (MLDSA44, ED25519)},
        {"live": (ED25519, ED25519)},
        {"evidence": (MLDSA44,)},
        {"live": (MLDSA44,), "evidence": (ED25519,)},
        {"governance": (MLDSA44,)},
    ],
)
def test_required_algorithms_hold_each_other(changes):
    with pytest.raises(InvalidInputError):
        RequiredAlgorithms(**changes)


def test_every_member_needs_mirror_keys_of_all_algorithms_of_evidence():
    with pytest.raises(InvalidInputError, match="no mirror key for mldsa44"):
        make_pair(mirror_keys=(B.mirror.verifier,))


def test_every_member_needs_governance_keys_of_all_required_algorithms():
    both = RequiredAlgorithms(governance=(ED25519, MLDSA44))
    with pytest.raises(InvalidInputError, match="no governance key for mldsa44"):
        replace(make_pair(governance_keys=(B.governance.verifier,)), algorithms=both)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Limits, {"entry_bytes_max": 65_536}),
        (Limits, {"full_copies": 0}),
        (Limits, {"body_bytes_max": (1 << 20) + 1}),
        (Limits, {"readers_max": True}),
        (Quotas, {"bytes_per_day": 0}),
        (Quotas, {"checkpoints_per_second": 1_001}),
        (Quotas, {"inquiries_per_day": -1}),
        (Periods, {"evidence_every_seconds": 86_401}),
        (Periods, {"key_grace_days": 30}),
        (Periods, {"log_epoch_days": 0}),
        (AllowedBases, {"jurisdiction": "cn", "bases": ("borrower",)}),
        (AllowedBases, {"jurisdiction": "CN", "bases": ()}),
        (AllowedBases, {"jurisdiction": "CN", "bases": ("legal_order", "borrower")}),
        (AllowedBases, {"jurisdiction": "CN", "bases": ("Borrower",)}),
    ],
)
def test_a_term_out_of_its_bounds_is_refused(kind, changes):
    with pytest.raises(InvalidInputError):
        kind(**changes)


def test_a_member_signs_messages_with_its_log_key_of_the_current_epoch():
    rolled = replace(B, epoch=2)
    roster = make_roster(members=(A.make_member(), rolled.make_member(LEARNER)))
    assert ROSTER.get_message_key("bank-b") == B.log.verifier.public_key
    assert roster.get_message_key("bank-b") == rolled.log.verifier.public_key
    with pytest.raises(NotFoundError, match="bank-x"):
        ROSTER.get_message_key("bank-x")
