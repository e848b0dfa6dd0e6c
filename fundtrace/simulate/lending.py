"""Loans, and the stage on which their stories are told.

A story is a function of a ``Stage``: it takes parties from the cast, lends to them, writes
payments into the script, and records what it did, as a diversion or as a negative (what looks
like one and is none). ``tell_plain_loan`` is the ordinary case: the money goes to declared
suppliers, then into the business.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fundtrace.model.kinds import (
    AccountKind,
    MovementKind,
    PaymentMode,
    PurposeClass,
    Relation,
)
from fundtrace.model.tables import NO_VALUE, Int64s
from fundtrace.simulate import clock, names
from fundtrace.simulate.candidates import NOTHING, Payment, Script
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.population import Account, Cast, Outsider, Population, is_of_stories

SUPPLIERS_EACH = 6
INTEREST_DAY = 21  # of the month, when banks settle interest
_RATE_BASIS = 435  # 4.35 % a year, in hundredths of a percent
_LAST_START_DAY = 290  # stories have 75 days to unfold


@dataclass(frozen=True)
class Terms:
    """What a loan contract says."""

    holder: int
    principal: int
    purpose: str
    purpose_class: PurposeClass = PurposeClass.WORKING_CAPITAL
    mode: PaymentMode = PaymentMode.SELF
    payees: tuple[int, ...] = ()  # accounts
    account: int = NOTHING  # the borrower's first account unless said
    second: int = NOTHING  # of the disbursement; drawn unless said
    currency: int = 0
    months: int = 12
    renewal_of: int = NOTHING  # loan
    repays: bool = True  # principal, every third month and at maturity


@dataclass(frozen=True)
class Loan:
    """A loan that was paid out."""

    number: int
    terms: Terms
    bank: int
    account: int
    ledger_account: int  # the bank's loan account
    second: int
    handle: int  # of the disbursement
    contract_day: int
    maturity_day: int
    branch: int
    officer: int


@dataclass(frozen=True)
class Diversion:
    """One loan's part in a diversion; ``hops`` carry its money, ``evidence`` need not."""

    loan: int
    type: str
    variant: str
    amount: int
    hops: tuple[int, ...]
    evidence: tuple[int, ...] = ()
    group: int = NOTHING


@dataclass(frozen=True)
class Negative:
    """What looks like a diversion of a loan and is none."""

    loan: int
    type: str
    resembles: str
    hops: tuple[int, ...]


