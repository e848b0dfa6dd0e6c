"""Erasures that a package shows: who agreed to them, as far as the package can tell.

An erasure carries a countersignature under the key in the erased record's header. Mirrors check
it before they cosign; a reader of a package checks it again where the package holds that record.
Whose key it is, the header does not say: that it is the lender's is told by the authorization.
"""

from __future__ import annotations

from collections.abc import Sequence

from fundtrace.errors import FundtraceError, VerificationError
from fundtrace.evidence.findings import Finding, Standing, Topic
from fundtrace.evidence.streams import Shown
from fundtrace.ledger.erasure import ErasureStatement, verify_erasure
from fundtrace.ledger.kinds.entries import Erasure, Record


def check_erasures(shown: Sequence[Shown], standing: Standing) -> list[Finding]:
    """Say of each erasure whether its countersignature holds, or is only claimed.

    ``standing`` is what a verified one is: proven, or claimed where no root was pinned.
    """
    records = {(one.origin, one.index): one.entry for one in shown}
    findings = []
    for one in shown:
        if not isinstance(one.entry, Erasure):
            continue
        erasure, record = one.entry, records.get((one.origin, one.entry.entry_index))
        said = {
            "origin": one.origin,
            "index": str(erasure.entry_index),
            "reason": erasure.reason.name.lower(),
        }
        if record is None:
            findings.append(Finding(Standing.CLAIMED, Topic.ERASURE_CLAIMED, one.subject, said))
            continue
        try:
            _verify(one.origin, erasure, record)
        except FundtraceError as error:
            details = {**said, "why": str(error)}
            findings.append(Finding(Standing.REFUTED, Topic.ERASURE_REFUTED, one.subject, details))
            continue
        findings.append(Finding(standing, Topic.ERASURE_COUNTERSIGNED, one.subject, said))
    return findings


def _verify(origin: str, erasure: Erasure, record: object) -> None:
    if not isinstance(record, Record) or record.body_hash != erasure.body_hash:
        raise VerificationError(f"entry {erasure.entry_index} has no such body")
    statement = ErasureStatement(
        record.context.consortium,
        origin,
        erasure.entry_index,
        erasure.body_hash,
        erasure.reason,
    )
    verify_erasure(record.context.erasure_key, statement, erasure.signature)
