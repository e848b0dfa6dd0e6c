"""loan.opened and loan.closed: the contract, what was drawn on it, and how it is traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.framing import check_name
from fundtrace.ledger.kinds.bounds import Checked, Items, Text, Whole
from fundtrace.ledger.kinds.common import (
    AccountRef,
    BankReference,
    Body,
    Currency,
    Day,
    Days,
    Instant,
    Note,
    OptionalName,
    Party,
    PositiveMinor,
    RecordPointer,
)
from fundtrace.ledger.kinds.words import LoanEnd
from fundtrace.ledger.matching.related import ListCommitment
from fundtrace.model.kinds import PaymentMode, PurposeClass, Rule

# LIMIT: one contract's 借据; a revolving line that draws daily for two years has some 730.
DRAWDOWNS_MAX = 1_024
# LIMIT: an entrusted payment list of a contract; longer ones go by several contracts.
PAYEES_MAX = 512

ContractId = Annotated[str, Text(1, 64)]


@dataclass(frozen=True, slots=True)
class Drawdown(Checked):
    """One 借据: money paid out on a contract. The tracer's loan is one of these."""

    drawdown_id: ContractId
    principal_minor: PositiveMinor
    disbursed_at: Instant
    account: AccountRef
    reference: BankReference = ""


@dataclass(frozen=True, slots=True)
class DeclaredPayee(Checked):
    """An account that the loan papers name as where the money is to go."""

    account: AccountRef
    name: OptionalName = ""


@dataclass(frozen=True, slots=True)
class AttributionPin(Checked):
    """The attribution rule of a loan for good, and its parameters."""

    rule: Rule
    rule_set: Annotated[str, Text(1, 64)]  # the version of the rule set that defines it
    payee_window_days: Days  # payments to a declared payee take the loan first this long
    specific_window_seconds: Annotated[int, Whole(0, 36_525 * 86_400)]

    def check_together(self) -> None:
        """Raise InvalidInputError for a rule that does not conserve amounts."""
        if self.rule is Rule.EXPOSURE:
            raise InvalidInputError(
                "AttributionPin.rule exposure does not conserve amounts; pin one that does"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOpened(Body):
    """A loan's contract, published by its lender; a correction states it anew as it is drawn.

    ``principal_minor`` is what the contract grants, and each drawdown is at most that: on a
    revolving line they may together be more.
    """

    contract_id: ContractId
    borrower: Party
    principal_minor: PositiveMinor
    currency: Currency
    purpose_class: PurposeClass
    purpose: Note
    contract_on: Day
    maturity_on: Day | None = None
    payment_mode: PaymentMode
    drawdowns: Annotated[tuple[Drawdown, ...], Items(0, DRAWDOWNS_MAX)]
    declared_payees: Annotated[tuple[DeclaredPayee, ...], Items(0, PAYEES_MAX)]
    attribution: AttributionPin
    related_parties: ListCommitment
    renewal_of: RecordPointer | None = None

    def check_together(self) -> None:
        """Raise InvalidInputError for drawdowns that repeat or exceed the contract."""
        check_name(self.contract_id, "LoanOpened.contract_id")  # as a consent names it
        ids = [one.drawdown_id for one in self.drawdowns]
        if len(set(ids)) != len(ids):
            raise InvalidInputError("LoanOpened.drawdowns name one drawdown_id twice")
        if any(one.principal_minor > self.principal_minor for one in self.drawdowns):
            raise InvalidInputError("LoanOpened.drawdowns hold more than the contract's principal")
        accounts = [one.account for one in self.declared_payees]
        if len(set(accounts)) != len(accounts):
            raise InvalidInputError("LoanOpened.declared_payees name one account twice")
        if self.maturity_on is not None and self.maturity_on < self.contract_on:
            raise InvalidInputError("LoanOpened.maturity_on lies before contract_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanClosed(Body):
    """The end of a loan, published by its lender."""

    loan: RecordPointer  # its loan.opened
    end: LoanEnd
    closed_at: Instant
    note: Note = ""
