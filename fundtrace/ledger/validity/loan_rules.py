"""Rules about the lender's own records: the loan, whom it authorizes, on whose consent."""

from __future__ import annotations

from fundtrace.errors import VerificationError
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.changes import Correction
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.verdicts import LackingError, MissingRuleSet


def is_by_rule_of_roster(case: Case) -> bool:
    """Tell whether a loan is traced by the roster's rule, and a correction keeps what was pinned."""
    loan = case.value
    if not isinstance(loan, LoanOpened):
        return True
    if isinstance(case.body, Correction):
        target = case.history.find(case.body.target)
        first = target.body if target is not None else None
        return not isinstance(first, LoanOpened) or first.attribution == loan.attribution
    if loan.attribution.rule != case.roster.attribution_rule:
        return False
    if loan.attribution.rule_set not in case.view.rule_sets:
        raise LackingError(MissingRuleSet(loan.attribution.rule_set))
    return True


def is_of_opened_loan(case: Case) -> bool:
    """Tell whether an authorization, or a loan's end, points at the loan of its stream."""
    return find_opened(case) is not None


def find_opened(case: Case) -> LoanOpened | None:
    """Return the valid loan.opened of the stream that the record points at, or None."""
    body = case.body
    if not isinstance(body, AuthorizationGranted | LoanClosed):
        return None
    loan = case.history.find_valid(body.loan)
    return loan if isinstance(loan, LoanOpened) else None


def has_fitting_terms(case: Case) -> bool:
    """Tell whether all who are authorized are members, and limits are in the loan's currency."""
    grant, loan = case.body, find_opened(case)
    if not isinstance(grant, AuthorizationGranted) or loan is None:
        return False
    if grant.limits.currency != loan.currency:
        return False
    return all(case.roster.find_member(one.member_id) for one in grant.members)


def has_verified_consent(case: Case) -> bool:
    """Tell whether the borrower's consent verifies under the roster's trusted authorities."""
    grant, loan = case.body, find_opened(case)
    if not isinstance(grant, AuthorizationGranted) or loan is None:
        return False
    try:
        case.view.verify_consents(
            case.roster, case.issuer.id, loan, grant, case.context.published_minute
        )
    except VerificationError:
        return False
    return True


def names_authorization(case: Case) -> bool:
    """Tell whether a revocation points at a valid authorization of its stream."""
    body = case.body
    return isinstance(body, AuthorizationRevoked) and isinstance(
        case.history.find_valid(body.authorization), AuthorizationGranted
    )
