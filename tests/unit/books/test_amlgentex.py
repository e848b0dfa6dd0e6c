"""The AMLGentex converter: on a hand-made world, and on the shipped one where it is at hand."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.books.amlgentex import import_amlgentex, round_amounts
from fundtrace.books.tables import load_tables
from fundtrace.errors import BadTablesError, InvalidInputError
from tests.support.shared import find_data

ACCOUNTS = """ACCOUNT_ID,CUSTOMER_ID,INIT_BALANCE,SALARY,AGE,CITY,IS_SAR,BANK_ID
0,C_0,100.50,1.0,57,city,true,bank_a
1,C_1,63603.80,1.0,18,city,false,bank_b
2,C_2,0.00,1.0,18,city,false,bank_b
"""
# step, type, amount, nameOrig, nameDest, isSAR, patternID, modelType
ROWS = [
    (0, "INITALBALANCE", 100.5, -2, 0, 0, -1, 0),
    (0, "INITALBALANCE", 63603.8, -2, 1, 0, -1, 0),
    (0, "TRANSFER", 1000.0, -2, 0, 0, -1, 0),
    (1, "CASH", 10.125, 0, -1, 0, -1, 0),
    (1, "TRANSFER", 0.004, 0, -1, 0, -1, 0),
    (2, "TRANSFER", 20.25, 0, 1, 1, 7, 3),
    (2, "TRANSFER", 4.0, 0, 2, 1, 7, 3),
    (3, "TRANSFER", 30.0, 1, 2, 1, 7, 3),
    (5, "TRANSFER", 25.0, 2, 0, 1, 7, 3),
    (6, "TRANSFER", 5.0, 1, 0, 0, 3, 12),
]
BANKS = {-2: "source", -1: "sink", 0: "bank_a", 1: "bank_b", 2: "bank_b"}


def write_log(folder, rows):
    names = ("step", "type", "amount", "nameOrig", "nameDest", "isSAR", "patternID", "modelType")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("type").cast(pl.Categorical),
        bankOrig=pl.Series([BANKS.get(row[3], "bank_x") for row in rows]).cast(pl.Categorical),
        bankDest=pl.Series([BANKS.get(row[4], "bank_x") for row in rows]).cast(pl.Categorical),
    )
    frame.write_parquet(folder / "tx_log.parquet")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "amlgentex"
    folder.mkdir()
    (folder / "accounts.csv").write_text(ACCOUNTS)
    write_log(folder, ROWS)
    return folder


def read(out, table):
    return pl.read_csv(out / f"{table}.csv", infer_schema=False).fill_null("").rows(named=True)


def get_count(report, words):
    (count,) = [note.count for note in report.notes if words in note.what]
    return count


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (0.125, "SEK", 12),
        (0.135, "SEK", 14),
        (2.675, "SEK", 268),
        (1.005, "SEK", 100),
        (0.005, "SEK", 0),
        (1e-11, "SEK", 0),
        (1e22, "SEK", 10**24),
        (2.5, "JPY", 2),
        (0.0005, "KWD", 0),
    ],
)
def test_an_amount_is_rounded_half_to_even_by_its_decimal_text(amount, currency, minor):
    assert round_amounts([amount], currency).minor == (minor,)


def test_rounded_and_vanished_amounts_are_counted():
    rounded = round_amounts([1.25, 0.125, 0.001], "SEK")
    assert (rounded.rounded_count, rounded.zero_count) == (2, 1)


@given(st.floats(min_value=1e-12, max_value=1e15))
def test_rounding_moves_an_amount_by_at_most_half_a_unit(amount):
    (minor,) = round_amounts([amount], "SEK").minor
    assert abs(Decimal(minor) - Decimal(repr(amount)) * 100) <= Decimal("0.5")


def test_steps_are_days_and_source_and_sink_are_outside(source, tmp_path):
    import_amlgentex(source, tmp_path / "out")
    salary, cash, transfer, *_ = read(tmp_path / "out", "movements")
    assert salary == {
        "movement_id": "tx-3",
        "booked_at": "2026-01-01",
        "debit_bank": "",
        "debit_account": "",
        "credit_bank": "bank_a",
        "credit_account": "0",
        "amount": "1000.00",
        "currency": "SEK",
        "kind": "transfer",
    }
    assert (cash["kind"], cash["amount"], cash["credit_account"]) == ("cash", "10.12", "")
    assert (transfer["booked_at"], transfer["amount"]) == ("2026-01-03", "20.25")


def test_every_row_is_accounted_for(source, tmp_path):
    report = import_amlgentex(source, tmp_path / "out")
    assert get_count(report, "rows of tx_log") == len(ROWS)
    assert get_count(report, "opening balances") == 2
    assert get_count(report, "became movements") == report.get_row_count("movements") == 7
    assert get_count(report, "rows dropped") == 1
    assert get_count(report, "rounded half to even") == 2


def test_opening_balances_stand_in_the_accounts_table(source, tmp_path):
    import_amlgentex(source, tmp_path / "out", "NOK")
    accounts = read(tmp_path / "out", "accounts")
    assert [row["opening_balance"] for row in accounts] == ["100.50", "63603.80", "0.00"]
    assert {row["currency"] for row in accounts} == {"NOK"}
    assert [row["bank"] for row in read(tmp_path / "out", "members")] == ["bank_a", "bank_b"]


def test_a_loan_enters_each_pattern_on_the_payer_of_its_first_movement(source, tmp_path):
    import_amlgentex(source, tmp_path / "out")
    (loan,) = read(tmp_path / "out", "loans")
    assert loan == {
        "loan_id": "pattern-7",
        "bank": "bank_a",
        "account": "0",
        "principal": "20.25",
        "currency": "SEK",
        "disbursed_at": "2026-01-03",
        "holder_id": "C_0",
        "purpose": "labelled pattern cycle",
    }


def test_the_truth_table_counts_hops_from_the_loans_movement(source, tmp_path):
    import_amlgentex(source, tmp_path / "out")
    assert (tmp_path / "out" / "truth.csv").read_text().splitlines() == [
        "pattern,type,movement_id,loan_id,hop",
        "7,cycle,tx-6,pattern-7,1",
        "7,cycle,tx-7,pattern-7,",
        "7,cycle,tx-8,pattern-7,2",
        "7,cycle,tx-9,pattern-7,3",
    ]


def test_the_tables_load_without_problems(source, tmp_path):
    import_amlgentex(source, tmp_path / "out", file_format="parquet")
    tables = load_tables(tmp_path / "out")
    assert len(tables.movements) == 7
    assert [loan.principal_minor for loan in tables.loans] == [2025]
    assert not tables.warnings


def test_an_earlier_import_is_replaced_with_its_truth_when_asked(source, tmp_path):
    import_amlgentex(source, tmp_path / "out")
    with pytest.raises(InvalidInputError):
        import_amlgentex(source, tmp_path / "out")
    import_amlgentex(source, tmp_path / "out", overwrite=True)
    assert len((tmp_path / "out" / "truth.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ((1, "GIFT", 1.0, 0, 1, 0, -1, 0), "type"),
        ((1, "TRANSFER", -1.0, 0, 1, 0, -1, 0), "amount"),
        ((1, "TRANSFER", float("nan"), 0, 1, 0, -1, 0), "amount"),
        ((1, "TRANSFER", 1.0, 9, 1, 0, -1, 0), "nameOrig"),
        ((1, "TRANSFER", 1.0, 0, 9, 0, -1, 0), "nameDest"),
        ((1, "TRANSFER", 1.0, 0, 1, 1, 7, 12), "modelType"),
        ((-1, "TRANSFER", 1.0, 0, 1, 0, -1, 0), "step"),
    ],
)
def test_rows_that_the_mapping_does_not_know_are_refused(source, tmp_path, row, column):
    write_log(source, [*ROWS, row])
    with pytest.raises(BadTablesError) as caught:
        import_amlgentex(source, tmp_path / "out")
    assert [(p.line, p.column) for p in caught.value.problems] == [(len(ROWS) + 1, column)]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("balance", ["100.51", "a lot"])
def test_opening_balances_that_disagree_are_refused(source, tmp_path, balance):
    (source / "accounts.csv").write_text(ACCOUNTS.replace("100.50", balance))
    with pytest.raises(BadTablesError) as caught:
        import_amlgentex(source, tmp_path / "out")
    assert [(p.file, p.line) for p in caught.value.problems] == [("accounts.csv", 2)]


@pytest.mark.parametrize("name", ["tx_log.parquet", "accounts.csv"])
@pytest.mark.parametrize("content", [None, b"something,else\n1,2\n"])
def test_a_file_that_is_not_of_this_format_is_refused(source, tmp_path, name, content):
    (source / name).unlink()
    if content is not None:
        (source / name).write_bytes(content)
    with pytest.raises(InvalidInputError):
        import_amlgentex(source, tmp_path / "out")


def test_an_unknown_currency_is_refused(source, tmp_path):
    with pytest.raises(InvalidInputError, match="XYZ"):
        import_amlgentex(source, tmp_path / "out", "XYZ")


def test_the_shipped_world_is_accounted_for_to_the_row(tmp_path):
    report = import_amlgentex(find_data("amlgentex_6banks"), tmp_path, file_format="parquet")
    assert get_count(report, "rows of tx_log") == 208_553
    assert get_count(report, "opening balances") == 2_000
    assert get_count(report, "became movements") == 206_530
    assert get_count(report, "rows dropped") == 23
    assert get_count(report, "from account to account") == 19_709 - 23  # each of the dropped ones
    assert get_count(report, "labelled movements, listed") == 909
    assert report.get_row_count("loans") == 84
    assert report.get_row_count("members") == 6
    truth = pl.read_csv(tmp_path / "truth.csv")
    assert truth.height == 909
    assert truth.filter(pl.col("hop") == 1).height == 84
    assert truth.filter(pl.col("hop") > 1).height == 126
    tables = load_tables(tmp_path)
    assert len(tables.movements) == 206_530
    assert len(tables.loans) == 84
    assert not tables.warnings
