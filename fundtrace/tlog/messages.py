"""What each algorithm of notes signs, byte for byte (C2SP signed-note, tlog-cosignature).

0x01 signs the note's text itself. The two cosignatures carry a time in front of the bare
signature: 0x04 signs a header line, a time line and the whole text; 0x06 signs a binary
structure of cosigner name, time, origin, range and hash, and so binds the cosigner's name and
can sign a subtree. A further algorithm is a row in the table of ``keys`` and one here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fundtrace.errors import EncodingError, InvalidInputError, SignatureError
from fundtrace.tlog.hashing import check_hash
from fundtrace.tlog.keys import (
    COSIGNATURE_ED25519,
    COSIGNATURE_MLDSA44,
    ED25519,
    SignerKey,
    VerifierKey,
    get_algorithm,
)
from fundtrace.tlog.lines import check_integer, check_own_name, parse_head

TIME_BYTES: Final = 8
SUBTREE_LABEL: Final = b"subtree/v1\n\x00"  # SPEC: tlog-cosignature "ML-DSA-44 signed message"


@dataclass(frozen=True, slots=True)
class Subtree:
    """The hash over the entries [start, end) of a log; the whole tree where start is 0."""

    origin: str
    start: int
    end: int
    root_hash: bytes

    def __post_init__(self) -> None:
        """Refuse bounds that no complete or right-edge subtree has, and a short hash."""
        check_own_name(self.origin, "an origin")
        check_integer(self.start, "the start of a subtree")
        check_integer(self.end, "the end of a subtree")
        check_hash(self.root_hash, "the hash of a subtree")
        # SPEC: draft-ietf-plants-merkle-tree-certs 4.1: start is a multiple of BIT_CEIL(end - start)
        width = 1 << max(self.end - self.start - 1, 0).bit_length()
        if self.start and (self.end <= self.start or self.start % width):
            raise EncodingError(
                f"[{self.start}, {self.end}) is no subtree: the start must be a multiple of the "
                "least power of two that holds it"
            )


def build_subtree_message(cosigner: str, at_seconds: int, subtree: Subtree) -> bytes:
    """Return what an ML-DSA cosignature signs; for a checkpoint, [0, size) and its root."""
    check_own_name(cosigner, "a cosigner's name")
    check_integer(at_seconds, "a time")
    if subtree.start and at_seconds:
        # SPEC: tlog-cosignature: "If start is not zero, timestamp MUST be zero"
        raise EncodingError("a subtree that does not begin at 0 is cosigned without a time")
    bounds = _encode_integer(subtree.start) + _encode_integer(subtree.end)
    heading = SUBTREE_LABEL + _prefix(cosigner) + _encode_integer(at_seconds)
    return heading + _prefix(subtree.origin) + bounds + subtree.root_hash


def sign_text(signer: SignerKey, text: bytes, at_seconds: int | None) -> bytes:
    """Return what stands behind the key id in a signature line: the signature, timed or not."""
    timestamped = get_algorithm(signer.algorithm).timestamped
    if timestamped != (at_seconds is not None):
        need = "needs the time of signing" if timestamped else "carries no time"
        raise InvalidInputError(f"a signature by {signer.name} (0x{signer.algorithm:02x}) {need}")
    message = _MESSAGES[signer.algorithm](signer.name, text, at_seconds or 0)
    stamp = b"" if at_seconds is None else _encode_integer(at_seconds)
    return stamp + signer.sign_message(message)


def verify_text(key: VerifierKey, text: bytes, blob: bytes) -> int | None:
    """Verify what stands behind the key id in a signature line over a note's text.

    Returns the time that it states, None for an algorithm without; raises SignatureError.
    """
    row = get_algorithm(key.algorithm)
    at_seconds, signature = split_blob(key, blob) if row.timestamped else (None, blob)
    try:
        message = _MESSAGES[key.algorithm](key.name, text, at_seconds or 0)
    except EncodingError as error:
        raise SignatureError(
            f"{key.name} ({row.label}) can sign checkpoints only, and this text is none: {error}"
        ) from error
    key.verify_message(message, signature)
    return at_seconds


def split_blob(key: VerifierKey, blob: bytes) -> tuple[int, bytes]:
    """Return time and bare signature of a cosignature, or raise SignatureError."""
    row = get_algorithm(key.algorithm)
    if len(blob) != TIME_BYTES + row.signature_bytes:
        raise SignatureError(
            f"a signature by {key.name} ({row.label}) has {TIME_BYTES + row.signature_bytes} "
            f"bytes behind its key id, this one {len(blob)}"
        )
    at_seconds = int.from_bytes(blob[:TIME_BYTES], "big")
    # SPEC: tlog-cosignature "Format": the timestamp MUST NOT exceed 2^63 - 1
    if at_seconds >= 2**63:
        raise SignatureError(f"the time of the signature by {key.name} is not below 2^63")
    return at_seconds, blob[TIME_BYTES:]


def _build_plain(_name: str, text: bytes, _at_seconds: int) -> bytes:
    return text


def _build_ed25519_cosignature(_name: str, text: bytes, at_seconds: int) -> bytes:
    check_integer(at_seconds, "a time")
    parse_head(text)
    return b"cosignature/v1\ntime %d\n" % at_seconds + text


def _build_mldsa44_cosignature(name: str, text: bytes, at_seconds: int) -> bytes:
    origin, size, root_hash = parse_head(text)
    return build_subtree_message(name, at_seconds, Subtree(origin, 0, size, root_hash))


_MESSAGES: Final[dict[int, Callable[[str, bytes, int], bytes]]] = {
    ED25519: _build_plain,
    COSIGNATURE_ED25519: _build_ed25519_cosignature,
    COSIGNATURE_MLDSA44: _build_mldsa44_cosignature,
}


def _encode_integer(value: int) -> bytes:
    return value.to_bytes(TIME_BYTES, "big")


def _prefix(name: str) -> bytes:
    encoded = name.encode()
    return bytes([len(encoded)]) + encoded
