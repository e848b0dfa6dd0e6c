"""What people do: earn wages, spend them, draw and bring cash, send each other money, save.

Wages of a company are paid in one second (a batch). Shops bring their takings to the bank.
"""

from __future__ import annotations

import numpy as np

from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import OUTSIDE, Int64s
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import MCCS, Batch
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.population import Population


def pay_wages(population: Population, draws: Draws, count: int) -> Batch:
    """Make wages: everybody's employer is drawn once, and pays on a day and second of its own."""
    employees = population.blocks.employees
    employer = draws.rank(len(population.blocks.traders), len(employees))
    rounds = -(-count // (len(employees) * 12))
    chosen = np.sort(draws.shuffle(len(employees) * 12 * rounds)[:count])
    who, turn = chosen // (12 * rounds), chosen % (12 * rounds)
    payer = employer[who]
    day = turn * 30 // rounds + turn // rounds // 2 + 8 + payer % 9
    workday = clock.NEXT_WORKDAY[np.minimum(day, clock.DAYS - 4)]
    second = workday * clock.DAY_SECONDS + clock.OPENS_AT + payer * 61 % 28_000
    wage = 3_500_00 + (who * 7_919 + payer * 104_729) % 9_000 * 100
    return Batch(second, payer, employees.start + who, wage // rounds, "工资")


def spend(population: Population, draws: Draws, count: int) -> list[Batch]:
    """Make purchases at shops and companies, some by way of a payment institution."""
    people, shops = population.blocks.people, population.blocks.shops
    direct, wallet = count * 3 // 4, count // 4
    buyers = _draw_people(population, draws, direct)
    at_shop = draws.chance(550, direct)
    sellers = np.where(
        at_shop,
        shops.start + draws.rank(len(shops), direct),
        draws.rank(len(population.blocks.traders), direct),
    )
    bought = Batch(
        clock.draw_shop_times(draws, direct),
        buyers,
        sellers,
        draws.amounts(90_00, direct),
        "消费",
        mcc=draws.spread(1, len(MCCS) - 2, direct),
        is_flexible=True,
    )
    institutions = population.institutions
    topped_up = Batch(
        clock.draw_shop_times(draws, wallet // 2),
        people.start + draws.below(len(people), wallet // 2),
        institutions.start + draws.below(len(institutions), wallet // 2),
        draws.amounts(100_00, wallet // 2),
        "充值",
    )
    takings = Batch(
        clock.draw_shop_times(draws, wallet // 2),
        institutions.start + draws.below(len(institutions), wallet // 2),
        shops.start + draws.rank(len(shops), wallet // 2),
        draws.amounts(120_00, wallet // 2),
        "消费",
    )
    return [bought, topped_up, takings]


def use_cash(population: Population, draws: Draws, count: int) -> list[Batch]:
    """Make withdrawals by people and companies, and the takings that shops pay in."""
    half = count // 2
    shops = population.blocks.shops
    from_firms = draws.chance(200, half)
    payer = np.where(
        from_firms,
        draws.rank(len(population.blocks.traders), half),
        _draw_people(population, draws, half),
    )
    drawn = Batch(
        clock.draw_work_times(draws, half),
        payer,
        OUTSIDE,
        np.where(from_firms, draws.spread(20, 200, half), draws.spread(1, 40, half)) * 100_00,
        "提现",
        kind=MovementKind.CASH,
    )
    brought = Batch(
        clock.draw_work_times(draws, half),
        OUTSIDE,
        shops.start + draws.rank(len(shops), half),
        draws.amounts(900_00, half),
        "存现",
        kind=MovementKind.CASH,
    )
    return [drawn, brought]


def restock(population: Population, draws: Draws, count: int) -> Batch:
    """Make purchases of shops from traders."""
    shops = population.blocks.shops
    return Batch(
        clock.draw_work_times(draws, count),
        shops.start + draws.rank(len(shops), count),
        draws.rank(len(population.blocks.traders), count),
        draws.amounts(800_00, count),
        "货款",
        is_flexible=True,
    )


def send_money(population: Population, draws: Draws, count: int) -> Batch:
    """Make transfers between people, nobody to themselves."""
    people = population.blocks.people
    payer = _draw_people(population, draws, count)
    step = draws.spread(1, len(people) - 1, count)
    payee = people.start + (payer - people.start + step) % len(people)
    second = clock.draw_shop_times(draws, count)
    return Batch(second, payer, payee, draws.amounts(200_00, count), "转账")


def move_savings(draws: Draws, pairs: tuple[Int64s, Int64s], count: int) -> list[Batch]:
    """Make transfers from first accounts to the same holders' special ones, and back."""
    first, special = pairs
    if not len(first):
        return []
    out, back = count * 2 // 3, count // 3
    saver, taker = draws.rank(len(first), out), draws.rank(len(first), back)
    return [
        Batch(
            clock.draw_work_times(draws, out),
            first[saver],
            special[saver],
            draws.amounts(800_00, out),
            "转账",
            is_flexible=True,
        ),
        Batch(
            clock.draw_work_times(draws, back),
            special[taker],
            first[taker],
            draws.amounts(800_00, back),
            "转账",
            is_flexible=True,
        ),
    ]


def _draw_people(population: Population, draws: Draws, count: int) -> Int64s:
    """Draw people by rank; employees, who earn, come first."""
    people = population.blocks.people
    return people.stop - 1 - draws.rank(len(people), count)
