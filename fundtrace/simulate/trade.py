"""What companies do all day: buy and sell, pay rent, taxes, power and fees, take goods back.

Who pays is drawn by rank (Zipf, 0.6), whom it pays from the payer's own six suppliers, which
were drawn by rank too. Payments between banks may be credited minutes later.
"""

from __future__ import annotations

import numpy as np

from fundtrace.model.kinds import MovementKind
from fundtrace.model.tables import Int64s
from fundtrace.simulate import clock
from fundtrace.simulate.candidates import Batch, code_purpose
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.lending import SUPPLIERS_EACH
from fundtrace.simulate.population import NON_MEMBERS, Outsider, Population

_GOODS = ("货款", "材料款", "加工费", "运费", "设备款", "服务费")
_UTILITIES = 4  # of the traders, from the 20th on, live by power and water
_OUTSIDERS_MIN = 20


def draw_suppliers(population: Population, draws: Draws) -> Int64s:
    """Return for each trader SUPPLIERS_EACH traders that it buys from, never itself."""
    traders = len(population.blocks.traders)
    drawn = draws.rank(traders, traders * SUPPLIERS_EACH).reshape(traders, SUPPLIERS_EACH)
    self_rows, self_columns = np.nonzero(drawn == np.arange(traders)[:, None])
    drawn[self_rows, self_columns] = (self_rows + 1 + self_columns) % traders
    return drawn


def _delay(draws: Draws, count: int) -> Int64s:
    """Let one in twelve payments be credited half a minute to half an hour later."""
    return np.where(draws.chance(80, count), draws.spread(30, 1_800, count), 0)


