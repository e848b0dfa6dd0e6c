"""Cosignatures of both kinds against lines that other programs made (Sunlight, tlog-scales)."""

from __future__ import annotations

import json

import pytest

from fundtrace.errors import SignatureError
from fundtrace.tlog.checkpoint import parse_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature, verify_cosignature
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_MLDSA44, SignerKey, parse_verifier_key
from fundtrace.tlog.messages import Subtree, build_subtree_message
from fundtrace.tlog.note import parse_note, parse_signature_line, verify_note
from fundtrace.tlog.tree import Tree
from tests.support.shared import find_vectors
from tests.support.vector_cases import list_cases

SUNLIGHT = "sunlight/cmd/skylight/testdata"
ROME = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"
MILAN = "88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482"
EACH = pytest.mark.parametrize(
    "case",
    list_cases(
        "cosignature_vectors.json",
        lambda page: (
            (f"{one['type']} {one['name']}", {**one, "body": page["body"]})
            for one in page["cosignatures"]
        ),
    ),
)


@EACH
def test_a_cosignature_made_elsewhere_verifies(case):
    head = parse_checkpoint(case["body"].encode())
    line = parse_signature_line(case["line"].strip("\n").encode())
    assert verify_cosignature(head, line, parse_verifier_key(case["vkey"])) == case["timestamp"]


@EACH
def test_the_seed_gives_the_key_and_signs_the_same_message(case):
    key = parse_verifier_key(case["vkey"])
    signer = SignerKey(case["name"], key.algorithm, bytes.fromhex(case["seed_hex"]))
    assert signer.verifier == key
    head = parse_checkpoint(case["body"].encode())
    line = sign_cosignature(head, signer, case["timestamp"])
    key.verify_message(bytes.fromhex(case["message_hex"]), line.blob[8:])
    if key.algorithm == COSIGNATURE_MLDSA44:
        subtree = Subtree(head.origin, 0, head.size, head.root_hash)
        message = build_subtree_message(case["name"], case["timestamp"], subtree)
        assert message.hex() == case["message_hex"]
    else:
        assert line.encode().decode().strip("\n") == case["line"].strip("\n")


def test_the_cosigned_root_is_that_of_the_leaves():
    page = json.loads(find_vectors("cosignature_vectors.json").read_bytes())
    tree = Tree([hash_leaf(b"record %d" % index) for index in range(page["size"])])
    assert parse_checkpoint(page["body"].encode()).root_hash == tree.root()


@pytest.mark.parametrize(
    ("keys", "note", "at"),
    [
        ("witness/mirror/mirror.v0.json", f"witness/mirror/{ROME}/checkpoint", 1767139200),
        ("witness/witness.v0.json", f"witness/{ROME}/checkpoint", 1767139200),
        ("witness2/witness.v0.json", f"witness2/{MILAN}/checkpoint", 1767139200),
    ],
)
def test_the_lines_of_sunlights_mirror_and_witnesses_verify(keys, note, at):
    vkeys = json.loads(find_vectors(f"{SUNLIGHT}/{keys}").read_bytes())["verifier_keys"]
    key = parse_verifier_key(vkeys[0])
    parsed = parse_note(find_vectors(f"{SUNLIGHT}/{note}").read_bytes())
    assert verify_note(parsed, [key]) == (key,)
    (line,) = parsed.find_lines(key)
    assert verify_cosignature(parse_checkpoint(parsed.text), line, key) == at


def test_a_line_of_sunlights_mirror_is_not_one_of_its_witness():
    page = find_vectors(f"{SUNLIGHT}/witness/witness.v0.json").read_bytes()
    key = parse_verifier_key(json.loads(page)["verifier_keys"][0])
    note = find_vectors(f"{SUNLIGHT}/witness/mirror/{ROME}/checkpoint").read_bytes()
    with pytest.raises(SignatureError, match="no key"):
        verify_note(parse_note(note), [key])
