"""Local keys: what a node has opened, kept under one key per loan, so that one can be shredded.

A body that a node opened is sealed again, with its content key, under the loan's local key, bound
to the record's leaf hash; the local key (32 random bytes) is kept in a box under the node's root
key, bound to member and loan. To shred a loan is to delete its wrapped key: its bodies are then
noise, all others stay readable. Backups of the store still hold the wrapped key; ``rewrap_local_
key`` moves the other loans to a fresh root key, and with the old root destroyed the shredded
loan is gone from the backups too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fundtrace.errors import EncodingError
from fundtrace.ledger.boxes import open_box, seal_box
from fundtrace.ledger.framing import (
    HASH_BYTES,
    KEY_BYTES,
    LOAN_KEY_BYTES,
    check_length,
    check_name,
    frame,
    name_loan,
)
from fundtrace.ledger.sealing import CONTENT_KEY_BYTES, Opened

LOCAL_KEY_BYTES = KEY_BYTES


@dataclass(frozen=True, slots=True)
class LocalKey:
    """The key, 32 random bytes, under which ``member`` keeps what it opened of one loan."""

    member: str
    loan_key: bytes
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        check_name(self.member, "a member id")
        check_length(self.loan_key, LOAN_KEY_BYTES, "a loan_key")
        check_length(self.key, LOCAL_KEY_BYTES, "a local key")

    def reseal(self, opened: Opened, leaf_hash: bytes, salt: bytes) -> bytes:
        """Seal an opened body for keeping, bound to its record's leaf hash; salt: 32 random bytes."""
        secret = opened.content_key + opened.plaintext
        return seal_box(self.key, _frame_body(self.loan_key, leaf_hash), secret, salt)

    def open(self, kept: bytes, leaf_hash: bytes) -> Opened:
        """Open what ``reseal`` gave; raises VerificationError for another loan, record or change."""
        secret = open_box(self.key, _frame_body(self.loan_key, leaf_hash), kept)
        if len(secret) < CONTENT_KEY_BYTES:
            raise EncodingError("a kept body begins with its content key of 32 bytes")
        return Opened(secret[CONTENT_KEY_BYTES:], secret[:CONTENT_KEY_BYTES])


def wrap_local_key(root_key: bytes, local_key: LocalKey, salt: bytes) -> bytes:
    """Return the local key as a box under the node's root key, 80 bytes; salt: 32 random bytes."""
    return seal_box(root_key, _frame_key(local_key.member, local_key.loan_key), local_key.key, salt)


def unwrap_local_key(root_key: bytes, member: str, loan_key: bytes, wrapped: bytes) -> LocalKey:
    """Open a wrapped local key; raises VerificationError where it is another loan's or node's."""
    return LocalKey(member, loan_key, open_box(root_key, _frame_key(member, loan_key), wrapped))


def rewrap_local_key(
    old_root_key: bytes, new_root_key: bytes, local: tuple[str, bytes], wrapped: bytes, salt: bytes
) -> bytes:
    """Move a wrapped local key, of ``local`` = (member, loan_key), to a fresh root key."""
    return wrap_local_key(new_root_key, unwrap_local_key(old_root_key, *local, wrapped), salt)


def _frame_key(member: str, loan_key: bytes) -> bytes:
    return frame("local/key", member, name_loan(loan_key))


def _frame_body(loan_key: bytes, leaf_hash: bytes) -> bytes:
    check_length(leaf_hash, HASH_BYTES, "a leaf hash")
    return frame("local/body", name_loan(loan_key), leaf_hash)
