"""Rules about what banks tell each other on purpose: shares, answers, disputes."""

from __future__ import annotations

from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.handling import Dispute
from fundtrace.ledger.kinds.sharing import InquiryAnswer, InquiryRequest, Share, SharedKey
from fundtrace.ledger.kinds.words import DisputeState, ShareReason
from fundtrace.ledger.validity.case import Case, is_same_base
from fundtrace.ledger.validity.history import get_place

# For these reasons a reader outside of the authorization may be given a record.
_OUTSIDE = frozenset({ShareReason.INQUIRY, ShareReason.LEGAL_ORDER})


def shares_own_records(case: Case) -> bool:
    """Tell whether all that is shared are earlier records of the issuer, with these bodies."""
    body = case.body
    return not isinstance(body, Share) or all(_is_own_record(case, one) for one in body.keys)


def _is_own_record(case: Case, shared: SharedKey) -> bool:
    pointer = shared.record
    if get_place(pointer.origin, pointer.index) >= case.place:
        return False
    entry = case.view.get_entry(pointer)
    return (
        entry.leaf_hash == pointer.leaf_hash
        and isinstance(entry.value, Record)
        and entry.value.body_hash == shared.body_hash
    )


def has_allowed_readers(case: Case) -> bool:
    """Tell whether new readers are members, and authorized ones or the lender but for an order."""
    body = case.body
    if not isinstance(body, Share):
        return True
    authorized = {one.member_id for one in case.grant.body.members}
    for reader in body.readers:
        member = case.roster.find_member(reader)
        if member is None:
            return False
        is_lender = is_same_base(member.origin, case.authority.origin)
        if not (is_lender or reader in authorized or body.reason in _OUTSIDE):
            return False
    return True


def was_asked(case: Case) -> bool:
    """Tell whether an answer's issuer was asked, about this loan."""
    body = case.body
    if not isinstance(body, InquiryAnswer):
        return True
    request = case.view.find_body(body.request)
    return (
        isinstance(request, InquiryRequest)
        and request.to_member == case.issuer.id
        and request.loan_key == body.loan_key
    )


def ends_own_dispute(case: Case) -> bool:
    """Tell whether a dispute that ends one names a valid opening of its stream."""
    body = case.body
    if not isinstance(body, Dispute) or body.opened is None:
        return True
    opened = case.history.find_valid(body.opened)
    return isinstance(opened, Dispute) and opened.state is DisputeState.OPENED
