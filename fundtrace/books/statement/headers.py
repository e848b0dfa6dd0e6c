"""Recognize the header of a Chinese bank statement, what stands above it and below it.

Exports differ in wording, not in kind: a few lines about the account (账号, 户名, 币种,
起止日期), one header line (now and then two, with 借方 and 贷方 under 发生额), the bookings,
and lines of totals (合计, 共N笔). A header is the first line that names a date or time and
amounts. Where two columns could serve, the name that stands first below wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fundtrace.books.statement.cells import Cell, normalize, parse_text

HEADER_LINES_MAX = 60  # LIMIT: no export seen has more than 20 lines above its header

# Field -> names, best first; compared without spaces, brackets and case.
NAMES: dict[str, str] = {
    "date": "交易日期 记账日期 入账日期 发生日期 会计日期 交易日 记账日 日期 date transactiondate",
    "time": "交易时间 交易日期时间 交易日期/时间 记账时间 入账时间 发生时间 交易时分秒 时间 time",
    "flag": "借贷标志 借贷标识 借贷方向 借/贷 借贷 收支标志 收支方向 收/支 收支 收付标志 交易方向 "
    "资金方向 方向 dc d/c",
    "amount": "交易金额 发生额 发生金额 交易额 金额 amount",
    "debit": "借方发生额 借方金额 借方交易金额 借方 支出金额 支出 支取 支取金额 转出金额 付款金额 转出 "
    "debit debitamount",
    "credit": "贷方发生额 贷方金额 贷方交易金额 贷方 收入金额 收入 存入 存入金额 转入金额 收款金额 转入 "
    "credit creditamount",
    "balance": "余额 账户余额 帐户余额 交易后余额 交易余额 本次余额 当前余额 联机余额 balance",
    "counterparty_name": "对方户名 对方名称 对方账户名称 对方帐户名称 对方账户名 对方单位名称 对方单位 "
    "对方姓名 对手户名 对手名称 交易对手名称 交易对手户名 交易对手 交易对方 收/付方名称 收付方名称 "
    "收款人/付款人名称 counterparty counterpartyname",
    "counterparty_account": "对方账号 对方帐号 对方账户 对方卡号 对方账号/卡号 对手账号 对手账户 "
    "交易对手账号 交易对手账户 收/付方账号 收付方账号 counterpartyaccount",
    "bank_code": "对方行号 对方联行号 对方开户行号 对方开户行行号 对方银行行号 对手行号 交易对手行号 "
    "对方机构号",
    "bank_name": "对方开户行 对方开户行名 对方开户行名称 对方开户银行 对方银行 对方行名 对方开户机构 "
    "对方机构名称 对手开户行 对手行名 交易对手开户行 收/付方开户行 收/付方开户行名 counterpartybank",
    "summary": "摘要 交易摘要 摘要描述 摘要说明 summary",
    "purpose": "用途 资金用途 交易用途 purpose",
    "remark": "附言 备注 交易附言 客户附言 交易备注 说明 remark",
    "channel": "交易类型 业务类型 交易名称 交易方式 交易渠道 渠道",
    "currency": "币种 货币 货币种类 币别 交易币种 currency",
    "account": "账号 帐号 本方账号 本方帐号 交易账号 账户 卡号 account",
    "holder": "户名 本方户名 账户名称 本方账户名称 账户名",
}
_FIELD_OF = {
    name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names.split())
}

_LABELS = {
    "account": "本方账号 查询账号 客户账号 交易账号 账号/卡号 账号 帐号 卡号 账户",
    "holder": "本方户名 账户名称 账户名 客户名称 客户姓名 单位名称 户名 姓名",
    "bank": "本方开户行 开户银行 开户机构 开户网点 开户行 开户行名称 经办机构",
    "currency": "币种 货币种类 货币 币别",
    "opening": "期初余额 上期余额 承前余额",
}
_LABEL_OF = {label: field for field, labels in _LABELS.items() for label in labels.split()}
_PAIR = re.compile(
    "("
    + "|".join(sorted(map(re.escape, _LABEL_OF), key=len, reverse=True))
    + r")[:：]\s*([^\s:：;；]*)"
)
_PERIOD_LABEL = re.compile(r"起止|起始|开始|区间|期间|时间段|范围|日期|从")
_PERIOD_DATE = re.compile(r"[0-9]{4}[-/.年]?[0-9]{1,2}[-/.月]?[0-9]{1,2}日?")

_FOOTER = re.compile(
    r"^(本页|本期|累计|借方|贷方|支出|收入)?(合计|总计|小计|累计|汇总)|^共[0-9]+[笔条页]|总笔数|合计笔数|"
    r"合计金额|合计数|^第[0-9]+页|打印(时间|日期|人|柜员)|制表|复核|期末余额|承前页|过次页|接下页|"
    r"以下(空白|为空)|^(声明|说明|备注|温馨提示|注)[:：]|电子回单|仅供参考|^total"
)
_OPENING_ROW = re.compile(r"^(期初余额|上期余额|承前页|承前余额|上年结转|期初)$")
_COUNT = re.compile(r"(?<![借贷方出入])(?:共计?|总笔数[:：]?|合计笔数[:：]?)([0-9]+)笔?")


@dataclass(frozen=True)
class Header:
    """Where a statement's columns stand."""

    line: int  # last line of the header
    columns: Mapping[str, int]  # field -> 0-based position
    names: Mapping[str, str]  # field -> the header's own words
    width: int  # how many columns the header names, counted to the last one

    def get(self, field: str, cells: Sequence[Cell]) -> Cell:
        """Return the cell of a field in a row, None where there is none."""
        position = self.columns.get(field)
        return cells[position] if position is not None and position < len(cells) else None


