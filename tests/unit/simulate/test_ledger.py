from __future__ import annotations

import numpy as np
import pytest

from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import NO_VALUE
from fundtrace.simulate import ledger
from fundtrace.simulate.candidates import Batch, Payment, Script, merge
from fundtrace.simulate.ledger import Rules, book

BANK, FIRM, SUPPLIER, OTHER, OUTSIDE_FIRM = range(5)
LIMITLESS = np.iinfo(np.int64).max


def ints(*values):
    return np.array(values, dtype=np.int64)


@pytest.fixture(params=["compiled", "plain"])
def run(request, monkeypatch):
    """Book candidates over five accounts: the bank's, three observed, one outside."""
    if request.param == "plain":
        monkeypatch.setattr(ledger, "run_events", ledger.run_events.py_func)

    def book_all(*batches, script=None, opening=(0, 1_000_00, 0, 0, 0), limit=0, foreign=LIMITLESS):
        script = script or quiet_script()
        free = np.array([True, False, False, False, True])
        limits = np.full(5, limit, dtype=np.int64)
        most = np.full(5, foreign, dtype=np.int64)
        rules = Rules(ints(*opening), limits, free, most, np.zeros(5, dtype=np.bool_))
        return book(merge(script, batches, rules.keeps_minutes), script, rules)

    return book_all


def quiet_script():
    told = Script()
    told.put_in(Payment(1, BANK, OUTSIDE_FIRM, 1, "利息"))
    return told


def pay(*amounts, debit=FIRM, credit=SUPPLIER, start=10, **more):
    seconds = ints(*range(start, start + len(amounts)))
    return Batch(seconds, debit, credit, ints(*amounts), "货款", **more)


def get_amounts(booked):
    return booked.columns.amount[booked.row].tolist()[1:]


def test_balances_run_on_both_sides(run):
    booked = run(pay(300_00, 200_00))
    assert get_amounts(booked) == [300_00, 200_00]
    assert booked.debit_balance.tolist() == [NO_VALUE, 700_00, 500_00]
    assert booked.credit_balance.tolist() == [NO_VALUE, 300_00, 500_00]


def test_what_cannot_be_paid_falls_away(run):
    booked = run(pay(900_00, 200_00, 100_00))
    assert get_amounts(booked) == [900_00, 100_00]


def test_a_flexible_payment_takes_what_there_is_in_whole_yuan(run):
    booked = run(pay(400_50), pay(1_000_00, start=20, is_flexible=True))
    assert get_amounts(booked) == [400_50, 599_00]


def test_a_flexible_payment_does_not_shrink_below_an_eighth(run):
    assert get_amounts(run(pay(900_00), pay(900_00, start=20, is_flexible=True))) == [900_00]


def test_an_overdraft_is_used_down_to_its_limit(run):
    booked = run(pay(1_200_00, 200_00, 200_00), limit=400_00)
    assert get_amounts(booked) == [1_200_00, 200_00]
    assert booked.debit_balance.tolist()[1:] == [-200_00, -400_00]


def test_a_late_credit_has_its_own_place_in_time(run):
    booked = run(
        pay(500_00, delay=100),
        pay(100_00, debit=SUPPLIER, credit=OTHER, start=50),
        pay(100_00, debit=SUPPLIER, credit=OTHER, start=110),
    )
    assert get_amounts(booked) == [500_00, 100_00]
    assert booked.credit_balance.tolist()[1:] == [500_00, 100_00]


def test_a_return_falls_away_with_what_it_takes_back(run):
    sale = pay(2_000_00)
    back = pay(5, debit=SUPPLIER, credit=FIRM, start=50, returns_of=sale, reverses=ints(0))
    assert get_amounts(run(sale, back)) == []


def test_a_return_never_exceeds_what_it_takes_back(run):
    sale = pay(1_600_00, is_flexible=True)
    back = pay(1_600_00, debit=SUPPLIER, credit=FIRM, start=50, returns_of=sale, reverses=ints(0))
    assert get_amounts(run(sale, back)) == [1_000_00, 1_000_00]


def tell_loan(hop):
    told = Script()
    kind = MovementKind.DISBURSEMENT
    told.put_in(Payment(1, BANK, FIRM, 800_00, "贷款发放", kind))
    told.pay_from(Payment(100, FIRM, SUPPLIER, hop, "货款"), 0)
    return told


def test_ordinary_payments_leave_a_story_its_money(run):
    booked = run(pay(300_00, 200_00, 100_00), script=tell_loan(600_00))
    assert get_amounts(booked) == [200_00, 600_00]


def test_the_account_is_free_again_when_the_story_has_gone_on(run):
    booked = run(pay(1_000_00, start=200), script=tell_loan(600_00))
    assert get_amounts(booked) == [600_00, 1_000_00]


def test_a_story_that_cannot_be_paid_is_our_mistake(run):
    told = quiet_script()
    told.put_in(Payment(5, FIRM, SUPPLIER, 2_000_00, "货款"))
    with pytest.raises(AssertionError, match="could not be made"):
        run(script=told)


def test_accounts_of_a_story_take_little_of_other_loans(run):
    told = tell_loan(600_00)
    passed_on = pay(100_00, 50_00, debit=SUPPLIER, credit=OTHER, start=200)
    booked = run(passed_on, script=told, foreign=60_00)
    assert get_amounts(booked) == [600_00, 50_00]


def test_own_money_may_arrive_without_limit(run):
    booked = run(pay(900_00), foreign=0)
    assert get_amounts(booked) == [900_00]


def test_a_conversion_scales_what_is_any_loans(run):
    converted = pay(400_00, credit=SUPPLIER, start=200, credit_amount=56_00)
    onward = pay(10_00, 50_00, debit=SUPPLIER, credit=OTHER, start=300)
    booked = run(converted, onward, script=tell_loan(100_00), foreign=410_00)
    assert get_amounts(booked) == [100_00, 400_00, 10_00, 50_00]
    assert booked.credit_balance.tolist()[2:] == [156_00, 10_00, 60_00]
