"""The project's own vectors: they come out of their script again, and our code agrees."""

from __future__ import annotations

import pytest

from fundtrace import errors
from fundtrace.ledger.kinds.table import get_kind
from fundtrace.ledger.pairs import Pair, derive_pair_keys
from fundtrace.tlog.checkpoint import open_checkpoint, parse_checkpoint
from fundtrace.tlog.cosignature import verify_cosignature, verify_subtree_cosignature
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import SignerKey, parse_verifier_key
from fundtrace.tlog.messages import Subtree
from fundtrace.tlog.note import parse_note, parse_signature_lines, verify_note
from fundtrace.tlog.proof_file import parse_proof_file, verify_proof_file
from fundtrace.tlog.quorum import (
    MemberKeys,
    QuorumPolicy,
    check_intersection,
    faults_max,
    quorum_size,
    verify_quorum,
)
from fundtrace.wire.bodies import encode_body
from fundtrace.wire.entries import encode_entry, parse_entry
from fundtrace.wire.records import open_record, open_shared_record, parse_record
from tests.support.vector_cases import OWN, list_own_cases

from vectors import FAMILIES, render_family  # isort: skip  # vector_cases makes it importable


@pytest.mark.parametrize("family", FAMILIES)
def test_the_script_gives_the_committed_bytes(family):
    text = (OWN / f"{family}.json").read_text(encoding="utf-8")
    assert text == render_family(family), "run scripts/gen-vectors"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_case_has_a_name_of_its_own_a_reason_and_an_expectation(family):
    cases = [param.values[0] for param in list_own_cases(family)]
    assert len({case["name"] for case in cases}) == len(cases)
    assert all(case["why"] and case["expect"] for case in cases)
    assert {case["expect"] == "valid" for case in cases} == {True, False}


def test_no_file_is_left_of_a_family_that_is_gone():
    assert {path.stem for path in OWN.glob("*.json")} == set(FAMILIES)


def _judge(case, verify):
    """Return what ``verify`` returns for a valid case; for others, demand the named error."""
    if case["expect"] == "valid":
        return verify()
    with pytest.raises(errors.FundtraceError) as caught:
        verify()
    assert type(caught.value).__name__ == case["expect"]
    return None


def _build_policy(policy) -> QuorumPolicy:
    log_key = parse_verifier_key(policy["log_vkey"])
    if not policy["members"]:
        return QuorumPolicy.build_log_only(log_key)
    members = [
        MemberKeys(name, tuple(parse_verifier_key(one) for one in vkeys))
        for name, vkeys in policy["members"].items()
    ]
    return QuorumPolicy.build(log_key, members, policy["required"])


@pytest.mark.parametrize("case", list_own_cases("vkeys"))
def test_a_vkey_is_judged_as_its_case_says(case):
    key = _judge(case, lambda: parse_verifier_key(case["vkey"]))
    if key is not None:
        assert key.encode() == case["vkey"]
        assert (key.name, key.algorithm) == (case["key_name"], case["algorithm"])
        assert key.key_id.hex() == case["key_id_hex"]
        signer = SignerKey(key.name, key.algorithm, bytes.fromhex(case["seed_hex"]))
        assert signer.verifier == key
        assert key.public_key.hex() == case["public_key_hex"]


@pytest.mark.parametrize("case", list_own_cases("notes"))
def test_a_note_is_judged_as_its_case_says(case):
    keys = [parse_verifier_key(one) for one in case["vkeys"]]
    data = case["note"].encode()
    signed = _judge(case, lambda: verify_note(parse_note(data), keys))
    if signed is not None:
        assert [key.name for key in signed] == case["signed_by"]
        assert parse_note(data).encode() == data


@pytest.mark.parametrize("case", list_own_cases("checkpoints"))
def test_a_checkpoint_is_judged_as_its_case_says(case):
    key = parse_verifier_key(case["log_vkey"])
    data = case["note"].encode()
    signed = _judge(case, lambda: open_checkpoint(data, key))
    if signed is not None:
        head = signed.checkpoint
        assert (head.origin, head.size) == (case["origin"], case["size"])
        assert head.root_hash.hex() == case["root_hash_hex"]
        assert signed.encode() == data


@pytest.mark.parametrize("case", list_own_cases("cosignatures"))
def test_a_cosignature_is_judged_as_its_case_says(case):
    key = parse_verifier_key(case["vkey"])
    head = parse_checkpoint(case["checkpoint"].encode())
    (line,) = parse_signature_lines(case["line"].encode())
    if "subtree" in case:
        part = case["subtree"]
        subtree = Subtree(head.origin, part["start"], part["end"], bytes.fromhex(part["hash_hex"]))
        assert _judge(case, lambda: verify_subtree_cosignature(subtree, line, key)) is None
    else:
        at = _judge(case, lambda: verify_cosignature(head, line, key))
        assert at == case.get("at_seconds")
    if "message_hex" in case:
        key.verify_message(bytes.fromhex(case["message_hex"]), line.blob[8:])


@pytest.mark.parametrize("case", list_own_cases("proof_files"))
def test_a_proof_file_is_judged_as_its_case_says(case):
    data, leaf = case["file"].encode(), hash_leaf(bytes.fromhex(case["entry_hex"]))
    policy = _build_policy(case["policy"])
    found = _judge(case, lambda: verify_proof_file(parse_proof_file(data), leaf, policy))
    if found is not None:
        assert parse_proof_file(data).encode() == data
        assert found == verify_quorum(parse_proof_file(data).checkpoint_note, policy)


@pytest.mark.parametrize("case", list_own_cases("quorums"))
def test_a_quorum_is_judged_as_its_case_says(case):
    if "numbers" in case:
        n, q, f, is_the_rule = case["numbers"].values()
        _judge(case, lambda: check_intersection(n, q, f))
        assert ((quorum_size(n), faults_max(n)) == (q, f)) is is_the_rule
    else:
        policy = _build_policy(case["policy"])
        found = _judge(case, lambda: verify_quorum(case["note"].encode(), policy))
        if found is not None:
            assert found.at_seconds == case["at_seconds"]
            assert list(found.members) == case["counted"]


@pytest.mark.parametrize("case", list_own_cases("records"))
def test_a_record_is_judged_as_its_case_says(case):
    entry = bytes.fromhex(case["entry_hex"])
    if "blob_hex" not in case:
        value = _judge(case, lambda: parse_entry(entry))
        assert value is None or encode_entry(value) == entry
    else:
        blob, content_key = (bytes.fromhex(case[name]) for name in ("blob_hex", "content_key_hex"))
        opened = _judge(case, lambda: open_record(entry, blob, _derive_keys(case, entry)))
        if opened is not None:
            assert get_kind(opened.body) == case["kind"]
            assert encode_body(opened.body).hex() == case["body_hex"]
            assert opened == open_shared_record(entry, blob, content_key)
    if case["expect"] == "valid":
        assert hash_leaf(entry).hex() == case["leaf_hash_hex"]


def _derive_keys(case, entry):
    context = parse_record(entry).context
    pair = Pair(context.consortium, context.origin, case["reader"], context.key_epoch)
    return derive_pair_keys(bytes.fromhex(case["pair_secret_hex"]), pair)
