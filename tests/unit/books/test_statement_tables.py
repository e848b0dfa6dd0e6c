from __future__ import annotations

import pytest

from fundtrace.api.dataset import Dataset
from fundtrace.books.statement.reader import read_statement
from fundtrace.books.statement.tables import build_facts
from fundtrace.books.tables import build_tables
from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.model.statement import LoanQuestion
from fundtrace.model.tables import UNKNOWN_BANK
from tests.support.statements import write_csv, write_factory_xlsx, write_flagged

LEATHER = "温州鹿达皮革有限公司"


def ask(path, on="2026-03-05", principal=300000000, payees=()):
    return build_facts(read_statement(path), LoanQuestion("L-1", on, principal, payees))


def trace(rows, rule=Rule.PROCEEDS_FIRST):
    return Dataset(build_tables(rows)).trace("L-1", rule)


def rests(trail):
    return {(part.place.account, part.end_reason): part.traced_minor for part in trail.rests}


def codes(case):
    return [finding.code for finding in case.findings]


def test_the_credit_of_the_day_and_amount_is_the_disbursement(tmp_path):
    case, rows = ask(write_factory_xlsx(tmp_path / "a.xlsx"))
    assert case.disbursement_line == 12
    (loan,) = rows["loans"]
    assert loan["movement_id"] == "R12"
    assert loan["principal"] == "3000000.00"
    assert loan["disbursed_at"] == "2026-03-05T09:30:00+08:00"
    kinds = {row["movement_id"]: row["kind"] for row in rows["movements"]}
    assert kinds["R12"] == "disbursement"
    assert rows["accounts"][0]["opening_balance"] == "100000.00"


def test_counterparties_end_the_trail_at_banks_that_are_no_members(tmp_path):
    case, rows = ask(write_factory_xlsx(tmp_path / "a.xlsx"))
    trail = trace(rows)
    assert rests(trail) == {
        ("8110301013200456123", EndReason.NON_MEMBER): 179999950,
        ("4000023129200771850", EndReason.NON_MEMBER): 80000050,
        ("name:国家金库鹿城支库", EndReason.NON_MEMBER): 3680000,
        ("", EndReason.CASH): 3000000,
        ("3303010040088812345", EndReason.HELD): 33320000,
    }
    tax = next(one for one in case.counterparties if one.name == "国家金库鹿城支库")
    assert (tax.bank, tax.shown_account) == (UNKNOWN_BANK, "")


def test_a_declared_payee_takes_the_loans_money_first_under_every_rule(tmp_path):
    case, rows = ask(write_factory_xlsx(tmp_path / "a.xlsx"), payees=(LEATHER, "无此公司"))
    assert rows["loans"][0]["declared_payees"] == "东海银行温州分行/8110301013200456123"
    (part,) = [one for one in trace(rows).first_uses if one.use is Use.DECLARED_PAYEE]
    assert (part.min_minor, part.max_minor) == (179999950, 179999950)
    assert [f.texts for f in case.findings if f.code == "payee_unseen"] == [("无此公司",)]


def test_a_payee_may_be_named_by_account(tmp_path):
    case, _ = ask(write_factory_xlsx(tmp_path / "a.xlsx"), payees=("8110301013200456123",))
    assert ["payee" in one.hints for one in case.counterparties if one.name == LEATHER] == [True]
    assert "payee_unseen" not in codes(case)


def test_without_a_matching_credit_the_loan_is_assumed_at_the_start_of_its_day(tmp_path):
    case, rows = ask(write_factory_xlsx(tmp_path / "a.xlsx"), on="2026-03-06")
    assert case.disbursement_line == 0
    assert rows["loans"][0]["movement_id"] == ""
    assert rows["loans"][0]["disbursed_at"] == "2026-03-06T00:00:00+08:00"
    assert {"disbursement_assumed", "disbursement_near"} <= set(codes(case))
    assert sum(rests(trace(rows)).values()) == 300000000


def test_another_amount_under_the_name_of_a_disbursement_is_said(tmp_path):
    case, _ = ask(write_factory_xlsx(tmp_path / "a.xlsx"), principal=290000000)
    found = {finding.code: finding for finding in case.findings}
    assert found["disbursement_other_amount"].amounts == (300000000,)


def test_of_several_matching_credits_the_one_called_a_loan_is_taken_and_it_is_said(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "", "贷", "10.00", "", "甲", "111", "货款"],
        ["20260305", "", "贷", "10.00", "", "", "", "贷款发放"],
        ["20260305", "", "贷", "10.00", "", "乙", "222", "货款"],
    )
    case, _ = ask(path, principal=1000)
    assert case.disbursement_line == 3
    assert [f.lines for f in case.findings if f.code == "disbursement_choice"] == [(3, 2, 4)]


