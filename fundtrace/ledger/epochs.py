"""Epoch keys: a member's HPKE key pair for one epoch, and the grants sealed to it.

Public-key work is done per epoch and peer, not per record. Each member publishes a fresh public
key per epoch in its log; each issuer seals its pair secret (``pairs``) to every member's key, so
that nobody sees who deals with whom. The suite is hybrid, X-Wing (ML-KEM-768 and X25519) with
HKDF-SHA256 and ChaCha20-Poly1305: what is recorded today stays shut unless both parts break, and
public vectors exist for exactly this suite (HPKE-PQ, KEM 0x647a). HPKE in its base mode
authenticates no sender; a grant is its issuer's because it stands in the issuer's log, and
``info`` binds consortium, issuer's origin, reader, epoch and the reader's key, so that a grant
copied into another log opens nothing.

A key pair is made of a seed of 32 bytes, which is all that is kept, in a box under the node's
root key. It is destroyed after a grace time (``keyring``).

- public key: ML-KEM-768 (1,184 bytes) || X25519 (32 bytes); grant: 1,168 bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from fundtrace.errors import EncodingError, InvalidInputError, VerificationError
from fundtrace.ledger.boxes import open_box, seal_box
from fundtrace.ledger.framing import check_length, check_name, check_number, frame, hash_frame
from fundtrace.ledger.pairs import PAIR_SECRET_BYTES, Pair

EPOCH_SEED_BYTES = 32
MLKEM_PUBLIC_KEY_BYTES = 1184
EPOCH_PUBLIC_KEY_BYTES = MLKEM_PUBLIC_KEY_BYTES + 32
KEY_ID_BYTES = 16
GRANT_BYTES = 1120 + PAIR_SECRET_BYTES + 16  # encapsulated keys, secret, tag

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
# Any scalar serves to find the X25519 points that give zero with every one.
_PROBE = X25519PrivateKey.from_private_bytes(b"\x01" * 32)


@dataclass(frozen=True, slots=True)
class EpochKeyPair:
    """A member's key pair of one epoch, made of a random seed of 32 bytes."""

    consortium: str
    member: str
    epoch: int
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        check_name(self.consortium, "a consortium's name")
        check_name(self.member, "a member id")
        check_number(self.epoch, "an epoch")
        check_length(self.seed, EPOCH_SEED_BYTES, "the seed of an epoch key")

    @property
    def public_key(self) -> bytes:
        """The public key as the member publishes it, 1,216 bytes."""
        mlkem, x25519 = _expand(self.seed)
        return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """The key's id, 16 bytes, by which a grant says to which key it is sealed."""
        return make_key_id(self.public_key)

    def wrap(self, root_key: bytes, salt: bytes) -> bytes:
        """Return the seed as a box under the node's root key, 80 bytes; salt: 32 random bytes."""
        return seal_box(root_key, self._context, self.seed, salt)

    @property
    def _context(self) -> bytes:
        return _frame_key(self.consortium, self.member, self.epoch)


def unwrap_epoch_key(
    root_key: bytes, consortium: str, member: str, epoch: int, wrapped: bytes
) -> EpochKeyPair:
    """Open a wrapped key pair; raises VerificationError where it is another member's or epoch's."""
    seed = open_box(root_key, _frame_key(consortium, member, epoch), wrapped)
    return EpochKeyPair(consortium, member, epoch, seed)


def make_key_id(public_key: bytes) -> bytes:
    """Return the id of an epoch's public key, 16 bytes."""
    return hash_frame("epoch/key-id", public_key)[:KEY_ID_BYTES]


def check_epoch_public_key(public_key: bytes) -> None:
    """Refuse what is no public key of the suite; raises EncodingError.

    That is another length, an ML-KEM key whose numbers are not reduced (FIPS 203 section 7.2) and
    an X25519 point of small order.
    """
    try:
        loaded = X25519PublicKey.from_public_bytes(public_key[MLKEM_PUBLIC_KEY_BYTES:])
        _PROBE.exchange(loaded)
        _load_public_key(public_key)
    except ValueError as error:
        raise EncodingError(
            "not a public key for ML-KEM-768 and X25519; publish a fresh one"
        ) from error


def seal_grant(secret: bytes, pair: Pair, public_key: bytes) -> bytes:
    """Seal a pair secret to its reader's public key, 1,168 bytes.

    ``cryptography`` draws the randomness of the encapsulation itself: two grants of one secret
    differ. Raises EncodingError for a bad public key.
    """
    check_length(secret, PAIR_SECRET_BYTES, "a pair secret")
    check_epoch_public_key(public_key)
    loaded = _load_public_key(public_key)
    return _SUITE.encrypt(secret, loaded, _frame_info(pair, make_key_id(public_key)))


def open_grant(sealed: bytes, pair: Pair, key_pair: EpochKeyPair) -> bytes:
    """Open a grant with the reader's key pair and return the pair secret, 32 bytes.

    Raises InvalidInputError where the key is not the pair's reader's, VerificationError where the
    grant is for another pair or key, or changed.
    """
    if (pair.consortium, pair.reader) != (key_pair.consortium, key_pair.member):
        raise InvalidInputError(f"the grant is for {pair.reader}, the key of {key_pair.member}")
    private_key = MLKEM768X25519PrivateKey(*_expand(key_pair.seed))
    try:
        secret = _SUITE.decrypt(sealed, private_key, _frame_info(pair, key_pair.key_id))
    except (InvalidTag, ValueError) as error:
        raise VerificationError(
            f"the grant of {pair.origin} for epoch {pair.key_epoch} does not open; "
            f"ask its issuer for another"
        ) from error
    if len(secret) != PAIR_SECRET_BYTES:
        raise EncodingError(f"a grant holds {PAIR_SECRET_BYTES} bytes, not {len(secret)}")
    return secret


def _load_public_key(public_key: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public_key[:MLKEM_PUBLIC_KEY_BYTES]),
        X25519PublicKey.from_public_bytes(public_key[MLKEM_PUBLIC_KEY_BYTES:]),
    )


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    # SPEC: draft-connolly-cfrg-xwing-kem 5.2 expandDecapsulationKey: SHAKE256, 96 bytes
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def _frame_info(pair: Pair, key_id: bytes) -> bytes:
    return frame("epoch/grant", *pair.fields, key_id)


def _frame_key(consortium: str, member: str, epoch: int) -> bytes:
    return frame("epoch/private-key", consortium, member, epoch)
