"""New loans that repay old ones: loan_repayment."""

from __future__ import annotations

from fundtrace.model.kinds import AccountKind
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import NOTHING, Payment
from fundtrace.simulate.lending import Diversion, Loan, Stage, Terms


def lend_and_spend(stage: Stage, company: int, account: int = NOTHING) -> Loan:
    """Lend what is paid to a supplier whole, so that nothing of it is left at maturity."""
    principal = stage.draws.yuan(300_000, 1_500_000, 50_000)
    payees = stage.pick_suppliers(company, 1)
    second = stage.draw_second(5, 40)
    terms = Terms(
        *(company, principal, "采购原材料"),
        payees=payees,
        account=account,
        second=second,
        months=6,
        repays=False,
    )
    loan = stage.lend(terms)
    at = stage.after(second, 5, 60)
    payment = Payment(at, loan.account, payees[0], principal, "材料款")
    stage.script.pay_from(payment, loan.handle)
    return loan


def tell_repaid_directly(stage: Stage) -> None:
    """A new loan goes to the borrower's account at the old lender and repays the old loan."""
    company = stage.cast.company()
    other = stage.open(company, AccountKind.CURRENT)
    old = lend_and_spend(stage, company, other)
    _repay(stage, old, company, ())


def tell_repaid_by_supplier(stage: Stage) -> None:
    """As before, but by way of a supplier who lends a hand."""
    company = stage.cast.company()
    other = stage.open(company, AccountKind.CURRENT)
    old = lend_and_spend(stage, company, other)
    _repay(stage, old, company, (stage.cast.quiet(),))


def _repay(stage: Stage, old: Loan, company: int, between: tuple[int, ...]) -> None:
    second = stage.days_after((old.maturity_day - 3) * clock.DAY_SECONDS, 0, 1)
    principal = old.terms.principal * stage.draws.between(105, 140) // 100
    payees = between or stage.pick_suppliers(company, 1)
    new = stage.lend(Terms(company, principal, "采购原材料", payees=payees, second=second))
    at, payer, source, hops = second, company, new.handle, []
    for payee in (*between, old.account):
        at = stage.after(at, 20, 300)
        payment = Payment(at, payer, payee, old.terms.principal, "货款周转")
        source = stage.script.pay_from(payment, source)
        hops.append(source)
        payer = payee
    at = stage.after(at, 20, 300)
    hops.append(stage.repay(old, at, old.account, old.terms.principal, source))
    variant = "by_supplier" if between else "direct"
    amount = old.terms.principal
    stage.divert(Diversion(new.number, "loan_repayment", variant, amount, tuple(hops)))
