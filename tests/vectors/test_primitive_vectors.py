"""Wycheproof and RFC vectors for the primitives of sealing, through the calls that we make.

ChaCha20-Poly1305 is used inside HPKE only, never by a call of ours: its vectors are left out, the
HPKE vectors (test_hpke_vectors) run it. Ed25519 is in test_ed25519_vectors. Of AES-GCM the groups
with 256-bit keys and 96-bit nonces are run; nothing here uses others.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate, CertificateBuilder

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.consent import ALGORITHMS
from fundtrace.ledger.consent.algorithms import verify_by
from fundtrace.ledger.epochs import check_epoch_public_key
from fundtrace.ledger.framing import hkdf_sha256
from fundtrace.ledger.matching.curve import check_point, multiply
from tests.support.certificates import ROOT, ROOT_BEGIN, ROOT_END, make_name
from tests.support.epochs import make_key_pair
from tests.support.vector_cases import list_cases

REFUSED_POINTS = {"Twist", "NonCanonicalPublic", "LowOrderPublic", "ZeroSharedSecret"}


def list_wycheproof(name: str, **wanted: object):
    """Return the cases of the groups that hold ``wanted``; hex becomes bytes."""
    return list_cases(
        f"wycheproof/{name}_test.json",
        lambda page: (
            (str(test["tcId"]), {**group, **test, "flags": set(test.get("flags", ()))})
            for group in page["testGroups"]
            if wanted.items() <= {key: group.get(key) for key in wanted}.items()
            for test in group["tests"]
        ),
    )


def unhex(case: dict, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("case", list_wycheproof("x25519"))
def test_x25519_multiplies_or_refuses(case):
    scalar, point, shared = unhex(case, "private", "public", "shared")
    if any(shared):
        assert multiply(scalar, point) == shared
    else:
        with pytest.raises(EncodingError, match="small order"):
            multiply(scalar, point)


@pytest.mark.parametrize("case", list_wycheproof("x25519"))
def test_a_point_is_taken_unless_its_vector_says_what_is_bad_about_it(case):
    (point,) = unhex(case, "public")
    if case["flags"] & REFUSED_POINTS:
        with pytest.raises(EncodingError):
            check_point(point)
    else:
        check_point(point)


@pytest.mark.parametrize("case", list_wycheproof("hkdf_sha256"))
def test_hkdf_derives_or_refuses(case):
    secret, salt, info, expected = unhex(case, "ikm", "salt", "info", "okm")
    if case["result"] == "valid":
        assert hkdf_sha256(secret, salt, info, case["size"]) == expected
    else:
        with pytest.raises(ValueError, match="Cannot derive keys larger"):
            hkdf_sha256(secret, salt, info, case["size"])


@pytest.mark.parametrize("case", list_wycheproof("aes_gcm", keySize=256, ivSize=96, tagSize=128))
def test_aes_256_gcm_opens_or_refuses(case):
    key, nonce, data, message, sealed, tag = unhex(case, "key", "iv", "aad", "msg", "ct", "tag")
    if case["result"] == "valid":
        assert AESGCM(key).encrypt(nonce, message, data) == sealed + tag
        assert AESGCM(key).decrypt(nonce, sealed + tag, data) == message
    else:
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(nonce, sealed + tag, data)


def test_aes_key_wrap_is_that_of_rfc_3394():
    # RFC 3394 4.6: 256 bits of key data under a key of 256 bits
    key = bytes(range(32))
    data = bytes.fromhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    wrapped = bytes.fromhex(
        "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
    )
    assert aes_key_wrap(key, data) == wrapped
    assert aes_key_unwrap(key, wrapped) == data


@pytest.mark.parametrize("case", list_wycheproof("mlkem_768_keygen_seed"))
def test_an_ml_kem_key_is_made_of_its_seed(case):
    seed, public_key = unhex(case, "seed", "ek")
    assert MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw() == public_key


@pytest.mark.parametrize("case", list_wycheproof("mlkem_768"))
def test_ml_kem_decapsulates_or_refuses(case):
    seed, sealed, shared = unhex(case, "seed", "c", "K")
    if case["result"] == "valid":
        assert MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(sealed) == shared
    else:
        with pytest.raises(ValueError, match=r"seed|ciphertext"):
            MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(sealed)


@pytest.mark.parametrize("case", list_wycheproof("mlkem_768_encaps"))
def test_an_epoch_key_with_a_bad_ml_kem_part_is_refused(case):
    (mlkem_key,) = unhex(case, "ek")
    public_key = mlkem_key + make_key_pair().public_key[1184:]
    if case["result"] == "valid":
        check_epoch_public_key(public_key)
    else:
        with pytest.raises(EncodingError):
            check_epoch_public_key(public_key)


@lru_cache(maxsize=256)
def _certify(public_key: str) -> Certificate:
    builder = CertificateBuilder(
        issuer_name=make_name(ROOT.name),
        subject_name=make_name("Wycheproof"),
        public_key=load_der_public_key(bytes.fromhex(public_key)),
        serial_number=1,
        not_valid_before=ROOT_BEGIN,
        not_valid_after=ROOT_END,
    )
    return builder.sign(ROOT.key, hashes.SHA256())


@pytest.mark.parametrize("case", list_wycheproof("ecdsa_secp256r1_sha256"))
def test_an_ecdsa_signature_is_judged_by_the_table_as_its_case_says(case):
    message, signature = unhex(case, "msg", "sig")
    algorithm, certificate = ALGORITHMS["ecdsa_p256_sha256"], _certify(case["publicKeyDer"])
    if case["result"] == "valid":
        verify_by(algorithm, certificate, message, signature)
    else:
        with pytest.raises(SignatureError):
            verify_by(algorithm, certificate, message, signature)
