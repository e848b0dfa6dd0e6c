import datetime as dt
from dataclasses import replace

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.consent.evidence import ConsentEvidence
from fundtrace.ledger.kinds.authorizations import AuthorizedMember
from fundtrace.ledger.kinds.common import (
    AccountRef,
    AuthorityPointer,
    Party,
    PartyId,
    RecordPointer,
    Sector,
)
from fundtrace.ledger.kinds.loans import AttributionPin, DeclaredPayee
from fundtrace.ledger.kinds.words import IdScheme
from fundtrace.model.kinds import PartyType, Rule
from tests.support.records import (
    AT,
    LENDER_LOG,
    LOAN_ACCOUNT,
    PAYEE_ACCOUNT,
    make_authorization,
    make_hash,
    make_loan_opened,
)

DRAWDOWN = make_loan_opened().drawdowns[0]
MEMBERS = make_authorization().members


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"drawdowns": (DRAWDOWN, DRAWDOWN)}, "drawdown_id twice"),
        ({"principal_minor": 299_999_999}, "more than the contract"),
        ({"principal_minor": 0}, "principal_minor is 0"),
        ({"principal_minor": 2**62}, "principal_minor is"),
        ({"declared_payees": (DeclaredPayee(PAYEE_ACCOUNT),) * 2}, "one account twice"),
        ({"maturity_on": dt.date(2026, 2, 28)}, "before contract_on"),
        ({"contract_id": ""}, "contract_id has 0 bytes"),
        ({"loan_key": bytes(31)}, "loan_key has 31 bytes"),
        ({"currency": "RMB"}, "ISO 4217"),
        ({"purpose": "x" * 1_025}, "purpose has 1025 bytes"),
    ],
)
def test_a_loan_that_contradicts_itself_is_refused(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_loan_opened(**changes)


def test_a_revolving_line_may_draw_more_in_total_than_at_once():
    again = replace(DRAWDOWN, drawdown_id="借据02")
    assert len(make_loan_opened(drawdowns=(DRAWDOWN, again)).drawdowns) == 2


def test_a_contract_may_have_no_drawdown_yet():
    assert make_loan_opened(drawdowns=(), maturity_on=None).drawdowns == ()


def test_a_loan_is_not_pinned_to_a_rule_that_conserves_nothing():
    with pytest.raises(InvalidInputError, match="exposure"):
        AttributionPin(Rule.EXPOSURE, "rules-2026.1", 30, 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"members": MEMBERS[::-1]}, "in order"),
        ({"members": (MEMBERS[0], MEMBERS[0])}, "each once"),
        ({"members": ()}, "0 items"),
        ({"valid_until": AT}, "after valid_from"),
        ({"effective_at": AT + dt.timedelta(days=365)}, "before valid_until"),
        ({"consents": ()}, "0 items"),
    ],
)
def test_an_authorization_that_contradicts_itself_is_refused(changes, why):
    with pytest.raises(InvalidInputError, match=why):
        make_authorization(**changes)


@pytest.mark.parametrize("member_id", ["", "bank a", "-a", "a/b", "x" * 65, "银行"])
def test_a_member_id_is_a_short_plain_name(member_id):
    with pytest.raises(InvalidInputError, match="member_id"):
        AuthorizedMember(member_id, (make_hash("key"),))


def test_a_consent_needs_a_certificate():
    with pytest.raises(InvalidInputError, match="1 to 5 certificates"):
        ConsentEvidence(b"text", "ed25519", b"signature", ())


@pytest.mark.parametrize(
    "bank", ["104333000018", "BKCHCNBJ", "BKCHCNBJ300", "529900T8BM49AURSDO55"]
)
def test_a_bank_is_named_by_cnaps_bic_or_lei(bank):
    assert AccountRef(bank, "6222020000001").bank == bank


