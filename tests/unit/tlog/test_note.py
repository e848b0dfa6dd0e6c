"""Signed notes; most of what is refused stands in the vectors (tests/vectors)."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, InvalidInputError, SignatureError
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44
from fundtrace.tlog.note import (
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    Note,
    Signature,
    index_keys,
    parse_note,
    parse_signature_lines,
    sign_note,
    verify_note,
)
from tests.support.logs import make_key

A, B = make_key("a.example"), make_key("b.example")


def test_a_note_is_the_same_after_it_was_written_and_read():
    note = sign_note("两笔\n\nloans\n".encode(), [A, B])
    assert parse_note(note.encode()) == note


@pytest.mark.parametrize("count", [1, 16, SIGNATURES_MAX])
def test_at_least_sixteen_and_at_most_a_hundred_lines_are_taken(count):
    data = sign_note(b"text\n", [A] * count).encode()
    assert verify_note(parse_note(data), [A.verifier]) == (A.verifier,)


def test_sixteen_ml_dsa_lines_fit():
    line = Signature("b.example/mirror", bytes(4), bytes(8 + 2420))
    data = sign_note(b"text\n", [A]).add_lines([line] * 16).encode()
    assert len(data) > 52_000
    assert verify_note(parse_note(data), [A.verifier]) == (A.verifier,)


def test_a_hundred_and_one_lines_are_refused():
    line = sign_note(b"text\n", [A]).signatures[0].encode()
    with pytest.raises(EncodingError, match="101"):
        parse_note(b"text\n\n" + line * (SIGNATURES_MAX + 1))


def test_a_note_beyond_its_bytes_is_refused_before_it_is_read():
    with pytest.raises(EncodingError, match=str(NOTE_BYTES_MAX)):
        parse_note(b"\xff" * (NOTE_BYTES_MAX + 1))


def test_a_signer_that_needs_a_time_cannot_sign_a_plain_note():
    with pytest.raises(InvalidInputError, match="time"):
        sign_note(b"text\n", [make_key("a", COSIGNATURE_ED25519)])


@pytest.mark.parametrize("algorithm", [COSIGNATURE_ED25519, COSIGNATURE_MLDSA44])
def test_a_cosigner_has_nothing_to_say_on_a_text_that_is_no_checkpoint(algorithm):
    key = make_key("c.example", algorithm).verifier
    length = 64 if algorithm == COSIGNATURE_ED25519 else 2420
    line = Signature(key.name, key.key_id, bytes(8 + length))
    with pytest.raises(SignatureError, match="checkpoints only"):
        verify_note(Note(b"no checkpoint\n", (line,)), [key])


def test_verification_without_known_keys_fails():
    with pytest.raises(SignatureError, match="no key"):
        verify_note(sign_note(b"text\n", [A]), [])


def test_two_keys_under_one_name_and_id_are_refused():
    key, other = A.verifier, make_key("a.example", COSIGNATURE_ED25519).verifier
    object.__setattr__(other, "key_id", key.key_id)  # as if somebody had ground a collision
    with pytest.raises(EncodingError, match="share"):
        index_keys([key, other])


@pytest.mark.parametrize("text", [b"", b"no newline", b"tab\t\n", b"\xff\n"])
def test_a_text_that_no_note_can_hold_is_refused(text):
    with pytest.raises(EncodingError):
        sign_note(text, [A])


def test_a_note_without_signers_is_refused():
    with pytest.raises(EncodingError, match="signature lines"):
        sign_note(b"text\n", [])


@pytest.mark.parametrize(
    ("name", "key_id", "blob"),
    [("a b", bytes(4), b"x"), ("a", bytes(3), b"x"), ("a", bytes(4), b"")],
)
def test_a_line_that_could_not_be_written_is_refused(name, key_id, blob):
    with pytest.raises(EncodingError):
        Signature(name, key_id, blob)


def test_signature_lines_alone_are_read_as_an_answer_of_a_witness():
    lines = sign_note(b"text\n", [A, B]).signatures
    assert parse_signature_lines(b"".join(one.encode() for one in lines)) == lines
    with pytest.raises(EncodingError):
        parse_signature_lines(b"")
