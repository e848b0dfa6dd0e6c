from __future__ import annotations

import pytest

from fundtrace.model.countries import is_abroad
from fundtrace.model.kinds import EndReason, Use
from tests.support.rows import account, build, loan, movement


def where_it_went(credit: str = "B/2", **tables) -> tuple[Use, EndReason]:
    """Send the whole loan to one place and say how it is classed and why it ends."""
    more = tables.pop("movement", {})
    accounts = tables.pop("accounts", [])
    known = {row["bank"] + "/" + row["account"] for row in accounts}
    if accounts and "A/1" not in known:
        accounts = [account("A/1", holder_id="H"), *accounts]
    dataset = build(
        movements=[movement("M1", "02 10:00", "A/1", credit, "100.00", **more)],
        loans=[loan("L1", "A/1", "100.00", holder_id="H", **tables.pop("loan", {}))],
        accounts=accounts,
        **tables,
    )
    (rest,) = [part for part in dataset.trace("L1").rests if part.traced_minor]
    return rest.use, rest.end_reason


@pytest.mark.parametrize(
    ("kind", "use", "reason"),
    [
        ("securities", Use.SECURITIES, EndReason.HELD),
        ("securities_margin", Use.SECURITIES, EndReason.HELD),
        ("broker_pool", Use.SECURITIES, EndReason.BROKER_POOL),
        ("wealth", Use.WEALTH, EndReason.HELD),
        ("bill_margin", Use.MARGIN, EndReason.HELD),
        ("property_escrow", Use.PROPERTY, EndReason.PROPERTY_ESCROW),
        ("payment_institution", Use.PAYMENT_INSTITUTION, EndReason.PAYMENT_INSTITUTION),
        ("loan", Use.OTHER_LOAN, EndReason.LOAN),
        ("hub", Use.UNKNOWN, EndReason.HUB),
        ("external", Use.UNKNOWN, EndReason.EXTERNAL),
        ("current", Use.UNKNOWN, EndReason.HELD),
    ],
)
def test_an_account_kind_gives_use_and_end_reason(kind: str, use: Use, reason: EndReason):
    assert where_it_went(accounts=[account("B/2", kind=kind)]) == (use, reason)


@pytest.mark.parametrize("kind", ["", "current", "savings", "term_deposit"])
def test_another_account_of_the_borrower_is_still_the_borrower(kind: str):
    accounts = [account("B/2", kind=kind, holder_id="H")]
    assert where_it_went(accounts=accounts) == (Use.BORROWER, EndReason.HELD)


@pytest.mark.parametrize(
    ("kind", "use"),
    [("securities", Use.SECURITIES), ("wealth", Use.WEALTH), ("bill_margin", Use.MARGIN)],
)
def test_what_the_borrower_buys_is_a_use_though_the_account_is_the_borrowers(kind: str, use: Use):
    assert where_it_went(accounts=[account("B/2", kind=kind, holder_id="H")])[0] is use


@pytest.mark.parametrize("direction", [("H", "R"), ("R", "H")])
@pytest.mark.parametrize(
    ("relation", "use"),
    [
        ("spouse", Use.RELATED_PARTY),
        ("shareholder", Use.RELATED_PARTY),
        ("legal_representative", Use.RELATED_PARTY),
        ("guarantor", Use.RELATED_PARTY),
        ("affiliate", Use.RELATED_PARTY),
        ("lender_employee", Use.RELATED_PARTY),
        ("supplier", Use.SUPPLIER),
    ],
)
def test_a_relation_counts_in_both_directions(direction: tuple[str, str], relation: str, use: Use):
    relations = [dict(zip(("holder_id", "related_holder_id"), direction, strict=True))]
    relations[0]["relation"] = relation
    found = where_it_went(accounts=[account("B/2", holder_id="R")], relations=relations)
    assert found == (use, EndReason.HELD)


def test_a_declared_payee_is_that_before_anything_else_it_may_be():
    relations = [{"holder_id": "H", "related_holder_id": "R", "relation": "spouse"}]
    accounts = [account("B/2", holder_id="R")]
    loan_row = {"declared_payees": "B/2"}
    found = where_it_went(accounts=accounts, relations=relations, loan=loan_row)
    assert found == (Use.DECLARED_PAYEE, EndReason.HELD)


@pytest.mark.parametrize("sector", ["K70", "K7010", "7010"])
def test_a_property_sector_of_the_account_makes_it_property(sector: str):
    assert where_it_went(accounts=[account("B/2", sector=sector)])[0] is Use.PROPERTY


def test_the_sector_of_the_holder_counts_as_well():
    parties = [{"holder_id": "D", "name": "某房产", "sector": "K70"}]
    accounts = [account("B/2", holder_id="D")]
    assert where_it_went(accounts=accounts, parties=parties)[0] is Use.PROPERTY


@pytest.mark.parametrize(
    ("more", "use", "reason"),
    [
        ({"kind": "cash"}, Use.CASH, EndReason.CASH),
        ({"kind": "fee"}, Use.FEE, EndReason.FEE),
        ({"kind": "repayment", "loan_id": "L1"}, Use.REPAID_SELF, EndReason.REPAYMENT),
        ({"kind": "repayment", "loan_id": "L9"}, Use.OTHER_LOAN, EndReason.REPAYMENT),
        ({"kind": "repayment"}, Use.OTHER_LOAN, EndReason.REPAYMENT),
        ({"kind": "interest", "loan_id": "L1"}, Use.REPAID_SELF, EndReason.REPAYMENT),
        ({}, Use.UNKNOWN, EndReason.OUTSIDE),
        (
            {"payment_institution": "某支付"},
            Use.PAYMENT_INSTITUTION,
            EndReason.PAYMENT_INSTITUTION,
        ),
    ],
)
def test_money_that_leaves_the_tables_says_how(more: dict[str, str], use: Use, reason: EndReason):
    assert where_it_went("", movement=more) == (use, reason)


def test_a_bank_outside_the_members_table_ends_the_trail():
    members = [{"bank": "A"}]
    assert where_it_went(members=members) == (Use.NON_MEMBER, EndReason.NON_MEMBER)


def test_an_account_outside_the_accounts_table_ends_the_trail():
    found = where_it_went(accounts=[account("A/1", holder_id="H")])
    assert found == (Use.UNKNOWN, EndReason.NOT_LISTED)


def test_without_those_tables_every_account_is_observed():
    assert where_it_went() == (Use.UNKNOWN, EndReason.HELD)


def test_a_bank_named_by_a_foreign_bic_is_abroad():
    found = where_it_went("DEUTDEFF/2", members=[{"bank": "A"}])
    assert found == (Use.ABROAD, EndReason.NON_MEMBER)


@pytest.mark.parametrize(
    ("bank", "abroad"),
    [
        ("DEUTDEFF", True),
        ("DEUTDEFF500", True),
        ("BKCHHKHH", True),
        ("ICBKCNBJ", False),
        ("WENZHOUB", False),  # HO is no country
        ("102333000013", False),
        ("bank_a", False),
    ],
)
def test_only_a_bic_of_another_country_is_abroad(bank: str, abroad: bool):  # noqa: FBT001
    assert is_abroad(bank) is abroad
