"""A statement and a question about a loan to movement tables (docs/tables.md) as text.

The statement's account is the only one observed, at the only member, ``OWN``; every
counterparty is at a bank that is no member, so what reaches it ends there. An account is
known by its number (one number at banks of different CNAPS codes is several accounts), a
counterparty without a number by its name. Rows without either come from or go outside.

The loan's disbursement is the credit of exactly its amount on its day; without one the loan
is put on the account at the start of that day, which a finding says.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence

from fundtrace.books.statement.cells import normalize
from fundtrace.books.statement.kinds import DISBURSEMENT_WORDS
from fundtrace.model.instants import DAY_MICROSECONDS, SHANGHAI, render_instant, to_micros
from fundtrace.model.kinds import MovementKind
from fundtrace.model.money import render_amount
from fundtrace.model.statement import (
    OWN_BANK,
    Counterparty,
    Finding,
    LoanQuestion,
    Statement,
    StatementFacts,
    StatementRow,
)
from fundtrace.model.tables import UNKNOWN_BANK

Rows = Mapping[str, Sequence[Mapping[str, str]]]

_NAMES_SHOWN_MAX = 3
_NEAR_DAYS = 7  # a credit of the loan's amount this close to its day is worth a hint
_CNAPS = re.compile(r"[0-9]{12}")
_BANK_STEM = re.compile(r".*?(银行|信用社|联社|农商行)")
_HINTS = (
    ("securities", re.compile(r"证券|期货|基金|信托|资产管理|资管|股权投资|创业投资")),
    ("wealth", re.compile(r"理财|保险|人寿|财富")),
    ("property", re.compile(r"房地产|地产|置业|房产|置地|售楼")),
    ("margin", re.compile(r"保证金")),
    (
        "payment",
        re.compile(r"支付宝|财付通|备付金|网络科技支付|银联商务|拉卡拉|支付有限|支付科技|支付服务"),
    ),
    ("lender", re.compile(r"小额贷款|小贷|消费金融|融资租赁|典当|保理|融资担保|汽车金融")),
)
_PERSON = re.compile(r"[\u4e00-\u9fff·]{2,4}")
_NOT_PERSON = re.compile(
    r"公司|银行|商行|店|厂|部|社|中心|贷款|现金|收入|利息|本金|手续费|工资|代发|国库|社保|税"
)
_REPAYMENT_TEXT = re.compile(r"还款|还贷|归还贷款|贷款归还|借新还旧|转贷|过桥")


def build_facts(statement: Statement, loan: LoanQuestion) -> tuple[StatementFacts, Rows]:
    """Put the question to the statement; return what a page shows, and the tables to trace."""
    directory = _Directory(statement, loan)
    disbursement, findings = _find_disbursement(statement, loan)
    findings += _check_period(statement, loan)
    findings += directory.findings
    unnamed = [
        row
        for row in statement.rows
        if not directory.find(row) and row.kind is MovementKind.TRANSFER and row != disbursement
    ]
    if unnamed:
        total = sum(row.amount_minor for row in unnamed if not row.is_in)
        findings.append(Finding("no_counterparty", tuple(row.line for row in unnamed), (total,)))
    case = StatementFacts(
        statement=statement,
        loan=loan,
        disbursement_line=disbursement.line if disbursement else 0,
        counterparties=directory.list_all(),
        findings=(*statement.findings, *findings),
    )
    return case, _build_rows(statement, loan, disbursement, directory)


def get_own_account(statement: Statement) -> str:
    """Return the number that the statement's account has in the tables."""
    return _escape(statement.account) or "ACCOUNT"


def _escape(text: str) -> str:
    """Keep a text out of the way of the separators of declared_payees."""
    return text.replace("%", "%25").replace("/", "%2F").replace(";", "%3B")


