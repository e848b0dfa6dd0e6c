"""Proof files; what is refused stands in the vectors (tests/vectors)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, ProofError, SignatureError
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proof_file import (
    EXTRA_BYTES_MAX,
    PROOF_FILE_BYTES_MAX,
    ProofFile,
    parse_proof_file,
    verify_proof_file,
)
from tests.support.logs import SmallLog, build_policy, cosign

LOG = SmallLog(10)
POLICY = build_policy("abcd")


def _prove(index: int, banks: str = "abc") -> ProofFile:
    signed = LOG.sign()
    note = signed.note.add_lines(cosign(signed, banks)).encode()
    return ProofFile(None, index, LOG.tree.prove_inclusion(index, 10), note)


@pytest.mark.parametrize("index", range(10))
def test_every_entry_of_a_log_is_proven_at_its_place(index):
    file = parse_proof_file(_prove(index).encode())
    assert verify_proof_file(file, hash_leaf(LOG.entries[index]), POLICY).members == tuple("abc")


@pytest.mark.parametrize("index", [0, 3, 5])
def test_an_entry_is_not_proven_at_another_place(index):
    with pytest.raises(ProofError):
        verify_proof_file(_prove(4), hash_leaf(LOG.entries[index]), POLICY)


def test_a_checkpoint_that_is_not_final_proves_nothing():
    with pytest.raises(SignatureError, match="not final"):
        verify_proof_file(_prove(4, "ab"), hash_leaf(LOG.entries[4]), POLICY)


def test_extra_data_is_carried_and_not_verified():
    file = replace(_prove(4), extra=b"any bytes \x00\xff")
    assert parse_proof_file(file.encode()).extra == b"any bytes \x00\xff"
    assert verify_proof_file(file, hash_leaf(LOG.entries[4]), POLICY)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": b""},
        {"extra": bytes(EXTRA_BYTES_MAX + 1)},
        {"index": -1},
        {"index": 2**63},
        {"path": (bytes(31),)},
        {"path": (bytes(32),) * 64},
        {"checkpoint_note": b"no note"},
    ],
)
def test_a_proof_that_could_not_be_written_is_refused(change):
    with pytest.raises(EncodingError):
        replace(_prove(4), **change)


def test_a_file_beyond_its_bytes_is_refused():
    with pytest.raises(EncodingError, match="at most"):
        parse_proof_file(bytes(PROOF_FILE_BYTES_MAX + 1))
