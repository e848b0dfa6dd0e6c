"""A roster is signed as a checkpoint, by a threshold of each required algorithm."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.roster.signing import (
    RosterDocument,
    build_roster_checkpoint,
    find_signers,
    open_roster,
    sign_roster,
    verify_threshold,
)
from fundtrace.ledger.roster.terms import RequiredAlgorithms, SigningAlgorithm
from fundtrace.tlog.checkpoint import open_checkpoint
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.note import Signature
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support.rosters import (
    AT_SECONDS,
    BANKS,
    LEARNER,
    list_signers,
    make_roster,
    make_signer,
    sign_document,
)

A, B, C = (BANKS[letter] for letter in "abc")
BOTH = RequiredAlgorithms(governance=tuple(SigningAlgorithm))


def test_the_text_is_a_checkpoint_of_the_pseudo_log():
    roster = make_roster()
    data = encode_roster(roster)
    head = build_roster_checkpoint(roster, data)
    assert (head.origin, head.size, head.root_hash) == (
        "ring.example/roster",
        1,
        sha256(data).digest(),
    )


def test_a_foreign_reader_of_checkpoints_verifies_a_governance_line():
    note = sign_document(make_roster(), [make_signer("ring.example/roster", 1)]).note
    key = make_signer("ring.example/roster", 1).verifier
    assert open_checkpoint(note.encode(), key).checkpoint.size == 1


def test_more_than_half_of_the_voting_members_suffice():
    document = sign_document(make_roster("abcd"), "abd")
    verify_threshold(document, document.roster)


@pytest.mark.parametrize("signers", ["ab", "abef"])
def test_half_of_them_and_strangers_do_not_suffice(signers):
    document = sign_document(make_roster("abcd"), signers)
    with pytest.raises(SignatureError, match="2 of the 3"):
        verify_threshold(document, document.roster)


def test_one_member_that_signs_thrice_counts_once():
    document = sign_document(make_roster("abcd"), [A.governance] * 3)
    with pytest.raises(SignatureError, match="1 of the 3"):
        verify_threshold(document, document.roster)


def test_a_learners_line_does_not_count():
    learner = BANKS["d"].make_member(LEARNER)
    roster = make_roster(members=(*make_roster("abc").members, learner))
    document = sign_document(roster, "ad")
    with pytest.raises(SignatureError, match="1 of the 2"):
        verify_threshold(document, roster)


def test_each_required_algorithm_needs_the_threshold_by_itself():
    roster = make_roster("abc", algorithms=BOTH)
    signers = list_signers("abc")
    with pytest.raises(SignatureError, match="1 of the 2 mldsa44"):
        verify_threshold(sign_document(roster, [*signers, A.governance_mldsa]), roster)
    verify_threshold(
        sign_document(roster, [*signers[:2], B.governance_mldsa, C.governance_mldsa]), roster
    )


def test_a_known_key_whose_line_fails_rejects_the_whole_note():
    document = sign_document(make_roster("abcd"), "abcd")
    key = A.governance.verifier
    bad = document.note.add_lines([Signature(key.name, key.key_id, bytes(64))])
    with pytest.raises(SignatureError, match="does not verify"):
        verify_threshold(replace(document, note=bad), document.roster)


def test_keys_that_are_no_governance_keys_do_not_count():
    roster = make_roster("a")
    with pytest.raises(SignatureError, match="0 of the 1"):
        verify_threshold(sign_document(roster, [A.log]), roster)


def test_who_signed_is_found_by_member_and_type():
    document = sign_document(make_roster("ab"), [A.governance, B.governance_mldsa])
    assert find_signers(document.note, document.roster.members) == {("bank-a", 1), ("bank-b", 6)}


@pytest.mark.parametrize(
    "changes",
    [{"rule_set_version": "2026-2"}, {"consortium": "other.example"}],
)
def test_a_note_over_other_bytes_is_refused(changes):
    note = sign_document(make_roster(), "abcd").note
    other = make_roster(**changes)
    with pytest.raises(SignatureError, match="not over version 1"):
        open_roster(encode_roster(other), note.encode(), parse_roster)


@pytest.mark.parametrize("cut", [1, 100])
def test_a_cut_roster_or_note_is_an_encoding_error(cut):
    document = sign_document(make_roster(), "abcd")
    with pytest.raises(EncodingError):
        open_roster(document.data[:-cut], document.note.encode(), parse_roster)
    with pytest.raises(EncodingError):
        open_roster(document.data, document.note.encode()[:-cut], parse_roster)


def test_the_bytes_as_they_came_are_what_is_hashed():
    document = sign_document(make_roster(), "abcd")
    assert document.hash == sha256(document.data).digest()
    with pytest.raises(SignatureError):
        RosterDocument(document.roster, document.data + b"\x00", document.note)


def test_an_mldsa_line_states_its_time_and_an_ed25519_line_none():
    roster = make_roster("a")
    checkpoint = build_roster_checkpoint(roster, encode_roster(roster))
    plain = sign_roster(checkpoint, A.governance, AT_SECONDS)
    timed = sign_roster(checkpoint, A.governance_mldsa, AT_SECONDS)
    assert len(plain.blob) == 64
    assert int.from_bytes(timed.blob[:8]) == AT_SECONDS


def test_a_line_under_a_members_name_by_another_key_is_ignored():
    roster = make_roster("a")
    thief = make_signer("thief", 1)
    stolen = VerifierKey(A.governance.name, 1, thief.verifier.public_key)
    document = sign_document(roster, [thief])
    line = document.note.signatures[0]
    renamed = Signature(stolen.name, stolen.key_id, line.blob)
    with pytest.raises(SignatureError, match="0 of the 1"):
        verify_threshold(replace(document, note=document.note.add_lines([renamed])), roster)
