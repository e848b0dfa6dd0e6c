"""Chains under any order of good and bad documents, and signed rosters under any change."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import (
    FundtraceError,
    InvalidInputError,
    RuleViolationError,
    SignatureError,
    VerificationError,
)
from fundtrace.ledger.kinds.entries import RosterActivation
from fundtrace.ledger.roster.activation import begin_log
from fundtrace.ledger.roster.chain import begin_chain
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member
from fundtrace.ledger.roster.register import SigningRegister
from fundtrace.ledger.roster.signing import open_roster, verify_threshold
from fundtrace.ledger.roster.terms import (
    AllowedBases,
    Limits,
    Periods,
    Quotas,
    RequiredAlgorithms,
    SigningAlgorithm,
)
from fundtrace.model.kinds import Rule
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support.rosters import (
    BANKS,
    LEARNER,
    Bank,
    begin,
    make_certificate,
    make_next,
    make_roster,
    make_signer,
    sign_document,
)

REFUSALS = (RuleViolationError, VerificationError, InvalidInputError)


@cache
def list_offers() -> tuple:
    """Return documents of versions 1 to 4 on three branches, well and badly signed."""
    root = begin("abcd").latest
    e = BANKS["e"]
    offers = [root, sign_document(make_roster("abcd", rule_set_version="other"), "abcd")]
    for word in ("left", "right"):
        second = sign_document(
            make_next(root, e.make_member(LEARNER), rule_set_version=word), "abc"
        )
        third = sign_document(make_next(second, e.make_member()), "bcd")
        offers += [second, third, sign_document(make_next(third, gone="bank-a"), "bce")]
        offers += [
            sign_document(make_next(second, rule_set_version="few"), "ab"),
            sign_document(make_next(third, version=5), "abcde"),
            sign_document(make_next(second, BANKS["f"].make_member()), "abcd"),
        ]
    return tuple(offers)


@given(order=st.lists(st.integers(0, 13), max_size=12))
@settings(max_examples=80, deadline=None)
def test_an_accepted_chain_has_one_document_per_version_and_never_goes_back(order):
    offers = list_offers()
    chain = begin_chain(offers[0], offers[0].hash)
    for place in order:
        before = chain
        try:
            chain = chain.extend(offers[place])
        except REFUSALS:
            continue
        assert chain.documents[: len(before.documents)] == before.documents
    versions = [one.roster.version for one in chain.documents]
    assert versions == list(range(1, len(versions) + 1))
    links = [one.roster.previous_hash for one in chain.documents[1:]]
    assert links == [one.hash for one in chain.documents[:-1]]
    for document in chain.documents[:-1]:
        with pytest.raises(RuleViolationError, match="rollback"):
            chain.extend(document)
    assert chain.extend(chain.latest) is chain


@given(order=st.permutations(range(2, 14)))
@settings(max_examples=30, deadline=None)
def test_a_register_names_the_same_double_signers_in_any_order(order):
    offers = list_offers()
    register = SigningRegister()
    for place in order:
        if offers[place].roster.version == 2:
            register = register.observe(offers[place].note, offers[0].roster)
    assert register.find_double_signers(2) == ("bank-a", "bank-b", "bank-c")


# Every field of a signed roster

A = BANKS["a"]
SIGNED = sign_document(
    make_roster(
        "abcd",
        allowed_bases=(AllowedBases(jurisdiction="CN", bases=("borrower",)),),
        e_signature_cas=(make_certificate("sign"),),
    ),
    "abc",
)
FIRST_MEMBER = SIGNED.roster.members[0]
OTHER_LOG = make_signer("a.bank.example/other/1", 1).verifier
ROSTER_CHANGES = {
    "consortium": "other.example",
    "version": None,  # with previous_hash, below
    "previous_hash": None,
    "members": SIGNED.roster.members[1:],
    "algorithms": RequiredAlgorithms(evidence=(SigningAlgorithm.ED25519,)),
    "limits": Limits(full_copies=8),
    "periods": Periods(key_epoch_days=31),
    "attribution_rule": Rule.FIFO,
    "rule_set_version": "2026-2",
    "allowed_bases": (),
    "e_signature_cas": (),
}
MEMBER_CHANGES = {
    "id": "bank-A",
    "name_zh": "另一银行",
    "name_en": "Another Bank",
    "cnaps": "999999999999",
    "bic": "ABCDCNBX",
    "lei": "5493001KJTIIGC8Y1R12",
    "status": LEARNER,
    "origin_base": None,  # with log_key, below
    "epoch": None,
    "log_key": replace(A.log, seed=b"\x07" * 32).verifier,
    "mirror_keys": (*FIRST_MEMBER.mirror_keys, make_signer("more", 4).verifier),
    "governance_keys": (Bank("a", governance_count=2).governance.verifier,),
    "tls_cas": (make_certificate("more"),),
    "endpoints": ("more.example:1",),
    "quotas": Quotas(inquiries_per_day=1),
}
CHANGED_ROSTERS = {
    **{
        name: replace(SIGNED.roster, **{name: value})
        for name, value in ROSTER_CHANGES.items()
        if value is not None
    },
    "version": replace(SIGNED.roster, version=2, previous_hash=b"\x01" * 32),
    "previous_hash": replace(SIGNED.roster, version=2, previous_hash=b"\x02" * 32),
}
CHANGED_MEMBERS = {
    **{
        name: replace(FIRST_MEMBER, **{name: value})
        for name, value in MEMBER_CHANGES.items()
        if value is not None
    },
    "origin_base": replace(FIRST_MEMBER, origin_base="a.bank.example/other", log_key=OTHER_LOG),
    "epoch": replace(FIRST_MEMBER, epoch=2, log_key=Bank("a", epoch=2).log.verifier),
}


def refuse(roster: Roster) -> None:
    with pytest.raises(SignatureError, match="not over version"):
        open_roster(encode_roster(roster), SIGNED.note.encode(), parse_roster)


@pytest.mark.parametrize("name", [field.name for field in fields(Roster)])
def test_a_change_of_any_field_of_a_signed_roster_breaks_it(name):
    refuse(CHANGED_ROSTERS[name])


@pytest.mark.parametrize("name", [field.name for field in fields(Member)])
def test_a_change_of_any_field_of_a_member_breaks_the_signed_roster(name):
    members = (CHANGED_MEMBERS[name], *SIGNED.roster.members[1:])
    members = tuple(sorted(members, key=lambda member: member.id))
    refuse(replace(SIGNED.roster, members=members))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        *(("limits", field.name) for field in fields(Limits)),
        *(("periods", field.name) for field in fields(Periods)),
    ],
)
def test_a_change_of_any_term_breaks_the_signed_roster(place, name):
    terms = getattr(SIGNED.roster, place)
    change = {"entry_bytes_max": -1, "evidence_every_seconds": -1}.get(name, 1)
    changed = replace(terms, **{name: getattr(terms, name) + change})
    refuse(replace(SIGNED.roster, **{place: changed}))


@pytest.mark.parametrize("name", [field.name for field in fields(Quotas)])
def test_a_change_of_any_quota_breaks_the_signed_roster(name):
    quotas = replace(Quotas(), **{name: getattr(Quotas(), name) - 1})
    member = replace(FIRST_MEMBER, quotas=quotas)
    refuse(replace(SIGNED.roster, members=(member, *SIGNED.roster.members[1:])))


def open_and_verify(data: bytes, note: bytes) -> None:
    document = open_roster(data, note, parse_roster)
    verify_threshold(document, document.roster)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_change_of_any_byte_of_roster_or_note_breaks_it(data):
    parts = [SIGNED.data, SIGNED.note.encode()]
    which = data.draw(st.integers(0, 1))
    place = data.draw(st.integers(0, len(parts[which]) - 1))
    flipped = parts[which][place] ^ data.draw(st.integers(1, 255))
    parts[which] = parts[which][:place] + bytes([flipped]) + parts[which][place + 1 :]
    with pytest.raises((InvalidInputError, SignatureError)):  # exactly the threshold has signed
        open_and_verify(*parts)


@given(st.binary(max_size=300), st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_document_or_our_error(data, note):
    with pytest.raises(FundtraceError):
        open_roster(data, note, parse_roster)


# Activations


@given(
    steps=st.lists(st.integers(1, 5), min_size=0, max_size=6),
    sizes=st.lists(st.integers(0, 40), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_a_log_goes_through_the_versions_without_gap_and_never_back(steps, sizes):
    chain = begin("abcd")
    log, index = begin_log(chain, A.log.name), 0
    for step in steps:
        chain = chain.extend(sign_document(make_next(chain.latest), "abc"))
        index += step
        log = log.step(
            index, RosterActivation(chain.latest.roster.version, chain.latest.hash), chain
        )
    needed = [log.list_versions(size) for size in sorted(sizes)]
    assert all(len(one) <= 2 for one in needed)
    assert all(one[-1] - one[0] == len(one) - 1 for one in needed)
    ends = [(one[0], one[-1]) for one in needed]
    assert ends == sorted(ends)
