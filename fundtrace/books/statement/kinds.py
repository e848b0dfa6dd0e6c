"""What each row of a statement is: transfer, cash, fee, repayment, interest or a return.

A statement says it in words (摘要, 用途, 附言), so words decide, and only where no other
party is named: a customer may write 还款 on a payment to a friend, but a 还款 without any
counterparty, or to an internal account of a bank, is a loan being serviced. Both principal
and interest of loans are repayments here; interest that comes in is the deposit's.

A red-ink row (negative amount) or one that says 冲正 or 退回 takes back an earlier row of the
opposite direction: the latest with exactly that amount and, as far as both name one, the
same counterparty; else, for positive ones, the latest to the same counterparty that is not
smaller. Where none is found, a negative row has its sides swapped and stays what it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from fundtrace.books.statement.cells import normalize
from fundtrace.model.kinds import MovementKind
from fundtrace.model.statement import Finding, StatementRow

_RED_WORDS = re.compile(r"冲正|冲销|冲账|冲帐|抹账|抹帐|红字|错账|退回|退汇|退票|撤销")
_FEE_WORDS = re.compile(
    r"手续费|工本费|汇划费|管理费|年费|账户费|维护费|短信费|电子银行费|服务费|电汇费|邮电费"
)
_CASH_WORDS = re.compile(r"现金|取现|取款|提现|现支|存现|现存|ATM|CRS", re.IGNORECASE)
_REPAYMENT_WORDS = re.compile(
    r"还款|还贷|贷款归还|归还贷款|收回贷款|贷款收回|贷款本金|贷款利息|扣本|扣息|还本|付息|结息|收息|本息|利息"
)
_INTEREST_WORDS = re.compile(r"结息|利息|收息|入息")
_INTERNAL_NAME = re.compile(r"贷款|放款|还款|本金|利息|手续费|收入|待结算|过渡|暂收|暂付|现金|备付")
_COMPANY_NAME = re.compile(r"公司|合作社|中心|厂|店|行号|企业|集团|事务所|工作室|有限")
DISBURSEMENT_WORDS = re.compile(
    r"放款|贷款发放|发放贷款|贷款出账|贷款入账|借款发放|贷款转存|支用|提款"
)


def settle_kinds(rows: Sequence[StatementRow]) -> list[StatementRow]:
    """Return the rows with the kind that their words tell; returns stay returns."""
    return [
        row if row.kind is MovementKind.RETURN else dataclasses.replace(row, kind=_tell_kind(row))
        for row in rows
    ]


def _tell_kind(row: StatementRow) -> MovementKind:
    text = normalize(row.text)
    name = normalize(row.counterparty_name)
    is_internal = bool(_INTERNAL_NAME.search(name)) and not _COMPANY_NAME.search(name)
    if row.has_counterparty and not is_internal:
        return MovementKind.TRANSFER
    said = f"{text} {name}"
    if row.is_in:
        if DISBURSEMENT_WORDS.search(said):
            return MovementKind.TRANSFER
        if _INTEREST_WORDS.search(said):
            return MovementKind.INTEREST
    elif _FEE_WORDS.search(said):
        return MovementKind.FEE
    elif _REPAYMENT_WORDS.search(said):
        return MovementKind.REPAYMENT
    return MovementKind.CASH if _CASH_WORDS.search(said) else MovementKind.TRANSFER


def settle_returns(rows: Sequence[StatementRow]) -> tuple[list[StatementRow], list[Finding]]:
    """Turn rows that take back earlier ones into returns; the amounts are positive after it."""
    settled: list[StatementRow] = []
    left: list[int] = []  # of each settled row: what may still be taken back
    matched: list[int] = []
    swapped: list[int] = []
    unmatched: list[int] = []
    for row in rows:
        is_red = row.amount_minor < 0
        plain = dataclasses.replace(
            row, is_in=row.is_in != is_red, amount_minor=abs(row.amount_minor)
        )
        takes_back = is_red or bool(_RED_WORDS.search(normalize(row.text)))
        found = _find_taken_back(plain, settled, left, is_red=is_red) if takes_back else None
        if found is not None:
            left[found] -= plain.amount_minor
            matched.append(row.line)
            plain = dataclasses.replace(
                plain,
                kind=MovementKind.RETURN,
                reverses_line=settled[found].line,
            )
        elif is_red:
            swapped.append(row.line)
        elif takes_back:
            unmatched.append(row.line)
        settled.append(plain)
        left.append(0 if found is not None else plain.amount_minor)
    lists = (("red_matched", matched), ("red_swapped", swapped), ("red_unmatched", unmatched))
    return settled, [Finding(code, tuple(lines)) for code, lines in lists if lines]


def _find_taken_back(
    row: StatementRow, earlier: Sequence[StatementRow], left: Sequence[int], *, is_red: bool
) -> int | None:
    """Return the position of the row that ``row`` takes back, or None."""
    fits = [
        position
        for position in reversed(range(len(earlier)))
        if earlier[position].is_in != row.is_in
        and left[position] >= row.amount_minor
        and _is_same_party(row, earlier[position])
    ]
    for position in fits:
        if earlier[position].amount_minor == row.amount_minor:
            return position
    if is_red:
        return None
    return next((at for at in fits if any(_compare_party(row, earlier[at]))), None)


def _is_same_party(row: StatementRow, earlier: StatementRow) -> bool:
    """Tell whether two rows can be about the same party: nothing that both give differs."""
    return all(_compare_party(row, earlier))


def _compare_party(row: StatementRow, earlier: StatementRow) -> list[bool]:
    """Compare account and name, each where both rows give it."""
    pairs = (
        (row.counterparty_account, earlier.counterparty_account),
        (normalize(row.counterparty_name), normalize(earlier.counterparty_name)),
    )
    return [a == b for a, b in pairs if a and b]