@dataclass(frozen=True)
class Preamble:
    """What the lines above the header say; cells as they stand."""

    account: Cell = None
    holder: str = ""
    bank: str = ""
    currency: str = ""
    opening: Cell = None
    period: str = ""
    account_line: int = 0


def clean_name(cell: Cell) -> str:
    """Return a header's words without brackets, spaces, line breaks and case."""
    text = normalize(parse_text(cell)).lower()
    return re.sub(r"\([^()]*元[^()]*\)|\([^()]*[a-z]{3}\)|[*:]", "", text) or text


def _find_field(cell: Cell) -> tuple[str, int] | None:
    name = clean_name(cell)
    return _FIELD_OF.get(name) or _FIELD_OF.get(re.sub(r"\([^()]*\)", "", name))


def _map_columns(cells: Sequence[Cell]) -> dict[str, int]:
    best: dict[str, tuple[int, int]] = {}
    for position, cell in enumerate(cells):
        found = _find_field(cell)
        if found and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], position)
    return {field: position for field, (_, position) in best.items()}


def _is_header(columns: Mapping[str, int]) -> bool:
    has_moment = "date" in columns or "time" in columns
    return has_moment and ("amount" in columns or {"debit", "credit"} <= columns.keys())


def find_header(lines: Sequence[tuple[int, Sequence[Cell]]]) -> Header | None:
    """Return the header among the first lines, or None."""
    for index, (line, cells) in enumerate(lines[:HEADER_LINES_MAX]):
        merged, last = list(cells), line
        below = _map_columns(lines[index + 1][1]) if index + 1 < len(lines) else {}
        if {"debit", "credit"} <= below.keys() and not below.keys() & {"date", "time", "amount"}:
            under = lines[index + 1][1]
            width = max(len(cells), len(under))
            padded = [*cells, *[None] * (width - len(cells))]
            merged = [
                under[at] if at < len(under) and parse_text(under[at]) else padded[at]
                for at in range(width)
            ]
            last = lines[index + 1][0]
        columns = _map_columns(merged)
        if _is_header(columns):
            names = {field: parse_text(merged[at]) for field, at in columns.items()}
            width = max(at for at, cell in enumerate(merged) if parse_text(cell)) + 1
            return Header(last, columns, names, width)
    return None


def is_header_again(header: Header, cells: Sequence[Cell]) -> bool:
    """Tell whether a row repeats the header, as printed pages do."""
    return _is_header(_map_columns(cells)) and any(
        parse_text(header.get(field, cells)) == name
        for field, name in header.names.items()
        if field in ("date", "time")
    )


def read_preamble(lines: Sequence[tuple[int, Sequence[Cell]]], header: Header) -> Preamble:
    """Read what the lines above the header say about the account."""
    found: dict[str, tuple[Cell, int]] = {}
    period = ""
    for line, cells in lines:
        if line >= header.line:
            break
        filled = [cell for cell in cells if parse_text(cell)]
        for field, value in _find_pairs(filled):
            found.setdefault(field, (value, line))
        period = period or _find_period(filled)
    account, account_line = found.get("account", (None, 0))
    texts = {field: parse_text(value) for field, (value, _) in found.items()}
    return Preamble(
        account=account,
        holder=texts.get("holder", ""),
        bank=texts.get("bank", ""),
        currency=texts.get("currency", ""),
        opening=found.get("opening", (None, 0))[0],
        period=period,
        account_line=account_line,
    )


def _find_pairs(cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """Return (field, value) for ``账号:622...`` in one cell or ``账号`` | ``622...`` in two."""
    pairs: list[tuple[str, Cell]] = []
    for position, cell in enumerate(cells):
        following = cells[position + 1] if position + 1 < len(cells) else None
        text = parse_text(cell)
        label = _LABEL_OF.get(normalize(text).rstrip(":"))
        if label:
            if (
                following is not None
                and normalize(parse_text(following)).rstrip(":") not in _LABEL_OF
            ):
                pairs.append((label, following))
            continue
        pairs += [(_LABEL_OF[match[1]], match[2]) for match in _PAIR.finditer(text) if match[2]]
    return pairs


def _find_period(cells: Sequence[Cell]) -> str:
    text = " ".join(parse_text(cell) for cell in cells)
    dates = _PERIOD_DATE.findall(text)
    return f"{dates[0]} - {dates[1]}" if len(dates) == 2 and _PERIOD_LABEL.search(text) else ""


def is_footer(cells: Sequence[Cell]) -> bool:
    """Tell whether a row without a date is a line of totals or notes, not a booking."""
    return any(_FOOTER.search(normalize(parse_text(cell)).lower()) for cell in cells)


def is_opening(cells: Sequence[Cell]) -> bool:
    """Tell whether a row states the balance before the first booking."""
    return any(_OPENING_ROW.match(normalize(parse_text(cell))) for cell in cells)


def find_row_count(cells: Sequence[Cell]) -> int | None:
    """Return the number of bookings that a footer prints (共 N 笔), or None."""
    text = " ".join(normalize(parse_text(cell)) for cell in cells)
    counts = _COUNT.findall(text)
    return (
        int(counts[0])
        if len(counts) == 1 and not re.search("借方|贷方|支出|收入|本页", text)
        else None
    )