@dataclass(eq=False)
class Stage:
    """Everything that a story needs, and where it is recorded."""

    draws: Draws
    population: Population
    cast: Cast
    suppliers: Int64s  # by trader: SUPPLIERS_EACH traders that it buys from
    script: Script = field(default_factory=Script)
    loans: list[Loan] = field(default_factory=list)
    diversions: list[Diversion] = field(default_factory=list)
    negatives: list[Negative] = field(default_factory=list)
    relations: list[tuple[int, int, Relation]] = field(default_factory=list)
    young: list[tuple[int, int]] = field(default_factory=list)  # company, day of registration
    groups: int = 0

    # --- time ---------------------------------------------------------------------------

    def draw_second(self, first_day: int = 10, last_day: int = _LAST_START_DAY) -> int:
        """Return a second in the morning of a workday."""
        days = clock.WORKDAYS
        low, high = (int(at) for at in np.searchsorted(days, (first_day, last_day)))
        day = int(days[self.draws.between(low, high - 1)])
        return day * clock.DAY_SECONDS + clock.OPENS_AT + self.draws.between(600, 9_000)

    def after(self, second: int, low_minutes: int, high_minutes: int) -> int:
        """Return a second so much later, within banking hours."""
        later = second + self.draws.between(low_minutes * 60, high_minutes * 60)
        return clock.move_into_hours(later, self.draws)

    def days_after(self, second: int, low: int, high: int) -> int:
        """Return a second so many days later, within banking hours."""
        day = second // clock.DAY_SECONDS + self.draws.between(low, high)
        at = day * clock.DAY_SECONDS + clock.OPENS_AT + self.draws.between(600, 27_000)
        return clock.move_into_hours(at, self.draws)

    # --- parties and accounts -----------------------------------------------------------

    def open(self, holder: int, kind: AccountKind, currency: int = 0) -> int:
        """Open an account for a party, seldom at the bank of its first one."""
        bank = self.draws.between(0, self.population.member_count - 1)
        return self.population.open(Account(bank, holder, kind, currency))

    def open_outside(self, bank: int, name: str, currency: int = 0) -> int:
        """Return a new account at the k-th bank that is no member, or abroad."""
        return self.population.open_outside(Outsider(bank, currency, name))

    def relate(self, holder: int, other: int, relation: Relation) -> None:
        """Note that ``other`` is the ``relation`` of ``holder``."""
        self.relations.append((holder, other, relation))

    def pick_suppliers(self, company: int, count: int) -> tuple[int, ...]:
        """Return some companies that a company buys from; anybody's, if it is no trader."""
        row = self.suppliers[company % len(self.suppliers)].tolist()
        known = [one for one in (*row, *range(20)) if one != company and not is_of_stories(one)]
        return tuple(dict.fromkeys(known))[:count]

    # --- money --------------------------------------------------------------------------

    def part(self, amount: int, low_per_mille: int, high_per_mille: int) -> int:
        """Return a part of an amount, in whole hundreds of yuan where it is large enough."""
        part = amount * self.draws.between(low_per_mille, high_per_mille) // 1000
        return part // 100_00 * 100_00 or part

    def lend(self, terms: Terms) -> Loan:
        """Pay out a loan, and let its interest fall due."""
        second = self.draw_second() if terms.second == NOTHING else terms.second
        account = terms.holder if terms.account == NOTHING else terms.account
        bank = self.population.get_bank(account)
        ledger = self.population.open(
            Account(bank, terms.holder, AccountKind.LOAN, terms.currency, NO_VALUE)
        )
        kind = MovementKind.DISBURSEMENT
        handle = self.script.put_in(
            Payment(second, ledger, account, terms.principal, "贷款发放", kind)
        )
        day = second // clock.DAY_SECONDS
        loan = Loan(
            number=len(self.loans),
            terms=terms,
            bank=bank,
            account=account,
            ledger_account=ledger,
            second=second,
            handle=handle,
            contract_day=day - self.draws.between(1, 6),
            maturity_day=day + terms.months * 30,
            branch=self.draws.between(0, len(names.BRANCHES) - 1),
            officer=self.draws.between(0, len(names.OFFICERS) - 1),
        )
        self.loans.append(loan)
        self._charge_interest(loan)
        return loan

    def repay(self, loan: Loan, second: int, payer: int, amount: int, *sources: int) -> int:
        """Repay principal of a loan, out of what ``sources`` brought if any are named."""
        payment = Payment(
            *(second, payer, loan.ledger_account, amount, "还本"),
            kind=MovementKind.REPAYMENT,
            loan=loan.number,
        )
        return self.script.pay_from(payment, *sources) if sources else self.script.pay(payment)

    def get_monthly_interest(self, loan: Loan) -> int:
        """Return a month's interest."""
        return max(1, loan.terms.principal * _RATE_BASIS // 120_000)

    def _charge_interest(self, loan: Loan) -> None:
        """Let interest fall due every month at nine o'clock, and principal every third time."""
        terms, paid = loan.terms, 0
        last = loan.second // clock.DAY_SECONDS + 3
        due = _INTEREST_DAYS[last < _INTEREST_DAYS]
        for turn, day in enumerate(due[due < loan.maturity_day].tolist(), start=1):
            at = day * clock.DAY_SECONDS + clock.OPENS_AT
            payment = Payment(
                *(at, loan.account, loan.ledger_account, self.get_monthly_interest(loan), "利息"),
                kind=MovementKind.INTEREST,
                loan=loan.number,
            )
            self.script.pay(payment)
            if terms.repays and turn % 3 == 0:
                part = terms.principal * 3 // terms.months
                paid += part
                self.repay(loan, at + 60, loan.account, part)
        left = terms.principal - paid
        if terms.repays and left and loan.maturity_day < clock.DAYS - 3:
            at = self.days_after(loan.maturity_day * clock.DAY_SECONDS, 0, 1)
            self.repay(loan, at, loan.account, left)

    # --- the record ---------------------------------------------------------------------

    def divert(self, diversion: Diversion) -> None:
        """Record a diversion."""
        self.diversions.append(diversion)

    def clear(self, negative: Negative) -> None:
        """Record what looks like a diversion and is none."""
        self.negatives.append(negative)

    def start_group(self) -> int:
        """Return the number of a new group of loans that one diversion joins."""
        self.groups += 1
        return self.groups


def _find_interest_days() -> Int64s:
    days = [day for day in range(clock.DAYS) if clock.render_day(day).endswith(f"-{INTEREST_DAY}")]
    found: Int64s = clock.NEXT_WORKDAY[np.array(days)]
    return found


_INTEREST_DAYS = _find_interest_days()


def tell_plain_loan(stage: Stage) -> None:
    """Lend to a company that pays declared suppliers and uses the rest in its business."""
    company = stage.cast.plain_company()
    payees = stage.pick_suppliers(company, stage.draws.between(1, 3))
    entrusted = stage.draws.between(0, 2) == 0
    terms = Terms(
        holder=company,
        principal=stage.draws.yuan(200_000, 4_000_000, 50_000),
        purpose="采购原材料",
        mode=PaymentMode.ENTRUSTED if entrusted else PaymentMode.SELF,
        payees=payees,
        months=stage.draws.between(1, 2) * 6,
    )
    loan = stage.lend(terms)
    at = loan.second
    for payee in payees:
        at = stage.after(at, 2, 90) if entrusted else stage.days_after(at, 0, 9)
        if at <= loan.second:
            at = stage.after(loan.second, 5, 60)
        amount = stage.part(loan.terms.principal, 200, 330)
        stage.script.pay_from(Payment(at, company, payee, amount, "材料款"), loan.handle)
    if stage.draws.between(0, 3) == 0:
        stage.relate(company, stage.cast.quiet(), Relation.GUARANTOR)
