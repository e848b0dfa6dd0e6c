"""Messages between two members, signed: a frame and an Ed25519 signature over it, 64 bytes.

The frame's label says what the message is for and its first byte is zero, so that a signature made
here is none over a note or a checkpoint, and the other way round, also where a member signs with
one key. Who the key belongs to is the roster's business.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.ledger.framing import KEY_BYTES, check_length, parse_frame
from fundtrace.tlog.keys import check_ed25519_public_key

SIGNATURE_BYTES = 64


def sign_message(message: bytes, seed: bytes) -> bytes:
    """Return a message (a frame) with its signature behind it; ``seed``: 32 secret bytes."""
    check_length(seed, KEY_BYTES, "the seed of a signing key")
    return message + Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def parse_signed(data: bytes, label: str, size_max: int) -> list[bytes]:
    """Return the fields of a signed message without verifying it.

    Raises EncodingError for more than ``size_max`` bytes and for what is no frame of ``label``.
    """
    if not SIGNATURE_BYTES < len(data) <= size_max:
        raise EncodingError(f"a message {label!r} has 65 to {size_max} bytes, not {len(data)}")
    return parse_frame(data[:-SIGNATURE_BYTES], label)


def verify_signed(data: bytes, public_key: bytes) -> None:
    """Verify the signature of a message; raises SignatureError, EncodingError for a bad key."""
    message, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    verify_signature(message, signature, public_key, "a message of the member it should come from")


def verify_signature(message: bytes, signature: bytes, public_key: bytes, what: str) -> None:
    """Verify an Ed25519 signature; raises SignatureError, EncodingError for a bad key."""
    check_ed25519_public_key(public_key)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature as error:
        raise SignatureError(f"not {what}: the signature does not verify under its key") from error
