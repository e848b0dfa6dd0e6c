"""A bank's own CSV becomes movement tables by a mapping, or is refused row by row."""

from __future__ import annotations

import polars as pl
import pytest

from fundtrace.books.mapped_csv import import_mapped_csv
from fundtrace.books.tables import load_tables
from fundtrace.errors import BadTablesError, InvalidInputError
from tests.support.shared import REPOSITORY

EXAMPLES = REPOSITORY / "docs" / "examples"

EAST = """HQCKZH,HXJYRQ,JDBZ,JYJE,DFHM,DFZH,ZY
6222020000000001,20260301,贷,"3,000,000.00",,,放款
6222020000000001,20260302,借,"2,850,000.00",温州鞋材有限公司,6222020000000002,货款
6222020000000001,20260303,借,"-2,850,000.00",温州鞋材有限公司,6222020000000002,冲正
6222020000000001,20260304,借,-1.00,某某,6222020000000009,冲正上月
"""
STATEMENT = """交易日期,交易时间,借方金额,贷方金额,余额,对方行号,对方账号,对方户名,摘要
2026-03-01,09:00:00,,1000.00,1500.00,B,7001,王五,转账
2026-03-01,10:30:00,200.00,0.00,1300.00,,7002,李四,货款
2026-03-02,,100.00,,1200.00,,,,现金支取
2026-03-03,08:00:00,-200.00,,1400.00,,7002,李四,冲正
"""
LEDGER_MAP = """
shape = "ledger"
[columns]
movement_id = "id"
booked_at = "at"
debit_bank = "fb"
debit_account = "fa"
credit_bank = "tb"
credit_account = "ta"
amount = "sum"
seq = "no"
debit_balance_after = "left"
kind = "what"
loan_id = "loan"
purpose = "why"
[constants]
currency = "CNY"
[kinds]
R = "repayment"
"""
LEDGER = """id,at,fb,fa,tb,ta,sum,no,left,what,loan,why
x1,2026-03-01T09:00:00,A,1,B,2,5.00,1,95.00,,,rent
x2,2026-03-01T09:00:00,A,1,,,6.00,2,89.00,R,L1,
"""


