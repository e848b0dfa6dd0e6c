"""Keys of notes: who signs, with which algorithm, under which key id (C2SP signed-note).

A key has a name, an algorithm and public bytes; its id is the first four bytes of a hash over
all three, so that the pair (name, id) finds the key that a signature line is by. The algorithms
are one table: Ed25519 over a text (0x01), and timestamped cosignatures of checkpoints by
Ed25519 (0x04) and ML-DSA-44 (0x06). What exactly each signs stands in ``messages``.

Ed25519 libraries disagree about odd public keys, and nodes must not: a key whose point has
small order, is not in its canonical encoding or is not on the curve is refused as soon as it
becomes a VerifierKey, that is, before anything is verified with it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.lines import check_own_name, parse_base64

ED25519: Final = 0x01
COSIGNATURE_ED25519: Final = 0x04
COSIGNATURE_MLDSA44: Final = 0x06

KEY_ID_BYTES: Final = 4
SEED_BYTES: Final = 32
LOADED_KEYS_MAX: Final = 1024  # LIMIT: 20 members with 6 keys each, in eight rosters

_PRIME: Final = 2**255 - 19
_CURVE_D: Final = -121665 * pow(121666, -1, _PRIME) % _PRIME
_SMALL_ORDER_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The y of the eight points of small order: orders 1, 2, 4 and, twice, 8 (C2SP/CCTV ed25519).
_SMALL_ORDER: Final = frozenset({1, _PRIME - 1, 0, _SMALL_ORDER_Y, _PRIME - _SMALL_ORDER_Y})


def check_ed25519_public_key(public_key: bytes) -> None:
    """Check that these 32 bytes are a point that all Ed25519 libraries treat alike.

    Raises EncodingError for another length, an encoding that is not canonical, a point that is
    not on the curve and a point of small order (RFC 8032 5.1.3; C2SP/CCTV ed25519).
    """
    if len(public_key) != 32:
        raise EncodingError(f"an Ed25519 public key has 32 bytes, not {len(public_key)}")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    # SPEC: RFC 8032 5.1.3 step 1; the other form that is not canonical, x = -0, has small order
    if y >= _PRIME:
        raise EncodingError("this Ed25519 public key is not in its canonical encoding")
    if y in _SMALL_ORDER:
        raise EncodingError("this Ed25519 public key has small order: anybody can sign for it")
    square = (y * y - 1) * pow(_CURVE_D * y * y + 1, -1, _PRIME) % _PRIME
    if pow(square, (_PRIME - 1) // 2, _PRIME) != 1:
        raise EncodingError("this Ed25519 public key is not a point on the curve")


def _check_mldsa44_public_key(public_key: bytes) -> None:
    """Check the length; every 1,312 bytes are a public key of ML-DSA-44 (FIPS 204)."""
    if len(public_key) != 1312:
        raise EncodingError(f"an ML-DSA-44 public key has 1312 bytes, not {len(public_key)}")


@lru_cache(maxsize=LOADED_KEYS_MAX)
def _load_ed25519(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


@lru_cache(maxsize=LOADED_KEYS_MAX)
def _load_mldsa44(public_key: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public_key)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row of the table: what a signature algorithm of notes is called and how it works."""

    identifier: int
    label: str
    signature_bytes: int
    timestamped: bool
    check_public_key: Callable[[bytes], None]
    load_verifier: Callable[[bytes], Ed25519PublicKey | MLDSA44PublicKey]
    load_signer: Callable[[bytes], Ed25519PrivateKey | MLDSA44PrivateKey]


ALGORITHMS: Final = {
    row.identifier: row
    for row in (
        Algorithm(
            identifier=ED25519,
            label="Ed25519",
            signature_bytes=64,
            timestamped=False,
            check_public_key=check_ed25519_public_key,
            load_verifier=_load_ed25519,
            load_signer=Ed25519PrivateKey.from_private_bytes,
        ),
        Algorithm(
            identifier=COSIGNATURE_ED25519,
            label="Ed25519 cosignature",
            signature_bytes=64,
            timestamped=True,
            check_public_key=check_ed25519_public_key,
            load_verifier=_load_ed25519,
            load_signer=Ed25519PrivateKey.from_private_bytes,
        ),
        Algorithm(
            identifier=COSIGNATURE_MLDSA44,
            label="ML-DSA-44 cosignature",
            signature_bytes=2420,
            timestamped=True,
            check_public_key=_check_mldsa44_public_key,
            load_verifier=_load_mldsa44,
            load_signer=MLDSA44PrivateKey.from_seed_bytes,
        ),
    )
}