class _Directory:
    """The counterparties of a statement: which rows are about the same account."""

    def __init__(self, statement: Statement, loan: LoanQuestion) -> None:
        self.statement = statement
        self.payees = {normalize(payee): payee for payee in loan.payees}
        self.by_line = {row.line: row for row in statement.rows}
        self.banks: dict[str, dict[str, None]] = {}  # account -> CNAPS bank prefixes seen
        self.rows: dict[str, list[StatementRow]] = {}  # key -> rows
        self.findings: list[Finding] = []
        own: list[int] = []
        for row in statement.rows:
            if _CNAPS.fullmatch(row.bank_code):
                self.banks.setdefault(row.counterparty_account, {})[row.bank_code[:3]] = None
        for row in statement.rows:
            key = self.get_key(row)
            if key:
                self.rows.setdefault(key, []).append(row)
            elif row.has_counterparty:
                own.append(row.line)
        self.known = {key: self.describe(key, rows) for key, rows in self.rows.items()}
        if own:
            self.findings.append(Finding("own_counterparty", tuple(own)))
        seen = {normalize(one.name) for one in self.known.values()}
        seen |= {normalize(row.counterparty_name) for row in statement.rows}
        seen |= {one.shown_account for one in self.known.values()}
        unseen = tuple(payee for text, payee in self.payees.items() if text not in seen)
        if unseen:
            self.findings.append(Finding("payee_unseen", texts=unseen))

    def get_key(self, row: StatementRow) -> str:
        """Return what identifies a row's counterparty, empty for none or the account itself."""
        account = row.counterparty_account
        if not account:
            name = normalize(row.counterparty_name)
            return f"name:{name}" if name else ""
        if account == self.statement.account:
            return ""
        prefixes = self.banks.get(account, {})
        if len(prefixes) > 1:
            return f"{account}@{row.bank_code[:3] or '?'}"
        return account

    def find(self, row: StatementRow) -> Counterparty | None:
        """Return a row's counterparty; a return runs back the way of what it returns."""
        source = self.by_line[row.reverses_line] if row.reverses_line else row
        return self.known.get(self.get_key(source))

    def list_all(self) -> tuple[Counterparty, ...]:
        """Return the counterparties in the order in which they first appear."""
        return tuple(self.known.values())

    def describe(self, key: str, rows: Sequence[StatementRow]) -> Counterparty:
        """Gather what all rows say about one counterparty."""
        names = list(dict.fromkeys(r.counterparty_name for r in rows if r.counterparty_name))
        codes = [r.bank_code for r in rows if _CNAPS.fullmatch(r.bank_code)]
        banks = [r.bank_name for r in rows if r.bank_name]
        bank = (codes + [normalize(one) for one in banks] + [UNKNOWN_BANK])[0]
        return Counterparty(
            bank=_escape(bank) if bank != OWN_BANK else f"{OWN_BANK}?",
            account=_escape(key),
            name=" / ".join(names[:_NAMES_SHOWN_MAX]),
            shown_account=rows[0].counterparty_account,
            shown_bank=" ".join(banks[:1] + codes[:1]),
            hints=self.list_hints(rows, names, banks),
        )

    def list_hints(
        self, rows: Sequence[StatementRow], names: Sequence[str], banks: Sequence[str]
    ) -> tuple[str, ...]:
        """Return what names and texts suggest; hints never enter the computation."""
        hints = []
        narrow = [normalize(name) for name in names]
        if {*narrow, rows[0].counterparty_account} & self.payees.keys():
            hints.append("payee")
        if normalize(self.statement.holder_name) in narrow:
            hints.append("same_name")
        said = " ".join((*narrow, *(row.text for row in rows if not row.is_in)))
        hints += [hint for hint, words in _HINTS if words.search(said)]
        if any(_PERSON.fullmatch(name) and not _NOT_PERSON.search(name) for name in narrow):
            hints.append("person")
        if any(_REPAYMENT_TEXT.search(row.text) for row in rows if not row.is_in):
            hints.append("repayment_text")
        own = _BANK_STEM.match(normalize(self.statement.bank_name))
        stems = [_BANK_STEM.match(normalize(bank)) for bank in banks]
        if own and any(stem and stem[0] == own[0] for stem in stems):
            hints.append("own_bank")
        return tuple(hints)


