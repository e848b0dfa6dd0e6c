"""A member's fields are bounded, and agree with each other."""

from __future__ import annotations

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.roster.member import MemberStatus, is_lei
from tests.support.rosters import BANKS, make_certificate

A = BANKS["a"]


def test_the_origin_is_the_base_with_the_epoch():
    assert A.make_member().origin == "a.bank.example/ledger/1"


def test_a_learner_does_not_vote():
    assert A.make_member().is_voting
    assert not A.make_member(MemberStatus.LEARNER).is_voting


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ""),
        ("id", "bank a"),
        ("name_zh", ""),
        ("name_zh", " 甲银行"),
        ("name_en", "Bank\nA"),
        ("cnaps", "31300000000"),
        ("cnaps", "３１３０００００００００"),
        ("bic", "ABCD"),
        ("bic", "ABCDCNBXX"),
        ("lei", "5493001KJTIIGC8Y1R13"),  # the check digits of this LEI are 12
        ("lei", "5493001KJTIIGC8Y1R1"),
        ("status", "voting"),
        ("origin_base", "A.bank.example/ledger"),
        ("origin_base", "a.bank.example/ledger/"),
        ("epoch", 0),
        ("mirror_keys", ()),
        ("mirror_keys", (A.governance.verifier,)),
        ("mirror_keys", [A.mirror.verifier]),
        ("governance_keys", ()),
        ("governance_keys", (A.governance_mldsa.verifier,)),
        ("governance_keys", (A.governance.verifier, A.log.verifier)),
        ("governance_keys", (A.mirror.verifier,)),
        ("log_key", A.mirror.verifier),
        ("log_key", A.governance.verifier),  # named otherwise than the log
        ("log_key", A.log.verifier.encode()),
        ("tls_cas", ()),
        ("tls_cas", (b"no certificate" * 10,)),
        ("endpoints", ()),
        ("endpoints", ("a.bank.example",)),
        ("endpoints", ("a.bank.example:0",)),
        ("endpoints", ("a.bank.example:65536",)),
        ("endpoints", ("A.bank.example:7443",)),
        ("endpoints", ("https://a.bank.example:7443",)),
        ("endpoints", ("-a.bank.example:7443",)),
        ("endpoints", (7443,)),
        ("quotas", None),
    ],
)
def test_a_field_out_of_its_bounds_is_refused(name, value):
    with pytest.raises(InvalidInputError):
        A.make_member(**{name: value})


@pytest.mark.parametrize("endpoint", ["10.0.0.7:443", "[2001:db8::1]:7443", "node:1"])
def test_addresses_and_short_names_are_endpoints(endpoint):
    assert A.make_member(endpoints=(endpoint,)).endpoints == (endpoint,)


def test_a_bank_abroad_goes_by_its_bic_and_lei_alone():
    member = A.make_member(cnaps="", bic="DEUTDEFF500", lei="5493001KJTIIGC8Y1R12")
    assert (member.bic, member.lei) == ("DEUTDEFF500", "5493001KJTIIGC8Y1R12")


def test_a_member_without_any_bank_code_is_refused():
    with pytest.raises(InvalidInputError, match="CNAPS"):
        A.make_member(cnaps="")


def test_a_log_key_of_another_epoch_is_refused():
    with pytest.raises(InvalidInputError, match="the log is"):
        A.make_member(epoch=2)


# The first is one in use; each other has one character wrong or two swapped.
@pytest.mark.parametrize(
    ("lei", "is_right"),
    [
        ("5493001KJTIIGC8Y1R12", True),
        ("5493001KJTIIGC8Y1R21", False),
        ("5493001KJTIICG8Y1R12", False),
        ("6493001KJTIIGC8Y1R12", False),
    ],
)
def test_an_lei_is_held_to_its_check_digits(lei, is_right):
    assert is_lei(lei) is is_right


def test_several_mirrors_and_authorities_are_allowed():
    other = make_certificate("another TLS")
    member = A.make_member(tls_cas=(make_certificate("one TLS"), other))
    assert other in member.tls_cas
