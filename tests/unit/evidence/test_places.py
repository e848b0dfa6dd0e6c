"""Which quorums an entry is shown to be final by; at an activation, those of both versions."""

from __future__ import annotations

from hashlib import sha256

import pytest

from fundtrace.evidence.check import check_package
from fundtrace.evidence.findings import Standing, Topic
from fundtrace.evidence.package import Package
from fundtrace.ledger.kinds.entries import LogOpening, RosterActivation
from fundtrace.wire.rosters import encode_roster
from tests.support.consortium import ABOUT, ROOT, BankLog, draw, make_roster, sign_version
from tests.support.records import make_loan_opened

ROSTERS = (sign_version(), sign_version(2))
HASH = sha256(encode_roster(make_roster(2))).digest()  # of version 2, in which bank-d is gone


def make_log(bank="a", version=2, roster_hash=HASH):
    log = BankLog(bank)
    log.publish(make_loan_opened())
    log.append(RosterActivation(version, roster_hash))
    return log


def check(evidence):
    verdict = check_package(Package(ABOUT, ROSTERS, (evidence,)), ROOT)
    final = [one for one in verdict.findings if one.topic is Topic.ENTRY_FINAL]
    refuted = [one for one in verdict.findings if one.standing is Standing.REFUTED]
    return [one.details["version"] for one in final], [one.details["why"] for one in refuted]


@pytest.mark.parametrize("version", [1, 2])
def test_the_head_that_ends_in_an_activation_shows_both_quorums(version):
    evidence = make_log().show(1, "abc", roster_version=version)
    assert check(evidence) == (["1", "2"], [])


@pytest.mark.parametrize(("by", "version"), [("abd", 1), ("abd", 2), ("ab", 1)])
def test_one_quorum_of_the_two_is_not_enough(by, version):
    final, refuted = check(make_log().show(1, by, roster_version=version))
    assert not final
    assert len(refuted) == 1


def test_a_larger_head_shows_an_activation_by_the_new_quorum_alone():
    log = make_log()
    log.publish(make_loan_opened(), roster_version=2)
    assert check(log.show(1, "abc", roster_version=2)) == (["2"], [])
    final, refuted = check(log.show(1, "abd", roster_version=1))
    assert not final
    assert "does not count there any more" in refuted[0]


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (make_log(roster_hash=draw("other bytes")), "other bytes of version 2"),
        (make_log(version=1, roster_hash=ROOT), "activated by no entry"),
        (make_log(version=3), "not known here"),
        (make_log(bank="d"), "names no such log"),
    ],
    ids=["other bytes", "version 1", "unknown", "a log that left"],
)
def test_an_activation_that_cannot_be_is_refuted(log, why):
    final, refuted = check(log.show(1, "abcd"))
    assert not final
    assert why in refuted[0]


def test_an_opening_under_a_head_of_its_own_is_not_shown_to_be_final():
    log = BankLog()
    log.append(LogOpening("a.bank.example/ledger/1", 0, bytes(32), ()))
    final, refuted = check(log.show(0))
    assert not final
    assert "larger head" in refuted[0]
