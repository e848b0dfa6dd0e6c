"""The rules against a naive oracle that moves money coin by coin, one minor unit at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.money import parse_amount_minor
from fundtrace.trace.engine import trace_all
from fundtrace.trace.inputs import TraceInput
from fundtrace.trace.result import PassResult, Scope
from tests.support.worlds import Shape, World, worlds

OVERDRAWN = Shape(
    amount_max=30,
    currencies=("CNY",),
    absorbing=0.3,
    overdraft=0.3,
    returns=0,
    kinds=0,
    payees=0.5,
    late_credit=0,
)
DAYS_30 = 30 * 24 * 60
HOURS_72 = 72 * 60


@dataclass
class Purse:
    """An account: coins in the order in which they arrived, each named by its loan or ''.

    Behind the loan's name stands ``*`` while the coin has not left the borrower.
    """

    coins: list[str] = field(default_factory=list)
    overdrawn: int = 0
    limit: int = 0
    arrivals: list[tuple[int, list[int]]] = field(default_factory=list)  # minute, coin serials
    serials: list[int] = field(default_factory=list)


class Oracle:
    def __init__(self, world: World, rule: Rule, part_min: int = 0) -> None:
        self.rule, self.part_min = rule, part_min
        self.serial = 0
        self.lot_of: dict[int, int] = {}  # coin serial: the part in which it arrived
        self.parts = 0
        self.small: dict[tuple[str, tuple[str, str]], int] = {}  # what was followed no further
        self.repaid: dict[tuple[str, tuple[str, str]], int] = {}
        self.purses: dict[tuple[str, str], Purse] = {}
        self.first_uses: dict[tuple[str, tuple[str, str]], int] = {}
        self.members = {row["bank"] for row in world.rows["members"]}
        self.kinds = {(row["bank"], row["account"]): row["kind"] for row in world.rows["accounts"]}
        holders = {
            (row["bank"], row["account"]): row["holder_id"] for row in world.rows["accounts"]
        }
        self.own: dict[str, set[tuple[str, str]]] = {}
        self.payees: dict[str, tuple[tuple[str, str], set[tuple[str, str]], int]] = {}
        for row in world.rows["loans"]:
            account = (row["bank"], row["account"])
            holder = row["holder_id"] or holders[account]
            self.own[row["loan_id"]] = {account} | {
                key
                for key, one in holders.items()
                if holder and one == holder and not self.kinds[key]
            }
            named = {tuple(one.split("/")) for one in row["declared_payees"].split(";") if one}
            until = minute_of(row["disbursed_at"]) + DAYS_30
            self.payees[row["loan_id"]] = (account, named, until)
        for row in world.rows["accounts"]:
            purse = self.purses[row["bank"], row["account"]] = Purse()
            opening = parse_amount_minor(row["opening_balance"] or "0", "CNY")
            purse.limit = parse_amount_minor(row["overdraft_limit"] or "0", "CNY")
            purse.overdrawn = max(0, -opening)
            self.add(purse, [""] * max(0, opening))
        self.loans: list[str] = []
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
                coins = [f"{row['loan_id']}*"] * minor
                self.parts += 1
                key = (row["bank"], row["account"])
                self.credit(key, coins, [self.parts] * minor, row["disbursed_at"], 0)
            else:
                minor = parse_amount_minor(row["amount"], "CNY")
                sides = [
                    (row[f"{side}_bank"], row[f"{side}_account"]) for side in ("debit", "credit")
                ]
                coins, parts = self.debit(*sides, minor, row["booked_at"])
                self.credit(sides[1], coins, parts, row["booked_at"], self.part_min)

    def add(self, purse: Purse, coins: list[str]) -> list[int]:
        serials = list(range(self.serial, self.serial + len(coins)))
        self.serial += len(coins)
        purse.coins += coins
        purse.serials += serials
        return serials

    def credit(
        self, key: tuple[str, str], coins: list[str], parts: list[int], at: str, part_min: int
    ) -> None:
        if key == ("", ""):
            key = ("outside", "")
            self.purses.setdefault(key, Purse())
        purse = self.purses[key]
        repaid, kept = coins[: purse.overdrawn], coins[purse.overdrawn :]
        if self.absorbs(key):
            repaid, kept = [], coins
        purse.overdrawn -= len(repaid)
        for coin in repaid:
            if coin:
                name = self.use(coin, key, is_gone=True).rstrip("*")
                self.repaid[name, key] = self.repaid.get((name, key), 0) + 1
        parts = parts[len(repaid) :]
        kept = [self.use(coin, key) for coin in kept]
        if not self.absorbs(key):
            kept = self.stop_small(kept, parts, key, part_min)
        serials = self.add(purse, kept)
        self.lot_of |= zip(serials, parts, strict=True)
        if not repaid:
            purse.arrivals.append((minute_of(at), serials))

    def stop_small(
        self, coins: list[str], parts: list[int], key: tuple[str, str], part_min: int
    ) -> list[str]:
        """Make own money of the coins that arrive in parts below the least."""
        sizes = Counter(parts)
        kept = []
        for coin, part in zip(coins, parts, strict=True):
            is_small = bool(coin) and sizes[part] < part_min
            if is_small:
                self.small[coin, key] = self.small.get((coin, key), 0) + 1
            kept.append("" if is_small else coin)
        return kept

    def absorbs(self, key: tuple[str, str]) -> bool:
        is_away = bool(self.members) and key[0] not in self.members
        return key[0] == "outside" or bool(self.kinds.get(key)) or is_away

    def use(self, coin: str, key: tuple[str, str], *, is_gone: bool = False) -> str:
        """Count a coin's first use where it leaves the borrower; return it as it is then."""
        if not coin.endswith("*") or (key in self.own[coin[:-1]] and not is_gone):
            return coin
        self.first_uses[coin[:-1], key] = self.first_uses.get((coin[:-1], key), 0) + 1
        return coin[:-1]

    def debit(
        self, key: tuple[str, str], payee: tuple[str, str], minor: int, at: str
    ) -> tuple[list[str], list[int]]:
        """Return the coins that leave, and of each in which part of the payment it lies."""
        if key == ("", "") or self.absorbs(key):
            return [""] * minor, [0] * minor
        purse = self.purses[key]
        short = max(0, minor - len(purse.coins))
        purse.overdrawn += min(short, max(0, purse.limit - purse.overdrawn))
        self.add(purse, [""] * short)
        places = self.choose_for_payee(purse, key, payee, minor, minute_of(at))
        first = set(places)
        rest = Purse(
            [coin for place, coin in enumerate(purse.coins) if place not in first],
            arrivals=purse.arrivals,
            serials=[one for place, one in enumerate(purse.serials) if place not in first],
        )
        back = [place for place in range(len(purse.coins)) if place not in first]
        if minor > len(places):
            chosen = self.choose(rest, minor - len(places), minute_of(at))
            places = places + [back[place] for place in chosen]
        taken = [purse.coins[place] for place in places]
        if self.rule is Rule.PRO_RATA:
            origins: list[object] = [coin.rstrip("*") for coin in taken]
        else:
            origins = [self.lot_of.get(purse.serials[place]) for place in places]
        numbers = {one: self.parts + 1 + n for n, one in enumerate(dict.fromkeys(origins))}
        self.parts += len(numbers)
        gone = set(places)
        purse.coins = [coin for place, coin in enumerate(purse.coins) if place not in gone]
        purse.serials = [one for place, one in enumerate(purse.serials) if place not in gone]
        return taken, [numbers[one] for one in origins]

    def choose_for_payee(
        self, purse: Purse, key: tuple[str, str], payee: tuple[str, str], minor: int, minute: int
    ) -> list[int]:
        places: list[int] = []
        for loan in self.loans:
            account, named, until = self.payees[loan]
            if key == account and payee in named and minute <= until:
                places += [
                    place for place, coin in enumerate(purse.coins) if coin.rstrip("*") == loan
                ]
        return places[:minor]

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
        """Newest first. Coins of one lot are alike, so that their own order does not matter."""
        everything = list(range(len(purse.coins)))
        return everything[::-1][:minor]

    def choose_pro_rata(self, purse: Purse, minor: int) -> list[int]:
        order = [*self.loans, ""]
        places = {
            source: [place for place, coin in enumerate(purse.coins) if coin.rstrip("*") == source]
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
                key = (coin.rstrip("*"), bank_name, account)
                rests[key] = rests.get(key, 0) + 1
    for ended in (oracle.repaid, oracle.small):
        for (coin, (bank, account)), minor in ended.items():
            key = (coin.rstrip("*"), bank, account)
            rests[key] = rests.get(key, 0) + minor
    return rests


Uses = dict[tuple[str, str, str], int]


def first_uses_of(result: PassResult) -> Uses:
    found: Uses = {}
    for rank, loan in enumerate(result.given.loans):
        for place, value in result.first_uses[rank].items():
            accounts = result.given.tables.accounts
            key = ("", "") if place.account < 0 else accounts.get_key(place.account)
            found[loan.loan_id, *key] = found.get((loan.loan_id, *key), 0) + value
    return {key: value for key, value in found.items() if value}


def first_uses_of_coins(oracle: Oracle) -> Uses:
    """What left the borrower, and what never did and lies where it lies."""
    found: Uses = {}
    for (loan, (bank, account)), minor in oracle.first_uses.items():
        found[loan, "" if bank == "outside" else bank, account] = minor
    for key, purse in oracle.purses.items():
        for coin in purse.coins:
            if coin.endswith("*"):
                found[coin[:-1], *key] = found.get((coin[:-1], *key), 0) + 1
    for (coin, key), minor in oracle.small.items():
        if coin.endswith("*"):
            found[coin[:-1], *key] = found.get((coin[:-1], *key), 0) + minor
    return found


@pytest.mark.parametrize("rule", CONSERVING_RULES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(OVERDRAWN), part_min=st.one_of(st.just(0), st.integers(1, 30)))
def test_the_engine_agrees_with_moving_coin_by_coin(rule: Rule, world: World, part_min: int):
    for loan in world.rows["loans"]:
        loan["movement_id"] = ""
    tables = world.build()
    result = trace_all(TraceInput(tables), rule, Scope(part_min_minor=part_min))
    found: dict[tuple[str, str, str], int] = {}
    for rank, loan in enumerate(result.given.loans):
        for place, value in result.rests[rank].items():
            key = ("", "") if place.account < 0 else tables.accounts.get_key(place.account)
            found[loan.loan_id, *key] = found.get((loan.loan_id, *key), 0) + value
    found = {key: value for key, value in found.items() if value}
    oracle = Oracle(world, rule, part_min)
    assert found == rests_of(oracle)
    if rule is not Rule.PRO_RATA:  # there, value that left and value that did not are split in part
        assert first_uses_of(result) == first_uses_of_coins(oracle)
