"""Text formats of the log: any bytes parse or are refused, and what parses is written the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.checkpoint import Checkpoint, parse_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature, verify_cosignature
from fundtrace.tlog.keys import ALGORITHMS, VerifierKey, parse_verifier_key
from fundtrace.tlog.mirror import (
    add_package,
    confirm_durable,
    prepare_cosignature,
    propose_checkpoint,
)
from fundtrace.tlog.mirror_state import MirrorState, parse_mirror_state
from fundtrace.tlog.note import Note, Signature, parse_note, sign_note, verify_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file
from fundtrace.tlog.witness import AddCheckpoint, parse_add_checkpoint
from tests.support.logs import AT, ORIGIN, SmallLog, cosign, make_key, make_mirror_key

LOG = SmallLog(10)
SIGNED = LOG.sign()
NOTE = SIGNED.note.add_lines(cosign(SIGNED, "bc")).encode()


def _mirror_once() -> MirrorState:
    state = propose_checkpoint(MirrorState(ORIGIN), LOG.propose(0), [LOG.key]).state
    state = add_package(state, LOG.pack(0)).state
    return prepare_cosignature(confirm_durable(state, 10))


FORMATS = {
    "note": (parse_note, NOTE),
    "checkpoint": (parse_checkpoint, SIGNED.checkpoint.encode()),
    "proof file": (
        parse_proof_file,
        ProofFile(b"extra", 4, LOG.tree.prove_inclusion(4, 10), NOTE).encode(),
    ),
    "request": (parse_add_checkpoint, LOG.propose(3).encode()),
    "mirror state": (parse_mirror_state, _mirror_once().encode()),
    "vkey": (lambda data: parse_verifier_key(data.decode("latin-1")), LOG.key.encode().encode()),
}
EACH_FORMAT = pytest.mark.parametrize("name", FORMATS)
# What a careless writer or a forger would put in: lookalikes, spaces, foreign breaks, digits.
SPLICES = st.one_of(
    st.binary(max_size=3),
    st.sampled_from([" ", "\n", "\n\n", "\t", "\r", "+", "=", "0", "-", "\u2028", "\u00a0", "٣"])
    .map(str.encode),
)  # fmt: skip


@st.composite
def _mutated(draw, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 3)))
        data = data[:start] + draw(SPLICES) + data[end:]
    return data


@EACH_FORMAT
@given(st.data())
@settings(max_examples=150)
def test_changed_bytes_are_refused_or_written_the_same_again(name, data):
    parse, good = FORMATS[name]
    changed = data.draw(_mutated(good))
    try:
        value = parse(changed)
    except EncodingError:
        return
    encoded = value.encode()
    assert (encoded.encode("latin-1") if isinstance(encoded, str) else encoded) == changed


@EACH_FORMAT
@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_are_refused_or_written_the_same_again(name, data):
    parse, _ = FORMATS[name]
    try:
        value = parse(data)
    except EncodingError:
        return
    assert value.encode() in {data, data.decode("latin-1")}


NAMES = st.text(
    st.characters(min_codepoint=0x21, exclude_characters="+", exclude_categories=("Z", "C")),
    min_size=1,
    max_size=60,
)
TEXTS = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=("Cs",)) | st.just("\n"), max_size=80
).map(lambda text: text.encode() + b"\n")
HASHES = st.binary(min_size=32, max_size=32)
SIZES = st.integers(0, 2**63 - 1)
HEADS = st.builds(Checkpoint, NAMES, SIZES, HASHES)
LINES = st.builds(
    Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=99)
)
NOTES = st.builds(Note, TEXTS, st.lists(LINES, min_size=1, max_size=4).map(tuple))


@given(NOTES)
def test_a_note_is_the_same_after_it_was_written_and_read(note):
    assert parse_note(note.encode()) == note


@given(HEADS)
def test_a_checkpoint_is_the_same_after_it_was_written_and_read(head):
    assert parse_checkpoint(head.encode()) == head


@given(SIZES, st.lists(HASHES, max_size=63).map(tuple), st.none() | st.binary(min_size=1))
def test_proofs_and_requests_are_the_same_after_they_were_written_and_read(number, path, extra):
    file = ProofFile(extra, number, path, NOTE)
    request = AddCheckpoint(number, path, NOTE)
    assert parse_proof_file(file.encode()) == file
    assert parse_add_checkpoint(request.encode()) == request


@given(NAMES, st.sampled_from(sorted(ALGORITHMS)))
def test_a_key_is_the_same_after_it_was_written_and_read(name, algorithm):
    key = VerifierKey(name, algorithm, make_key("a", algorithm).verifier.public_key)
    assert parse_verifier_key(key.encode()) == key


@given(TEXTS, TEXTS)
def test_a_signature_is_of_its_text_alone(text, other):
    signer = make_key("a.example")
    note = sign_note(text, [signer])
    assert verify_note(note, [signer.verifier]) == (signer.verifier,)
    if other != text:
        with pytest.raises(SignatureError):
            verify_note(Note(other, note.signatures), [signer.verifier])


@given(HEADS, HEADS, st.sampled_from([0x04, 0x06]), st.integers(1, 2**63 - 1))
@settings(max_examples=50)
def test_a_cosignature_is_of_its_head_and_time_alone(head, other, algorithm, at):
    signer = make_mirror_key("b", algorithm)
    line = sign_cosignature(head, signer, at)
    assert verify_cosignature(head, line, signer.verifier) == at
    moved = Signature(line.name, line.key_id, AT.to_bytes(8, "big") + line.blob[8:])
    wrong = [(other, line)] * (other != head) + [(head, moved)] * (at != AT)
    refused = [_is_refused(*one, signer.verifier) for one in wrong]
    assert all(refused)


def _is_refused(head, line, key) -> bool:
    try:
        verify_cosignature(head, line, key)
    except SignatureError:
        return True
    return False