def get_algorithm(identifier: int) -> Algorithm:
    """Return the row of the table, or raise EncodingError for an algorithm that is not there."""
    if identifier not in ALGORITHMS:
        known = ", ".join(f"0x{one:02x}" for one in sorted(ALGORITHMS))
        raise EncodingError(f"signature type 0x{identifier:02x} is unknown; known are {known}")
    return ALGORITHMS[identifier]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name; it checks itself, so whoever holds one may verify with it."""

    name: str
    algorithm: int
    public_key: bytes
    key_id: bytes = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a bad name, an unknown algorithm, and a public key that is not fit to verify."""
        check_own_name(self.name, "a key name")
        get_algorithm(self.algorithm).check_public_key(self.public_key)
        # SPEC: signed-note "Signatures": SHA-256(name || 0x0A || type || public key)[:4]
        material = bytes([self.algorithm]) + self.public_key
        digest = sha256(self.name.encode() + b"\n" + material).digest()
        object.__setattr__(self, "key_id", digest[:KEY_ID_BYTES])

    def encode(self) -> str:
        """Return the vkey: ``name+hex(key id)+base64(type || public key)``."""
        material = bytes([self.algorithm]) + self.public_key
        return f"{self.name}+{self.key_id.hex()}+{b64encode(material).decode()}"

    def verify_message(self, message: bytes, signature: bytes) -> None:
        """Verify the bare signature over exact bytes, or raise SignatureError."""
        row = get_algorithm(self.algorithm)
        try:
            row.load_verifier(self.public_key).verify(signature, message)
        except InvalidSignature as error:
            raise SignatureError(
                f"the signature of {self.name} ({row.label}) does not verify: the text was "
                "changed, or another key signed it"
            ) from error


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private key under its name, from the 32-byte seed that the caller drew and keeps."""

    name: str
    algorithm: int
    seed: bytes = field(repr=False)
    verifier: VerifierKey = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a seed of another length; derive the public key."""
        if len(self.seed) != SEED_BYTES:
            raise EncodingError(f"the seed of a key has {SEED_BYTES} bytes, not {len(self.seed)}")
        row = get_algorithm(self.algorithm)
        public_key = row.load_signer(self.seed).public_key().public_bytes_raw()
        object.__setattr__(self, "verifier", VerifierKey(self.name, self.algorithm, public_key))

    def sign_message(self, message: bytes) -> bytes:
        """Return the bare signature over exact bytes.

        Ed25519 gives the same signature each time. ML-DSA is hedged: ``cryptography`` draws
        32 random bytes for each signature, so that two over the same message differ.
        """
        return get_algorithm(self.algorithm).load_signer(self.seed).sign(message)


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the key that a vkey is; its key id must be the hash of the rest.

    Raises EncodingError for any other text, for an algorithm that is not in the table and for
    a public key that ``VerifierKey`` refuses.
    """
    parts = text.split("+", 2)  # base64 has plus signs of its own
    if len(parts) != 3:
        raise EncodingError("a vkey has three parts: name+hex(key id)+base64(type || public key)")
    name, key_id, material = parts
    if not material.isascii():
        raise EncodingError("the third part of a vkey is not base64")
    decoded = parse_base64(material.encode(), "the third part of a vkey")
    if not decoded:
        raise EncodingError("the third part of a vkey is empty; it holds type and public key")
    key = VerifierKey(name, decoded[0], decoded[1:])
    if key.key_id.hex() != key_id:
        raise EncodingError(
            f"the vkey of {name} says key id {key_id!r}, but its key has {key.key_id.hex()}"
        )
    return key
