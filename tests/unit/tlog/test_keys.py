"""Keys: text form, key ids, what a registration refuses."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.keys import (
    ALGORITHMS,
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    ED25519,
    SignerKey,
    VerifierKey,
    get_algorithm,
    parse_verifier_key,
)
from tests.support.logs import make_key

EACH_ALGORITHM = pytest.mark.parametrize("algorithm", sorted(ALGORITHMS), ids=hex)


@EACH_ALGORITHM
def test_a_key_is_the_same_after_it_was_written_and_read(algorithm):
    key = make_key("a.bank.example/key", algorithm).verifier
    assert parse_verifier_key(key.encode()) == key
    assert parse_verifier_key(key.encode()).encode() == key.encode()


@EACH_ALGORITHM
def test_a_signature_verifies_over_its_message_alone(algorithm):
    signer = make_key("a.bank.example/key", algorithm)
    signature = signer.sign_message(b"message")
    assert len(signature) == get_algorithm(algorithm).signature_bytes
    signer.verifier.verify_message(b"message", signature)
    with pytest.raises(SignatureError, match=r"a\.bank\.example/key"):
        signer.verifier.verify_message(b"massage", signature)


@EACH_ALGORITHM
@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_a_signature_of_another_length_is_a_signature_error(algorithm, length):
    with pytest.raises(SignatureError):
        make_key("a", algorithm).verifier.verify_message(b"message", bytes(length))


@EACH_ALGORITHM
def test_the_same_seed_gives_the_same_key(algorithm):
    assert make_key("a", algorithm).verifier == make_key("a", algorithm).verifier


def test_the_key_id_depends_on_name_type_and_key():
    keys = [
        make_key("a").verifier,
        VerifierKey("b", ED25519, make_key("a").verifier.public_key),
        VerifierKey("a", COSIGNATURE_ED25519, make_key("a").verifier.public_key),
        make_key("c").verifier,
    ]
    assert len({key.key_id for key in keys}) == len(keys)


def test_ml_dsa_signatures_are_hedged_and_ed25519_ones_are_not():
    mldsa, ed25519 = make_key("a", COSIGNATURE_MLDSA44), make_key("a")
    assert mldsa.sign_message(b"m") != mldsa.sign_message(b"m")
    assert ed25519.sign_message(b"m") == ed25519.sign_message(b"m")


def test_a_private_key_does_not_show_in_its_representation():
    signer = SignerKey("a", ED25519, b"secret seed, thirty-two bytes!!!")
    assert "secret" not in repr(signer)
    assert signer.seed.hex() not in repr(signer)


@EACH_ALGORITHM
@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(algorithm, length):
    with pytest.raises(EncodingError, match="32 bytes"):
        SignerKey("a", algorithm, bytes(length))


@pytest.mark.parametrize("algorithm", [0x00, 0x02, 0x03, 0x05, 0xFF])
def test_an_algorithm_that_is_not_in_the_table_is_refused(algorithm):
    with pytest.raises(EncodingError, match="unknown"):
        VerifierKey("a", algorithm, bytes(32))


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+00000000", "a+00000000+", "a+00000000+é"])
def test_a_text_that_is_no_key_is_refused(text):
    with pytest.raises(EncodingError):
        parse_verifier_key(text)


def test_base64_with_a_plus_sign_is_not_split():
    keys = (make_key(f"key {place}".replace(" ", "-")).verifier for place in range(200))
    key = next(key for key in keys if "+" in key.encode().split("+", 2)[2])
    assert parse_verifier_key(key.encode()) == key
