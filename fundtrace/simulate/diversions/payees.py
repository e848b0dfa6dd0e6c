"""Loans paid to others than declared: undeclared_payee, split_payment, cash_out."""

from __future__ import annotations

from fundtrace.model.kinds import MovementKind, PurposeClass
from fundtrace.model.tables import OUTSIDE
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.lending import Diversion, Stage, Terms

COMPANY_THRESHOLD_YUAN = 10_000_000  # of entrusted payment, unverified defaults (users-and-rules)
PERSONAL_THRESHOLD_YUAN = 500_000


def tell_undeclared_payee(stage: Stage) -> None:
    """Most of the loan goes to a company that the contract does not name."""
    company, payee = stage.cast.company(), stage.cast.quiet()
    principal = stage.draws.yuan(400_000, 2_500_000, 50_000)
    declared = stage.pick_suppliers(company, 2)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=declared))
    amount = stage.part(principal, 500, 900)
    at = stage.days_after(loan.second, 0, 4)
    at = max(at, loan.second + 600)
    hop = stage.script.pay_from(Payment(at, company, payee, amount, "服务费"), loan.handle)
    stage.divert(Diversion(loan.number, "undeclared_payee", "", amount, (hop,)))


def _split(stage: Stage, borrower: int, terms: Terms, threshold_yuan: int, variant: str) -> None:
    payee = stage.cast.quiet()
    loan = stage.lend(terms)
    at, hops, total = loan.second, [], 0
    while True:
        amount = stage.draws.yuan(threshold_yuan * 93 // 100, threshold_yuan - 1, 100)
        if amount > stage.script.get_left(loan.handle):
            break
        at = stage.after(at, 20, 500)
        payment = Payment(at, borrower, payee, amount, "货款")
        hops.append(stage.script.pay_from(payment, loan.handle))
        total += amount
    stage.divert(Diversion(loan.number, "split_payment", variant, total, tuple(hops)))


def tell_split_personal(stage: Stage) -> None:
    """A sole trader pays one payee several times just below the personal threshold."""
    shop = stage.cast.shop()
    principal = stage.draws.yuan(1_500_000, 2_400_000, 10_000)
    terms = Terms(shop, principal, "店铺进货", PurposeClass.PERSONAL_BUSINESS)
    _split(stage, shop, terms, PERSONAL_THRESHOLD_YUAN, "personal")


def tell_split_company(stage: Stage) -> None:
    """A company pays one payee several times just below ten million."""
    company = stage.cast.company()
    principal = stage.draws.yuan(30_000_000, 50_000_000, 1_000_000)
    terms = Terms(company, principal, "设备及原材料采购")
    _split(stage, company, terms, COMPANY_THRESHOLD_YUAN, "company")


def tell_cash_out(stage: Stage) -> None:
    """The loan is drawn in cash, within days, in amounts just below 50,000."""
    shop = stage.cast.shop()
    principal = stage.draws.yuan(200_000, 480_000, 10_000)
    loan = stage.lend(Terms(shop, principal, "店铺进货", PurposeClass.PERSONAL_BUSINESS))
    at, hops, total = loan.second, [], 0
    for _ in range(stage.draws.between(3, 4)):
        at = stage.after(at, 15, 900)
        amount = stage.draws.yuan(45_000, 49_900, 100)
        payment = Payment(at, shop, OUTSIDE, amount, "提现", kind=MovementKind.CASH)
        hops.append(stage.script.pay_from(payment, loan.handle))
        total += amount
    stage.divert(Diversion(loan.number, "cash_out", "", total, tuple(hops)))
