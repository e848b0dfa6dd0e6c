"""Whether the consents that an authorization carries hold, and cover whom it authorizes.

``fundtrace.ledger.consent`` verifies one signature with its certificates; here they are held
against the authorization: every consent must verify under the roster's trusted authorities, and
each member but the lender must be named by one that covers this loan for all of the
authorization's time. What the ledger knew when is told by the record's own minute, since no
clock takes part; so a revocation of a certificate that came out later turns nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from fundtrace.errors import EncodingError, RuleViolationError, SignatureError
from fundtrace.ledger.consent import (
    ConsentEvidence,
    ConsentStatement,
    check_consent_covers,
    verify_consent,
)
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.roster.document import Roster

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_INSTANT = dt.timedelta(microseconds=1)


def verify_consents(
    roster: Roster, lender_id: str, loan: LoanOpened, grant: AuthorizationGranted, minute: int
) -> None:
    """Verify an authorization's consents; ``minute`` is that of its publication.

    Raises SignatureError where one does not verify, or a member is not covered.
    """
    known_at = _EPOCH + dt.timedelta(minutes=minute + 1)  # the end of that minute
    statements = [_verify(roster, lender_id, one, known_at) for one in grant.consents]
    for member in grant.members:
        if member.member_id != lender_id and not _is_covered(
            statements, loan.contract_id, member.member_id, grant
        ):
            raise SignatureError(f"no consent to {loan.contract_id} covers {member.member_id}")


def _verify(
    roster: Roster, lender_id: str, evidence: ConsentEvidence, known_at: dt.datetime
) -> ConsentStatement:
    try:
        verify_consent(evidence, roster.e_signature_cas, known_at)
        statement = evidence.statement
    except EncodingError as error:
        raise SignatureError(f"a consent cannot be read: {error}") from error
    if (statement.consortium, statement.lender) != (roster.consortium, lender_id):
        raise SignatureError(f"a consent is to {statement.lender} in {statement.consortium}")
    return statement


def _is_covered(
    statements: Iterable[ConsentStatement], loan: str, recipient: str, grant: AuthorizationGranted
) -> bool:
    return any(
        _covers(one, loan, recipient, grant.valid_from)
        and _covers(one, loan, recipient, grant.valid_until - _LAST_INSTANT)
        for one in statements
    )


def _covers(statement: ConsentStatement, loan: str, recipient: str, at: dt.datetime) -> bool:
    try:
        check_consent_covers(statement, loan, recipient, at)
    except RuleViolationError:
        return False
    return True
