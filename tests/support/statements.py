"""Statements for tests, as banks export them: XLSX and CSV; all names are fictitious."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from fundtrace.books.statement.messages import StatementRefusedError
from fundtrace.books.statement.reader import read_statement
from fundtrace.errors import BadTablesError

Rows = Sequence[Sequence[Any]]

FLAG_HEADER = [
    "交易日期",
    "交易时间",
    "借贷标志",
    "交易金额",
    "余额",
    "对方户名",
    "对方账号",
    "摘要",
]


def write_xlsx(path: Path, rows: Rows, sheet: str = "交易明细", **other: Rows) -> Path:
    book = openpyxl.Workbook()
    for title, lines in {sheet: rows, **other}.items():
        page = book.create_sheet(title)
        for line in lines:
            page.append(list(line))
    del book["Sheet"]
    book.save(path)
    return path


def write_csv(path: Path, rows: Rows, encoding: str = "gb18030", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_flagged(path: Path, *rows: Sequence[Any], encoding: str = "gb18030") -> Path:
    """Write bookings of FLAG_HEADER's columns and nothing else; short rows are padded."""
    padded = [[*row, *[""] * (len(FLAG_HEADER) - len(row))] for row in rows]
    writer = write_xlsx if path.suffix == ".xlsx" else write_csv
    extra = {} if path.suffix == ".xlsx" else {"encoding": encoding}
    return writer(path, [FLAG_HEADER, *padded], **extra)


def write_factory_xlsx(path: Path) -> Path:
    """Write a shoe factory's account, newest first, Excel dates and times, two amount columns."""

    def book(day: int, clock: dt.time, out: Any, into: Any, balance: Any, *rest: Any) -> list[Any]:
        return [dt.datetime(2026, 3, day), clock, out, into, balance, *rest]  # noqa: DTZ001

    rows = [
        ["瓯江银行对公账户对账单"],
        ["账号:", "3303010040088812345", None, "户名:", "温州飞跃鞋业有限公司"],
        ["币种:人民币", None, "起止日期：2026-03-01 至 2026-03-31", None, "开户行：瓯江银行鹿城支行"],
        [],
        ["交易日期", "交易时间", "借方发生额(元)", "贷方发生额(元)", "余额(元)", "对方户名", "对方账号",
         "对方开户行", "摘要", "附言"],
        book(31, dt.time(9, 30), None, 80000, 513310.4, "杭州西溪百货有限公司", "3302015500018832",
             "西溪银行城西支行", "货款", "三月"),
        book(20, dt.time(23, 5), None, 110.4, 433310.4, None, None, None, "结息", None),
        book(12, dt.time(16, 2, 3), 30000, None, 433200, None, None, None, "现金支取", "备用金"),
        book(9, dt.time(10, 0), 800000.5, None, 463200, "海纳证券股份有限公司",
             "4000023129200771850", "南屏银行鹿城支行", "银证转账", None),
        book(6, dt.time(14, 20, 11), 1799999.5, None, 1263200.5, "温州鹿达皮革有限公司",
             "8110301013200456123", "东海银行温州分行", "货款", "皮料"),
        book(6, dt.time(14, 20, 10), 36800, None, 3063200, "国家金库鹿城支库", None, None, "扣税",
             None),
        book(5, dt.time(9, 30), None, 3000000, 3100000, "流动资金贷款发放户", "2026030500000017",
             "瓯江银行鹿城支行", "贷款发放", None),
        ["合计", None, 2666800, 3080110.4],
        ["共7笔"],
        ["打印时间：2026-04-01 08:00"],
    ]  # fmt: skip
    return write_xlsx(path, rows, 说明=[["本对账单仅供核对"]])


def write_farm_csv(path: Path) -> Path:
    """Write a farmer's account in GB18030: marks D and C, times without colons, a return."""
    rows = [
        ["账号：6217003320011880001 户名：林阿公 币种：人民币"],
        FLAG_HEADER,
        [
            "20260301",
            "080000",
            "C",
            "50,000.00",
            "52,000.00",
            "林小妹",
            '="6217003320011880002"',
            "转账",
        ],
        ["20260302", "093000", "C", "300,000.00", "352,000.00", "", "", "贷款发放"],
        [
            "20260302",
            "101500",
            "D",
            "120,000.00",
            "232,000.00",
            "瑞安置业有限公司",
            "33050168000199210",
            "购房款",
        ],
        [
            "20260303",
            "111500",
            "D",
            "80,000.00",
            "152,000.00",
            "乐清种苗场",
            "1203282000000000001",
            "货款",
        ],
        [
            "20260304",
            "101500",
            "C",
            "80,000.00",
            "232,000.00",
            "乐清种苗场",
            "1203282000000000001",
            "退汇",
        ],
        ["20260305", "101500", "D", "12.00", "231,988.00", "", "", "手续费"],
        ["20260306", "", "D", "1,988.00", "230,000.00", "", "", "转支"],
        ["合计", "", "", "", "", "", "", ""],
        ["共7笔", "", "", "", "", "", "", ""],
    ]
    return write_csv(path, rows)


def tell(statement):
    """List the findings but for those that every bare test file has."""
    quiet = ("account_unknown", "no_balances")
    return [finding for finding in statement.findings if finding.code not in quiet]


def codes(statement):
    return [finding.code for finding in tell(statement)]


def refuse(path, **options):
    with pytest.raises(StatementRefusedError) as caught:
        read_statement(path, **options)
    return caught.value


def list_problems(path, **options):
    with pytest.raises(BadTablesError) as caught:
        read_statement(path, **options)
    return [(problem.line, problem.column) for problem in caught.value.problems]
