"""Keys of the vectors: made from labels, public, for tests only; signing without randomness."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Final

from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.keys import (
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    ED25519,
    SignerKey,
    VerifierKey,
)
from fundtrace.tlog.messages import Subtree, build_subtree_message
from fundtrace.tlog.note import Signature
from vectors.mldsa44 import DeterministicSigner

ORIGIN: Final = "a.bank.example/ledger/1"
AT: Final = 1_767_225_600  # 2026-01-01T00:00:00Z
BANKS: Final = "abcdefg"


@cache
def make_key(name: str, algorithm: int = ED25519) -> SignerKey:
    """Return the key of this name and type; its seed is a hash of both."""
    label = f"fundtrace vectors, public test key: {name} {algorithm:02x}"
    return SignerKey(name, algorithm, sha256(label.encode()).digest())


def make_mirror(bank: str, algorithm: int = COSIGNATURE_ED25519) -> SignerKey:
    """Return the mirror key of a bank, named by its letter."""
    return make_key(f"{bank}.bank.example/mirror", algorithm)


def cosign(checkpoint: Checkpoint, signer: SignerKey, at_seconds: int = AT) -> Signature:
    """Return a cosigner's line, the same each time, of either kind."""
    if signer.algorithm != COSIGNATURE_MLDSA44:
        return sign_cosignature(checkpoint, signer, at_seconds)
    head = Subtree(checkpoint.origin, 0, checkpoint.size, checkpoint.root_hash)
    return cosign_subtree(head, signer, at_seconds)


def cosign_subtree(subtree: Subtree, signer: SignerKey, at_seconds: int = 0) -> Signature:
    """Return an ML-DSA cosigner's line on a subtree, the same each time."""
    message = build_subtree_message(signer.name, at_seconds, subtree)
    return sign_raw(signer, message, at_seconds)


def sign_raw(signer: SignerKey, message: bytes, at_seconds: int) -> Signature:
    """Return a timed line over exact bytes, whether or not they are what should be signed."""
    if signer.algorithm == COSIGNATURE_MLDSA44:
        bare = _expand(signer.seed).sign(message)
    else:
        bare = signer.sign_message(message)
    return Signature(signer.name, signer.verifier.key_id, at_seconds.to_bytes(8, "big") + bare)


def list_vkeys(*signers: SignerKey) -> list[str]:
    """Return the signers' public keys as text."""
    return [signer.verifier.encode() for signer in signers]


def encode_vkey(name: str, material: bytes) -> str:
    """Return the vkey of any key material, with the right key id."""
    key_id = sha256(name.encode() + b"\n" + material).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64encode(material).decode()}"


def rename(key: VerifierKey, name: str) -> VerifierKey:
    """Return the same public key under another name."""
    return VerifierKey(name, key.algorithm, key.public_key)


def set_spare_bit(text: str) -> str:
    """Return text that ends in padded base64 with a bit set that stands for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=\n")
    return bare[:-1] + letters[letters.index(bare[-1]) | 1] + text[len(bare) :]


@cache
def _expand(seed: bytes) -> DeterministicSigner:
    return DeterministicSigner(seed)
