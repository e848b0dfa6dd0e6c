"""The Berka converter: on a hand-made bank, and on the real one where it is at hand."""

from __future__ import annotations

import polars as pl
import pytest

from fundtrace.books.berka import import_berka
from fundtrace.books.tables import load_tables
from fundtrace.errors import BadTablesError, InvalidInputError
from tests.support.shared import find_data

ACCOUNTS = """"account_id";"district_id";"frequency";"date"
1;55;"POPLATEK MESICNE";930101
2;74;"POPLATEK MESICNE";930102
"""
DISPOSITIONS = """"disp_id";"client_id";"account_id";"type"
1;11;1;"OWNER"
2;12;1;"DISPONENT"
3;13;2;"OWNER"
"""
LOANS = """"loan_id";"account_id";"date";"amount";"duration";"payments";"status"
501;1;930131;24000;12;2000.00;"A"
502;2;990101;1000;12;100.00;"A"
"""
TRANSACTIONS = [
    '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"',
    '101;1;930101;"PRIJEM";"VKLAD";700.00;700.00;"";;',
    '102;1;930102;"PRIJEM";"PREVOD Z UCTU";50.50;750.50;"DUCHOD";"YZ";"777"',
    '103;1;930210;"VYDAJ";"PREVOD NA UCET";20.00;730.50;"UVER";"EF";"888"',
    '104;1;930211;"VYDAJ";"VYBER";30.00;700.50;"SLUZBY";;',
    '105;1;930211;"VYDAJ";"VYBER";1.00;699.50;"SANKC. UROK";;0',
    '106;1;930212;"PRIJEM";"";24.20;723.70;"UROK";;',
    '107;1;930213;"VYBER";"VYBER";10.00;713.70;" ";;0',
    '108;1;930214;"VYDAJ";"VYBER KARTOU";5.00;708.70;"";;',
    '109;1;930215;"VYDAJ";"PREVOD NA UCET";5.00;703.70;"SIPO";"YZ";"0"',
]
CUT = '110;1;930216;"VYDA'


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "berka"
    folder.mkdir()
    texts = {
        "account.asc": ACCOUNTS,
        "disp.asc": DISPOSITIONS,
        "loan.asc": LOANS,
        "trans.asc": "\n".join([*TRANSACTIONS, CUT]),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode())
    return folder


def read(out, table):
    return pl.read_csv(out / f"{table}.csv", infer_schema=False).fill_null("")


def get_count(report, words):
    (count,) = [note.count for note in report.notes if words in note.what]
    return count


@pytest.mark.parametrize(
    "row",
    [
        ("101", ("", ""), ("BERKA", "1"), "cash", ""),
        ("102", ("YZ", "777"), ("BERKA", "1"), "transfer", ""),
        ("103", ("BERKA", "1"), ("EF", "888"), "repayment", "501"),
        ("104", ("BERKA", "1"), ("", ""), "fee", ""),
        ("105", ("BERKA", "1"), ("", ""), "interest", ""),
        ("106", ("", ""), ("BERKA", "1"), "interest", ""),
        ("107", ("BERKA", "1"), ("", ""), "cash", ""),
        ("108", ("BERKA", "1"), ("", ""), "cash", ""),
        ("109", ("BERKA", "1"), ("", ""), "transfer", ""),
    ],
)
def test_a_transaction_becomes_a_movement(source, tmp_path, row):
    movement_id, debit, credit, kind, loan_id = row
    import_berka(source, tmp_path / "out")
    movements = read(tmp_path / "out", "movements")
    got = movements.row(by_predicate=pl.col("movement_id") == movement_id, named=True)
    assert (got["debit_bank"], got["debit_account"]) == debit
    assert (got["credit_bank"], got["credit_account"]) == credit
    assert (got["kind"], got["loan_id"], got["currency"]) == (kind, loan_id, "CZK")


def test_dates_amounts_and_balances_stand_on_the_banks_own_side(source, tmp_path):
    import_berka(source, tmp_path / "out")
    first, second, third, *_ = read(tmp_path / "out", "movements").iter_rows(named=True)
    assert (first["booked_at"], first["amount"]) == ("1993-01-01", "700.00")
    assert (first["debit_balance_after"], first["credit_balance_after"]) == ("", "700.00")
    assert (second["purpose"], second["remittance"]) == ("DUCHOD", "PREVOD Z UCTU")
    assert (third["debit_balance_after"], third["credit_balance_after"]) == ("730.50", "")


