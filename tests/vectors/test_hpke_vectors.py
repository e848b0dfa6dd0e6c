"""HPKE vectors, as far as a call without AAD allows.

All published vectors carry AAD, which ``cryptography``'s HPKE does not take. Each names the AEAD
key and nonce that its key schedule gives: what we seal under these without AAD must open by the
vector's encapsulation and private key, so KEM, key schedule and suite are held to the vector, and
the AEAD too. Of the HPKE-PQ vectors those of X-Wing (0x647a) run; the first has exactly our suite.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    Suite,
)

from fundtrace.ledger import epochs
from fundtrace.ledger.epochs import EpochKeyPair
from tests.support.sealed import CONSORTIUM
from tests.support.vector_cases import list_cases

XWING, X25519, BASE = 0x647A, 0x0020, 0
KDFS = {1: KDF.HKDF_SHA256, 0x11: KDF.SHAKE256}
AEADS = {
    1: (AEAD.AES_128_GCM, AESGCM),
    2: (AEAD.AES_256_GCM, AESGCM),
    3: (AEAD.CHACHA20_POLY1305, ChaCha20Poly1305),
}


def list_hpke(name: str, kem: int, kdfs: set[int]):
    return list_cases(
        f"pyca-vectors/HPKE/{name}.json",
        lambda rows: (
            (f"kdf {row['kdf_id']} aead {row['aead_id']}", row)
            for row in rows
            if (row["mode"], row["kem_id"]) == (BASE, kem)
            and row["kdf_id"] in kdfs
            and row["aead_id"] in AEADS
        ),
    )


def unhex(case: dict, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def seal_without_data(case: dict, message: bytes) -> bytes:
    key, nonce, encapsulated = unhex(case, "key", "base_nonce", "enc")
    return encapsulated + AEADS[case["aead_id"]][1](key).encrypt(nonce, message, b"")


@pytest.mark.parametrize("case", list_hpke("hpke-pq-test-vectors", XWING, set(KDFS)))
def test_a_seed_gives_the_public_key_of_its_vector_and_opens_its_encapsulation(case):
    seed, public_key, info = unhex(case, "skRm", "pkRm", "info")
    assert EpochKeyPair(CONSORTIUM, "bank-b", 1, seed).public_key == public_key
    suite = Suite(KEM.MLKEM768_X25519, KDFS[case["kdf_id"]], AEADS[case["aead_id"]][0])
    private_key = MLKEM768X25519PrivateKey(*epochs._expand(seed))
    assert suite.decrypt(seal_without_data(case, b"secret"), private_key, info) == b"secret"


@pytest.mark.parametrize("case", list_hpke("hpke-pq-test-vectors", XWING, {1}))
def test_our_suite_is_that_of_the_first_vector(case):
    seed, info = unhex(case, "skRm", "info")
    private_key = MLKEM768X25519PrivateKey(*epochs._expand(seed))
    opened = epochs._SUITE.decrypt(seal_without_data(case, b"secret"), private_key, info)
    assert (case["aead_id"], opened) == (3, b"secret")


@pytest.mark.parametrize("case", list_hpke("test-vectors", X25519, {1}))
def test_the_key_schedule_of_rfc_9180_is_followed(case):
    seed, info = unhex(case, "skRm", "info")
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEADS[case["aead_id"]][0])
    private_key = X25519PrivateKey.from_private_bytes(seed)
    assert suite.decrypt(seal_without_data(case, b"secret"), private_key, info) == b"secret"
