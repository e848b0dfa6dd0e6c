"""Loans whose way is made hard to follow: pass_through, scatter_gather."""

from __future__ import annotations

from fundtrace.simulate import clock
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.lending import Diversion, Stage, Terms


def tell_pass_through(stage: Stage) -> None:
    """A company registered weeks ago passes the money on within hours, less a little."""
    company, shell, end = stage.cast.company(), stage.cast.quiet(), stage.cast.quiet()
    principal = stage.draws.yuan(400_000, 2_500_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料"))
    day = loan.second // clock.DAY_SECONDS
    stage.young.append((shell, day - stage.draws.between(20, 80)))
    amount = stage.part(principal, 700, 1000)
    at = stage.after(loan.second, 15, 60)
    first = stage.script.pay_from(Payment(at, company, shell, amount, "咨询费"), loan.handle)
    passed = stage.part(amount, 960, 995)
    at = stage.after(at, 12, 150)
    second = stage.script.pay_from(Payment(at, shell, end, passed, "往来款"), first)
    stage.divert(Diversion(loan.number, "pass_through", "", passed, (first, second)))


def tell_scatter_gather(stage: Stage) -> None:
    """The money goes to three to six people and comes together again with one company."""
    company, gatherer = stage.cast.company(), stage.cast.quiet()
    count = stage.draws.between(3, 6)
    principal = stage.draws.yuan(600_000, 2_400_000, 50_000)
    loan = stage.lend(Terms(company, principal, "支付劳务费"))
    out, back, total = [], [], 0
    for _ in range(count):
        person = stage.cast.person()
        amount = stage.part(principal, 800 // count, 980 // count)
        at = stage.after(loan.second, 15, 400)
        payment = Payment(at, company, person, amount, "劳务费")
        out.append(stage.script.pay_from(payment, loan.handle))
        gathered = stage.part(amount, 950, 1000)
        at = stage.after(at, 60, 1_500)
        back.append(stage.script.pay_from(Payment(at, person, gatherer, gathered, "借款"), out[-1]))
        total += gathered
    hops = tuple(sorted((*out, *back), key=lambda one: stage.script.payments[one].second))
    stage.divert(Diversion(loan.number, "scatter_gather", "", total, hops))
