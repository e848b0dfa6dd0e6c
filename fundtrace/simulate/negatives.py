"""What looks like a diversion and is none: the stories that a rule must leave alone."""

from __future__ import annotations

from collections.abc import Callable

from fundtrace.model.kinds import (
    AccountKind,
    MovementKind,
    PaymentMode,
    PurposeClass,
    Relation,
)
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import Payment
from fundtrace.simulate.diversions.refinancing import lend_and_spend
from fundtrace.simulate.lending import Negative, Stage, Terms

FARMERS_OF_ONE_DEALER = 8
RENOVATION_PAYMENTS = 30


def tell_declared_relative(stage: Stage) -> None:
    """The supplier is related to the borrower, declared, and delivers."""
    company, supplier = stage.cast.company(), stage.cast.quiet()
    stage.relate(company, supplier, Relation.AFFILIATE)
    principal = stage.draws.yuan(300_000, 1_500_000, 50_000)
    mode = PaymentMode.ENTRUSTED
    loan = stage.lend(Terms(company, principal, "采购原材料", mode=mode, payees=(supplier,)))
    at = stage.after(loan.second, 2, 30)
    hop = stage.script.pay_from(Payment(at, company, supplier, principal, "材料款"), loan.handle)
    at = stage.days_after(at, 4, 12)
    goods = stage.pick_suppliers(company, 1)[0]
    payment = Payment(at, supplier, goods, stage.part(principal, 500, 800), "材料款")
    onward = stage.script.pay_from(payment, hop)
    stage.clear(Negative(loan.number, "declared_relative", "related_party", (hop, onward)))


def tell_genuine_refund(stage: Stage) -> None:
    """A supplier takes part of the goods back and returns what they cost."""
    company, supplier = stage.cast.company(), stage.cast.company()
    principal = stage.draws.yuan(300_000, 1_500_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=(supplier,)))
    at = stage.after(loan.second, 10, 300)
    amount = stage.part(principal, 600, 1000)
    paid = stage.script.pay_from(Payment(at, company, supplier, amount, "货款"), loan.handle)
    at = stage.days_after(at, 2, 9)
    refund = Payment(
        *(at, supplier, company, stage.part(amount, 100, 400), "退款"),
        kind=MovementKind.RETURN,
        reverses=paid,
    )
    returned = stage.script.pay_from(refund, paid)
    stage.clear(Negative(loan.number, "genuine_refund", "round_trip", (paid, returned)))


def tell_owner_salary(stage: Stage) -> None:
    """The owner draws a modest salary every month, before the loan and after it."""
    company = stage.cast.company()
    owner = stage.population.get_owner(company)
    principal = stage.draws.yuan(500_000, 2_000_000, 50_000)
    payees = stage.pick_suppliers(company, 2)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=payees))
    salary = stage.draws.yuan(8_000, 15_000, 500)
    for month in range(1, 4):
        day = loan.second // clock.DAY_SECONDS - month * 30
        if day > 0:
            at = stage.days_after(day * clock.DAY_SECONDS, 0, 0)
            stage.script.pay(Payment(at, company, owner, salary, "工资"))
    at = stage.after(loan.second, 10, 200)
    amount = stage.part(principal, 700, 900)
    stage.script.pay_from(Payment(at, company, payees[0], amount, "材料款"), loan.handle)
    hops = []
    for month in (1, 2):
        at = stage.days_after(loan.second, month * 30 - 12, month * 30 - 12)
        payment = Payment(at, company, owner, salary, "工资")
        hops.append(stage.script.pay_from(payment, loan.handle))
    stage.clear(Negative(loan.number, "owner_salary", "round_trip", tuple(hops)))


def tell_circular_trade(stage: Stage) -> None:
    """A buys from B, B from C, and C from A: weeks apart, each at a price of its own."""
    company, supplier, maker = (stage.cast.company() for _ in range(3))
    principal = stage.draws.yuan(400_000, 1_500_000, 50_000)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=(supplier,)))
    at, payer, source, amount = loan.second, company, loan.handle, principal
    hops = []
    for payee, low, high in ((supplier, 700, 1000), (maker, 250, 500), (company, 300, 700)):
        at = stage.days_after(at, 7, 16)
        amount = stage.part(amount, low, high)
        source = stage.script.pay_from(Payment(at, payer, payee, amount, "货款"), source)
        hops.append(source)
        payer = payee
    stage.clear(Negative(loan.number, "circular_trade", "round_trip", tuple(hops)))


