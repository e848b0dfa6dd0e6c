from __future__ import annotations

import pytest

from fundtrace.books.statement.reader import Wanted, read_statement
from fundtrace.errors import BadTablesError
from fundtrace.model.instants import render_local
from fundtrace.model.kinds import MovementKind
from tests.support.statements import (
    FLAG_HEADER,
    codes,
    list_problems,
    refuse,
    tell,
    write_csv,
    write_factory_xlsx,
    write_farm_csv,
    write_flagged,
    write_xlsx,
)


def test_a_newest_first_xlsx_is_read_in_order_of_time(tmp_path):
    statement = read_statement(write_factory_xlsx(tmp_path / "a.xlsx"))
    assert (statement.account, statement.holder_name) == (
        "3303010040088812345",
        "温州飞跃鞋业有限公司",
    )
    assert (statement.bank_name, statement.currency) == ("瓯江银行鹿城支行", "CNY")
    assert statement.printed_period == "2026-03-01 - 2026-03-31"
    assert statement.sheet == "交易明细"
    assert [row.line for row in statement.rows] == [12, 11, 10, 9, 8, 7, 6]
    assert [row.effect_minor for row in statement.rows] == [
        300000000, -3680000, -179999950, -80000050, -3000000, 11040, 8000000,
    ]  # fmt: skip
    assert statement.opening_minor == 10000000
    assert render_local(statement.rows[1].booked_at) == "2026-03-06 14:20:10"
    assert codes(statement) == ["order_reversed", "other_sheets"]


def test_a_gb18030_csv_is_read(tmp_path):
    statement = read_statement(write_farm_csv(tmp_path / "b.csv"))
    assert (statement.account, statement.holder_name) == ("6217003320011880001", "林阿公")
    assert statement.opening_minor == 200000
    assert statement.rows[0].counterparty_account == "6217003320011880002"
    assert [row.kind for row in statement.rows] == [
        MovementKind.TRANSFER, MovementKind.TRANSFER, MovementKind.TRANSFER, MovementKind.TRANSFER,
        MovementKind.RETURN, MovementKind.FEE, MovementKind.TRANSFER,
    ]  # fmt: skip
    assert statement.rows[4].reverses_line == statement.rows[3].line
    assert codes(statement) == ["red_matched"]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", "\t"), ("utf-16", "\t"), ("gb18030", ";")],
)
def test_texts_come_in_several_encodings_and_separators(tmp_path, encoding, delimiter):
    rows = [FLAG_HEADER, ["20260305", "", "贷", "5.00", "", "鹿达", "", "货款"]]
    path = write_csv(tmp_path / "s.csv", rows, encoding, delimiter)
    assert read_statement(path).rows[0].counterparty_name == "鹿达"


def test_every_bad_row_is_listed_and_nothing_is_taken(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "0930", "借", "5.00"],
        ["20261305", "", "借", "5.00"],
        ["20260305", "", "借", "5.001"],
        ["20260305", "", "?", "5.00", "x"],
        ["20260305", "", "借", "", "1.00"],
        ["", "", "借", "7.00"],
        ["20260305", "2560", "借", "5", "", "甲", "6.22E+18"],
    )
    assert list_problems(path) == [
        (3, "交易日期"),
        (4, "交易金额"),
        (5, "余额"),
        (5, "借贷标志"),
        (6, "交易金额"),
        (7, "交易日期"),
        (8, "交易时间"),
        (8, "对方账号"),
    ]


def test_an_account_number_that_excel_cut_is_refused_with_the_reason(tmp_path):
    path = write_flagged(
        tmp_path / "s.xlsx", ["20260305", "", "借", 5, "", "甲", 6222020200012345678]
    )
    with pytest.raises(BadTablesError) as caught:
        read_statement(path)
    assert str(caught.value.problems[0]) == (
        "s.xlsx:2: 对方账号: 账号存成了 19 位的数字，而 Excel 只保留 15 位，尾数已不可靠；"
        "请以文本格式重新导出"
    )
    with pytest.raises(BadTablesError, match="Excel keeps 15"):
        read_statement(path, Wanted(lang="en"))


def test_a_number_with_a_binary_remainder_is_refused(tmp_path):
    path = write_flagged(tmp_path / "s.xlsx", ["20260305", "", "借", 1234.567])
    assert list_problems(path) == [(2, "交易金额")]


