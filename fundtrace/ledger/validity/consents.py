"""Whether the consents that an authorization carries hold, and cover whom it authorizes.

``fundtrace.ledger.consent`` verifies one signature with its certificates; here they are held
against the authorization: every consent must verify under the roster's trusted authorities and
be to this lender for this loan, and each member but the lender must be named by one that covers
all of the authorization's time. The loan is told by its ``loan_key``, which the signed text and
every body of the loan carry; the contract's number, which the signer read, must be that of
``loan.opened`` too.

**What the ledger knew when is the lender's word.** A verdict must be the same for all readers for
good, so no clock takes part: a consent counts as known at the end of the minute in the record's
header, which the lender wrote. It can date a header back or forth. What bounds it: minutes of a
stream never decrease (``streams``), the cosignatures show since when the entry is final, and
``fundtrace verify`` judges the same consents at that time (``evidence.consents``). A certificate
that is found revoked later turns nothing here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from fundtrace.errors import InvalidInputError, RuleViolationError, SignatureError
from fundtrace.ledger.consent import (
    ConsentEvidence,
    ConsentSigner,
    ConsentStatement,
    check_consent_covers,
    verify_consent,
)
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.roster.document import Roster

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class VerifiedConsent:
    """A consent whose signature holds: what was signed, and the certificate's holder."""

    statement: ConsentStatement
    signer: ConsentSigner


def verify_consents(
    roster: Roster, lender_id: str, loan: LoanOpened, grant: AuthorizationGranted, minute: int
) -> None:
    """Verify an authorization's consents; ``minute`` is that of its publication.

    Raises SignatureError where one does not verify, is to another contract, or a member is not
    covered.
    """
    known_at = _EPOCH + dt.timedelta(minutes=minute + 1)  # the end of that minute
    check_contract(verify_grant(roster, lender_id, grant, known_at), loan)


def verify_grant(
    roster: Roster, lender_id: str, grant: AuthorizationGranted, known_at: dt.datetime
) -> tuple[VerifiedConsent, ...]:
    """Verify an authorization's consents as the ledger knew them at a time (aware); return them.

    Raises SignatureError where one does not verify or is not to this lender for this loan, or a
    member is not covered.
    """
    consents = tuple(_verify(roster, lender_id, one, known_at) for one in grant.consents)
    statements = [one.statement for one in consents]
    for statement in statements:
        if statement.loan_key != grant.loan_key:
            raise SignatureError(f"a consent is to another loan, {statement.contract_id}")
    for member in grant.members:
        if member.member_id != lender_id and not _is_covered(statements, member.member_id, grant):
            raise SignatureError(f"no consent covers {member.member_id} for all of the time")
    return consents


def check_contract(consents: Iterable[VerifiedConsent], loan: LoanOpened) -> None:
    """Check that what people read in consents is the number of the loan's contract.

    Raises SignatureError.
    """
    for one in consents:
        if one.statement.contract_id != loan.contract_id:
            raise SignatureError(
                f"a consent names the contract {one.statement.contract_id}; the loan is of "
                f"{loan.contract_id}"
            )


def _verify(
    roster: Roster, lender_id: str, consent: ConsentEvidence, known_at: dt.datetime
) -> VerifiedConsent:
    try:
        signer = verify_consent(consent, roster.e_signature_cas, known_at)
        statement = consent.statement
    except InvalidInputError as error:
        raise SignatureError(f"a consent cannot be read: {error}") from error
    if (statement.consortium, statement.lender) != (roster.consortium, lender_id):
        raise SignatureError(f"a consent is to {statement.lender} in {statement.consortium}")
    return VerifiedConsent(statement, signer)


def _is_covered(
    statements: Iterable[ConsentStatement], recipient: str, grant: AuthorizationGranted
) -> bool:
    return any(
        _covers(one, recipient, grant, grant.valid_from)
        and _covers(one, recipient, grant, grant.valid_until - _LAST_INSTANT)
        for one in statements
    )


def _covers(
    statement: ConsentStatement, recipient: str, grant: AuthorizationGranted, at: dt.datetime
) -> bool:
    try:
        check_consent_covers(statement, grant.loan_key, recipient, at)
    except RuleViolationError:
        return False
    return True
