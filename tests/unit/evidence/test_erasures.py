"""Erasures in a package: countersigned where the record is there, else claimed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.evidence.check import check_package
from fundtrace.evidence.findings import Standing, Topic
from fundtrace.evidence.words import describe_finding
from fundtrace.ledger.erasure import ErasureReason, ErasureStatement, sign_erasure
from fundtrace.ledger.kinds.entries import Erasure
from tests.support.consortium import CONSORTIUM, ROOT, BankLog, build_evidence, draw, make_signer
from tests.support.records import make_loan_opened

SEED = make_signer("erasure").seed
REASON = ErasureReason.LEGAL_ORDER
TOPICS = {Topic.ERASURE_COUNTERSIGNED, Topic.ERASURE_CLAIMED, Topic.ERASURE_REFUTED}


def erase(*, seed=SEED, body_hash=None, index=0):
    """Return a log of a record, its erasure and a tally, as a package."""
    log = BankLog()
    log.publish(make_loan_opened())
    stated = body_hash or log.sealed[0].body_hash
    statement = ErasureStatement(CONSORTIUM, log.origin, index, stated, REASON)
    log.append(Erasure(index, stated, REASON, sign_erasure(seed, statement)))
    log.tally()
    return build_evidence(log)


def find(package, root=ROOT):
    """Return the finding about the erasure, and whether the package holds."""
    verdict = check_package(package, root)
    (found,) = [one for one in verdict.findings if one.topic in TOPICS]
    return found, verdict.holds()


def test_a_countersignature_is_verified_by_the_erased_record():
    found, holds = find(erase())
    assert holds
    assert (found.standing, found.topic) == (Standing.PROVEN, Topic.ERASURE_COUNTERSIGNED)
    assert "legal order" in describe_finding(found, "en")
    assert "司法或监管命令" in describe_finding(found, "zh")


def test_it_is_claimed_where_the_erased_record_is_not_in_the_package():
    package = erase()
    found, holds = find(replace(package, entries=package.entries[1:2]))
    assert holds
    assert (found.standing, found.topic) == (Standing.CLAIMED, Topic.ERASURE_CLAIMED)


def test_it_is_claimed_where_no_root_is_pinned():
    found, _ = find(erase(), None)
    assert (found.standing, found.topic) == (Standing.CLAIMED, Topic.ERASURE_COUNTERSIGNED)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seed": draw("another")}, "countersignature"),
        ({"body_hash": draw("another body")}, "no such body"),
        ({"index": 2}, "no such body"),
    ],
    ids=["another key", "another body", "no record"],
)
def test_an_erasure_that_mirrors_would_have_refused_is_refuted(change, why):
    found, holds = find(erase(**change))
    assert not holds
    assert (found.standing, found.topic) == (Standing.REFUTED, Topic.ERASURE_REFUTED)
    assert why in found.details["why"]
