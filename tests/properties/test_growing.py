"""Passes that go on, step by step, say what one pass over everything says."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.books.tables import build_tables
from fundtrace.model.growing import GrowingTables
from fundtrace.model.kinds import CONSERVING_RULES
from fundtrace.model.tables import NO_ROW, NO_VALUE, OUTSIDE, Accounts, Loan, Movements, Tables
from fundtrace.trace.engine import trace_all
from fundtrace.trace.extending import find_end
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.kernel.growing import GrowingPasses, Growth
from fundtrace.trace.places import PlaceKey
from fundtrace.trace.result import PassResult, Scope
from tests.support.questions import SHAPES, patient
from tests.support.rows import fill, loan, movement
from tests.support.worlds import FULL, PLAIN, Shape, worlds

T = TypeVar("T", Movements, Accounts)
GROWING = {
    name: replace(shape, movements_max=min(shape.movements_max, 24), loans_max=6)
    for name, shape in SHAPES.items()
} | {
    "landing": replace(FULL, movements_max=24, returns=0.4, late_credit=0.5, loans_max=4),
    "apart": replace(PLAIN, movements_max=24, loans_max=4, late_credit=0.1, returns=0.2),
}


@dataclass(frozen=True)
class Plan:
    """Tables whose rows come in steps: how many movements, accounts and loans each has seen."""

    tables: Tables
    steps: list[tuple[int, int, int]]

    def cut(self, step: int) -> Tables:
        """Return the tables as they stand after a step; 0 is what they began with."""
        rows, accounts, loans = self.steps[step]
        return replace(
            self.tables,
            movements=take(self.tables.movements, 0, rows),
            accounts=take(self.tables.accounts, 0, accounts),
            loans=self.tables.loans[:loans],
        )


def take(table: T, start: int, end: int) -> T:
    """Return some rows."""
    rows = {name: value[start:end] for name, value in vars(table).items() if name != "texts"}
    if isinstance(table, Movements):
        rows["texts"] = {name: text[start:end] for name, text in table.texts.items()}
    return type(table)(**rows)


def arrange(tables: Tables, draws: random.Random, order: str) -> Plan:
    """Put the rows of tables into an order in which they come, and number accounts by it."""
    movements = tables.movements
    rows = list(range(len(movements)))
    if order == "any":
        draws.shuffle(rows)
    elif order == "nearly":
        rows.sort(key=lambda row: row + draws.choice((0, 0, 0, 0, 2)))
    cuts = [*sorted(draws.randint(0, len(rows)) for _ in range(draws.randint(1, 4))), len(rows)]
    place = {row: number for number, row in enumerate(rows)}
    joins = sorted(
        (find_step(loan, place, cuts, movements.booked_at[rows].tolist(), draws), position)
        for position, loan in enumerate(tables.loans)
    )
    ids, steps = number_accounts(tables, rows, cuts, joins)
    loans = [
        replace(
            tables.loans[position],
            account_id=ids[tables.loans[position].account_id],
            movement=place.get(tables.loans[position].movement, NO_ROW),
        )
        for _, position in joins
    ]
    whole = replace(
        tables,
        movements=move_rows(movements, rows, cuts, ids, draws),
        accounts=Accounts(**pick(tables.accounts, list(ids))),
        loans=tuple(loans),
    )
    return Plan(whole, steps)


def find_step(
    loan: Loan, place: dict[int, int], cuts: list[int], booked: list[int], draws: random.Random
) -> int:
    """Return with which step a loan comes: with its movement, or perhaps when it is paid out."""
    if loan.movement != NO_ROW:
        return next(step for step, end in enumerate(cuts) if place[loan.movement] < end)
    if draws.random() < 0.5:
        return 0
    last = len(cuts) - 1
    paid = (n for n, end in enumerate(cuts) if loan.disbursed_at < max([*booked[:end], 0]))
    return next(paid, last)


def number_accounts(
    tables: Tables, rows: list[int], cuts: list[int], joins: list[tuple[int, int]]
) -> tuple[dict[int, int], list[tuple[int, int, int]]]:
    """Number accounts in the order in which they are first named; return also the steps."""
    movements, ids, start = tables.movements, dict[int, int](), 0
    steps = []
    for step, end in enumerate(cuts):
        named = [tables.loans[position].account_id for at, position in joins if at == step]
        for row in rows[start:end]:
            named += [int(movements.debit[row]), int(movements.credit[row])]
        for account in named:
            if account != OUTSIDE:
                ids.setdefault(account, len(ids))
        steps.append((end, len(ids), sum(at <= step for at, _ in joins)))
        start = end
    return ids, steps


def move_rows(
    movements: Movements,
    rows: list[int],
    cuts: list[int],
    ids: dict[int, int],
    draws: random.Random,
) -> Movements:
    """Return movements in another order; a return in an earlier step than its original is none."""
    place = {row: number for number, row in enumerate(rows)}
    number = np.array([ids.get(account, OUTSIDE) for account in range(max(ids, default=0) + 1)])
    number = np.append(number, OUTSIDE)  # for OUTSIDE itself
    reverses = []
    for at, row in enumerate(rows):
        original = place.get(int(movements.reverses[row]), NO_ROW)
        end = next(end for end in cuts if at < end)
        reverses.append(original if original < end else NO_ROW)
    columns = pick(movements, rows) | {
        "debit": number[movements.debit[rows]].astype(np.int32),
        "credit": number[movements.credit[rows]].astype(np.int32),
        "reverses": np.array(reverses, dtype=np.int32),
        "line": np.arange(2, len(rows) + 2),
        "texts": {},
    }
    for side in ("debit", "credit"):
        if draws.random() < 0.3:
            given = [draws.choice((NO_VALUE, NO_VALUE, draws.randint(0, 60))) for _ in rows]
            balances = np.array(given, dtype=np.int64)
            columns[f"{side}_balance_minor"] = np.where(columns[side] < 0, NO_VALUE, balances)
    return Movements(**columns)


def pick(table: Movements | Accounts, rows: list[int]) -> dict[str, Any]:
    return {
        name: value[rows] if isinstance(value, np.ndarray) else [value[row] for row in rows]
        for name, value in vars(table).items()
        if name != "texts"
    }


def drop_zeros(statements: Sequence[Mapping[PlaceKey, int]]) -> list[dict[PlaceKey, int]]:
    return [{place: value for place, value in one.items() if value} for one in statements]


def check_grown(passes: GrowingPasses, expected: dict[object, PassResult]) -> None:
    for rule in CONSERVING_RULES:
        found, wanted = passes.get_pass(rule), expected[rule]
        assert list(found.hops) == wanted.hops
        assert list(found.rests) == drop_zeros(wanted.rests)
        assert list(found.first_uses) == drop_zeros(wanted.first_uses)
        assert found.unobserved == wanted.unobserved


def grow(plan: Plan, scope: Scope) -> list[Growth]:
    """Go through a plan; check every step."""
    growing = GrowingTables(plan.cut(0))
    passes = GrowingPasses(stand(plan.cut(0)), CONSERVING_RULES, scope)
    growths = []
    for step, ends in enumerate(plan.steps[1:], 1):
        starts = plan.steps[step - 1]
        parts = (plan.cut(step).movements, plan.cut(step).accounts)
        grown = growing.append(
            *(
                take(part, start, end)
                for part, start, end in zip(parts, starts, ends, strict=False)
            ),
            plan.tables.loans[starts[2] : ends[2]],
            str(step),
        )
        growths.append(passes.append(grown))
        asked = stand(replace(plan.cut(step), snapshot=str(step)))
        check_given(passes.given, asked)
        check_grown(passes, {rule: trace_all(asked, rule, scope) for rule in CONSERVING_RULES})
    return growths


def stand(tables: Tables) -> TraceInput:
    return TraceInput(tables, find_end(tables))


def check_given(found: TraceInput, expected: TraceInput) -> None:
    assert found.order.units.tolist() == expected.order.units.tolist()
    assert found.order.report == expected.order.report
    assert found.debit_position.tolist() == expected.debit_position.tolist()
    assert found.credit_position.tolist() == expected.credit_position.tolist()
    assert list(found.opening_minor) == list(expected.opening_minor)
    assert found.loans == expected.loans
    assert found.ends_at == expected.ends_at
    assert [found.get_drawn_minor(rank) for rank in range(len(found.loans))] == [
        expected.get_drawn_minor(rank) for rank in range(len(found.loans))
    ]


def build_long_world(count: int) -> Tables:
    """Build a world in time order: loans now and then, some ends outside, some late credits."""
    draws, movements, loans = random.Random(count), [], []
    names = [f"{bank}/1" for bank in "ABCDEFGH"]
    for number in range(count):
        at = f"{3 + number // 24:02} {number % 24:02}:00"
        debit, credit = draws.sample(names, 2)
        more = {}
        if number % 40 == 0:
            loans.append(loan(f"L{number}", credit, "90.00", at, movement_id=f"M{number}"))
        elif number % 9 == 0:
            credit, more = "", {"payment_institution": draws.choice(("Pay", "Send", "Coin"))}
        elif number % 10 == 0:
            more = {"credit_booked_at": f"2026-03-{5 + number // 24:02}T09:30+08:00"}
        amount = "90.00" if number % 40 == 0 else f"{draws.randint(1, 40)}.00"
        movements.append(movement(f"M{number}", at, debit, credit, amount, **more))
    return build_tables({"movements": fill(movements), "loans": loans})


@pytest.mark.parametrize("scope", [Scope(), Scope(window_days=2, hops_max=4)], ids=str)
def test_many_small_steps_say_what_one_pass_says_and_are_kept_as_few(scope: Scope):
    tables, first, end = build_long_world(300), 100, 300
    begin = replace(
        tables,
        movements=take(tables.movements, 0, first),
        loans=tuple(one for one in tables.loans if one.movement < first),
    )
    growing = GrowingTables(begin)
    passes = GrowingPasses(stand(begin), CONSERVING_RULES, scope)
    nobody, counts = take(tables.accounts, 0, 0), []
    for row in range(first, end):
        loans = [one for one in tables.loans if one.movement == row]
        movements = take(tables.movements, row, row + 1)
        growth = passes.append(growing.append(movements, nobody, loans, str(row)))
        assert (growth.retraced, growth.is_restart) == ({}, False)
        counts.append(max(len(passes.get_pass(rule).steps) for rule in CONSERVING_RULES))
        if row % 50 == 49:
            asked = stand(growing.tables)
            check_grown(passes, {rule: trace_all(asked, rule, scope) for rule in CONSERVING_RULES})
    assert 1 < max(counts) <= 8  # of 200: fewer than the logarithm of what they say


@st.composite
def questions(draw: st.DrawFn, shape: Shape, order: str) -> tuple[Plan, Scope]:
    tables = draw(worlds(shape)).build()
    plan = arrange(tables, random.Random(draw(st.integers(0, 2**32))), order)
    scope = st.builds(
        Scope,
        window_days=st.one_of(st.none(), st.integers(0, 5)),
        hops_max=st.one_of(st.none(), st.integers(0, 3)),
        amount_max_minor=st.one_of(st.none(), st.integers(0, 2 * shape.amount_max)),
        part_min_minor=st.one_of(st.none(), st.integers(0, 20)),
    )
    return plan, draw(st.one_of(st.just(Scope()), scope))


@pytest.mark.parametrize("order", ["sorted", "nearly", "any"])
@pytest.mark.parametrize("shape", GROWING.values(), ids=GROWING)
@patient(40)
@given(data=st.data())
def test_steps_say_what_one_pass_says(shape: Shape, order: str, data: st.DataObject):
    grow(*data.draw(questions(shape, order)))
