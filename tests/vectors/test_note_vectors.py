"""Notes, keys and checkpoints of other projects: golang/mod, Tessera, witness, C2SP."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.checkpoint import open_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import ED25519, SignerKey, parse_verifier_key
from fundtrace.tlog.note import parse_note, sign_note, verify_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file, verify_proof_file
from fundtrace.tlog.quorum import QuorumPolicy, verify_quorum
from fundtrace.tlog.tree import Tree
from tests.support.shared import find_vectors
from tests.support.vector_cases import list_cases

TESSERA = "tessera/testdata/log"
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


def _number(rows):
    return ((str(place), row) for place, row in enumerate(rows))


@pytest.mark.parametrize(
    "case", list_cases("notes.json", lambda page: ((one["id"], one) for one in page["verify"]))
)
def test_a_note_verifies_as_its_case_says(case):
    key = parse_verifier_key(case["vkey"])
    note = parse_note(case["note"].encode())
    assert note.encode() == case["note"].encode()
    if case["valid"]:
        assert verify_note(note, [key]) == (key,)
    else:
        with pytest.raises(SignatureError):
            verify_note(note, [key])


@pytest.mark.parametrize("case", list_cases("notes.json", lambda page: _number(page["malformed"])))
def test_a_malformed_note_is_refused(case):
    with pytest.raises(EncodingError):
        parse_note(case["note"].encode())


@pytest.mark.parametrize("vkey", list_cases("notes.json", lambda page: _number(page["bad_vkeys"])))
def test_a_bad_vkey_is_refused(vkey):
    with pytest.raises(EncodingError):
        parse_verifier_key(vkey)


def test_signing_gives_the_bytes_that_golang_mod_expects():
    case = json.loads(find_vectors("notes.json").read_bytes())["sign"]
    name, _, material = case["skey"].removeprefix("PRIVATE+KEY+").split("+", 2)
    signer = SignerKey(name, ED25519, b64decode(material)[1:])
    assert sign_note(case["text"].encode(), [signer]).encode() == case["want"].encode()


@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_the_tessera_log_opens(size):
    data = find_vectors(f"{TESSERA}/checkpoint.{size}").read_bytes()
    opened = open_checkpoint(data, parse_verifier_key(TESSERA_VKEY))
    assert opened.checkpoint.size == size
    assert opened.encode() == data


@pytest.mark.parametrize("size", range(16))
def test_a_changed_checkpoint_of_the_tessera_log_does_not_open(size):
    data = find_vectors(f"{TESSERA}/checkpoint.{size}").read_bytes()
    with pytest.raises(SignatureError):
        open_checkpoint(
            data.replace(b"testdata\n%d\n" % size, b"testdata\n%d\n" % (size + 1)),
            parse_verifier_key(TESSERA_VKEY),
        )


@pytest.mark.parametrize("size", range(1, 16))
def test_an_entry_of_the_tessera_log_is_proven_by_the_logs_own_key(size):
    bundle = find_vectors(f"{TESSERA}/tile/entries/000.p/{size}").read_bytes()
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    tree = Tree([hash_leaf(entry) for entry in entries])
    note = find_vectors(f"{TESSERA}/checkpoint.{size}").read_bytes()
    file = ProofFile(None, size - 1, tree.prove_inclusion(size - 1, size), note)
    policy = QuorumPolicy.build_log_only(parse_verifier_key(TESSERA_VKEY))
    found = verify_proof_file(parse_proof_file(file.encode()), hash_leaf(entries[-1]), policy)
    assert (found.checkpoint.size, found.at_seconds, found.members) == (size, None, ())


def test_the_go_checksum_database_signs_under_a_name_that_is_not_its_origin():
    page = json.loads(find_vectors("notes.json").read_bytes())
    case = next(one for one in page["verify"] if one["id"] == "sumdb-real")
    key = parse_verifier_key(case["vkey"])
    assert verify_note(parse_note(case["note"].encode()), [key]) == (key,)
    with pytest.raises(EncodingError, match="space"):  # our origins name a key, so have no space
        verify_quorum(case["note"].encode(), QuorumPolicy.build_log_only(key))