def test_cells_shifted_by_an_unquoted_comma_are_refused(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(
        "交易日期,借贷标志,交易金额,摘要\n20260305,借,1,234.00,货款\n", encoding="utf-8"
    )
    assert list_problems(path) == [(2, "")]


def test_a_statement_from_the_banks_side_is_refused_and_read_with_flip(tmp_path):
    rows = (
        ["20260305", "", "借", "100.00", "1100.00"],
        ["20260306", "", "贷", "40.00", "1060.00"],
        ["20260307", "", "贷", "60.00", "1000.00"],
    )
    path = write_flagged(tmp_path / "s.csv", *rows)
    error = refuse(path)
    assert error.code == "flip_needed"
    assert "--flip" in error.render("zh")
    flipped = read_statement(path, is_flipped=True)
    assert [row.is_in for row in flipped.rows] == [True, False, False]
    assert codes(flipped) == ["flipped", "no_times"]


def test_flip_on_a_statement_that_needs_none_is_refused(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "", "贷", "100.00", "1100.00"],
        ["20260306", "", "借", "40.00", "1060.00"],
        ["20260307", "", "借", "60.00", "1000.00"],
    )
    assert refuse(path, is_flipped=True).code == "flip_wrong"


def test_within_a_day_balances_tell_newest_first(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "", "借", "60.00", "1000.00"],
        ["20260305", "", "借", "40.00", "1060.00"],
        ["20260305", "", "贷", "100.00", "1100.00"],
    )
    statement = read_statement(path)
    assert [row.line for row in statement.rows] == [4, 3, 2]
    assert "order_reversed" in codes(statement)


def test_days_newest_first_with_rows_of_a_day_oldest_first_are_sorted(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260306", "", "借", "10.00", "1090.00"],
        ["20260306", "", "借", "20.00", "1070.00"],
        ["20260305", "", "贷", "50.00", "1050.00"],
        ["20260305", "", "贷", "50.00", "1100.00"],
    )
    statement = read_statement(path)
    assert [row.line for row in statement.rows] == [4, 5, 2, 3]
    assert "order_sorted" in codes(statement)
    assert "gap" not in codes(statement)


def test_file_order_stands_where_balances_chain_against_the_clock(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "50.00", "1050.00"],
        ["20260305", "095959", "贷", "50.00", "1100.00"],
        ["20260305", "110000", "借", "10.00", "1090.00"],
        ["20260306", "110000", "借", "10.00", "1080.00"],
    )
    statement = read_statement(path)
    assert [row.line for row in statement.rows] == [2, 3, 4, 5]
    assert [finding.lines for finding in tell(statement)] == [(3,)]
    times = [row.booked_at for row in statement.rows]
    assert times == sorted(times)


def test_balances_that_do_not_chain_are_listed(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "50.00", "1050.00"],
        ["20260306", "100000", "贷", "50.00", "1200.00"],
        ["20260307", "100000", "借", "50.00", "1150.00"],
    )
    (gap,) = tell(read_statement(path))
    assert (gap.code, gap.lines, gap.amounts) == ("gap", (3,), (110000, 120000))


def test_red_ink_takes_back_the_latest_row_that_fits(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "借", "50.00", "", "甲", "111"],
        ["20260305", "110000", "借", "50.00", "", "甲", "111"],
        ["20260305", "120000", "借", "-50.00", "", "甲", "111", "冲正"],
        ["20260305", "130000", "借", "-7.00", "", "乙", "222"],
        ["20260305", "140000", "贷", "8.00", "", "丙", "333", "保证金退回"],
        ["20260305", "150000", "贷", "20.00", "", "甲", "111", "货款退回"],
    )
    statement = read_statement(path)
    rows = statement.rows
    assert [(row.kind, row.is_in, row.amount_minor, row.reverses_line) for row in rows[2:]] == [
        (MovementKind.RETURN, True, 5000, 3),
        (MovementKind.TRANSFER, True, 700, 0),
        (MovementKind.TRANSFER, True, 800, 0),
        (MovementKind.RETURN, True, 2000, 2),
    ]
    assert [(f.code, f.lines) for f in tell(statement)] == [
        ("red_matched", (4, 7)),
        ("red_swapped", (5,)),
        ("red_unmatched", (6,)),
    ]


def test_a_return_never_exceeds_what_it_takes_back(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "借", "50.00", "", "甲", "111"],
        ["20260305", "110000", "贷", "30.00", "", "甲", "111", "退回"],
        ["20260305", "120000", "贷", "30.00", "", "甲", "111", "退回"],
    )
    kinds = [row.kind for row in read_statement(path).rows]
    assert kinds == [MovementKind.TRANSFER, MovementKind.RETURN, MovementKind.TRANSFER]


