"""The consents of an authorization that a package shows, as of the time when it was final."""

from __future__ import annotations

import datetime as dt

import pytest

from fundtrace.evidence.check import check_package
from fundtrace.evidence.findings import Standing, Topic
from fundtrace.evidence.words import describe_finding
from tests.support.certificates import SIGNER, make_evidence
from tests.support.consortium import AT, CONSORTIUM, ROOT, BankLog, build_evidence
from tests.support.records import LOAN_KEY, make_authorization, make_loan_opened

FINAL_AT = dt.datetime.fromtimestamp(AT + 60, dt.UTC)
CONTRACT = make_loan_opened().contract_id
UNTIL = make_authorization().valid_until.replace(microsecond=0) + dt.timedelta(seconds=1)


def publish(*, minute=None, loan=True, **consent):
    """Return the package of a log with a loan, and an authorization with the borrower's consent."""
    values = {
        "consortium": CONSORTIUM,
        "loan_key": LOAN_KEY,
        "contract_id": CONTRACT,
        "valid_until": UNTIL,
    }
    log = BankLog()
    if loan:
        log.publish(make_loan_opened())
    changes = {} if minute is None else {"published_minute": minute}
    log.publish(make_authorization(consents=(make_evidence(**values | consent),)), **changes)
    log.tally()
    return build_evidence(log)


def find(package, root=ROOT):
    """Return the findings about consents, and whether the package holds."""
    verdict = check_package(package, root)
    topics = {Topic.CONSENT_VERIFIED, Topic.CONSENT_REFUTED}
    return [one for one in verdict.findings if one.topic in topics], verdict.holds()


def test_a_consent_that_holds_at_finality_is_proven_and_says_who_signed_what():
    (found,), holds = find(publish())
    assert holds
    assert (found.standing, found.topic) == (Standing.PROVEN, Topic.CONSENT_VERIFIED)
    assert found.subject == "entries/0002"
    text = describe_finding(found, "en")
    assert f"CN={SIGNER.name}" in text
    assert CONTRACT in text
    assert "2026-03-05T02:01:00Z" in text


def test_findings_of_one_entry_stand_together():
    verdict = check_package(publish(), ROOT)
    subjects = [one.subject for one in verdict.findings]
    assert subjects == sorted(subjects, key=subjects.index)


def test_without_a_pinned_root_a_consent_is_only_claimed():
    (found,), holds = find(publish(), None)
    assert not holds
    assert found.standing is Standing.CLAIMED


def test_the_time_of_finality_counts_and_not_the_minute_that_the_lender_wrote():
    late = FINAL_AT + dt.timedelta(seconds=1)
    package = publish(signed_at=late, minute=AT // 60 + 1_000)
    (found,), holds = find(package)
    assert not holds
    assert (found.standing, found.topic) == (Standing.REFUTED, Topic.CONSENT_REFUTED)
    assert "after the ledger knew it" in found.details["why"]
    assert "2026-03-05T02:01:00Z" in describe_finding(found, "zh")
    (found,), holds = find(publish(signed_at=FINAL_AT, minute=0))
    assert found.topic is Topic.CONSENT_REFUTED  # covers from its signing on, not from valid_from


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"loan_key": bytes(32)}, "another loan"),
        ({"lender": "bank-b"}, "is to bank-b"),
        ({"consortium": "other.example"}, "other.example"),
        ({"recipients": ("bank-c",)}, "covers bank-b"),
        ({"contract_id": "L-2026-0008"}, "the loan is of"),
    ],
    ids=lambda change: next(iter(change)) if isinstance(change, dict) else None,
)
def test_a_consent_to_something_else_is_refuted(change, why):
    (found,), holds = find(publish(**change))
    assert not holds
    assert found.topic is Topic.CONSENT_REFUTED
    assert why in found.details["why"]


def test_without_the_loan_the_contract_is_what_the_consent_says():
    (found,), _ = find(publish(loan=False, contract_id="L-2026-0008"))
    assert found.topic is Topic.CONSENT_VERIFIED
    assert found.details["contract"] == "L-2026-0008"


def test_a_sealed_authorization_says_nothing_of_consents():
    package = publish()
    entries = [*package.entries]
    entries[1] = type(entries[1])(entries[1].entry, entries[1].proof, 1)
    found, _ = find(type(package)(package.about, package.rosters, tuple(entries)))
    assert not found
