"""The table of rules: reason, kinds that a rule is for, and the function that judges it.

The order is part of the meaning: a record's verdict is that of the first rule that it does not
keep, or that cannot be told yet. So a reason, once given, stays the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.handling import Dispute
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.kinds.movements import Movement
from fundtrace.ledger.kinds.receipts import FollowEnded, Receipt
from fundtrace.ledger.kinds.sharing import InquiryAnswer, Share
from fundtrace.ledger.validity import authority_rules as authority
from fundtrace.ledger.validity import change_rules as change
from fundtrace.ledger.validity import loan_rules as loan
from fundtrace.ledger.validity import scope_rules as scope
from fundtrace.ledger.validity import sharing_rules as sharing
from fundtrace.ledger.validity import stream_rules as stream
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.reasons import Reason


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: why a record is void that does not keep it, and for which kinds it is."""

    reason: Reason
    kinds: tuple[type[Body], ...]
    is_kept: Callable[[Case], bool]


_ALL = (Body,)
_MOVED = (Movement, Correction)

# The rules on headers alone come first (``judge``), then these, then the question whether the
# record repeats an earlier one, then the others.
PLACE_CHECKS = (
    Check(Reason.WRONG_STREAM, _ALL, stream.is_in_right_stream),
    Check(Reason.OTHER_LOAN, _ALL, stream.is_of_loan),
    Check(Reason.HEADER_BODY, _ALL, stream.agrees_with_header),
)
# For records that name an authority.
AUTHORITY_CHECKS = (
    Check(Reason.SEEN_AHEAD, _ALL, authority.is_seen_before),
    Check(Reason.AUTHORITY_MISMATCH, _ALL, authority.is_authorization),
    Check(Reason.AUTHORITY_VOID, _ALL, authority.is_authorization_valid),
    Check(Reason.MEMBER_NOT_AUTHORIZED, _ALL, authority.is_authorized),
    Check(Reason.ERASURE_KEY_DIFFERS, _ALL, authority.has_given_erasure_key),
    Check(Reason.SEEN_DECREASED, _ALL, authority.has_not_forgotten),
    Check(Reason.AUTHORIZATION_NOT_IN_FORCE, _ALL, authority.is_in_force),
    Check(Reason.AUTHORIZATION_REVOKED, _ALL, authority.is_not_revoked),
)
CHECKS = (
    Check(Reason.RULE_NOT_OF_ROSTER, (LoanOpened, Correction), loan.is_by_rule_of_roster),
    Check(Reason.LOAN_MISMATCH, (LoanClosed, AuthorizationGranted), loan.is_of_opened_loan),
    Check(Reason.GRANT_TERMS, (AuthorizationGranted,), loan.has_fitting_terms),
    Check(Reason.CONSENT_NOT_VERIFIED, (AuthorizationGranted,), loan.has_verified_consent),
    Check(Reason.REVOCATION_MISMATCH, (AuthorizationRevoked,), loan.names_authorization),
    Check(Reason.TARGET_MISMATCH, (Correction, Return), change.names_target),
    Check(Reason.TARGET_VOID, (Correction, Return), change.is_target_valid),
    Check(Reason.VERSION_GAP, (Correction, Return), change.is_next_version),
    Check(Reason.SUBJECT_CHANGED, (Correction,), change.keeps_subject),
    Check(Reason.RETURN_EXCEEDS, (Correction, Return), change.is_within_original),
    Check(Reason.NOT_DEBTORS_BANK, (Movement, Correction, Return), scope.is_by_debtors_bank),
    Check(Reason.NOT_CREDITORS_BANK, (Receipt,), scope.is_by_creditors_bank),
    Check(Reason.BASIS_NOT_ALLOWED, (Receipt, Correction), scope.is_on_allowed_basis),
    Check(Reason.START_MISMATCH, (FollowEnded,), scope.is_begun),
    Check(
        Reason.CURRENCY_DIFFERS,
        (Movement, FollowEnded, Correction, Return),
        scope.is_in_loan_currency,
    ),
    Check(Reason.NOTHING_TRACED, (Movement,), scope.carries_loan),
    Check(Reason.DRAWDOWN_UNKNOWN, _MOVED, scope.has_known_drawdowns),
    Check(Reason.PARENT_MISMATCH, _MOVED, scope.has_true_parents),
    Check(Reason.HOP_LIMIT, _MOVED, scope.is_within_hops),
    Check(Reason.WINDOW_OVER, _MOVED, scope.is_within_window),
    Check(Reason.PART_LIMIT, _MOVED, scope.is_worth_following),
    Check(Reason.AMOUNT_LIMIT, _MOVED, scope.is_within_amount),
    Check(Reason.SHARE_MISMATCH, (Share,), sharing.shares_own_records),
    Check(Reason.READER_NOT_ALLOWED, (Share,), sharing.has_allowed_readers),
    Check(Reason.NOT_ASKED, (InquiryAnswer,), sharing.was_asked),
    Check(Reason.DISPUTE_MISMATCH, (Dispute,), sharing.ends_own_dispute),
)
