"""Checkpoints: the signed head of a log (C2SP tlog-checkpoint v1.0.0).

Three lines: origin, size, root hash. The name of the log's key equals the origin. Opening a
signed one verifies the log's signature over the bytes as they came; whether enough mirrors
cosigned it is ``quorum``'s question.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from fundtrace.errors import SignatureError
from fundtrace.tlog.hashing import check_hash
from fundtrace.tlog.keys import SignerKey, VerifierKey
from fundtrace.tlog.lines import check_integer, check_own_name, parse_head
from fundtrace.tlog.note import Note, parse_note, sign_note, verify_note


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, its size in entries, and the 32-byte root over them."""

    origin: str
    size: int
    root_hash: bytes

    def __post_init__(self) -> None:
        """Refuse an origin that cannot name a key, a size of 2^63 or more, and a short hash."""
        check_own_name(self.origin, "an origin")
        check_integer(self.size, "a tree size")
        check_hash(self.root_hash, "a root hash")

    def encode(self) -> bytes:
        """Return the text that the log and its cosigners sign."""
        root = b64encode(self.root_hash).decode()
        return f"{self.origin}\n{self.size}\n{root}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log signature was verified, with the note that it came in."""

    checkpoint: Checkpoint
    note: Note

    def encode(self) -> bytes:
        """Return the note's bytes, as they came."""
        return self.note.encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Return the checkpoint that a note's text is, or raise EncodingError; nothing is verified."""
    return Checkpoint(*parse_head(text))


def sign_checkpoint(checkpoint: Checkpoint, signer: SignerKey) -> SignedCheckpoint:
    """Return the checkpoint signed by its log's own key, whose name must be the origin.

    A log never signs a head that contradicts one it has signed; the caller keeps the last one
    by compare-and-swap, with the intent to sign the next, before it calls this.
    """
    check_log_key(checkpoint.origin, signer.verifier)
    return SignedCheckpoint(checkpoint, sign_note(checkpoint.encode(), [signer]))


def open_checkpoint(
    data: bytes | Note, log_key: VerifierKey | Sequence[VerifierKey]
) -> SignedCheckpoint:
    """Return the checkpoint in a signed note once a key of its log is found to have signed it.

    Lines of others stay in the note, unverified. Raises EncodingError for bytes that are no
    checkpoint, SignatureError if no key of ``log_key`` signed it, if a line of one does not
    verify, or if a key is named otherwise than the origin.
    """
    note = data if isinstance(data, Note) else parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    keys = (log_key,) if isinstance(log_key, VerifierKey) else tuple(log_key)
    for key in keys:
        check_log_key(checkpoint.origin, key)
    verify_note(note, keys)
    return SignedCheckpoint(checkpoint, note)


def check_log_key(origin: str, key: VerifierKey) -> None:
    """Check that a log's key has the log's origin as its name, or raise SignatureError."""
    if key.name != origin:
        raise SignatureError(
            f"this checkpoint is of the log {origin}, but the key is of {key.name}: take the "
            "key that the log itself is registered with"
        )
