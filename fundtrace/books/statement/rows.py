"""Lines of a statement to its rows, in file order, with every bad cell listed.

A line below the header is a booking if it has a date; a line without one is a total, a
repeated header or a note, unless it holds an amount, which makes it a bad row. Amounts keep
their sign here: what a negative one means depends on all rows and is left to ``statement``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fundtrace.books.statement import headers
from fundtrace.books.statement.cells import (
    Cell,
    normalize,
    parse_account,
    parse_amount,
    parse_currency,
    parse_direction,
    parse_moment,
    parse_text,
)
from fundtrace.books.statement.messages import Lang, StatementRefusedError
from fundtrace.books.statement.read import StatementFile
from fundtrace.model.instants import SHANGHAI, to_micros
from fundtrace.model.problems import Problem
from fundtrace.model.statement import StatementRow

_TEXT_FIELDS = ("summary", "purpose", "remark", "channel")
_MONEY_FIELDS = ("amount", "debit", "credit", "balance")
_DEFAULT_CURRENCY = "CNY"

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """What the caller said about the statement; empty where the file shall say."""

    account: str = ""
    currency: str = ""
    lang: Lang = "zh"  # of the reasons in problems


@dataclass
class Draft:
    """Rows in file order with signed amounts, and what else the lines said."""

    currency: str = ""
    account: str = ""
    opening_minor: int | None = None
    rows: list[StatementRow] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)  # own account as each row names it
    has_times: bool = False
    is_signed: bool = False  # direction told by the amount's sign alone
    zero_lines: list[int] = field(default_factory=list)
    other_currency_lines: list[int] = field(default_factory=list)
    printed_counts: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def parse_rows(file: StatementFile, preamble: headers.Preamble, wanted: Wanted) -> Draft:
    """Turn the lines below the header into rows; problems are listed in the draft."""
    parser = _Parser(file, preamble, wanted)
    for line, cells in file.lines:
        if line > file.header.line:
            parser.read_line(line, cells)
    return parser.draft


class _Parser:
    """The state of reading one statement's lines."""

    def __init__(self, file: StatementFile, preamble: headers.Preamble, wanted: Wanted) -> None:
        self.file, self.header, self.wanted = file, file.header, wanted
        columns = self.header.columns
        self.has_sides = {"debit", "credit"} <= columns.keys()
        self.draft = Draft(
            currency=wanted.currency,
            account=normalize(wanted.account),
            is_signed=not self.has_sides and "flag" not in columns,
        )
        if not self.draft.currency and preamble.currency:
            currency = self.attempt(0, "", lambda: parse_currency(preamble.currency))
            self.draft.currency = currency or ""
        if not self.draft.currency and "currency" not in columns:
            self.draft.currency = _DEFAULT_CURRENCY
        if not self.draft.account:
            account = self.attempt(
                preamble.account_line, "", lambda: parse_account(preamble.account)
            )
            self.draft.account = account or ""
        if parse_text(preamble.opening) and self.draft.currency:
            self.draft.opening_minor = self.attempt(
                0, "", lambda: parse_amount(preamble.opening, self.draft.currency)
            )

    def attempt(self, line: int, name: str, read: Callable[[], T]) -> T | None:
        """Run a reader; what it refuses becomes a problem at its place."""
        try:
            return read()
        except StatementRefusedError as error:
            self.refuse(line, name, error)
            return None

    def refuse(self, line: int, name: str, error: StatementRefusedError) -> None:
        """List a bad cell; ``name`` is its field, empty where the row or file is meant."""
        reason = error.render(self.wanted.lang)
        column = self.header.names.get(name, "")
        self.draft.problems.append(Problem(self.file.name, line, column, reason))

    def read_money(self, line: int, name: str, cells: Sequence[Cell]) -> int | None:
        """Read an amount cell; None where it is blank or refused."""
        currency = self.draft.currency or _DEFAULT_CURRENCY
        return self.attempt(line, name, lambda: parse_amount(self.get(name, cells), currency))

    def read_account(self, line: int, name: str, cells: Sequence[Cell]) -> str:
        """Read an account number or bank code; empty where it is blank or refused."""
        return self.attempt(line, name, lambda: parse_account(self.get(name, cells))) or ""

    def get(self, name: str, cells: Sequence[Cell]) -> Cell:
        """Return a field's cell."""
        return self.header.get(name, cells)

    def read_line(self, line: int, cells: Sequence[Cell]) -> None:
        """Sort a line into booking, opening balance, footer, note or bad row."""
        if headers.is_header_again(self.header, cells):
            return
        has_amount = any(parse_text(self.get(name, cells)) for name in _MONEY_FIELDS[:3])
        if headers.is_opening(cells) and self.take_opening(line, cells):
            return
        try:
            moment = parse_moment(self.get("date", cells), self.get("time", cells))
        except StatementRefusedError as error:
            if headers.is_footer(cells):
                count = headers.find_row_count(cells)
                self.draft.printed_counts += [] if count is None else [count]
            elif has_amount or parse_text(self.get("balance", cells)):
                name = "time" if error.code.startswith("time") else "date"
                name = name if name in self.header.names else "time"
                self.refuse(line, name, error)
                self.read_cells(line, cells)  # for what else is wrong in the row
            return
        self.check_width(line, cells)
        self.read_booking(line, cells, *moment)

    def take_opening(self, line: int, cells: Sequence[Cell]) -> bool:
        """Take a line such as 期初余额 as the opening balance, unless it moves money."""
        if any(self.read_money(line, name, cells) for name in _MONEY_FIELDS[:3]):
            return False
        balance = self.read_money(line, "balance", cells)
        if not self.draft.rows and self.draft.opening_minor is None:
            self.draft.opening_minor = balance
        return True

    def check_width(self, line: int, cells: Sequence[Cell]) -> None:
        """Refuse a row with values beyond the header: its cells may have shifted."""
        for position in range(self.header.width, len(cells)):
            value = parse_text(cells[position])
            if value:
                error = StatementRefusedError("row_wide", position=position + 1, value=value)
                self.refuse(line, "", error)
                return

    def read_booking(
        self, line: int, cells: Sequence[Cell], day: dt.date, clock: dt.time | None
    ) -> None:
        """Read one booking; with a bad cell it is listed and left out."""
        draft, known = self.draft, len(self.draft.problems)
        if not self.take_currency(line, cells):
            return
        direction, balance, account, own, code = self.read_cells(line, cells)
        if len(draft.problems) > known or direction is None:
            return
        is_in, amount = direction
        if amount == 0:
            draft.zero_lines.append(line)
            return
        texts = dict.fromkeys(filter(None, (parse_text(self.get(n, cells)) for n in _TEXT_FIELDS)))
        at = dt.datetime.combine(day, clock or dt.time(), tzinfo=SHANGHAI)
        draft.has_times = draft.has_times or clock is not None
        draft.accounts.append(own)
        draft.rows.append(
            StatementRow(
                line=line,
                booked_at=to_micros(at),
                is_in=is_in,
                amount_minor=amount,
                balance_minor=balance,
                counterparty_name=parse_text(self.get("counterparty_name", cells)),
                counterparty_account=account,
                bank_code=code,
                bank_name=parse_text(self.get("bank_name", cells)),
                text=" ".join(texts),
            )
        )

    def read_cells(
        self, line: int, cells: Sequence[Cell]
    ) -> tuple[tuple[bool, int] | None, int | None, str, str, str]:
        """Read amount, balance, counterparty's and own account and bank; list each bad cell."""
        return (
            self.read_amount(line, cells),
            self.read_money(line, "balance", cells),
            self.read_account(line, "counterparty_account", cells),
            self.read_account(line, "account", cells),
            self.read_account(line, "bank_code", cells),
        )

    def take_currency(self, line: int, cells: Sequence[Cell]) -> bool:
        """Tell whether the row is in the statement's currency; list it where it must not be."""
        text = parse_text(self.get("currency", cells))
        if not text:
            self.draft.currency = self.draft.currency or _DEFAULT_CURRENCY
            return True
        currency = self.attempt(line, "currency", lambda: parse_currency(text))
        if currency is None:
            return False
        self.draft.currency = self.draft.currency or currency
        if currency == self.draft.currency:
            return True
        if self.wanted.currency:
            self.draft.other_currency_lines.append(line)
        else:
            other = StatementRefusedError(
                "currency_other", value=currency, currency=self.draft.currency
            )
            self.refuse(line, "currency", other)
        return False

    def read_amount(self, line: int, cells: Sequence[Cell]) -> tuple[bool, int] | None:
        """Return direction and signed amount, or None where the row is bad."""
        if self.has_sides:
            return self.read_sides(line, cells)
        known = len(self.draft.problems)
        amount = self.read_money(line, "amount", cells)
        if amount is None and len(self.draft.problems) == known:
            self.refuse(line, "amount", StatementRefusedError("amount_blank"))
        if self.draft.is_signed:
            return None if amount is None else (amount > 0, amount)
        is_in = self.attempt(line, "flag", lambda: parse_direction(self.get("flag", cells)))
        return None if is_in is None or amount is None else (is_in, amount)

    def read_sides(self, line: int, cells: Sequence[Cell]) -> tuple[bool, int] | None:
        known = len(self.draft.problems)
        debit = self.read_money(line, "debit", cells)
        credit = self.read_money(line, "credit", cells)
        if len(self.draft.problems) > known:
            return None
        if debit and credit:
            self.refuse(line, "debit", StatementRefusedError("amount_both"))
            return None
        if debit is None and credit is None:
            self.refuse(line, "debit", StatementRefusedError("amount_blank"))
            return None
        return (True, credit) if credit else (False, debit or 0)
