"""Loans spent on what their purpose forbids, or laid aside: prohibited_use, idle_or_pledged."""

from __future__ import annotations

from fundtrace.model.kinds import AccountKind, PurposeClass
from fundtrace.simulate.candidates import GAMBLING, Payment
from fundtrace.simulate.lending import Diversion, Loan, Stage, Terms


def _lend_to_company(stage: Stage) -> Loan:
    company = stage.cast.company()
    principal = stage.draws.yuan(400_000, 3_000_000, 50_000)
    payees = stage.pick_suppliers(company, 2)
    return stage.lend(Terms(company, principal, "采购原材料", payees=payees))


def _spend(stage: Stage, loan: Loan, payee: int, purpose: str, kind: tuple[str, str]) -> None:
    """Pay a good part of the loan in one hop, and a supplier besides."""
    amount = stage.part(loan.terms.principal, 400, 850)
    at = stage.after(loan.second, 30, 2_000)
    payment = Payment(at, loan.account, payee, amount, purpose)
    hop = stage.script.pay_from(payment, loan.handle)
    if loan.terms.payees:
        at = stage.days_after(loan.second, 1, 9)
        rest = stage.part(stage.script.get_left(loan.handle), 300, 900)
        payment = Payment(at, loan.account, loan.terms.payees[0], rest, "材料款")
        stage.script.pay_from(payment, loan.handle)
    stage.divert(Diversion(loan.number, *kind, amount, (hop,)))


def tell_securities(stage: Stage) -> None:
    """The company moves the money to its own securities account."""
    loan = _lend_to_company(stage)
    account = stage.open(loan.terms.holder, AccountKind.SECURITIES)
    _spend(stage, loan, account, "证券转入", ("prohibited_use", "securities"))


def tell_securities_by_owner(stage: Stage) -> None:
    """The money goes to the owner and from there to a broker's pool account."""
    loan = _lend_to_company(stage)
    owner = stage.population.get_owner(loan.terms.holder)
    amount = stage.part(loan.terms.principal, 400, 850)
    at = stage.after(loan.second, 30, 600)
    first = stage.script.pay_from(Payment(at, loan.account, owner, amount, "备用金"), loan.handle)
    pool = stage.population.broker_pools[stage.draws.between(0, 1)]
    at = stage.after(at, 30, 900)
    second = stage.script.pay_from(Payment(at, owner, pool, amount, "证券转入"), first)
    hops = (first, second)
    stage.divert(Diversion(loan.number, "prohibited_use", "securities_pool", amount, hops))


def tell_property(stage: Stage) -> None:
    """The company pays a property developer."""
    loan = _lend_to_company(stage)
    developer = stage.cast.developer(stage.draws)
    _spend(stage, loan, developer, "购房款", ("prohibited_use", "property"))


def tell_property_escrow(stage: Stage) -> None:
    """A sole trader's business loan goes into a developer's escrow account."""
    shop = stage.cast.shop()
    principal = stage.draws.yuan(300_000, 900_000, 10_000)
    purpose = PurposeClass.PERSONAL_BUSINESS
    loan = stage.lend(Terms(shop, principal, "店铺周转", purpose))
    escrow = stage.open(stage.cast.developer(stage.draws), AccountKind.PROPERTY_ESCROW)
    _spend(stage, loan, escrow, "购房款", ("prohibited_use", "property_escrow"))


def tell_wealth(stage: Stage) -> None:
    """The company buys a wealth product."""
    loan = _lend_to_company(stage)
    account = stage.open(loan.terms.holder, AccountKind.WEALTH)
    _spend(stage, loan, account, "理财", ("prohibited_use", "wealth"))


def tell_gambling(stage: Stage) -> None:
    """A consumer loan is staked, some thousands at a time, by a payment institution."""
    person = stage.cast.person()
    principal = stage.draws.yuan(80_000, 290_000, 10_000)
    purpose = PurposeClass.PERSONAL_CONSUMPTION
    loan = stage.lend(Terms(person, principal, "家庭消费", purpose))
    institution = stage.population.institutions[stage.draws.between(0, 1)]
    at, hops, total = loan.second, [], 0
    for _ in range(stage.draws.between(4, 9)):
        at = stage.after(at, 15, 700)
        amount = stage.part(principal, 60, 100)
        payment = Payment(at, person, institution, amount, "充值", mcc=GAMBLING)
        hops.append(stage.script.pay_from(payment, loan.handle))
        total += amount
    stage.divert(Diversion(loan.number, "prohibited_use", "gambling", total, tuple(hops)))


def tell_term_deposit(stage: Stage) -> None:
    """The company lays the money into its own term deposit."""
    loan = _lend_to_company(stage)
    account = stage.open(loan.terms.holder, AccountKind.TERM_DEPOSIT)
    _spend(stage, loan, account, "定期存款", ("idle_or_pledged", "term_deposit"))


def tell_bill_margin(stage: Stage) -> None:
    """The company pledges the money as margin for acceptance bills."""
    loan = _lend_to_company(stage)
    account = stage.open(loan.terms.holder, AccountKind.BILL_MARGIN)
    _spend(stage, loan, account, "保证金", ("idle_or_pledged", "bill_margin"))