@pytest.fixture
def run(tmp_path):
    """Import ``text`` by a mapping (file or TOML text) and return the report."""

    def import_text(text, mapping, *, encoding="gb18030", name="rows.csv"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        if isinstance(mapping, str):
            (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
            mapping = tmp_path / "map.toml"
        return import_mapped_csv(file, tmp_path / "out", mapping)

    return import_text


def read(tmp_path, table="movements"):
    frame = pl.read_csv(tmp_path / "out" / f"{table}.csv", infer_schema=False)
    return frame.fill_null("").rows(named=True)


def get_notes(report):
    return {note.what: note.count for note in report.notes}


def list_bad(run, text, mapping):
    with pytest.raises(BadTablesError) as caught:
        run(text, mapping)
    return [(problem.line, problem.column) for problem in caught.value.problems]


def test_the_east_example_reads_a_gb18030_extract(run, tmp_path):
    report = run(EAST, EXAMPLES / "import-east.toml")
    loan, paid, back, old = read(tmp_path)
    assert loan == {
        "movement_id": "rows-2",
        "booked_at": "2026-03-01T00:00:00+08:00",
        "debit_bank": "",
        "debit_account": "",
        "credit_bank": "A",
        "credit_account": "6222020000000001",
        "amount": "3000000.00",
        "currency": "CNY",
        "kind": "transfer",
        "counterparty_name": "",
        "debit_balance_after": "",
        "credit_balance_after": "",
        "reverses": "",
    }
    assert (paid["debit_account"], paid["credit_bank"], paid["credit_account"]) == (
        "6222020000000001",
        "UNKNOWN",
        "6222020000000002",
    )
    assert paid["counterparty_name"] == "温州鞋材有限公司"
    assert (back["kind"], back["reverses"], back["amount"]) == ("return", "rows-3", "2850000.00")
    assert (back["debit_account"], back["credit_account"]) == (
        "6222020000000002",
        "6222020000000001",
    )
    assert (old["kind"], old["reverses"], old["amount"]) == ("return", "", "1.00")
    notes = get_notes(report)
    assert notes["columns not mapped: ZY"] is None
    assert notes["rows read, one movement each"] == 4
    assert notes["red-ink entries turned into returns"] == 1
    assert notes["accounts named without a bank, put at UNKNOWN"] == 3
    assert notes["red-ink entries that take back nothing in this file, kept as returns"] == 1


def test_the_statement_example_reads_separate_amount_columns(run, tmp_path):
    report = run(STATEMENT, EXAMPLES / "import-statement.toml")
    inflow, outflow, cash, back = read(tmp_path)
    assert (inflow["debit_bank"], inflow["debit_account"]) == ("B", "7001")
    assert (inflow["booked_at"], inflow["credit_balance_after"]) == (
        "2026-03-01T09:00:00+08:00",
        "1500.00",
    )
    assert (outflow["credit_bank"], outflow["credit_account"]) == ("A", "7002")
    assert outflow["debit_balance_after"] == "1300.00"
    assert (cash["kind"], cash["credit_account"]) == ("cash", "")
    assert (back["kind"], back["reverses"]) == ("return", "rows-3")
    assert (back["credit_balance_after"], back["debit_balance_after"]) == ("1400.00", "")
    assert get_notes(report)["rows without a time, booked at 00:00"] == 1
    assert read(tmp_path, "accounts") == [
        {"bank": "A", "account": "6222020000000001", "currency": "CNY"}
    ]


@pytest.mark.parametrize(
    ("text", "mapping"),
    [(EAST, "import-east.toml"), (STATEMENT, "import-statement.toml")],
)
def test_imported_tables_load(run, tmp_path, text, mapping):
    run(text, EXAMPLES / mapping)
    tables = load_tables(tmp_path / "out")
    assert len(tables.movements) == 4
    assert tables.has_accounts_table


def test_a_ledger_names_both_sides(run, tmp_path):
    run(LEDGER, LEDGER_MAP)
    first, second = read(tmp_path)
    assert (first["debit_account"], first["credit_bank"], first["seq"]) == ("1", "B", "1")
    assert (first["purpose"], first["debit_balance_after"]) == ("rent", "95.00")
    assert (second["kind"], second["loan_id"], second["credit_bank"]) == ("repayment", "L1", "")
    assert not (tmp_path / "out" / "accounts.csv").exists()
    assert len(load_tables(tmp_path / "out").movements) == 2


def test_a_file_that_lists_the_newest_first_is_turned_round(run, tmp_path):
    head, *rows = EAST.splitlines()
    text = "\n".join([head, *reversed(rows[:3])]) + "\n"
    report = run(text, EXAMPLES / "import-east.toml")
    assert "the file lists the newest first; rows were turned round" in get_notes(report)
    assert [row["movement_id"] for row in read(tmp_path)] == ["rows-4", "rows-3", "rows-2"]
    assert read(tmp_path)[2]["reverses"] == "rows-3"


def test_every_bad_row_is_listed_and_nothing_written(run, tmp_path):
    text = """HQCKZH,HXJYRQ,JDBZ,JYJE,DFHM,DFZH
6.22202E+15,20260301,贷,1.00,,
6222020000000001,2026-03-01,贷,1.00,,
6222020000000001,20260301,出,1.00,,
6222020000000001,20260301,贷,1.005,,
6222020000000001,20260301,贷,0.00,,
6222020000000001,20260301,贷,,,
,20260301,贷,1.00,,
6222020000000001,,贷,1.00,,
"""
    bad = list_bad(run, text, EXAMPLES / "import-east.toml")
    assert bad == [
        (2, "HQCKZH"),
        (3, "HXJYRQ"),
        (4, "JDBZ"),
        (5, "JYJE"),
        (6, "JYJE"),
        (7, "JYJE"),
        (8, "HQCKZH"),
        (9, "HXJYRQ"),
    ]
    assert not (tmp_path / "out").exists()


def test_a_payment_to_the_own_account_is_refused(run):
    text = LEDGER.replace("A,1,B,2,", "A,1,A,1,").replace("A,1,,,", ",,,,")
    assert list_bad(run, text, LEDGER_MAP) == [(2, ""), (3, "")]


def test_doubled_ids_unknown_kinds_and_bad_numbers_are_refused(run):
    text = LEDGER.replace("x2,", "x1,").replace(",R,", ",Q,").replace(",2,89", ",two,89")
    assert list_bad(run, text, LEDGER_MAP) == [(3, "id"), (3, "no"), (3, "what")]


def test_both_amounts_or_none_are_refused(run):
    text = STATEMENT.replace(",,1000.00,", ",3.00,1000.00,").replace("100.00,,1200", ",,1200")
    assert list_bad(run, text, EXAMPLES / "import-statement.toml") == [
        (2, "借方金额"),
        (4, "借方金额"),
    ]


def test_a_bad_amount_in_one_of_two_columns_is_listed_once(run):
    text = STATEMENT.replace("200.00,0.00", "2OO.00,0.00")
    assert (3, "借方金额") in list_bad(run, text, EXAMPLES / "import-statement.toml")


def test_red_ink_that_takes_back_nothing_is_refused_unless_kept(run):
    text = STATEMENT.replace("-200.00", "-201.00")
    assert list_bad(run, text, EXAMPLES / "import-statement.toml") == [(5, "借方金额")]


def test_an_unknown_currency_is_refused(run):
    assert list_bad(run, LEDGER, LEDGER_MAP.replace("CNY", "XXX")) == [
        (2, "currency"),
        (3, "currency"),
    ]


def test_a_mapped_column_that_the_file_has_not_is_refused(run):
    with pytest.raises(InvalidInputError, match="no column JYJE; its columns: HQCKZH"):
        run(EAST.replace("JYJE", "JE"), EXAMPLES / "import-east.toml")


def test_another_encoding_than_the_stated_is_refused(run):
    with pytest.raises(InvalidInputError, match="is not utf-8"):
        run(EAST, 'shape = "ledger"\n[file]\nencoding = "utf-8"\n' + LEDGER_MAP[18:])


def test_utf_8_is_read_without_being_told(run, tmp_path):
    run(EAST, EXAMPLES / "import-east.toml", encoding="utf-8-sig")
    assert read(tmp_path)[1]["counterparty_name"] == "温州鞋材有限公司"


def test_headers_and_words_match_in_full_width_too(run, tmp_path):
    text = LEDGER.replace("sum", "金额（元）").replace(",R,", ",（R）,")
    run(text, LEDGER_MAP.replace('"sum"', '"金额（元）"').replace("R =", '"（R）" ='))
    assert [row["kind"] for row in read(tmp_path)] == ["transfer", "repayment"]


def test_a_bank_without_an_account_is_left_out_and_said(run, tmp_path):
    report = run(LEDGER.replace("A,1,,,6", "A,1,B,,6"), LEDGER_MAP)
    assert read(tmp_path)[1]["credit_bank"] == ""
    assert get_notes(report)["banks named without an account left out, that side is outside"] == 1


def test_references_that_a_spreadsheet_spoilt_are_refused(run):
    mapping = LEDGER_MAP.replace("purpose", "channel_ref")
    assert list_bad(run, LEDGER.replace("rent", "6.2E+18"), mapping) == [(2, "why")]


def test_another_delimiter_can_be_stated(run, tmp_path):
    mapping = LEDGER_MAP + '[file]\ndelimiter = "|"\n'
    run(LEDGER.replace(",", "|"), mapping)
    assert len(read(tmp_path)) == 2


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot read"):
        import_mapped_csv(tmp_path / "none.csv", tmp_path / "out", EXAMPLES / "import-east.toml")


def test_a_file_without_rows_gives_empty_tables(run, tmp_path):
    report = run(LEDGER.splitlines()[0] + "\n", LEDGER_MAP)
    assert report.get_row_count("movements") == 0
