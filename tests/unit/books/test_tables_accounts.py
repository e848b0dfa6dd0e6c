"""Account ids, and what the accounts, parties, relations and members tables say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fundtrace.books.tables import build_tables
from fundtrace.model.kinds import AccountKind, PartyType, Relation
from fundtrace.model.tables import NO_VALUE, AccountKey, Member, Party, Related, Tables

Move = Callable[..., dict[str, str]]
Find = Callable[..., list[str]]


def account(bank: str = "A", number: str = "1", **cells: str) -> dict[str, str]:
    return {"bank": bank, "account": number, **cells}


def get_places(tables: Tables) -> list[tuple[str, str, str]]:
    accounts = tables.accounts
    return list(zip(accounts.bank, accounts.account, accounts.currency, strict=True))


def test_without_an_accounts_table_no_account_is_listed(move: Move) -> None:
    tables = build_tables({"movements": [move()]})
    assert not tables.has_accounts_table
    assert get_places(tables) == [("A", "1", "CNY"), ("B", "2", "CNY")]
    assert list(tables.accounts.is_listed) == [False, False]
    assert tables.accounts.opening_minor.tolist() == [NO_VALUE, NO_VALUE]


def test_a_row_says_what_its_account_is(move: Move) -> None:
    row = account(
        holder_id="H",
        kind="securities",
        currency="CNY",
        opening_balance="-5.00",
        overdraft_limit="1,000",
        sector="C19",
        opened_on="2020-01-01",
    )
    accounts = build_tables({"movements": [move()], "accounts": [row]}).accounts
    assert accounts.get_key(0) == AccountKey("A", "1")
    assert list(accounts.kind) == [AccountKind.SECURITIES, AccountKind.UNSPECIFIED]
    assert list(accounts.holder_id) == ["H", ""]
    assert list(accounts.sector) == ["C19", ""]
    assert list(accounts.is_listed) == [True, False]
    assert accounts.opening_minor.tolist() == [-500, NO_VALUE]
    assert accounts.overdraft_limit_minor.tolist() == [100_000, 0]


def test_the_sector_falls_back_to_that_of_the_holder(move: Move) -> None:
    rows = {
        "movements": [move()],
        "accounts": [account(holder_id="H"), account("B", "2", holder_id="H", sector="K70")],
        "parties": [{"holder_id": "H", "sector": "C19"}],
    }
    assert list(build_tables(rows).accounts.sector) == ["C19", "K70"]


def test_accounts_that_only_their_table_names_get_ids_too(move: Move) -> None:
    table = [account("C", "8", currency="USD"), account("C", "9")]
    tables = build_tables({"movements": [move()], "accounts": table})
    assert get_places(tables)[2:] == [("C", "8", "USD"), ("C", "9", "CNY")]


def move_in(move: Move, *currencies: str) -> list[dict[str, str]]:
    return [move(f"m{i}", currency=currency) for i, currency in enumerate(currencies)]


def test_a_row_without_currency_speaks_for_every_currency(move: Move) -> None:
    rows = {
        "movements": move_in(move, "CNY", "USD"),
        "accounts": [account(kind="hub"), account(kind="wealth", currency="USD")],
    }
    tables = build_tables(rows)
    kinds = dict(zip(get_places(tables), tables.accounts.kind, strict=True))
    assert kinds["A", "1", "CNY"] is AccountKind.HUB
    assert kinds["A", "1", "USD"] is AccountKind.WEALTH


def test_a_currency_without_a_row_inherits_from_the_first_but_no_balance(move: Move) -> None:
    table = [
        account(
            holder_id="H", kind="hub", currency="USD", opening_balance="5", overdraft_limit="9"
        ),
        account(holder_id="X", kind="wealth", currency="EUR"),
    ]
    tables = build_tables({"movements": [move()], "accounts": table})
    (row,) = [i for i, place in enumerate(get_places(tables)) if place == ("A", "1", "CNY")]
    accounts = tables.accounts
    assert (accounts.holder_id[row], accounts.kind[row]) == ("H", AccountKind.HUB)
    assert accounts.is_listed[row]
    assert (accounts.opening_minor[row], accounts.overdraft_limit_minor[row]) == (NO_VALUE, 0)


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5), ("CNY", 500)], ids=["yen", "yuan"])
def test_a_balance_without_currency_is_in_the_only_one_seen(
    move: Move, currency: str, minor: int
) -> None:
    rows = {"movements": move_in(move, currency), "accounts": [account(opening_balance="5")]}
    assert build_tables(rows).accounts.opening_minor.tolist() == [minor, NO_VALUE]


def test_a_balance_of_an_account_seen_nowhere_is_in_yuan(move: Move) -> None:
    rows = {"movements": [move()], "accounts": [account("C", "9", opening_balance="5")]}
    assert build_tables(rows).accounts.opening_minor.tolist() == [NO_VALUE, NO_VALUE, 500]


def test_a_balance_without_currency_counts_only_currencies_without_a_row(move: Move) -> None:
    table = [account(opening_balance="5"), account(currency="USD", opening_balance="7")]
    tables = build_tables({"movements": move_in(move, "CNY", "USD"), "accounts": table})
    openings = dict(zip(get_places(tables), tables.accounts.opening_minor.tolist(), strict=True))
    assert openings["A", "1", "CNY"] == 500
    assert openings["A", "1", "USD"] == 700


@pytest.mark.parametrize("column", ["opening_balance", "overdraft_limit"])
def test_a_balance_that_could_be_in_several_currencies_is_refused(
    move: Move, find_problems: Find, column: str
) -> None:
    rows = {"movements": move_in(move, "CNY", "USD"), "accounts": [account(**{column: "5"})]}
    assert find_problems(rows) == [
        (
            f"accounts.csv:2: {column}: belongs to which currency of this account? "
            "name it in the column currency"
        )
    ]


def test_the_loans_table_shows_currencies_too(
    move: Move, lend: Callable[..., dict[str, str]], find_problems: Find
) -> None:
    rows = {
        "movements": [move()],
        "loans": [lend(bank="A", account="1", currency="USD")],
        "accounts": [account(opening_balance="5")],
    }
    assert len(find_problems(rows)) == 1


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"bank": ""}, "bank", "is empty"),
        ({"account": ""}, "account", "is empty"),
        ({"account": "62.0"}, "account",
         "'62.0' was written as a number, digits may be lost; export it as text"),
        ({"currency": "RMB"}, "currency", "unknown currency 'RMB'; use an ISO 4217 code such as CNY"),
        ({"opening_balance": "x"}, "opening_balance",
         "'x' is not a plain decimal amount such as 1234.56"),
        ({"overdraft_limit": "-1"}, "overdraft_limit", "is negative"),
        ({"opened_on": "soon"}, "opened_on",
         "'soon' is not an ISO 8601 date such as 2026-03-05"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_listed_with_its_place(
    move: Move, find_problems: Find, cells: dict[str, str], column: str, reason: str
) -> None:
    rows = {"movements": [move()], "accounts": [account("Z", "0"), {**account(), **cells}]}
    assert find_problems(rows) == [f"accounts.csv:3: {column}: {reason}"]


def test_an_unknown_kind_is_refused(move: Move, find_problems: Find) -> None:
    (problem,) = find_problems({"movements": [move()], "accounts": [account(kind="Loan")]})
    assert problem.startswith("accounts.csv:2: kind: 'Loan' is none of: current savings ")


@pytest.mark.parametrize("currency", ["", "CNY"])
def test_an_account_that_stands_twice_is_refused(
    move: Move, find_problems: Find, currency: str
) -> None:
    row = account(currency=currency)
    shown = f"A 1 {currency}".strip()
    assert find_problems({"movements": [move()], "accounts": [row, row]}) == [
        f"accounts.csv:3: account: account {shown!r} stands already in line 2"
    ]


def test_parties_are_read(move: Move) -> None:
    row = {
        "holder_id": "H",
        "name": " 温州（鞋业） ",
        "type": "company",
        "sector": "C19",
        "registered_on": "20200101",
    }
    tables = build_tables(
        {"movements": [move()], "parties": [row], "accounts": [account(holder_id="H")]}
    )
    expected = Party("H", "温州（鞋业）", PartyType.COMPANY, "C19", "2020-01-01")
    assert tables.parties == {"H": expected}
    assert tables.get_name(0) == "温州（鞋业）"


def test_relations_are_read_in_table_order(move: Move) -> None:
    table = [
        {"holder_id": "H", "related_holder_id": "S", "relation": "shareholder", "share": "60 %"},
        {"holder_id": "H", "related_holder_id": "W", "relation": "spouse", "share": ""},
    ]
    assert build_tables({"movements": [move()], "relations": table}).relations == (
        Related("H", "S", Relation.SHAREHOLDER, "60 %"),
        Related("H", "W", Relation.SPOUSE),
    )


def test_members_are_read(move: Move) -> None:
    table = [{"bank": "A", "name": "甲银行", "cnaps": "102333"}]
    tables = build_tables({"movements": [move()], "members": table})
    assert tables.members == {"A": Member("A", "甲银行", "102333")}
    assert (tables.get_bank_name("A"), tables.get_bank_name("B")) == ("甲银行", "B")


def test_a_members_table_without_rows_leaves_every_bank_out(move: Move) -> None:
    assert build_tables({"movements": [move()], "members": []}).members == {}
    assert build_tables({"movements": [move()]}).members is None


@pytest.mark.parametrize(
    ("table", "row", "column", "reason"),
    [
        ("parties", {"holder_id": ""}, "holder_id", "is empty"),
        ("parties", {"holder_id": "H", "type": "firm"}, "type",
         "'firm' is none of: company sole_trader person"),
        ("relations", {"holder_id": "H", "related_holder_id": "S", "relation": ""}, "relation",
         "is empty"),
        ("relations", {"holder_id": "", "related_holder_id": "S", "relation": "spouse"},
         "holder_id", "is empty"),
        ("relations", {"holder_id": "H", "related_holder_id": "", "relation": "spouse"},
         "related_holder_id", "is empty"),
        ("relations", {"holder_id": "H", "related_holder_id": "S", "relation": "friend"},
         "relation", ("'friend' is none of: spouse shareholder legal_representative guarantor "
         "affiliate lender_employee supplier")),
        ("members", {"bank": ""}, "bank", "is empty"),
    ],
)  # fmt: skip
def test_bad_rows_of_the_small_tables_are_listed(
    move: Move, find_problems: Find, table: str, row: dict[str, str], *, column: str, reason: str
) -> None:
    rows = {"movements": [move()], table: [row]}
    assert find_problems(rows) == [f"{table}.csv:2: {column}: {reason}"]


@pytest.mark.parametrize(
    ("table", "column", "what"), [("parties", "holder_id", "holder"), ("members", "bank", "bank")]
)
def test_a_key_that_stands_twice_is_refused(
    move: Move, find_problems: Find, table: str, column: str, what: str
) -> None:
    assert find_problems({"movements": [move()], table: [{column: "X"}, {column: "X"}]}) == [
        f"{table}.csv:3: {column}: {what} 'X' stands already in line 2"
    ]