def test_signs_alone_give_the_direction_where_no_mark_does(tmp_path):
    header = ["交易日期", "交易金额", "余额", "摘要"]
    path = write_csv(
        tmp_path / "s.csv",
        [header, ["20260305", "100.00", "100.00", ""], ["20260306", "-40.00", "60.00", ""]],
    )
    assert [row.effect_minor for row in read_statement(path).rows] == [10000, -4000]


def test_amounts_without_marks_and_signs_are_refused(tmp_path):
    path = write_csv(tmp_path / "s.csv", [["日期", "金额"], ["20260305", "100.00"]])
    assert refuse(path).code == "flag_missing"


def test_a_sign_that_repeats_the_mark_is_not_red_ink(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "", "贷", "100.00", "100.00"],
        ["20260306", "", "借", "-40.00", "60.00"],
    )
    statement = read_statement(path)
    assert [row.effect_minor for row in statement.rows] == [10000, -4000]
    assert "red_swapped" not in codes(statement)


def test_both_amounts_in_one_row_are_refused(tmp_path):
    rows = [["日期", "借方", "贷方"], ["20260305", "1", "2"], ["20260305", "", ""]]
    assert list_problems(write_csv(tmp_path / "s.csv", rows)) == [(2, "借方"), (3, "借方")]


def test_a_header_of_two_lines_is_joined(tmp_path):
    rows = [
        ["日期", "摘要", "发生额", "", "余额"],
        ["", "", "借方", "贷方", ""],
        ["20260305", "货款", "", "5.00", "5.00"],
    ]
    assert read_statement(write_csv(tmp_path / "s.csv", rows)).rows[0].effect_minor == 500


def test_pages_repeat_headers_and_carry_balances_forward(tmp_path):
    rows = [
        FLAG_HEADER,
        ["20260305", "", "", "", "1,000.00", "", "", "承前页"],
        ["20260305", "", "贷", "5.00", "1,005.00"],
        ["本页合计", "", "", "5.00"],
        FLAG_HEADER,
        ["20260306", "", "借", "5.00", "1,000.00"],
        ["20260306", "", "借", "0.00", "1,000.00"],
        ["共9笔"],
        ["以上内容由系统打印"],
    ]
    statement = read_statement(write_csv(tmp_path / "s.csv", rows))
    assert statement.opening_minor == 100000
    assert len(statement.rows) == 2
    found = {finding.code: finding for finding in statement.findings}
    assert found["zero_rows"].lines == (7,)
    assert found["count_differs"].texts == ("9", "3")


def test_a_printed_opening_balance_that_does_not_fit_is_said(tmp_path):
    rows = [["期初余额：900.00"], FLAG_HEADER, ["20260305", "", "贷", "5.00", "1005.00"]]
    statement = read_statement(write_csv(tmp_path / "s.csv", rows))
    assert statement.opening_minor == 100000
    assert [f.amounts for f in statement.findings if f.code == "opening_differs"] == [
        (90000, 100000)
    ]


def test_other_currencies_are_refused_or_set_aside(tmp_path):
    rows = [
        ["日期", "币种", "借贷标志", "金额"],
        ["20260305", "人民币", "贷", "5.00"],
        ["20260306", "日元", "贷", "500"],
    ]
    path = write_csv(tmp_path / "s.csv", rows)
    assert list_problems(path) == [(3, "币种")]
    statement = read_statement(path, Wanted(currency="JPY"))
    assert [row.amount_minor for row in statement.rows] == [500]
    assert "other_currency" in codes(statement)


def test_other_accounts_are_refused_or_set_aside(tmp_path):
    rows = [
        ["账号", "日期", "借贷标志", "金额"],
        ["111", "20260305", "贷", "5.00"],
        ["222", "20260306", "贷", "6.00"],
    ]
    path = write_csv(tmp_path / "s.csv", rows)
    assert list_problems(path) == [(3, "账号")]
    statement = read_statement(path, Wanted(account="222"))
    assert [row.amount_minor for row in statement.rows] == [600]
    assert "other_account" in codes(statement)


def test_several_sheets_need_a_choice(tmp_path):
    rows = [FLAG_HEADER, ["20260305", "", "贷", 5, None, "甲", None, None]]
    path = write_xlsx(tmp_path / "s.xlsx", rows, sheet="一月", 二月=rows)
    assert refuse(path).code == "sheets_many"
    assert read_statement(path, sheet="二月").sheet == "二月"
    assert refuse(path, sheet="三月").code == "sheet_missing"