def trade_goods(draws: Draws, suppliers: Int64s, count: int) -> tuple[Batch, Batch]:
    """Make purchases of goods, and returns of one in fifty of them."""
    payer = draws.rank(len(suppliers), count)
    payee = suppliers[payer, draws.below(SUPPLIERS_EACH, count)]
    codes = np.array([code_purpose(word) for word in _GOODS], dtype=np.int64)
    goods = Batch(
        *(clock.draw_work_times(draws, count), payer, payee),
        draws.amounts(6_000_00, count),
        codes[draws.below(len(codes), count)],
        delay=_delay(draws, count),
        is_flexible=True,
    )
    early = goods.second < (clock.DAYS - 20) * clock.DAY_SECONDS
    taken_back = np.flatnonzero(draws.chance(20, count) & early)
    size = len(taken_back)
    day = goods.second[taken_back] // clock.DAY_SECONDS + draws.spread(1, 12, size)
    second = clock.NEXT_WORKDAY[day] * clock.DAY_SECONDS + clock.OPENS_AT
    share = draws.spread(100, 1000, size)
    returns = Batch(
        second + draws.below(clock.CLOSES_AT - clock.OPENS_AT, size),
        payee[taken_back],
        payer[taken_back],
        np.maximum(goods.amount[taken_back] * share // 1000, 1),
        "退款",
        kind=MovementKind.RETURN,
        returns_of=goods,
        reverses=taken_back.astype(np.int64),
    )
    return goods, returns


def pay_dues(population: Population, draws: Draws, count: int) -> list[Batch]:
    """Make rent (monthly, to people), taxes (to the treasury), power and water."""
    traders = len(population.blocks.traders)
    owners = population.blocks.owners
    third = count // 3
    tenant = draws.rank(traders, third)
    months = draws.below(12, third)
    rent = Batch(
        _on_day_of_month(months, 1 + tenant % 5) + tenant % 3_600,
        tenant,
        owners.start + (tenant * 7 + 3) % len(owners),  # nearly never its own owner
        1_500_00 + tenant % 97 * 200_00,
        "房租",
    )
    tax = Batch(
        _on_day_of_month(draws.below(12, third), np.full(third, 15)) + draws.below(25_000, third),
        draws.rank(traders, third),
        population.treasuries.start + draws.below(len(population.treasuries), third),
        draws.amounts(400_00, third),
        "税款",
    )
    power = Batch(
        clock.draw_work_times(draws, third),
        _shift_from_utilities(draws.rank(traders, third), traders),
        20 % traders + draws.below(_UTILITIES, third),
        draws.amounts(600_00, third),
        "水电费",
    )
    return [rent, tax, power]


def _shift_from_utilities(payer: Int64s, traders: int) -> Int64s:
    return np.where((payer >= 20) & (payer < 20 + _UTILITIES), traders - 1 - payer % 7, payer)


def _on_day_of_month(month: Int64s, day: Int64s) -> Int64s:
    """Return the opening of the bank on about the ``day``-th of the month, or the workday after."""
    at = np.minimum(month * 30 + month // 2 + day, clock.DAYS - 4)
    seconds: Int64s = clock.NEXT_WORKDAY[at] * clock.DAY_SECONDS + clock.OPENS_AT
    return seconds


def open_outsiders(population: Population, draws: Draws) -> range:
    """Open accounts of firms that bank with nobody of the consortium."""
    count = max(_OUTSIDERS_MIN, population.scale // 100)
    banks = draws.below(len(NON_MEMBERS), count).tolist()
    numbers = [
        population.open_outside(Outsider(bank, 0, f"南柯客户{at}"))
        for at, bank in enumerate(banks, start=1)
    ]
    return range(numbers[0], numbers[-1] + 1)


def trade_outside(
    population: Population, outsiders: range, draws: Draws, count: int
) -> list[Batch]:
    """Make receipts from outsiders, and fewer payments to them."""
    traders = len(population.blocks.traders)
    first, accounts = outsiders.start, len(outsiders)
    paid_in, paid_out = count * 2 // 3, count // 3
    receipts = Batch(
        clock.draw_work_times(draws, paid_in),
        first + draws.rank(accounts, paid_in),
        draws.rank(traders, paid_in),
        draws.amounts(14_000_00, paid_in),
        "货款",
        delay=_delay(draws, paid_in),
    )
    payments = Batch(
        clock.draw_work_times(draws, paid_out),
        draws.rank(traders, paid_out),
        first + draws.rank(accounts, paid_out),
        draws.amounts(5_000_00, paid_out),
        "货款",
        is_flexible=True,
    )
    return [receipts, payments]


def trade_quietly(
    traders: int, sides: tuple[range, Int64s], draws: Draws, count: int
) -> list[Batch]:
    """Make the little business of quiet companies: small sums in from outside, out to traders."""
    outsiders, quiet = sides
    half = count // 2
    sums = draws.amounts(600_00, half * 2) % 20_000_00 + 50_00
    customers = Batch(
        clock.draw_work_times(draws, half),
        outsiders.start + draws.below(len(outsiders), half),
        quiet[draws.below(len(quiet), half)],
        sums[:half],
        "服务费",
    )
    costs = Batch(
        clock.draw_work_times(draws, half),
        quiet[draws.below(len(quiet), half)],
        draws.rank(traders, half),
        sums[half:] * 4 // 5,
        "服务费",
        is_flexible=True,
    )
    return [customers, costs]


def charge_fees(population: Population, draws: Draws, count: int) -> list[Batch]:
    """Make fees, and the interest that banks pay on balances (quarterly, all in one second)."""
    traders = len(population.blocks.traders)
    charged = count * 3 // 4
    payer = draws.rank(traders, charged)
    fees = Batch(
        clock.draw_work_times(draws, charged),
        payer,
        population.hubs.start + population.bank[payer],
        draws.spread(1, 60, charged) * 50,
        "手续费",
        kind=MovementKind.FEE,
    )
    paid = count - charged
    payee = draws.below(population.party_count, paid)
    quarter = draws.below(4, paid)
    interest = Batch(
        clock.NEXT_WORKDAY[80 + quarter * 91] * clock.DAY_SECONDS + clock.OPENS_AT,
        population.hubs.start + population.bank[payee],
        payee,
        draws.spread(3, 9_000, paid),
        "结息",
        kind=MovementKind.INTEREST,
    )
    return [fees, interest]
