"""Several borrowers' loans in one hand: pooling, third_party_repayment."""

from __future__ import annotations

from fundtrace.model.kinds import MovementKind, PurposeClass
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.lending import Diversion, Loan, Stage, Terms


def _lend_to_farmers(stage: Stage, count: int) -> list[Loan]:
    """Lend about the same to farmers at whatever bank each has, within a few days."""
    first = stage.draw_second()
    loans = []
    for _ in range(count):
        principal = stage.draws.yuan(200_000, 400_000, 10_000)
        at = stage.days_after(first, 0, 4)
        purpose = PurposeClass.PERSONAL_BUSINESS
        terms = Terms(stage.cast.farmer(), principal, "购买种苗饲料", purpose, second=at)
        loans.append(stage.lend(terms))
    return loans


def _collect(stage: Stage, loans: list[Loan], agent: int) -> list[int]:
    """Let every borrower pay most of the loan to the agent; return the payments."""
    payments = []
    for loan in loans:
        at = stage.after(loan.second, 30, 900)
        amount = stage.part(loan.terms.principal, 900, 1000)
        payment = Payment(at, loan.account, agent, amount, "往来款")
        payments.append(stage.script.pay_from(payment, loan.handle))
    return payments


def tell_pooling(stage: Stage) -> None:
    """Three to eight borrowers' loans meet at an agent, who pays a developer."""
    loans = _lend_to_farmers(stage, stage.draws.between(3, 8))
    agent, developer = stage.cast.quiet(), stage.cast.developer(stage.draws)
    payments = _collect(stage, loans, agent)
    group = stage.start_group()
    amounts = [stage.script.payments[one].amount for one in payments]
    at = stage.days_after(max(stage.script.payments[one].second for one in payments), 1, 3)
    payment = Payment(at, agent, developer, sum(amounts), "投资款")
    onward = stage.script.pay_from(payment, *payments)
    for loan, hop, amount in zip(loans, payments, amounts, strict=True):
        diversion = Diversion(loan.number, "pooling", "", amount, (hop, onward), (), group)
        stage.divert(diversion)


def tell_third_party_repayment(stage: Stage) -> None:
    """One company gathers several borrowers' loans and pays the interest of all of them."""
    loans = _lend_to_farmers(stage, stage.draws.between(3, 8))
    payer = stage.cast.quiet()
    payments = _collect(stage, loans, payer)
    group = stage.start_group()
    latest = max(stage.script.payments[one].second for one in payments)
    start = stage.days_after(latest, 8, 25)
    for loan, source in zip(loans, payments, strict=True):
        paid = []
        for month in range(2):
            day = start // clock.DAY_SECONDS + month * 30
            at = stage.days_after(day * clock.DAY_SECONDS, 0, 0)
            interest = stage.get_monthly_interest(loan)
            payment = Payment(
                *(at, payer, loan.ledger_account, interest, "代付利息"),
                kind=MovementKind.INTEREST,
                loan=loan.number,
            )
            paid.append(stage.script.pay_from(payment, source))
        amount = stage.script.payments[source].amount
        diversion = Diversion(
            loan.number, "third_party_repayment", "", amount, (source,), tuple(paid), group
        )
        stage.divert(diversion)