def tell_small_renovation(stage: Stage) -> None:
    """A flat is renovated: thirty small payments to a dozen craftsmen and shops."""
    person = stage.cast.person()
    principal = stage.draws.yuan(120_000, 280_000, 10_000)
    purpose = PurposeClass.PERSONAL_CONSUMPTION
    loan = stage.lend(Terms(person, principal, "房屋装修", purpose))
    shops = stage.population.blocks.shops
    craftsmen = [shops[stage.draws.between(0, len(shops) - 1)] for _ in range(12)]
    at, hops = loan.second, []
    for turn in range(RENOVATION_PAYMENTS):
        at = stage.after(at, 60, 2_600)
        amount = stage.part(principal, 8, 32)
        payment = Payment(at, person, craftsmen[turn * 5 % 12], amount, "装修款")
        hops.append(stage.script.pay_from(payment, loan.handle))
    stage.clear(Negative(loan.number, "small_renovation", "split_payment", tuple(hops)))


def tell_feed_dealer(stage: Stage) -> None:
    """Farmers pay the feed dealer that they declared, and their own interest."""
    dealer = stage.cast.quiet()
    first = stage.draw_second()
    for _ in range(FARMERS_OF_ONE_DEALER):
        principal = stage.draws.yuan(200_000, 400_000, 10_000)
        terms = Terms(
            *(stage.cast.farmer(), principal, "购买饲料", PurposeClass.PERSONAL_BUSINESS),
            mode=PaymentMode.ENTRUSTED,
            payees=(dealer,),
            second=stage.days_after(first, 0, 4),
        )
        loan = stage.lend(terms)
        at = stage.after(loan.second, 2, 60)
        payment = Payment(at, loan.account, dealer, principal, "饲料款")
        hop = stage.script.pay_from(payment, loan.handle)
        stage.clear(Negative(loan.number, "feed_dealer", "pooling", (hop,)))


def tell_lawful_renewal(stage: Stage) -> None:
    """The lender renews a loan, says so, and the new loan repays the old one."""
    company = stage.cast.company()
    old = lend_and_spend(stage, company)
    second = stage.days_after((old.maturity_day - 2) * clock.DAY_SECONDS, 0, 1)
    terms = Terms(
        *(company, old.terms.principal, "续贷", PurposeClass.WORKING_CAPITAL),
        second=second,
        renewal_of=old.number,
    )
    new = stage.lend(terms)
    at = stage.after(second, 5, 60)
    hop = stage.repay(old, at, company, old.terms.principal, new.handle)
    stage.clear(Negative(new.number, "lawful_renewal", "loan_repayment", (hop,)))


def tell_own_money_invested(stage: Stage) -> None:
    """A company with money of its own buys securities just before it pays its supplier.

    Under rules that let the loan's money go first, the securities seem bought with it.
    """
    company = stage.cast.company()
    securities = stage.open(company, AccountKind.SECURITIES)
    principal = stage.draws.yuan(400_000, 1_500_000, 50_000)
    payees = stage.pick_suppliers(company, 1)
    second = stage.draw_second()
    customer = stage.open_outside(0, "海市客户")
    invested = stage.part(principal, 300, 800)
    receipt = Payment(second, customer, company, invested, "货款")
    own = stage.script.put_in(receipt)
    loan = stage.lend(Terms(company, principal, "采购原材料", payees=payees, second=second + 1_800))
    at = stage.after(loan.second, 5, 40)
    hop = stage.script.pay_from(Payment(at, company, securities, invested, "证券转入"), own)
    at = stage.after(at, 30, 200)
    payment = Payment(at, company, payees[0], principal, "材料款")
    paid = stage.script.pay_from(payment, loan.handle)
    stage.clear(Negative(loan.number, "own_money_invested", "prohibited_use", (hop, paid)))


NEGATIVES: tuple[Callable[[Stage], None], ...] = (
    tell_declared_relative,
    tell_genuine_refund,
    tell_owner_salary,
    tell_circular_trade,
    tell_small_renovation,
    tell_feed_dealer,
    tell_lawful_renewal,
    tell_own_money_invested,
)
NEGATIVE_TYPES = tuple(tell.__name__.removeprefix("tell_") for tell in NEGATIVES)
