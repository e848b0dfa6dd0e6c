"""Loans that leave what the consortium sees: abroad, trail_break."""

from __future__ import annotations

from fundtrace.model.kinds import AccountKind
from fundtrace.simulate import names
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.currencies import convert_from_cny
from fundtrace.simulate.lending import Diversion, Stage, Terms
from fundtrace.simulate.population import NON_MEMBERS, USD


def tell_abroad_converted(stage: Stage) -> None:
    """A loan in yuan is converted into dollars on the borrower's own account and leaves."""
    company = stage.cast.company()
    dollars = stage.open(company, AccountKind.CURRENT, USD)
    principal = stage.draws.yuan(500_000, 2_500_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料"))
    amount = stage.part(principal, 500, 900)
    at = stage.days_after(loan.second, 1, 3)
    bought = convert_from_cny(amount, USD, at)
    payment = Payment(at, company, dollars, amount, "购汇", credit_amount=bought)
    first = stage.script.pay_from(payment, loan.handle)
    at = stage.after(at, 60, 800)
    foreign = stage.open_outside(len(NON_MEMBERS), "NOWHERE HOLDINGS", USD)
    second = stage.script.pay_from(Payment(at, dollars, foreign, bought, "投资款"), first)
    stage.divert(Diversion(loan.number, "abroad", "converted", amount, (first, second)))


def tell_abroad_dollars(stage: Stage) -> None:
    """A loan in dollars leaves at once."""
    company = stage.cast.company()
    dollars = stage.open(company, AccountKind.CURRENT, USD)
    principal = stage.draws.yuan(80_000, 400_000, 10_000)  # dollars
    loan = stage.lend(Terms(company, principal, "进口原料", account=dollars, currency=USD))
    amount = stage.part(principal, 600, 1000)
    at = stage.after(loan.second, 60, 800)
    bank = len(NON_MEMBERS) + stage.draws.between(0, len(names.FOREIGN_BICS) - 1)
    foreign = stage.open_outside(bank, "NEVERLAND TRUST", USD)
    hop = stage.script.pay_from(Payment(at, dollars, foreign, amount, "投资款"), loan.handle)
    stage.divert(Diversion(loan.number, "abroad", "dollars", amount, (hop,)))


def tell_break_non_member(stage: Stage) -> None:
    """The trail breaks at a bank that is no member; two days later its account pays the owner."""
    company, shell = stage.cast.company(), stage.cast.quiet()
    principal = stage.draws.yuan(600_000, 3_000_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=(shell,)))
    amount = stage.part(principal, 850, 980)
    at = stage.after(loan.second, 15, 200)
    first = stage.script.pay_from(Payment(at, company, shell, amount, "货款"), loan.handle)
    outside = stage.open_outside(stage.draws.between(0, len(NON_MEMBERS) - 1), "海市贸易行")
    at = stage.after(at, 30, 600)
    second = stage.script.pay_from(Payment(at, shell, outside, amount, "货款"), first)
    owner = stage.population.get_owner(company)
    at = stage.days_after(at, 1, 3)
    again = Payment(at, outside, owner, stage.part(amount, 970, 995), "往来款")
    evidence = (stage.script.put_in(again),)
    hops = (first, second)
    stage.divert(Diversion(loan.number, "trail_break", "non_member", amount, hops, evidence))


def tell_break_institution(stage: Stage) -> None:
    """The trail breaks at a payment institution, which pays the owner the day after."""
    company = stage.cast.company()
    principal = stage.draws.yuan(200_000, 900_000, 10_000)
    loan = stage.lend(Terms(company, principal, "流动资金周转"))
    institution = stage.population.institutions[stage.draws.between(0, 1)]
    amount = stage.part(principal, 500, 900)
    at = stage.after(loan.second, 30, 600)
    first = stage.script.pay_from(Payment(at, company, institution, amount, "充值"), loan.handle)
    at = stage.days_after(at, 1, 2)
    again = Payment(
        at, institution, stage.population.get_owner(company), stage.part(amount, 970, 995), "转账"
    )
    evidence = (stage.script.put_in(again),)
    stage.divert(
        Diversion(loan.number, "trail_break", "payment_institution", amount, (first,), evidence)
    )
