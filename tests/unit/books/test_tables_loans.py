"""What a row of the loans table may say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fundtrace.books.tables import build_tables
from fundtrace.model.instants import parse_instant
from fundtrace.model.kinds import PaymentMode, PurposeClass
from fundtrace.model.tables import NO_ROW, AccountKey

Make = Callable[..., dict[str, str]]
Find = Callable[..., list[str]]


def test_a_plain_loan_is_read(move: Make, lend: Make) -> None:
    (loan,) = build_tables({"movements": [move()], "loans": [lend()]}).loans
    assert (loan.loan_id, loan.bank, loan.account, loan.account_id) == ("L", "B", "2", 1)
    assert (loan.principal_minor, loan.currency) == (10000, "CNY")
    assert loan.disbursed_at == parse_instant("2026-03-05")
    assert loan.movement == NO_ROW
    assert loan.declared_payees == ()


def test_optional_columns_are_read(move: Make, lend: Make) -> None:
    row = lend(
        movement_id="m1",
        contract_id="C",
        holder_id="H",
        purpose_class="working_capital",
        purpose="皮料",
        contract_date="2026-03-01",
        payment_mode="entrusted",
        declared_payees=" A/1 ; B/2/x;",
        renewal_of="L-0",
        maturity_on="2027-03-01",
        branch="鹿城",
        officer="王",
    )
    (loan,) = build_tables({"movements": [move()], "loans": [row]}).loans
    assert loan.movement == 0
    assert (loan.contract_id, loan.holder_id, loan.renewal_of) == ("C", "H", "L-0")
    assert (loan.purpose_class, loan.purpose) == (PurposeClass.WORKING_CAPITAL, "皮料")
    assert loan.payment_mode is PaymentMode.ENTRUSTED
    assert (loan.contract_on, loan.maturity_on) == ("2026-03-01", "2027-03-01")
    assert loan.declared_payees == (AccountKey("A", "1"), AccountKey("B", "2/x"))
    assert (loan.branch, loan.officer) == ("鹿城", "王")


def test_full_width_separators_of_payees_are_understood(move: Make, lend: Make) -> None:
    row = lend(declared_payees="A／1；B／2")
    (loan,) = build_tables({"movements": [move()], "loans": [row]}).loans
    assert loan.declared_payees == (AccountKey("A", "1"), AccountKey("B", "2"))


def test_the_borrower_falls_back_to_the_holder_of_the_account(move: Make, lend: Make) -> None:
    rows = {
        "movements": [move()],
        "loans": [lend()],
        "accounts": [{"bank": "B", "account": "2", "holder_id": "H"}],
    }
    assert build_tables(rows).loans[0].holder_id == "H"


def test_without_a_loans_table_there_are_none(move: Make) -> None:
    assert build_tables({"movements": [move()]}).loans == ()


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"loan_id": ""}, "loan_id", "is empty"),
        ({"bank": ""}, "bank", "is empty"),
        ({"account": ""}, "account", "is empty"),
        ({"principal": ""}, "principal", "is empty"),
        ({"principal": "0"}, "principal", "must be more than 0"),
        ({"principal": "-1"}, "principal", "must be more than 0"),
        ({"currency": ""}, "currency", "is empty"),
        ({"currency": "RMB"}, "currency", "unknown currency 'RMB'; use an ISO 4217 code such as CNY"),
        ({"disbursed_at": ""}, "disbursed_at", "is empty"),
        ({"payment_mode": "cash"}, "payment_mode", "'cash' is none of: entrusted self"),
        ({"contract_date": "x"}, "contract_date",
         "'x' is not an ISO 8601 date such as 2026-03-05"),
        ({"movement_id": "m9"}, "movement_id", "there is no movement 'm9' in the movements table"),
        ({"declared_payees": "A-1"}, "declared_payees", "'A-1' is not a payee such as bank/account"),
        ({"declared_payees": "A/"}, "declared_payees", "'A/' is not a payee such as bank/account"),
        ({"declared_payees": "/1"}, "declared_payees", "'/1' is not a payee such as bank/account"),
        ({"declared_payees": "A/6.22E+18"}, "declared_payees",
         "'6.22E+18' is in scientific notation, its digits are lost; export it as text"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_listed_with_its_place(
    move: Make, lend: Make, find_problems: Find, cells: dict[str, str], *, column: str, reason: str
) -> None:
    rows = {"movements": [move()], "loans": [lend("L0"), lend(**cells)]}
    if "loan_id" in cells:
        rows["loans"][1]["loan_id"] = ""
    assert find_problems(rows) == [f"loans.csv:3: {column}: {reason}"]


def test_a_loan_that_stands_twice_is_refused(move: Make, lend: Make, find_problems: Find) -> None:
    assert find_problems({"movements": [move()], "loans": [lend(), lend()]}) == [
        "loans.csv:3: loan_id: loan 'L' stands already in line 2"
    ]


def test_a_payee_that_no_table_knows_is_a_warning(
    move: Make, lend: Make, find_warnings: Find
) -> None:
    rows = {"movements": [move()], "loans": [lend(movement_id="m1", declared_payees="A/1;Z/9;Z/9")]}
    assert find_warnings(rows) == ["loans.csv:2: declared_payees: no table knows the payee Z/9 yet"]


def test_a_disbursement_in_another_currency_is_refused(
    move: Make, lend: Make, find_problems: Find
) -> None:
    rows = {"movements": [move(currency="USD")], "loans": [lend(movement_id="m1")]}
    assert find_problems(rows) == [
        "loans.csv:2: movement_id: names a movement that arrives in USD, not in the loan's currency"
    ]


def test_a_disbursement_that_arrives_nowhere_is_refused(
    move: Make, lend: Make, find_problems: Find
) -> None:
    movement = move(credit_bank="", credit_account="")
    assert find_problems({"movements": [movement], "loans": [lend(movement_id="m1")]}) == [
        "loans.csv:2: movement_id: names a movement that arrives at no account"
    ]


def test_drawdowns_that_come_to_more_than_their_movement_are_refused(
    move: Make, lend: Make, find_problems: Find
) -> None:
    loans = [lend(f"L{i}", movement_id="m1", principal="60") for i in range(2)]
    assert find_problems({"movements": [move()], "loans": loans}) == [
        (
            "loans.csv:3: principal: the loans that name this movement come to 120.00 together, "
            "more than its 100.00 CNY"
        )
    ]


def test_drawdowns_may_share_a_movement(move: Make, lend: Make) -> None:
    loans = [lend(f"L{i}", movement_id="m1", principal="50") for i in range(2)]
    tables = build_tables({"movements": [move()], "loans": loans})
    assert [loan.movement for loan in tables.loans] == [0, 0]
    assert tables.warnings == ()


def test_a_movement_of_less_than_the_principal_is_a_warning(
    move: Make, lend: Make, find_warnings: Find
) -> None:
    rows = {"movements": [move()], "loans": [lend(movement_id="m1", principal="150")]}
    assert find_warnings(rows) == [
        (
            "loans.csv:2: movement_id: names a movement of only 100.00 CNY; "
            "50.00 CNY of the principal are undrawn"
        )
    ]


def test_a_disbursement_to_another_account_is_a_warning(
    move: Make, lend: Make, find_warnings: Find
) -> None:
    rows = {"movements": [move()], "loans": [lend(movement_id="m1", account="7")]}
    assert find_warnings(rows) == [
        "loans.csv:2: movement_id: names a movement whose credit account is not the loan's account"
    ]


def test_a_disbursement_before_the_loan_is_a_warning(
    move: Make, lend: Make, find_warnings: Find
) -> None:
    rows = {"movements": [move()], "loans": [lend(movement_id="m1", disbursed_at="2026-03-06")]}
    assert find_warnings(rows) == [
        "loans.csv:2: disbursed_at: is later than the movement that the loan names"
    ]


@pytest.mark.parametrize(
    ("more", "warned"),
    [({}, True), ({"movement_id": "m1"}, False), ({"disbursed_at": "2026-03-09"}, False)],
)
def test_a_loan_put_in_besides_its_own_disbursement_is_warned_of(
    move: Make, lend: Make, find_warnings: Find, more: dict[str, str], *, warned: bool
) -> None:
    found = find_warnings({"movements": [move()], "loans": [lend(**more)]})
    assert any("'m1' brings just that amount" in one for one in found) is warned
