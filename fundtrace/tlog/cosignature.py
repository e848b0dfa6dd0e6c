"""Cosignatures: a witness's or mirror's timed line on a checkpoint (C2SP tlog-cosignature).

Commit 5ba5ee8, v1.1.0-rc.1. A witness's line says: at that time, this was the largest tree that
I saw of this log, and it contradicts none before. A mirror's says more: every entry up to that
size is stored durably and served. Which of the two a key means is agreed when it is registered.
Type 0x04 (Ed25519) does not bind the cosigner's name, so one key belongs to one name; type 0x06
(ML-DSA-44) does, and may sign a subtree as well.
"""

from __future__ import annotations

from fundtrace.errors import InvalidInputError, SignatureError
from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.keys import COSIGNATURE_MLDSA44, SignerKey, VerifierKey, get_algorithm
from fundtrace.tlog.lines import check_integer
from fundtrace.tlog.messages import (
    TIME_BYTES,
    Subtree,
    build_subtree_message,
    split_blob,
    verify_text,
)
from fundtrace.tlog.note import Signature, make_signature


def sign_cosignature(checkpoint: Checkpoint, signer: SignerKey, at_seconds: int) -> Signature:
    """Return the line of a cosigner on a checkpoint at a POSIX time, which must not be 0.

    An ML-DSA signature is hedged with randomness that ``cryptography`` draws.
    """
    _check_cosigner(signer.verifier)
    _check_time(at_seconds)
    return make_signature(signer, checkpoint.encode(), at_seconds)


def verify_cosignature(checkpoint: Checkpoint, signature: Signature, key: VerifierKey) -> int:
    """Verify a cosigner's line on a checkpoint; return the POSIX time that it states.

    Raises SignatureError if the line is of another key, does not verify, or states no time.
    """
    return verify_cosignature_text(checkpoint.encode(), signature, key)


def verify_cosignature_text(text: bytes, signature: Signature, key: VerifierKey) -> int:
    """Verify a cosigner's line on a checkpoint's text as it came; as ``verify_cosignature``."""
    _check_cosigner(key)
    _check_line(signature, key)
    at_seconds = verify_text(key, text, signature.blob)
    # SPEC: tlog-witness add-checkpoint: "the timestamp MUST NOT be zero"
    if not at_seconds:
        raise SignatureError(f"the cosignature of {key.name} states no time")
    return at_seconds


def sign_subtree(subtree: Subtree, signer: SignerKey) -> Signature:
    """Return an ML-DSA cosigner's line on part of a log, without a time.

    An ML-DSA signature is hedged with randomness that ``cryptography`` draws.
    """
    _check_subtree_key(signer.verifier)
    message = build_subtree_message(signer.name, 0, subtree)
    blob = bytes(TIME_BYTES) + signer.sign_message(message)
    return Signature(signer.name, signer.verifier.key_id, blob)


def verify_subtree_cosignature(subtree: Subtree, signature: Signature, key: VerifierKey) -> None:
    """Verify an ML-DSA cosigner's untimed line on part of a log, or raise SignatureError."""
    _check_subtree_key(key)
    _check_line(signature, key)
    at_seconds, bare = split_blob(key, signature.blob)
    # SPEC: tlog-witness sign-subtree: "the timestamp MUST be zero"
    if at_seconds:
        raise SignatureError(f"the cosignature of {key.name} on a subtree must state no time")
    key.verify_message(build_subtree_message(key.name, 0, subtree), bare)


def _check_cosigner(key: VerifierKey) -> None:
    if not get_algorithm(key.algorithm).timestamped:
        raise InvalidInputError(
            f"the key {key.name} (0x{key.algorithm:02x}) signs notes; cosigning takes 0x04 or 0x06"
        )


def _check_subtree_key(key: VerifierKey) -> None:
    if key.algorithm != COSIGNATURE_MLDSA44:
        raise InvalidInputError(
            f"the key {key.name} (0x{key.algorithm:02x}) cannot sign subtrees; 0x06 can"
        )


def _check_line(signature: Signature, key: VerifierKey) -> None:
    if not signature.is_by(key):
        raise SignatureError(f"this line is of {signature.name}, not by the key of {key.name}")


def _check_time(at_seconds: int) -> None:
    check_integer(at_seconds, "the time of a cosignature")
    if at_seconds == 0:
        raise InvalidInputError("a cosignature of a checkpoint states when it was made, not 0")
