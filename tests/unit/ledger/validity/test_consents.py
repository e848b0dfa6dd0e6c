"""The consents of an authorization, with real certificates and signatures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from fundtrace.errors import SignatureError
from fundtrace.ledger.consent import ConsentEvidence
from fundtrace.ledger.kinds.authorizations import AuthorizationGranted
from fundtrace.ledger.validity.consents import verify_consents
from fundtrace.ledger.validity.judge import judge
from fundtrace.ledger.validity.reasons import Reason
from fundtrace.ledger.validity.verdicts import Valid, Void
from fundtrace.ledger.validity.view import View
from tests.support.certificates import ROOT, SIGNED, make_evidence
from tests.support.judged_world import START, START_MINUTE
from tests.support.rosters import CONSORTIUM
from tests.support.scenes import Scene
from tests.support.void_cases import get_position

UNTIL = START + dt.timedelta(days=300)


def make_consent(**fields) -> ConsentEvidence:
    """Return the borrower's real consent to banks b and c for this loan, as a record carries it."""
    values = {
        "consortium": CONSORTIUM,
        "loan": "流借2026-0117",
        "valid_from": START.replace(microsecond=0),
        "valid_until": UNTIL,
        "signed_at": SIGNED,
    }
    return make_evidence(**values | fields)


@pytest.fixture
def scene():
    scene = Scene()
    trusted = replace(scene.rosters[1], e_signature_cas=(ROOT.der,))
    scene.rosters = {**scene.rosters, 1: trusted}
    return scene


def make_grant(scene: Scene, **changes) -> AuthorizationGranted:
    return scene.make_grant(scene.loan, "bc", **{"consents": (make_consent(),)} | changes)


def verify(scene: Scene, grant: AuthorizationGranted, minute: int = START_MINUTE) -> None:
    verify_consents(scene.rosters[1], "bank-a", scene.get_body(scene.loan), grant, minute)


def test_a_consent_that_is_signed_and_covers_all_members_is_verified(scene):
    verify(scene, make_grant(scene))


def test_two_consents_may_cover_the_members_together(scene):
    consents = (make_consent(recipients=("bank-b",)), make_consent(recipients=("bank-c",)))
    verify(scene, make_grant(scene, consents=consents))


def test_the_lender_needs_no_consent_to_itself(scene):
    grant = scene.make_grant(scene.loan, "abc", consents=(make_consent(),))
    verify(scene, grant)


WRONG = {
    "another loan": {"loan": "流借2026-0118"},
    "another consortium": {"consortium": "other.example"},
    "another lender": {"lender": "bank-d"},
    "a member left out": {"recipients": ("bank-b",)},
    "a shorter time": {"valid_until": UNTIL - dt.timedelta(seconds=1)},
    "a later beginning": {"valid_from": START + dt.timedelta(days=1)},
    "signed later than published": {"signed_at": START + dt.timedelta(minutes=1)},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_consent_that_does_not_cover_the_authorization_is_refused(name, scene):
    with pytest.raises(SignatureError):
        verify(scene, make_grant(scene, consents=(make_consent(**WRONG[name]),)))


@pytest.mark.parametrize(
    "change",
    [
        {"text": b"not a statement"},
        {"signature": b"another"},
        {"algorithm": "unknown"},
        {"chain": (b"no certificate",)},
    ],
    ids=str,
)
def test_a_consent_that_cannot_be_verified_is_refused(change, scene):
    with pytest.raises(SignatureError):
        verify(scene, make_grant(scene, consents=(replace(make_consent(), **change),)))


def test_one_bad_consent_beside_a_good_one_is_refused(scene):
    consents = (make_consent(), replace(make_consent(), signature=b"another"))
    with pytest.raises(SignatureError):
        verify(scene, make_grant(scene, consents=consents))


def test_an_authority_that_the_roster_does_not_trust_is_refused(scene):
    scene.rosters = {1: replace(scene.rosters[1], e_signature_cas=())}
    with pytest.raises(SignatureError):
        verify(scene, make_grant(scene))


def test_the_judge_verifies_consents_unless_told_otherwise(scene):
    good = scene.publish("a", "loan", make_grant(scene))
    stub = scene.view()
    view = View(CONSORTIUM, stub.logs, stub.rosters, stub.rule_sets)
    assert judge(view, get_position(good)) == Valid()
    assert judge(view, get_position(scene.authorization)) == Void(Reason.CONSENT_NOT_VERIFIED)
