"""A whole world: population, stories, ordinary life, all booked in time.

The number of movements is met to within some percent: candidates that cannot be paid fall
away, so a few more are made than asked for. Stories come first, with at least one of every
diversion and negative; large worlds have each once for every 25,000 accounts, and plain loans
fill up to one loan for fifty accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import Int64s
from fundtrace.simulate import households, trade
from fundtrace.simulate.candidates import Batch, merge
from fundtrace.simulate.currencies import trade_abroad
from fundtrace.simulate.diversions import DIVERSIONS
from fundtrace.simulate.draws import Draws
from fundtrace.simulate.ledger import Booked, Rules, book
from fundtrace.simulate.lending import Stage, tell_plain_loan
from fundtrace.simulate.negatives import NEGATIVES
from fundtrace.simulate.population import (
    ABSORBING_KINDS,
    Account,
    Cast,
    Population,
    build_population,
    count_loans,
)

MOVEMENTS_EACH = 10  # by account, unless told otherwise
MOVEMENTS_MAX = 20_000_000  # LIMIT: about 0.35 kB each while building, 7 GB
_TURN = 25_000  # accounts for which every story is told once
_SURPLUS_PER_MILLE = 1_017  # candidates for each movement asked for

# Streams of draws; a number is never used again for another room.
_PEOPLE, _CAST, _STORIES, _ACCOUNTS, _SUPPLIERS, _GOODS, _DUES, _OUTSIDE = range(8)
_QUIET, _FEES, _ABROAD, _WAGES, _SPENDING, _CASH, _SHOPS, _FRIENDS, _SAVINGS = range(8, 17)

# Candidates of each room, in thousandths of all.
_SHARES = {
    _GOODS: 330,
    _DUES: 90,
    _OUTSIDE: 60,
    _QUIET: 25,
    _FEES: 50,
    _ABROAD: 15,
    _WAGES: 180,
    _SPENDING: 135,
    _CASH: 50,
    _SHOPS: 25,
    _FRIENDS: 25,
    _SAVINGS: 15,
}


@dataclass(frozen=True)
class Size:
    """What a world is asked to be."""

    seed: int
    scale: int
    movements: int

    @classmethod
    def check(cls, seed: int, scale: int, movements: int | None = None) -> Size:
        """Return a size; raises InvalidInputError for one that cannot be built."""
        wanted = scale * MOVEMENTS_EACH if movements is None else movements
        if seed < 0:
            raise InvalidInputError(f"the seed is {seed}; give 0 or more")
        if not 5 * scale <= wanted <= MOVEMENTS_MAX:
            raise InvalidInputError(
                f"{wanted:,} movements for {scale:,} accounts: give 5 for each account or more, "
                f"and {MOVEMENTS_MAX:,} at most"
            )
        return cls(seed, scale, wanted)


@dataclass(frozen=True, eq=False)
class World:
    """What was built; ``tables`` turns it into frames."""

    size: Size
    stage: Stage
    booked: Booked
    row_of_handle: Int64s

    @property
    def population(self) -> Population:
        """Return who lives here."""
        return self.stage.population


def build_world(size: Size) -> World:
    """Build a world; the same size gives the same world on every machine."""
    population = build_population(size.scale, Draws(size.seed, _PEOPLE))
    suppliers = trade.draw_suppliers(population, Draws(size.seed, _SUPPLIERS))
    cast = Cast(population, Draws(size.seed, _CAST))
    stage = Stage(Draws(size.seed, _STORIES), population, cast, suppliers)
    _tell_stories(stage)
    batches = _live(stage, size)
    rules = _set_rules(stage)
    columns = merge(stage.script, batches, rules.keeps_minutes)
    del batches
    booked = book(columns, stage.script, rules)
    told = np.flatnonzero(columns.script >= 0)
    row_of_handle = np.full(len(stage.script.payments), -1, dtype=np.int64)
    row_of_handle[columns.script[told]] = booked.number[told]
    return World(size, stage, booked, row_of_handle)


def _tell_stories(stage: Stage) -> None:
    """Tell every story, each in turn, then lend plainly."""
    scale = stage.population.scale
    for _ in range(max(1, scale // _TURN)):
        for tell in (*DIVERSIONS, *NEGATIVES):
            tell(stage)
    while len(stage.loans) < count_loans(scale):
        tell_plain_loan(stage)
    for company, _ in stage.young:
        stage.population.opening[company] = 0


def _live(stage: Stage, size: Size) -> list[Batch]:
    """Make the candidates of ordinary life, and open accounts until there are enough."""
    population = stage.population
    left = max(0, size.movements - len(stage.script.payments))
    total = sum(_SHARES.values())

    def share(room: int) -> tuple[Draws, int]:
        count = left * _SURPLUS_PER_MILLE // 1000 * _SHARES[room] // total
        return Draws(size.seed, room), count

    draws, count = share(_OUTSIDE)
    outsiders = trade.open_outsiders(population, draws)
    outside = trade.trade_outside(population, outsiders, draws, count)
    abroad = trade_abroad(population, *share(_ABROAD))
    pairs = _open_special(population, Draws(size.seed, _ACCOUNTS))
    draws, count = share(_GOODS)
    goods = trade.trade_goods(draws, stage.suppliers, count)
    draws, count = share(_SAVINGS)
    quiet = np.setdiff1d(np.array(population.blocks.quiet), [one for one, _ in stage.young])
    traders = len(population.blocks.traders)
    return [
        *goods,
        *trade.pay_dues(population, *share(_DUES)),
        *outside,
        *trade.trade_quietly(traders, (outsiders, quiet), *share(_QUIET)),
        *trade.charge_fees(population, *share(_FEES)),
        *abroad,
        households.pay_wages(population, *share(_WAGES)),
        *households.spend(population, *share(_SPENDING)),
        *households.use_cash(population, *share(_CASH)),
        households.restock(population, *share(_SHOPS)),
        households.send_money(population, *share(_FRIENDS)),
        *households.move_savings(draws, pairs, count),
    ]


def _open_special(population: Population, draws: Draws) -> tuple[Int64s, Int64s]:
    """Open savings, wealth, securities and second accounts until the scale is met."""
    count = population.scale - population.listed_count
    people, traders = population.blocks.people, population.blocks.traders
    kinds = (
        *(AccountKind.SAVINGS, AccountKind.TERM_DEPOSIT, AccountKind.WEALTH),
        *(AccountKind.SECURITIES, AccountKind.CURRENT),
    )
    kind = draws.below(len(kinds), count)
    is_firm = kind == len(kinds) - 1
    person = people.stop - 1 - draws.rank(len(people), count)
    holder = np.where(is_firm, traders.start + draws.rank(len(traders), count), person)
    bank = draws.rank(population.member_count, count)
    accounts = [
        population.open(Account(at, who, kinds[what]))
        for at, who, what in zip(bank.tolist(), holder.tolist(), kind.tolist(), strict=True)
    ]
    return holder, np.array(accounts, dtype=np.int64)


def _set_rules(stage: Stage) -> Rules:
    """Return what the ledger must know of each account."""
    population = stage.population
    own, outside = population.own, len(population.outsiders)
    opening = np.concatenate(
        [
            population.opening,
            np.array([one.opening for one in own], dtype=np.int64),
            np.zeros(outside, dtype=np.int64),
        ]
    )
    limit = np.zeros(len(opening), dtype=np.int64)
    limit[: len(population.limit)] = population.limit
    is_free = np.zeros(len(opening), dtype=np.bool_)
    absorbing = [one.kind in ABSORBING_KINDS for one in own]
    is_free[population.party_count : population.scale] = absorbing
    is_free[population.scale :] = True
    opening[is_free] = 0
    bank = np.concatenate(
        [population.bank, np.array([one.bank for one in own]), np.zeros(outside, dtype=np.int64)]
    )
    keeps_minutes = bank % 3 == 2
    return Rules(opening, limit, is_free, _limit_foreign(stage, len(opening)), keeps_minutes)


def _limit_foreign(stage: Stage, accounts: int) -> Int64s:
    """Allow half of the least hop that a diversion leads over an account.

    So under proceeds_first, oldest first, every hop reaches the money that it is about.
    """
    limits = np.full(accounts, np.iinfo(np.int64).max, dtype=np.int64)
    for one in stage.diversions:
        hops = [stage.script.payments[handle] for handle in one.hops]
        payers = {hop.debit for hop in hops}
        for hop in hops:
            limits[hop.debit] = min(int(limits[hop.debit]), hop.amount // 2)
            if hop.credit in payers:
                arrived = hop.credit_amount or hop.amount
                limits[hop.credit] = min(int(limits[hop.credit]), arrived // 2)
    return limits
