"""The rules against a naive oracle that moves money coin by coin, one minor unit at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.money import parse_amount_minor
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from tests.support.worlds import Shape, World, worlds

OVERDRAWN = Shape(
    amount_max=30,
    currencies=("CNY",),
    absorbing=0,
    overdraft=0.4,
    returns=0,
    kinds=0,
    payees=0,
    late_credit=0,
)
HOURS_72 = 72 * 60


@dataclass
class Purse:
    """An account: coins in the order in which they arrived, each named by its loan or ''."""

    coins: list[str] = field(default_factory=list)
    overdrawn: int = 0
    limit: int = 0
    arrivals: list[tuple[int, list[int]]] = field(default_factory=list)  # minute, coin serials
    serials: list[int] = field(default_factory=list)


class Oracle:
    def __init__(self, world: World, rule: Rule) -> None:
        self.rule = rule
        self.serial = 0
        self.repaid: dict[tuple[str, tuple[str, str]], int] = {}
        self.purses: dict[tuple[str, str], Purse] = {}
        for row in world.rows["accounts"]:
            purse = self.purses[row["bank"], row["account"]] = Purse()
            opening = parse_amount_minor(row["opening_balance"] or "0", "CNY")
            purse.limit = parse_amount_minor(row["overdraft_limit"] or "0", "CNY")
            purse.overdrawn = max(0, -opening)
            self.add(purse, [""] * max(0, opening))
        events = [(row["disbursed_at"], 0, n, row) for n, row in enumerate(world.rows["loans"])] + [
            (row["booked_at"], 1, n, row) for n, row in enumerate(world.rows["movements"])
        ]
        self.loans = [
            row["loan_id"]
            for row in sorted(world.rows["loans"], key=lambda row: row["disbursed_at"])
        ]
        for _, kind, _, row in sorted(events, key=lambda event: event[:3]):
            if kind == 0:
                minor = parse_amount_minor(row["principal"], "CNY")
                self.credit(
                    (row["bank"], row["account"]), [row["loan_id"]] * minor, row["disbursed_at"]
                )
            else:
                minor = parse_amount_minor(row["amount"], "CNY")
                coins = self.debit(
                    (row["debit_bank"], row["debit_account"]), minor, row["booked_at"]
                )
                self.credit((row["credit_bank"], row["credit_account"]), coins, row["booked_at"])

    def add(self, purse: Purse, coins: list[str]) -> list[int]:
        serials = list(range(self.serial, self.serial + len(coins)))
        self.serial += len(coins)
        purse.coins += coins
        purse.serials += serials
        return serials

    def credit(self, key: tuple[str, str], coins: list[str], at: str) -> None:
        if key == ("", ""):
            key = ("outside", "")
            self.purses.setdefault(key, Purse())
        purse = self.purses[key]
        repaid, kept = coins[: purse.overdrawn], coins[purse.overdrawn :]
        purse.overdrawn -= len(repaid)
        for coin in repaid:
            if coin:
                self.repaid[coin, key] = self.repaid.get((coin, key), 0) + 1
        serials = self.add(purse, kept)
        if not repaid:
            purse.arrivals.append((minute_of(at), serials))

    def debit(self, key: tuple[str, str], minor: int, at: str) -> list[str]:
        if key == ("", ""):
            return [""] * minor
        purse = self.purses[key]
        short = max(0, minor - len(purse.coins))
        purse.overdrawn += min(short, max(0, purse.limit - purse.overdrawn))
        self.add(purse, [""] * short)
        places = self.choose(purse, minor, minute_of(at))
        taken = [purse.coins[place] for place in places]
        gone = set(places)
        purse.coins = [coin for place, coin in enumerate(purse.coins) if place not in gone]
        purse.serials = [one for place, one in enumerate(purse.serials) if place not in gone]
        return taken

    def choose(self, purse: Purse, minor: int, minute: int) -> list[int]:
        """Say which coins leave, in order, straight from the definition of the rule."""
        everything = list(range(len(purse.coins)))
        traced = [place for place in everything if purse.coins[place]]
        own = [place for place in everything if not purse.coins[place]]
        if self.rule is Rule.FIFO:
            return everything[:minor]
        if self.rule is Rule.OWN_FIRST:
            return (own + traced)[:minor]
        if self.rule is Rule.PRO_RATA:
            return self.choose_pro_rata(purse, minor)
        if self.rule is Rule.LIFO:
            return self.choose_newest(purse, minor)
        if self.rule is Rule.SPECIFIC:
            for at, serials in purse.arrivals:
                whole = set(serials) <= set(purse.serials)
                if len(serials) == minor and whole and at >= minute - HOURS_72:
                    return [purse.serials.index(serial) for serial in serials]
        return (traced + own)[:minor]

    def choose_newest(self, purse: Purse, minor: int) -> list[int]:
        """Newest first; of one lot the front leaves first, so only whole lots turn round."""
        everything = list(range(len(purse.coins)))
        return everything[::-1][:minor]

    def choose_pro_rata(self, purse: Purse, minor: int) -> list[int]:
        order = [*self.loans, ""]
        places = {
            source: [place for place, coin in enumerate(purse.coins) if coin == source]
            for source in order
        }
        exact = {
            source: Fraction(len(places[source]) * minor, len(purse.coins)) for source in order
        }
        share = {source: exact[source].numerator // exact[source].denominator for source in order}
        left = minor - sum(share.values())
        by_remainder = sorted(order, key=lambda source: share[source] - exact[source])
        for source in by_remainder[:left]:
            share[source] += 1
        return [place for source in order for place in places[source][: share[source]]]


def minute_of(at: str) -> int:
    day, clock = int(at[8:10]), at[11:16]
    return day * 1440 + int(clock[:2]) * 60 + int(clock[3:])


def rests_of(oracle: Oracle) -> dict[tuple[str, str, str], int]:
    rests: dict[tuple[str, str, str], int] = {}
    for (bank, account), purse in oracle.purses.items():
        bank_name = "" if bank == "outside" else bank
        for coin in purse.coins:
            if coin:
                key = (coin, bank_name, account)
                rests[key] = rests.get(key, 0) + 1
    for (coin, (bank, account)), minor in oracle.repaid.items():
        rests[coin, bank, account] = rests.get((coin, bank, account), 0) + minor
    return rests


@pytest.mark.parametrize("rule", CONSERVING_RULES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(OVERDRAWN))
def test_the_engine_agrees_with_moving_coin_by_coin(rule: Rule, world: World):
    for loan in world.rows["loans"]:
        loan["movement_id"] = ""
    tables = world.build()
    result = trace_all(TraceInput(tables), rule)
    found: dict[tuple[str, str, str], int] = {}
    for rank, loan in enumerate(result.given.loans):
        for place, value in result.rests[rank].items():
            key = ("", "") if place.account < 0 else tables.accounts.get_key(place.account)
            found[loan.loan_id, *key] = found.get((loan.loan_id, *key), 0) + value
    found = {key: value for key, value in found.items() if value}
    assert found == rests_of(Oracle(world, rule))
