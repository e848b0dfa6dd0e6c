"""The table of kinds, and the record id that makes publishing twice harmless.

A record id is a function of what is published, not of when: the same book entry seen again
after a crash, a re-scan or a log's next epoch gives the same id, and the sequencer answers
with the record that is already there. Same id with other content is refused; what really
changed comes as a correction, whose version makes another id.
"""

from __future__ import annotations

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.framing import hash_frame
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.bounds import Octets, Whole
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import (
    HASH_BYTES,
    VERSION_MAX,
    AuthorityPointer,
    AuthorizedBody,
    Body,
)
from fundtrace.ledger.kinds.entries import (
    EpochGrants,
    EpochKey,
    Erasure,
    LogClosing,
    LogOpening,
    Record,
    RosterActivation,
    Tally,
)
from fundtrace.ledger.kinds.handling import Access, Dispute, Restriction
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt
from fundtrace.ledger.kinds.sharing import (
    InquiryAnswer,
    InquiryRequest,
    Notice,
    Release,
    Share,
)
from fundtrace.ledger.kinds.words import EntryKind, Kind

# LIMIT: a bank's key of a book entry; references are far shorter.
ENTRY_KEY_BYTES_MAX = 255
HOP_MAX = (1 << 32) - 1

BODIES: dict[Kind, type[Body]] = {
    Kind.LOAN_OPENED: LoanOpened,
    Kind.LOAN_CLOSED: LoanClosed,
    Kind.AUTHORIZATION_GRANTED: AuthorizationGranted,
    Kind.AUTHORIZATION_REVOKED: AuthorizationRevoked,
    Kind.MOVEMENT: Movement,
    Kind.RECEIPT: Receipt,
    Kind.FOLLOW_ENDED: FollowEnded,
    Kind.CORRECTION: Correction,
    Kind.RETURN: Return,
    Kind.SHARE: Share,
    Kind.RELEASE: Release,
    Kind.INQUIRY_REQUEST: InquiryRequest,
    Kind.INQUIRY_ANSWER: InquiryAnswer,
    Kind.NOTICE: Notice,
    Kind.ACCESS: Access,
    Kind.DISPUTE: Dispute,
    Kind.RESTRICTION: Restriction,
}
ENTRIES: dict[EntryKind, type] = {
    EntryKind.RECORD: Record,
    EntryKind.TALLY: Tally,
    EntryKind.ERASURE: Erasure,
    EntryKind.EPOCH_KEY: EpochKey,
    EntryKind.EPOCH_GRANTS: EpochGrants,
    EntryKind.ROSTER_ACTIVATION: RosterActivation,
    EntryKind.LOG_CLOSING: LogClosing,
    EntryKind.LOG_OPENING: LogOpening,
}

_KINDS = {kind_class: kind for kind, kind_class in BODIES.items()}
_LOAN_KEY = Octets(HASH_BYTES, HASH_BYTES)
_ENTRY_KEY = Octets(1, ENTRY_KEY_BYTES_MAX)
_HOP = Whole(0, HOP_MAX)
_VERSION = Whole(1, VERSION_MAX)


def get_kind(body: Body) -> Kind:
    """Return a body's kind; raises InvalidInputError for a value that is no kind of record."""
    kind = _KINDS.get(type(body))
    if kind is None:
        raise InvalidInputError(f"{type(body).__name__} is no kind of record")
    return kind


def find_authority(body: Body) -> AuthorityPointer | None:
    """Return the authorization that a body names; None for the lender's own of its loan."""
    return body.authority if isinstance(body, AuthorizedBody | Correction) else None


def make_record_id(kind: Kind, loan_key: bytes, entry_key: bytes, hop: int, version: int) -> bytes:
    """Make the id (32 bytes) of a record from what it is about.

    ``entry_key`` names the entry in the bank's own books, or what else the record is about,
    in 1 to 255 bytes that stay the same for good; ``hop`` tells apart several records of one
    kind about one entry. Raises InvalidInputError.
    """
    _LOAN_KEY.check(loan_key, "loan_key")
    _ENTRY_KEY.check(entry_key, "entry_key")
    _HOP.check(hop, "hop")
    _VERSION.check(version, "version")
    return hash_frame("record-id", kind.value, loan_key, entry_key, hop, version)
