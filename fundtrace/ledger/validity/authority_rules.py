"""Rules about the authority that a record names: there, of this loan, for this member, in force.

The authorizing log is looked at up to the size that the record names as seen and no further, so
that a later revocation never turns what was valid. After a revocation that was seen, or after
the authorization ran out, only what discloses nothing new may still be published: corrections
that only lower, returns, the end of following, and the handling of what is already there
(restriction, dispute, access).
"""

from __future__ import annotations

from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.kinds.changes import Correction, Return
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.handling import Access, Dispute, Restriction
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.kinds.receipts import FollowEnded
from fundtrace.ledger.origins import get_origin_base
from fundtrace.ledger.validity.case import Case, is_same_base
from fundtrace.ledger.validity.history import get_place, to_minute
from fundtrace.ledger.validity.reductions import is_reduced

_DISCLOSE_NOTHING = (Return, FollowEnded, Restriction, Dispute, Access)


def is_seen_before(case: Case) -> bool:
    """Tell whether a record names no size of its own member's logs beyond itself."""
    authority = case.authority
    if not is_same_base(authority.origin, case.position.origin):
        return True
    return get_place(authority.origin, authority.seen_size) <= case.place


def is_authorization(case: Case) -> bool:
    """Tell whether the pointer names an authorization of this loan, in a loan's stream."""
    authority = case.authority
    log = case.view.get_log(authority.origin, authority.seen_size)
    body = case.view.find_body(authority.record)
    if not isinstance(body, AuthorizationGranted) or body.loan_key != case.body.loan_key:
        return False
    named = log.get_entry(authority.index).value
    if not isinstance(named, Record):
        return False
    first = log.list_stream(named.context.stream_id)[0]
    return isinstance(case.view.get_body(authority.origin, first), LoanOpened)


def is_authorization_valid(case: Case) -> bool:
    """Tell whether the authorization is valid; the rules behind this one may look at it."""
    case.found = case.walker.get_grant(case.authority)
    return case.found is not None


def is_authorized(case: Case) -> bool:
    """Tell whether the authorization names the issuer; the lender needs no naming."""
    return case.is_by_lender or case.authorized_member is not None


def has_given_erasure_key(case: Case) -> bool:
    """Tell whether the header carries an erasure key that the lender gave this member.

    Whoever held a key of its own making there could erase the body alone. The lender's own records
    carry a key of the lender's, named or not: it is both parties to their erasure.
    """
    member = case.authorized_member
    return member is None or case.context.erasure_key in member.erasure_public_keys


def has_not_forgotten(case: Case) -> bool:
    """Tell whether the size named as seen is none smaller than valid records before name."""
    authority = case.authority
    base = get_origin_base(authority.origin)
    return get_place(authority.origin, authority.seen_size) >= case.history.seen.get(base, (0, 0))


def is_in_force(case: Case) -> bool:
    """Tell whether the authorization had begun, and had not run out for what discloses anew."""
    minute, grant = case.context.published_minute, case.grant.body
    if minute < to_minute(max(grant.valid_from, grant.effective_at)):
        return False
    return minute < to_minute(grant.valid_until) or discloses_nothing(case)


def is_not_revoked(case: Case) -> bool:
    """Tell whether no revocation was seen that forbids to publish this."""
    revoked = case.grant.revoked_minute
    return revoked is None or case.context.published_minute < revoked or discloses_nothing(case)


def discloses_nothing(case: Case) -> bool:
    """Tell whether a record may be published although its authorization has ended."""
    if isinstance(case.body, Correction):
        target = case.history.find_target(case.body.target)
        return target is not None and is_reduced(target.value, case.body.value)
    return isinstance(case.body, _DISCLOSE_NOTHING)
