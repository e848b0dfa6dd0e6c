"""One bank statement as values: its rows, what was doubtful about it, and whom it names.

Directions are those of the statement's owner: money goes *out* of the account (借) or comes
*in* (贷). Amounts are whole minor units of the statement's one currency, times are
microseconds since the epoch, lines are those of the file. ``fundtrace.books`` reads these
values from files and ``fundtrace.report`` renders them; neither knows of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from fundtrace.model.kinds import MovementKind

OWN_BANK = "OWN"  # the bank of the statement's own account in the movement tables


@dataclass(frozen=True)
class Finding:
    """Something about the statement that a reader of the answer must know.

    ``code`` names a text of the page; ``lines`` are lines of the file; ``amounts`` are
    minor units and ``texts`` words that the text shows, both in the order in which it does.
    """

    code: str
    lines: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counterparty:
    """An account beyond the statement, or a name where the statement gives no account."""

    bank: str  # as in the movement tables: CNAPS code, bank name or UNKNOWN_BANK
    account: str  # as in the movement tables
    name: str  # as in the file, may be empty
    shown_account: str  # as in the file, empty where only a name is known
    shown_bank: str  # name and code as far as the file gives them, may be empty
    hints: tuple[str, ...] = ()  # what name and texts suggest: same_name, payee, securities ...


@dataclass(frozen=True)
class StatementRow:
    """One booking of the statement, in the order in which it happened."""

    line: int
    booked_at: int
    is_in: bool
    amount_minor: int  # > 0 once settled; negative is red ink
    balance_minor: int | None
    counterparty_name: str
    counterparty_account: str
    bank_code: str
    bank_name: str
    text: str  # summary, purpose and remark, joined
    kind: MovementKind = MovementKind.TRANSFER
    reverses_line: int = 0  # line of the row that this one takes back, or 0

    @property
    def movement_id(self) -> str:
        """Return the id that the row has in the movement tables."""
        return f"R{self.line}"

    @property
    def effect_minor(self) -> int:
        """Return by how much the row changes the balance."""
        return self.amount_minor if self.is_in else -self.amount_minor

    @property
    def has_counterparty(self) -> bool:
        """Tell whether the row says with whom money was exchanged."""
        return bool(self.counterparty_account or self.counterparty_name)


@dataclass(frozen=True)
class Statement:
    """A statement, read whole, in the order in which it happened."""

    file_name: str
    file_hash: str  # sha256 of the file's bytes, hex
    sheet: str  # name of the sheet, empty for CSV
    account: str  # may be empty
    holder_name: str  # may be empty
    bank_name: str  # may be empty
    currency: str
    printed_period: str  # as the file prints it, may be empty
    opening_minor: int | None
    rows: tuple[StatementRow, ...]
    findings: tuple[Finding, ...]

    @property
    def has_balances(self) -> bool:
        """Tell whether any row gives the balance after it."""
        return any(row.balance_minor is not None for row in self.rows)


@dataclass(frozen=True)
class LoanQuestion:
    """The loan that the officer asks about."""

    loan_id: str
    disbursed_on: str  # ISO date
    principal_minor: int
    payees: tuple[str, ...] = ()  # names or account numbers


@dataclass(frozen=True)
class StatementFacts:
    """What a page about a statement shows besides the trails."""

    statement: Statement
    loan: LoanQuestion
    disbursement_line: int  # line of the credit taken as the disbursement, 0: assumed
    counterparties: tuple[Counterparty, ...]
    findings: tuple[Finding, ...]  # of the statement and of the question put to it
