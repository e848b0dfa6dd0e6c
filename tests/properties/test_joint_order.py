"""Within one instant, any shuffled movements whose balances can chain are made to chain."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.model.money import render_amount
from fundtrace.trace.order import order_events
from tests.support.rows import account, build, loan, movement


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 9))
def test_what_can_chain_is_made_to_chain_whatever_the_order_of_lines(seed: int, count: int):
    rng = random.Random(seed)
    names = ["A/1", "A/2", "B/1"]
    opening = {name: rng.randint(0, 3) * 100 for name in names}
    balances = dict(opening)
    rows = []
    for number in range(count):
        debit, credit = rng.sample([*names, ""], 2)
        minor = rng.choice((100, 100, 200))
        row = movement(f"M{number}", "02 10:00", debit, credit, render_amount(minor, "CNY"))
        for side, name, sign in (("debit", debit, -1), ("credit", credit, 1)):
            row[f"{side}_balance_after"] = ""
            if name:
                balances[name] += sign * minor
                after = render_amount(balances[name], "CNY", grouping=False)
                row[f"{side}_balance_after"] = after
        rows.append(row)
    rng.shuffle(rows)
    accounts = [
        account(name, opening_balance=render_amount(minor, "CNY", grouping=False))
        for name, minor in opening.items()
    ]
    dataset = build(movements=rows, accounts=accounts)
    report = order_events(dataset.tables).report
    assert report.cycles == ()
    assert report.rows_chained == report.rows_with_balance


def test_two_chains_that_contradict_each_other_are_solved_together():
    rows = [
        movement("M1", "02 10:00", "A/0", "A/1", "1.00")
        | {"debit_balance_after": "1.00", "credit_balance_after": "0.00"},
        movement("M2", "02 10:00", "", "A/0", "1.00")
        | {"debit_balance_after": "", "credit_balance_after": "2.00"},
        movement("M0", "02 10:00", "A/1", "A/0", "1.00")
        | {"debit_balance_after": "-1.00", "credit_balance_after": "2.00"},
    ]
    dataset = build(
        movements=rows,
        accounts=[account("A/0", opening_balance="1.00"), account("A/1", opening_balance="0.00")],
        loans=[loan("L", "A/1", "1.00")],
    )
    order = order_events(dataset.tables)
    assert order.report.rows_chained == 5
    assert [order.row[place] for place in (0, 2, 4)] == [2, 0, 1]
    assert dataset.trace("L").rests[0].place.account == "1"