def _find_disbursement(
    statement: Statement, loan: LoanQuestion
) -> tuple[StatementRow | None, list[Finding]]:
    """Return the credit that paid the loan out, or None; and what to say about the choice."""
    credits_of_day = [
        row
        for row in statement.rows
        if row.is_in
        and row.kind is not MovementKind.RETURN
        and _get_day(row.booked_at) == loan.disbursed_on
    ]
    exact = [row for row in credits_of_day if row.amount_minor == loan.principal_minor]
    if exact:
        named = [row for row in exact if DISBURSEMENT_WORDS.search(normalize(row.text))]
        chosen = (named or exact)[0]
        others = tuple(row.line for row in exact if row is not chosen)
        choice = [Finding("disbursement_choice", (chosen.line, *others))] if others else []
        return chosen, choice
    findings = [Finding("disbursement_assumed", (), (loan.principal_minor,), (loan.disbursed_on,))]
    findings += [
        Finding("disbursement_other_amount", (row.line,), (row.amount_minor,))
        for row in credits_of_day
        if DISBURSEMENT_WORDS.search(normalize(row.text))
    ]
    day = _get_start(loan.disbursed_on)
    for row in statement.rows:
        is_near = abs(row.booked_at - day) <= _NEAR_DAYS * DAY_MICROSECONDS
        if row.is_in and is_near and row.amount_minor == loan.principal_minor:
            texts = (_get_day(row.booked_at),)
            findings.append(Finding("disbursement_near", (row.line,), (row.amount_minor,), texts))
    return None, findings


def _check_period(statement: Statement, loan: LoanQuestion) -> list[Finding]:
    first, last = _get_day(statement.rows[0].booked_at), _get_day(statement.rows[-1].booked_at)
    if loan.disbursed_on < first:
        return [Finding("loan_before", texts=(loan.disbursed_on, first))]
    if loan.disbursed_on > last:
        return [Finding("loan_after", texts=(loan.disbursed_on, last))]
    return []


def _get_day(micros: int) -> str:
    return render_instant(micros, utc=False)[:10]


def _get_start(day: str) -> int:
    at = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), tzinfo=SHANGHAI)
    return to_micros(at)


def _build_rows(
    statement: Statement,
    loan: LoanQuestion,
    disbursement: StatementRow | None,
    directory: _Directory,
) -> Rows:
    own = get_own_account(statement)
    account = {"bank": OWN_BANK, "account": own, "kind": "current", "currency": statement.currency}
    if statement.opening_minor is not None:
        account["opening_balance"] = _render(statement.opening_minor, statement)
    payees = [one for one in directory.list_all() if "payee" in one.hints]
    loan_row = {
        "loan_id": loan.loan_id,
        "bank": OWN_BANK,
        "account": own,
        "principal": _render(loan.principal_minor, statement),
        "currency": statement.currency,
        "disbursed_at": render_instant(
            disbursement.booked_at if disbursement else _get_start(loan.disbursed_on), utc=False
        ),
        "movement_id": disbursement.movement_id if disbursement else "",
        "declared_payees": ";".join(f"{one.bank}/{one.account}" for one in payees),
    }
    movements = []
    for seq, row in enumerate(statement.rows, start=1):
        shown = row
        if row is disbursement:
            shown = dataclasses.replace(row, kind=MovementKind.DISBURSEMENT)
        movements.append(_build_movement(shown, seq, statement, loan, directory.find(row)))
    return {
        "movements": movements,
        "accounts": [account],
        "members": [{"bank": OWN_BANK, "name": statement.bank_name}],
        "loans": [loan_row],
    }


def _build_movement(
    row: StatementRow,
    seq: int,
    statement: Statement,
    loan: LoanQuestion,
    counterparty: Counterparty | None,
) -> dict[str, str]:
    own = (OWN_BANK, get_own_account(statement))
    other = (counterparty.bank, counterparty.account) if counterparty else ("", "")
    debit, credit = (other, own) if row.is_in else (own, other)
    is_repayment = row.kind is MovementKind.REPAYMENT
    return {
        "movement_id": row.movement_id,
        "booked_at": render_instant(row.booked_at, utc=False),
        "seq": str(seq),
        "debit_bank": debit[0],
        "debit_account": debit[1],
        "credit_bank": credit[0],
        "credit_account": credit[1],
        "amount": _render(row.amount_minor, statement),
        "currency": statement.currency,
        "kind": row.kind.value,
        "loan_id": loan.loan_id if is_repayment and loan.loan_id in row.text else "",
        "reverses": f"R{row.reverses_line}" if row.reverses_line else "",
        "counterparty_name": counterparty.name if counterparty else "",
        "remittance": row.text,
    }


def _render(minor: int, statement: Statement) -> str:
    return render_amount(minor, statement.currency, grouping=False)
