"""The closed vocabularies of records; what tables and answers share stands in ``model.kinds``.

Words of both are spelled alike where they mean the same. A basis is no closed vocabulary: a
consortium's legal opinion adds its own, so a record carries a code and ``Basis`` names only
those that every consortium knows.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a sealed record is."""

    LOAN_OPENED = "loan.opened"
    LOAN_CLOSED = "loan.closed"
    AUTHORIZATION_GRANTED = "authorization.granted"
    AUTHORIZATION_REVOKED = "authorization.revoked"
    MOVEMENT = "movement"
    RECEIPT = "receipt"
    FOLLOW_ENDED = "follow.ended"
    CORRECTION = "correction"
    RETURN = "return"
    SHARE = "share"
    RELEASE = "release"
    INQUIRY_REQUEST = "inquiry.request"
    INQUIRY_ANSWER = "inquiry.answer"
    NOTICE = "notice"
    ACCESS = "access"
    DISPUTE = "dispute"
    RESTRICTION = "restriction"


class EntryKind(StrEnum):
    """What a leaf of a log is."""

    RECORD = "record"
    TALLY = "tally"
    ERASURE = "erasure"
    EPOCH_KEY = "epoch_key"
    EPOCH_GRANTS = "epoch_grants"
    ROSTER_ACTIVATION = "roster_activation"
    LOG_CLOSING = "log_closing"
    LOG_OPENING = "log_opening"


class Basis(StrEnum):
    """On what an account may be followed, where every consortium knows it; others are codes."""

    BORROWER = "borrower"
    DECLARED_RELATED = "declared_related"  # consented in the loan papers
    HOLDER_CONSENT = "holder_consent"
    LEGAL_ORDER = "legal_order"


class ReceiptEnd(StrEnum):
    """Why money that arrived is followed no further; ``model.kinds.EndReason`` and four more."""

    LOAN = "loan"
    HUB = "hub"
    PAYMENT_INSTITUTION = "payment_institution"
    BROKER_POOL = "broker_pool"
    PROPERTY_ESCROW = "property_escrow"
    EXTERNAL = "external"
    CASH = "cash"
    FEE = "fee"
    REPAYMENT = "repayment"
    OVERDRAFT = "overdraft"
    WINDOW_OVER = "window_over"
    HOP_LIMIT = "hop_limit"
    AMOUNT_LIMIT = "amount_limit"
    PART_LIMIT = "part_limit"
    HOLDER_NOT_AUTHORIZED = "holder_not_authorized"  # no basis for this holder
    REVOKED = "revoked"  # the authorization ended before it arrived
    NOT_MATCHED = "not_matched"  # the bank's own books do not hold it
    NO_ACCOUNT = "no_account"  # the account does not exist here


class FollowEnd(StrEnum):
    """Why a bank stopped to follow an account."""

    WINDOW_OVER = "window_over"
    HOP_LIMIT = "hop_limit"
    AMOUNT_LIMIT = "amount_limit"
    PART_LIMIT = "part_limit"  # below the threshold
    REVOKED = "revoked"
    NO_BASIS = "no_basis"
    NOTHING_LEFT = "nothing_left"


class FollowMode(StrEnum):
    """Who may see a hop."""

    OPEN = "open"  # the lender and all whom the authorization names
    WATCH = "watch"  # beyond a declared payee: the next bank alone, until a release


class SegmentSource(StrEnum):
    """Whose money a segment is, as far as its record tells: this loan's, or any other."""

    LOAN = "loan"
    OWN = "own"


class RelatedMatch(StrEnum):
    """What private matching said about a holder."""

    NOT_ASKED = "not_asked"
    NO_MATCH = "no_match"
    MATCH = "match"


class IdScheme(StrEnum):
    """What kind of number names a party."""

    USCC = "uscc"  # 统一社会信用代码; these two as in private matching
    RESIDENT = "resident"  # 公民身份号码
    LEI = "lei"
    PASSPORT = "passport"


class LoanEnd(StrEnum):
    """Why a loan was closed."""

    REPAID = "repaid"
    RENEWED = "renewed"
    WRITTEN_OFF = "written_off"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"


class ReturnKind(StrEnum):
    """How money came back."""

    RETURN = "return"  # pacs.004: settled, then returned
    REJECTION = "rejection"  # pacs.002: never settled


class ShareReason(StrEnum):
    """Why a new reader gets an earlier record."""

    AUTHORIZED = "authorized"
    RELEASED = "released"
    INQUIRY = "inquiry"
    KEY_LOST = "key_lost"
    LEGAL_ORDER = "legal_order"


class Trigger(StrEnum):
    """What opens watched hops."""

    RELATED_PARTY = "related_party"
    FORBIDDEN_ACCOUNT_KIND = "forbidden_account_kind"
    RETURNED_TO_BORROWER = "returned_to_borrower"


class InquiryOutcome(StrEnum):
    """What became of an inquiry."""

    ANSWERED = "answered"
    NOTHING_KNOWN = "nothing_known"
    DECLINED = "declined"


class NoticeKind(StrEnum):
    """What a notice is about."""

    POOLING = "pooling"
    RECALL = "recall"  # an exported answer no longer holds
    ATTENTION = "attention"


class CountBand(StrEnum):
    """How many borrowers' loans meet, in bands that name nobody."""

    THREE_TO_FIVE = "three_to_five"
    SIX_TO_TEN = "six_to_ten"
    MORE_THAN_TEN = "more_than_ten"


class Role(StrEnum):
    """As what a person reads."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPENED = "opened"
    UPHELD = "upheld"  # the record stands as it is
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