@pytest.mark.parametrize(
    ("on", "code"), [("2026-02-01", "loan_before"), ("2026-05-01", "loan_after")]
)
def test_a_loan_outside_the_statements_period_is_said(tmp_path, on, code):
    case, rows = ask(write_factory_xlsx(tmp_path / "a.xlsx"), on=on)
    assert code in codes(case)
    assert sum(rests(trace(rows)).values()) == 300000000


def test_a_returned_payment_is_loan_money_again(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "100.00", "100.00", "", "", "贷款发放"],
        ["20260305", "110000", "借", "60.00", "40.00", "甲", "111", "货款"],
        ["20260306", "110000", "贷", "60.00", "100.00", "", "", "退汇"],
        ["20260307", "110000", "借", "10.00", "90.00", "", "", "转支"],
        ["20260307", "120000", "贷", "10.00", "100.00", "", "", "冲正 转支"],
    )
    _, rows = ask(path, principal=10000)
    assert rows["movements"][2]["debit_account"] == "111"
    account = rows["accounts"][0]["account"]
    assert {key: value for key, value in rests(trace(rows)).items() if value} == {
        (account, EndReason.HELD): 10000
    }


@pytest.mark.parametrize(
    ("text", "name", "account", "kind"),
    [
        ("手续费", "", "", MovementKind.FEE),
        ("现金支取", "", "", MovementKind.CASH),
        ("ATM取现", "", "", MovementKind.CASH),
        ("贷款归还", "", "", MovementKind.REPAYMENT),
        ("扣息", "应收贷款利息", "9001", MovementKind.REPAYMENT),
        ("还款", "张三", "6217", MovementKind.TRANSFER),
        ("还款", "瓯海小额贷款有限公司", "6217", MovementKind.TRANSFER),
        ("转支", "", "", MovementKind.TRANSFER),
    ],
)
def test_words_tell_the_kind_where_nobody_else_is_named(tmp_path, text, name, account, kind):
    path = write_flagged(
        tmp_path / "s.csv", ["20260305", "", "借", "10.00", "", name, account, text]
    )
    assert read_statement(path).rows[0].kind is kind


def test_a_repayment_that_names_the_loan_is_its_own(tmp_path):
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "100.00", "", "", "", "贷款发放"],
        ["20260401", "100000", "借", "60.00", "", "", "", "归还贷款 L-1"],
        ["20260402", "100000", "借", "40.00", "", "", "", "归还贷款 L-9"],
    )
    _, rows = ask(path, principal=10000)
    uses = {part.use: part.traced_minor for part in trace(rows).rests if part.traced_minor}
    assert uses == {Use.REPAID_SELF: 6000, Use.OTHER_LOAN: 4000}


def test_one_number_at_two_banks_is_two_accounts_and_a_missing_bank_code_is_filled(tmp_path):
    header = ["日期", "借贷标志", "金额", "对方户名", "对方账号", "对方行号"]
    path = write_csv(
        tmp_path / "s.csv",
        [
            header,
            ["20260305", "借", "1.00", "甲", "111", "313333099014"],
            ["20260306", "借", "1.00", "乙", "111", "105333099031"],
            ["20260307", "借", "1.00", "丙", "222", ""],
            ["20260308", "借", "1.00", "丙", "222", "105333099031"],
        ],
    )
    case, _ = ask(path, principal=100)
    assert [(one.bank, one.name) for one in case.counterparties] == [
        ("313333099014", "甲"),
        ("105333099031", "乙"),
        ("105333099031", "丙"),
    ]


def test_separators_in_names_do_not_break_the_payees(tmp_path):
    name = "甲/乙;丙%"
    path = write_flagged(
        tmp_path / "s.csv",
        ["20260305", "100000", "贷", "100.00", "", "", "", "贷款发放"],
        ["20260306", "100000", "借", "60.00", "", name, "", "货款"],
    )
    _, rows = ask(path, principal=10000, payees=(name,))
    (part,) = [one for one in trace(rows).first_uses if one.use is Use.DECLARED_PAYEE]
    assert part.traced_minor == 6000


def test_the_account_itself_as_counterparty_is_nobody(tmp_path):
    path = write_csv(
        tmp_path / "s.csv",
        [
            ["账号：999"],
            ["日期", "借贷标志", "金额", "对方账号"],
            ["20260305", "借", "1.00", "999"],
        ],
    )
    case, rows = ask(path, principal=100)
    assert rows["movements"][0]["credit_account"] == ""
    assert {"own_counterparty", "no_counterparty"} <= set(codes(case))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("海纳证券股份有限公司", "securities"),
        ("瑞安置业有限公司", "property"),
        ("陈海涛", "person"),
        ("瓯海小额贷款有限公司", "lender"),
        ("安心人寿保险", "wealth"),
    ],
)
def test_names_give_hints(tmp_path, name, hint):
    path = write_flagged(tmp_path / "s.csv", ["20260305", "", "借", "1.00", "", name, "1", ""])
    case, _ = ask(path, principal=100)
    assert hint in case.counterparties[0].hints
