"""Rules about where a record stands: its header, the log's active roster, its stream's kind.

A loan's own stream begins with loan.opened and holds what the lender says about the loan and
whom it authorizes, nothing else; all of it is judged from the lender's logs alone. Every other
stream leans on one such stream. That is why judging always comes to an end.
"""

from __future__ import annotations

from fundtrace.errors import RuleViolationError
from fundtrace.ledger.kinds.agreement import check_header_body
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted, AuthorizationRevoked
from fundtrace.ledger.kinds.changes import Correction
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import HeaderContext
from fundtrace.ledger.kinds.loans import LoanClosed, LoanOpened
from fundtrace.ledger.validity.case import Case
from fundtrace.ledger.validity.verdicts import Position
from fundtrace.ledger.validity.view import View

_LENDER_KINDS = (LoanClosed, AuthorizationGranted, AuthorizationRevoked)


def is_of_log(view: View, position: Position, context: HeaderContext) -> bool:
    """Tell whether a header names the log and consortium in which it stands."""
    return (context.origin, context.consortium) == (position.origin, view.consortium)


def is_under_active_roster(view: View, position: Position, context: HeaderContext) -> bool:
    """Tell whether a header names the roster version that its log had activated."""
    log = view.get_log(position.origin, position.index + 1)
    return log.get_roster_version(position.index) == context.roster_version


def is_in_right_stream(case: Case) -> bool:
    """Tell whether loan and authorization records stand in the loan's stream, no others do."""
    if isinstance(case.body, LoanOpened):
        return case.context.sequence == 0
    if not case.history.is_loan_stream:
        return not isinstance(case.body, _LENDER_KINDS)
    return isinstance(case.body, _LENDER_KINDS) or (
        isinstance(case.body, Correction) and isinstance(case.body.value, LoanOpened | LoanClosed)
    )


def is_of_loan(case: Case) -> bool:
    """Tell whether a record is of the loan that its stream began with."""
    if case.context.sequence == 0:
        return True
    return case.body.loan_key == get_first_body(case).loan_key


def agrees_with_header(case: Case) -> bool:
    """Tell whether what a body claims as its issuer's own lies in its issuer's logs."""
    try:
        check_header_body(case.context, case.body)
    except RuleViolationError:
        return False
    return True


def get_first_body(case: Case) -> Body:
    """Return the first body of the record's stream in its log; raises LackingError."""
    log = case.view.get_log(case.position.origin, case.position.index + 1)
    first = log.list_stream(case.context.stream_id)[0]
    return case.view.get_body(case.position.origin, first)