@pytest.mark.parametrize("bank", ["10433300001", "1043330000189", "bkchcnbj", "工商银行", "ICBC"])
def test_another_name_of_a_bank_is_refused(bank):
    with pytest.raises(InvalidInputError, match=r"AccountRef\.bank"):
        AccountRef(bank, "6222020000001")


@pytest.mark.parametrize("account", ["", "6222 0200", "６２２２", "-1", "x" * 35, '="6222"'])
def test_an_account_number_is_plain_text_of_34_at_most(account):
    with pytest.raises(InvalidInputError, match=r"AccountRef\.account"):
        AccountRef("104333000018", account)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        (IdScheme.USCC, "91330300MA2ABCDE1I"),
        (IdScheme.USCC, "91330300MA2ABCDE15"),
        (IdScheme.RESIDENT, "330300198001011237"),
        (IdScheme.USCC, "9133030012345678"),
        (IdScheme.RESIDENT, "33030019800101123x"),
        (IdScheme.RESIDENT, "330300800101123"),
        (IdScheme.LEI, "529900T8BM49AURSDO5A"),
        (IdScheme.PASSPORT, "E12"),
    ],
)
def test_a_partys_number_is_of_its_schemes_form(scheme, value):
    with pytest.raises(InvalidInputError, match="not an id of kind"):
        PartyId(scheme, value)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        (IdScheme.USCC, "91330300MA2ABCDE14"),
        (IdScheme.RESIDENT, "330300198001011238"),
        (IdScheme.LEI, "529900T8BM49AURSDO55"),
        (IdScheme.PASSPORT, "E12345678"),
    ],
)
def test_a_partys_number_of_its_form_is_taken(scheme, value):
    assert PartyId(scheme, value).value == value


def test_what_is_refused_of_a_party_is_not_shown():
    with pytest.raises(InvalidInputError) as caught:
        PartyId(IdScheme.RESIDENT, "33030019800101123x")
    assert "19800101" not in str(caught.value)


def test_a_party_may_have_no_number():
    assert Party("张三", PartyType.SOLE_TRADER).id is None


@pytest.mark.parametrize(("edition", "code"), [(2017, "C195"), (2011, "J"), (2002, "K7210")])
def test_a_sector_is_a_code_with_its_edition(edition, code):
    assert Sector(edition, code).code == code


@pytest.mark.parametrize(
    ("edition", "code"), [(2016, "C195"), (2017, "U01"), (2017, "195"), (2017, "C1"), (2017, "")]
)
def test_a_sector_of_no_edition_or_form_is_refused(edition, code):
    with pytest.raises(InvalidInputError, match="Sector"):
        Sector(edition, code)


@pytest.mark.parametrize(
    "origin",
    [
        "a.bank.example",
        "a.bank.example/ledger/",
        "a.bank.example/01",
        "a bank/1",
        "a+b/1",
        "/1",
        "",
    ],
)
def test_an_origin_ends_in_its_epoch_and_is_a_key_name(origin):
    with pytest.raises(InvalidInputError, match=r"RecordPointer\.origin"):
        RecordPointer(origin, 0, make_hash("leaf"))


def test_an_authority_lies_within_what_was_seen():
    assert AuthorityPointer(LENDER_LOG, 8, 7, make_hash("a")).record.index == 7
    with pytest.raises(InvalidInputError, match="beyond the size seen"):
        AuthorityPointer(LENDER_LOG, 7, 7, make_hash("a"))


def test_a_drawdown_is_of_money():
    with pytest.raises(InvalidInputError, match="principal_minor is 0"):
        replace(DRAWDOWN, principal_minor=0)
    assert DRAWDOWN.account == LOAN_ACCOUNT


@pytest.mark.parametrize("number", [" L-1", "L-1\u3000", "L\u200b1"], ids=ascii)
def test_a_contract_has_a_number_that_a_consent_can_name(number):
    with pytest.raises(InvalidInputError):
        make_loan_opened(contract_id=number)
