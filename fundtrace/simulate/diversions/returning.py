"""Loans that come home: round_trip, related_party, guarantor_return."""

from __future__ import annotations

from fundtrace.model.kinds import AccountKind, PaymentMode, Relation
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.lending import Diversion, Stage, Terms


def tell_round_trip_by_supplier(stage: Stage) -> None:
    """The declared supplier sends the money to the borrower's account at another bank."""
    company, supplier = stage.cast.company(), stage.cast.quiet()
    home = stage.open(company, AccountKind.CURRENT)
    principal = stage.draws.yuan(500_000, 3_000_000, 50_000)
    mode = PaymentMode.ENTRUSTED
    loan = stage.lend(Terms(company, principal, "采购原材料", mode=mode, payees=(supplier,)))
    at = stage.after(loan.second, 2, 20)
    out = stage.script.pay_from(Payment(at, company, supplier, principal, "材料款"), loan.handle)
    back = stage.part(principal, 850, 980)
    at = stage.days_after(at, 1, 3)
    home_payment = Payment(at, supplier, home, back, "往来款")
    returned = stage.script.pay_from(home_payment, out)
    stage.divert(Diversion(loan.number, "round_trip", "supplier", back, (out, returned)))


def tell_round_trip_by_shells(stage: Stage) -> None:
    """The declared supplier sends it on by two companies to the owner."""
    company, supplier = stage.cast.company(), stage.cast.quiet()
    shells = [stage.cast.quiet(), stage.cast.quiet()]
    principal = stage.draws.yuan(800_000, 4_000_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=(supplier,)))
    at, source, payer, amount = loan.second, loan.handle, company, principal
    hops = []
    for payee in (supplier, *shells, stage.population.get_owner(company)):
        at = stage.after(at, 20, 900)
        amount = stage.part(amount, 930, 990)
        purpose = "货款" if payee != stage.population.get_owner(company) else "借款"
        source = stage.script.pay_from(Payment(at, payer, payee, amount, purpose), source)
        hops.append(source)
        payer = payee
    stage.divert(Diversion(loan.number, "round_trip", "shells", amount, tuple(hops)))


def _pay_related(stage: Stage, company: int, payee: int, variant: str) -> None:
    principal = stage.draws.yuan(300_000, 2_000_000, 50_000)
    payees = stage.pick_suppliers(company, 2)
    loan = stage.lend(Terms(company, principal, "流动资金周转", payees=payees))
    amount = stage.part(principal, 350, 800)
    at = stage.days_after(loan.second, 1, 12)
    hop = stage.script.pay_from(Payment(at, company, payee, amount, "往来款"), loan.handle)
    at = stage.after(loan.second, 5, 60)
    rest = stage.part(stage.script.get_left(loan.handle), 300, 900)
    stage.script.pay_from(Payment(at, company, payees[0], rest, "材料款"), loan.handle)
    stage.divert(Diversion(loan.number, "related_party", variant, amount, (hop,)))


def tell_related_owner(stage: Stage) -> None:
    """The company pays its owner."""
    company = stage.cast.company()
    _pay_related(stage, company, stage.population.get_owner(company), "owner")


def tell_related_spouse(stage: Stage) -> None:
    """The company pays its owner's spouse."""
    company = stage.cast.married_company()
    spouse = stage.population.find_spouse(company)
    if spouse is None:
        raise AssertionError("a married company's owner has no spouse")
    _pay_related(stage, company, spouse, "spouse")


def tell_related_affiliate(stage: Stage) -> None:
    """The company pays an affiliate that it does not declare."""
    company, affiliate = stage.cast.company(), stage.cast.quiet()
    stage.relate(company, affiliate, Relation.AFFILIATE)
    _pay_related(stage, company, affiliate, "affiliate")


def tell_related_employee(stage: Stage) -> None:
    """The company pays an employee of the lender."""
    company, employee = stage.cast.company(), stage.cast.person()
    stage.relate(company, employee, Relation.LENDER_EMPLOYEE)
    _pay_related(stage, company, employee, "lender_employee")


def tell_guarantor_return(stage: Stage) -> None:
    """The guarantor receives 0.2 to 1.25 of the loan within three days.

    What exceeds the loan comes out of a customer's payment that arrives before.
    """
    company, guarantor = stage.cast.company(), stage.cast.quiet()
    stage.relate(company, guarantor, Relation.GUARANTOR)
    principal = stage.draws.yuan(400_000, 2_000_000, 50_000)
    amount = stage.part(principal, 200, 1250)
    loan = stage.lend(Terms(company, principal, "流动资金周转"))
    sources = [loan.handle]
    at = stage.after(loan.second, 30, 90)
    if amount > principal:
        customer = stage.open_outside(0, "海市客户")
        receipt = Payment(at, customer, company, principal, "货款")
        sources.append(stage.script.put_in(receipt))
    at = stage.after(at, 30, 120)
    if stage.draws.between(0, 1):
        at = min(stage.days_after(at, 1, 2), loan.second + 3 * 86_400 - 60)
    hop = stage.script.pay_from(Payment(at, company, guarantor, amount, "往来款"), *sources)
    traced = min(amount, principal)
    stage.divert(Diversion(loan.number, "guarantor_return", "", traced, (hop,)))
