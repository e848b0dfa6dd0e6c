"""Boxes: small secrets and bodies at rest, sealed under a key that the node holds.

A box is 32 random bytes of salt and AES-256-GCM under a key derived from the holder's key, that
salt and the context (what is inside, and whose); each box so has a key of its own and the nonce
stays zero. A box moved to another context, or opened with another key, is refused. The store
keeps boxes as bytes and learns their lengths.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fundtrace.errors import EncodingError, VerificationError
from fundtrace.ledger.framing import check_length, derive_key

SALT_BYTES = 32
BOX_OVERHEAD_BYTES = SALT_BYTES + 16

_NONCE = bytes(12)  # every box has its own key


def seal_box(key: bytes, context: bytes, secret: bytes, salt: bytes) -> bytes:
    """Seal ``secret`` for ``context`` (a frame) under a key of 32 bytes; ``salt``: 32 random bytes.

    The box is 48 bytes longer than the secret.
    """
    check_length(salt, SALT_BYTES, "the salt of a box")
    return salt + _build_cipher(key, context, salt).encrypt(_NONCE, secret, context)


def open_box(key: bytes, context: bytes, box: bytes) -> bytes:
    """Open a box; raises EncodingError for one too short, VerificationError where it is another's."""
    if len(box) < BOX_OVERHEAD_BYTES:
        raise EncodingError(f"a box has at least {BOX_OVERHEAD_BYTES} bytes, not {len(box)}")
    salt, sealed = box[:SALT_BYTES], box[SALT_BYTES:]
    try:
        return _build_cipher(key, context, salt).decrypt(_NONCE, sealed, context)
    except InvalidTag as error:
        raise VerificationError(
            "the box does not open: another key, another place, or changed bytes"
        ) from error


def _build_cipher(key: bytes, context: bytes, salt: bytes) -> AESGCM:
    return AESGCM(derive_key(key, "box", context, salt=salt))