def test_loans_of_the_window_are_taken_with_holder_and_maturity(source, tmp_path):
    report = import_berka(source, tmp_path / "out")
    (loan,) = read(tmp_path / "out", "loans").iter_rows(named=True)
    assert loan == {
        "loan_id": "501",
        "bank": "BERKA",
        "account": "1",
        "principal": "24000",
        "currency": "CZK",
        "disbursed_at": "1993-01-31",
        "holder_id": "client-11",
        "contract_date": "1993-01-31",
        "maturity_on": "1994-01-31",
    }
    assert get_count(report, "loans granted outside 1993-01-01 to 1993-02-15") == 1


def test_partner_banks_are_no_members_and_owners_hold_accounts(source, tmp_path):
    import_berka(source, tmp_path / "out")
    assert read(tmp_path / "out", "members")["bank"].to_list() == ["BERKA"]
    accounts = read(tmp_path / "out", "accounts")
    assert accounts["holder_id"].to_list() == ["client-11", "client-13"]
    assert read(tmp_path / "out", "parties").rows() == [
        ("client-11", "person"),
        ("client-13", "person"),
    ]


def test_a_cut_last_line_is_dropped_and_said(source, tmp_path):
    report = import_berka(source, tmp_path / "out")
    assert report.get_row_count("movements") == 9
    assert get_count(report, "cut last line") == 1


def test_a_whole_last_line_is_kept(source, tmp_path):
    (source / "trans.asc").write_text("\n".join(TRANSACTIONS) + "\n")
    report = import_berka(source, tmp_path / "out")
    assert report.get_row_count("movements") == 9
    assert get_count(report, "cut last line") == 0


def test_the_tables_load_without_problems(source, tmp_path):
    import_berka(source, tmp_path / "out", file_format="parquet")
    tables = load_tables(tmp_path / "out")
    assert len(tables.movements) == 9
    assert [loan.principal_minor for loan in tables.loans] == [2_400_000]


@pytest.mark.parametrize(
    ("good", "bad", "column"),
    [
        ('"PRIJEM";"VKLAD"', '"DAR";"VKLAD"', "type"),
        ('"PRIJEM";"VKLAD"', '"PRIJEM";"DAR"', "operation"),
        ("930101", "930230", "date"),
        ("101;1;", "101;9;", "account_id"),
        ("700.00;700.00", "7e2;700.00", "amount"),
        ("700.00;700.00", "700.00;", "balance"),
        ('"SLUZBY"', '"DAR"', "k_symbol"),
    ],
)
def test_rows_that_the_mapping_does_not_know_are_refused(source, tmp_path, good, bad, column):
    text = (source / "trans.asc").read_text()
    (source / "trans.asc").write_text(text.replace(good, bad, 1))
    with pytest.raises(BadTablesError) as caught:
        import_berka(source, tmp_path / "out")
    assert column in {problem.column for problem in caught.value.problems}
    assert all(problem.file == "trans.asc" for problem in caught.value.problems)
    assert not (tmp_path / "out").exists()


def test_a_bad_loan_is_refused_with_its_line(source, tmp_path):
    (source / "loan.asc").write_text(LOANS.replace(";12;2000", ";twelve;2000"))
    with pytest.raises(BadTablesError) as caught:
        import_berka(source, tmp_path / "out")
    assert [(p.file, p.line, p.column) for p in caught.value.problems] == [
        ("loan.asc", 2, "duration")
    ]


@pytest.mark.parametrize("content", [None, b"", b"a;b\n1;2\n", b"only a cut line"])
def test_a_file_that_is_not_of_this_format_is_refused(source, tmp_path, content):
    (source / "trans.asc").unlink()
    if content is not None:
        (source / "trans.asc").write_bytes(content)
    with pytest.raises(InvalidInputError):
        import_berka(source, tmp_path / "out")


def test_the_real_bank_is_accounted_for_to_the_row(tmp_path):
    report = import_berka(find_data("berka"), tmp_path)
    assert report.get_row_count("movements") == 49_102
    assert report.get_row_count("accounts") == 4_500
    assert report.get_row_count("parties") == 4_500
    assert report.get_row_count("loans") == 38
    assert get_count(report, "cut last line") == 1
    assert get_count(report, "loans granted outside") == 682 - 38
    assert get_count(report, "of kind repayment") == 123
    assert get_count(report, "repayments of loans that are not") == 0
    tables = load_tables(tmp_path)
    assert len(tables.movements) == 49_102
    assert len(tables.loans) == 38
    assert sum(1 for loan_id in tables.movements.loan_id if loan_id) == 123
    banks = {key[0] for key in zip(tables.accounts.bank, tables.accounts.account, strict=True)}
    assert len(banks) == 14
