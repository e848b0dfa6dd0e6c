"""Dollars and yen: a rate for each day, and the trading firms that use them.

A rate is a whole number of ten-thousandths of a fen for one minor unit of the other currency
(cent, yen), so that a conversion is rational and rounded down to a minor unit. Rates walk by
at most 0.06 fen a day; they are those of no market, and the same in every world.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import Int64s
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import Batch
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.population import (
    JPY,
    NON_MEMBERS,
    USD,
    Account,
    Outsider,
    Population,
)

_UNIT = 10_000
_FIRST_RATES = {USD: 7 * _UNIT + 1_500, JPY: 4 * _UNIT + 8_000}  # 7.15 yuan, 4.80 fen
_STEP_MAX = {USD: 120, JPY: 80}
_SALE_MINOR = {USD: 4_000_00, JPY: 600_000}  # smallest export sale
_PARTNERS = ("ATLANTIS IMPORT", "EL DORADO TRADING", "SHANGRI-LA STORES", "UTOPIA FOODS")


@cache
def get_rates(currency: int) -> Int64s:
    """Return the rate of each day of the world."""
    draws = Draws(0, 1_000 + currency)
    steps = draws.spread(-_STEP_MAX[currency], _STEP_MAX[currency], clock.DAYS + 14)
    first = _FIRST_RATES[currency]
    return np.clip(first + np.cumsum(steps), first * 9 // 10, first * 11 // 10)


def convert_from_cny(amount: int, currency: int, second: int) -> int:
    """Return what an amount in fen buys at a time."""
    return amount * _UNIT // int(get_rates(currency)[second // clock.DAY_SECONDS])


def trade_abroad(population: Population, draws: Draws, count: int) -> list[Batch]:
    """Let one trader in thirty sell abroad, and turn most of what arrives into yuan.

    A third of the candidates are sales, a third conversions, a third purchases abroad.
    """
    traders = len(population.blocks.traders)
    sellers = np.sort(draws.shuffle(traders)[: max(4, traders // 30)])
    currency = np.where(draws.chance(700, len(sellers)), USD, JPY)
    wallets = np.array(
        [
            population.open(
                Account(int(population.bank[one]), int(one), AccountKind.CURRENT, int(code))
            )
            for one, code in zip(sellers, currency, strict=True)
        ],
        dtype=np.int64,
    )
    batches = []
    for code in (USD, JPY):
        mine = np.flatnonzero(currency == code)
        if len(mine):
            share = count * len(mine) // len(sellers) // 3
            batches += _trade_in(population, draws, code, (sellers[mine], wallets[mine]), share)
    return batches


def _trade_in(
    population: Population, draws: Draws, currency: int, firms: tuple[Int64s, Int64s], count: int
) -> list[Batch]:
    """Make the candidates of one currency; ``firms`` are their accounts in yuan and abroad's."""
    sellers, wallets = firms
    bank = len(NON_MEMBERS) + (0 if currency == USD else 1)
    partners = np.array(
        [population.open_outside(Outsider(bank, currency, name)) for name in _PARTNERS],
        dtype=np.int64,
    )
    base = _SALE_MINOR[currency]
    sold = draws.amounts(base, count)
    sales = Batch(
        clock.draw_work_times(draws, count),
        partners[draws.below(len(partners), count)],
        wallets[draws.rank(len(wallets), count)],
        sold,
        "出口货款",
    )
    who = draws.rank(len(wallets), count)
    second = clock.draw_work_times(draws, count)
    changed = draws.amounts(base, count)
    rate = get_rates(currency)[second // clock.DAY_SECONDS]
    conversions = Batch(
        *(second, wallets[who], sellers[who], changed, "结汇"),
        credit_amount=np.maximum(changed * rate // _UNIT, 1),
    )
    purchases = Batch(
        clock.draw_work_times(draws, count),
        wallets[draws.rank(len(wallets), count)],
        partners[draws.below(len(partners), count)],
        draws.amounts(base // 2, count),
        "进口货款",
    )
    return [sales, conversions, purchases]
