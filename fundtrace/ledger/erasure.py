"""Erasure of a body: who asks, who countersigns, what mirrors check, and when it is allowed.

A body may be dropped only on an erasure entry in the log of the record's own issuer that the
lender countersigned, after every retention period and with no hold (DESIGN section 2). Both
are always needed: the issuer asks by appending the entry (its checkpoint signs it), the lender
agrees by a signature that stands inside. Headers name no loan and no lender, so the lender signs
with keys that only it can connect: Ed25519 keys per (loan, member), one for each stream, derived
from a root secret of the lender; the public halves go to the member inside authorization.granted,
and one stands in each header of a stream. A key serves one stream alone: in two it would show
that both are about one loan.

What a mirror checks is bytes alone: the signature, under the key in the header, over the log,
the entry's index, the body's hash and the reason. Retention and holds it cannot see: the lender
checks its own before it countersigns, the issuer its own before it appends, both by
``check_erasure_allowed``. A header that carries a key of the issuer's own making would let the
issuer erase alone: whoever judges the record compares it with the authorization.

A root secret outlives the local keys of its loans: a shredded loan's bodies can still be erased.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fundtrace.errors import InvalidInputError, RuleViolationError
from fundtrace.ledger.framing import (
    HASH_BYTES,
    check_length,
    check_name,
    check_number,
    derive_key,
    frame,
    name_loan,
)
from fundtrace.ledger.signed import verify_signature

ERASURE_KEY_BYTES = 32
ERASURE_SIGNATURE_BYTES = 64


class ErasureReason(IntEnum):
    """Why a body is erased; the number stands in the erasure entry."""

    RETENTION_OVER = 1  # the statutory and contractual periods have run out
    CONSENT_WITHDRAWN = 2  # PIPL art. 47 (3), once retention allows
    PUBLISHED_IN_ERROR = 3  # there was no basis, PIPL art. 47 (4), once retention allows
    LEGAL_ORDER = 4  # a court or an authority orders it


@dataclass(frozen=True, slots=True)
class ErasureStatement:
    """What an erasure says: which record's body, by log, index (0-based) and hash, and why."""

    consortium: str
    origin: str
    entry_index: int
    body_hash: bytes
    reason: ErasureReason

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        check_name(self.consortium, "a consortium's name")
        check_name(self.origin, "an origin")
        check_number(self.entry_index, "an entry's index")
        check_length(self.body_hash, HASH_BYTES, "a body hash")

    @property
    def message(self) -> bytes:
        """The bytes that the lender signs; they begin with a zero byte, as no signed note does."""
        return frame(
            "erasure",
            *(self.consortium, self.origin, self.entry_index, self.body_hash, int(self.reason)),
        )


def derive_erasure_seed(
    root_secret: bytes, consortium: str, loan_key: bytes, member: str, number: int
) -> bytes:
    """Derive the seed of one of the lender's erasure keys for a loan and a member, 32 bytes.

    ``number`` counts a member's keys from 0, one for each stream. The seed is secret; keys of
    different members, loans or streams cannot be connected without the root.
    """
    check_name(member, "a member id")
    check_number(number, "the number of an erasure key")
    about = (consortium, name_loan(loan_key), member, number)
    return derive_key(root_secret, "erasure/key", *about)


def derive_erasure_key(seed: bytes) -> bytes:
    """Return the public half of an erasure key, 32 bytes, for authorization and headers."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign_erasure(seed: bytes, statement: ErasureStatement) -> bytes:
    """Countersign an erasure as the lender; 64 bytes. Check first that it is allowed."""
    check_length(seed, ERASURE_KEY_BYTES, "the seed of an erasure key")
    return Ed25519PrivateKey.from_private_bytes(seed).sign(statement.message)


def verify_erasure(erasure_key: bytes, statement: ErasureStatement, signature: bytes) -> None:
    """Verify the lender's countersignature under the key that the record's header names.

    Raises SignatureError where it is another's, of another erasure, or not one at all, and
    EncodingError for a key that Ed25519 libraries do not all treat alike.
    """
    what = (
        f"the lender's countersignature for the body of entry {statement.entry_index} of "
        f"{statement.origin}"
    )
    verify_signature(statement.message, signature, erasure_key, what)


def check_erasure_allowed(
    now: datetime, retention_until: datetime | None, holds: Collection[str]
) -> None:
    """Refuse an erasure before its retention is over or while anyone holds the record.

    ``retention_until`` is the latest of all periods that apply, an aware time; None where the end
    is not known yet (a loan still open), which forbids it. ``holds`` names each hold (a dispute, a
    case, an order to preserve). No reason goes before either: until then a record is restricted.

    Raises RuleViolationError (rule ``erasure``), which says what stands against it.
    """
    if now.tzinfo is None or (retention_until is not None and retention_until.tzinfo is None):
        raise InvalidInputError("give times with their offset from UTC")
    if retention_until is None:
        raise RuleViolationError("erasure", "the end of its retention is not known yet")
    if now < retention_until:
        raise RuleViolationError(
            "erasure", f"it must be kept until {retention_until.isoformat()}; restrict it instead"
        )
    if holds:
        raise RuleViolationError("erasure", f"it is held: {', '.join(sorted(holds))}")
