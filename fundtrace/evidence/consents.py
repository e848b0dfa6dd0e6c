"""The borrower's consents in authorizations that a package opens, at the time of their finality.

Readers judge an authorization's consents by the minute that its lender wrote into the header,
since verdicts may hang on no clock (``ledger.validity.consents``). Here there is a better time:
since when a quorum of members holds the entry, which no single bank can move. Trusted are the
authorities of the roster version that the header names. Lists of revoked certificates are not
in a package, and none is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fundtrace.errors import FundtraceError, NotFoundError
from fundtrace.evidence.findings import Finding, Standing, Topic
from fundtrace.evidence.foreign import format_instant
from fundtrace.evidence.streams import Shown
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.loans import LoanOpened
from fundtrace.ledger.origins import get_origin_base
from fundtrace.ledger.roster.chain import RosterChain
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.validity.consents import VerifiedConsent, check_contract, verify_grant


def check_consents(
    shown: Sequence[Shown], bodies: Mapping[str, Body], chain: RosterChain, standing: Standing
) -> list[Finding]:
    """Say of each authorization whose body is open whether its consents hold.

    ``standing`` is what a verified consent is: proven, or claimed where no root was pinned. A
    loan's opening that is open too must be of the contract that the consents name.
    """
    loans = [
        (get_origin_base(one.origin), loan)
        for one in shown
        if isinstance(loan := bodies.get(one.subject), LoanOpened)
    ]
    findings = []
    for one in shown:
        entry, grant = one.entry, bodies.get(one.subject)
        if not isinstance(grant, AuthorizationGranted) or not isinstance(entry, Record):
            continue
        version = entry.context.roster_version
        said = {"at": format_instant(one.final_at_seconds), "version": str(version)}
        try:
            consents = _verify(one, grant, chain.get_version(version).roster)
            for base, loan in loans:
                if (base, loan.loan_key) == (get_origin_base(one.origin), grant.loan_key):
                    check_contract(consents, loan)
        except FundtraceError as error:
            details = {**said, "why": str(error)}
            findings.append(Finding(Standing.REFUTED, Topic.CONSENT_REFUTED, one.subject, details))
            continue
        said["signers"] = "; ".join(dict.fromkeys(each.signer.subject for each in consents))
        said["contract"] = ", ".join(dict.fromkeys(each.statement.contract_id for each in consents))
        findings.append(Finding(standing, Topic.CONSENT_VERIFIED, one.subject, said))
    return findings


def _verify(one: Shown, grant: AuthorizationGranted, roster: Roster) -> tuple[VerifiedConsent, ...]:
    lender = roster.find_member_by_origin(one.origin)
    if lender is None:
        raise NotFoundError(f"roster version {roster.version} names no log {one.origin}")
    known_at = dt.datetime.fromtimestamp(one.final_at_seconds, dt.UTC)
    return verify_grant(roster, lender.id, grant, known_at)
