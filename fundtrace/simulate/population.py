"""Who lives in a world: parties, their first accounts, the banks' own accounts, the outside.

Parties are numbered in blocks, and the first account of party p is account p:

    traders      companies that trade; the first are the busiest
    quiet        companies with little business; stories find their shells among them
    developers   property developers, which trade with nobody
    shops        sole traders; every fourth is a farmer
    people       owners of the companies, then spouses, then those whom no company
                 employs, then employees

Behind them come the banks' own accounts, then those that stories and trade open (``open``),
and at last those at banks which are no members and abroad, which no accounts table lists.
Every third company's owner is married.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import AccountKind
from fundtrace.model.tables import NO_VALUE, Int64s
from fundtrace.simulate import names
from fundtrace.simulate.draws import Draws

SCALE_MIN, SCALE_MAX = 1_000, 1_000_000
NOBODY = -1  # holder of a bank's own account
CURRENCIES = ("CNY", "USD", "JPY")
USD, JPY = 1, 2
NON_MEMBERS = ("X01", "X02")
OUTSIDE_BANKS = (*NON_MEMBERS, *names.FOREIGN_BICS)  # of accounts that no table lists
ABSORBING_KINDS = frozenset(
    {
        AccountKind.LOAN,
        AccountKind.HUB,
        AccountKind.PAYMENT_INSTITUTION,
        AccountKind.BROKER_POOL,
        AccountKind.PROPERTY_ESCROW,
        AccountKind.EXTERNAL,
    }
)


class Account(NamedTuple):
    """One account that was opened by hand."""

    bank: int
    holder: int
    kind: AccountKind
    currency: int = 0  # position in CURRENCIES
    opening: int = 0


class Outsider(NamedTuple):
    """One account that no accounts table lists."""

    bank: int  # position in OUTSIDE_BANKS
    currency: int
    name: str


@dataclass(frozen=True)
class Blocks:
    """The blocks of parties, as ranges of party numbers."""

    traders: range
    quiet: range
    developers: range
    shops: range
    owners: range
    spouses: range
    unemployed: range
    employees: range

    @property
    def companies(self) -> range:
        """Return all companies; the owner of the k-th is the k-th owner."""
        return range(self.traders.start, self.developers.stop)

    @property
    def people(self) -> range:
        """Return all people."""
        return range(self.owners.start, self.employees.stop)


@dataclass(eq=False)
class Population:
    """Parties and accounts; accounts grow while stories are written."""

    scale: int
    member_count: int
    blocks: Blocks
    bank: Int64s  # by party: of its first account; members first, then the others
    opening: Int64s  # of first accounts
    limit: Int64s
    sector: Int64s  # by company: position in names.SECTORS
    own: list[Account]  # banks' own, then opened ones: accounts from len(bank) on
    hubs: range  # accounts: fees and interest, one per member bank
    treasuries: range
    institutions: range
    broker_pools: range
    outsiders: list[Outsider] = field(default_factory=list)  # accounts from ``scale`` on

    @property
    def party_count(self) -> int:
        """Return how many parties there are."""
        return len(self.bank)

    @property
    def listed_count(self) -> int:
        """Return how many accounts the accounts table lists so far."""
        return len(self.bank) + len(self.own)

    def open(self, account: Account) -> int:
        """Open an account and return its number."""
        if self.listed_count >= self.scale:
            raise InvalidInputError(f"{self.scale} accounts do not hold what the world needs")
        self.own.append(account)
        return self.listed_count - 1

    def open_outside(self, outsider: Outsider) -> int:
        """Note an account outside the consortium and return its number."""
        self.outsiders.append(outsider)
        return self.scale + len(self.outsiders) - 1

    def get_bank(self, account: int) -> int:
        """Return the bank of a listed account."""
        parties = len(self.bank)
        return int(self.bank[account]) if account < parties else self.own[account - parties].bank

    def get_owner(self, company: int) -> int:
        """Return the person who owns a company."""
        return self.blocks.owners.start + company

    def find_spouse(self, company: int) -> int | None:
        """Return the spouse of a company's owner, if there is one."""
        place = self.blocks.spouses.start + company // 3
        return place if company % 3 == 0 and place < self.blocks.spouses.stop else None


def build_population(scale: int, draws: Draws) -> Population:
    """Draw the parties of a world of ``scale`` accounts, and the accounts that all begin with."""
    if not SCALE_MIN <= scale <= SCALE_MAX:
        raise InvalidInputError(f"a world has {SCALE_MIN:,} to {SCALE_MAX:,} accounts, not {scale}")
    members = 5 if scale < 5_000 else 8 if scale < 50_000 else 14
    blocks = _divide(scale - _count_later(scale, members))
    parties = blocks.people.stop
    own, hubs, treasuries, institutions, pools = _open_banks_own(parties, members)
    limit = np.zeros(parties, dtype=np.int64)
    overdrafts = np.flatnonzero(draws.chance(60, len(blocks.traders)))
    limit[overdrafts] = draws.spread(5, 60, len(overdrafts)) * 10_000_00
    return Population(
        scale=scale,
        member_count=members,
        blocks=blocks,
        bank=draws.rank(members, parties),
        opening=_draw_openings(blocks, scale, draws),
        limit=limit,
        sector=names.choose_sectors(draws, len(blocks.companies)),
        own=own,
        hubs=hubs,
        treasuries=treasuries,
        institutions=institutions,
        broker_pools=pools,
    )


def count_loans(scale: int) -> int:
    """Return how many loans a world has: one for fifty accounts, room for every story."""
    return max(110, scale // 50)


def _count_later(scale: int, members: int) -> int:
    """Return how many accounts are opened later: loans, the banks' own, special kinds."""
    return count_loans(scale) + members + 6 + max(90, scale // 16)


def _divide(primary: int) -> Blocks:
    """Divide the parties into blocks."""
    traders = primary * 20 // 100
    quiet = max(primary * 6 // 100, 70)
    developers = max(3, primary // 250)
    companies = traders + quiet + developers
    sizes = [traders, quiet, developers, primary * 12 // 100]
    sizes += [companies, companies // 3 + 1, primary * 7 // 100]
    sizes.append(primary - sum(sizes))
    ends = [0, *np.cumsum(sizes).tolist()]
    return Blocks(*(range(*pair) for pair in pairwise(ends)))


def _open_banks_own(first: int, members: int) -> tuple[list[Account], range, range, range, range]:
    """Open a hub at every member, and two each of the others at the first ones."""
    own = [Account(bank, NOBODY, AccountKind.HUB, 0, NO_VALUE) for bank in range(members)]
    ranges = [range(first, first + members)]
    for kind in (AccountKind.HUB, AccountKind.PAYMENT_INSTITUTION, AccountKind.BROKER_POOL):
        start = first + len(own)
        own += [Account(bank, NOBODY, kind, 0, NO_VALUE) for bank in range(2)]
        ranges.append(range(start, start + 2))
    return own, ranges[0], ranges[1], ranges[2], ranges[3]


def _draw_openings(blocks: Blocks, scale: int, draws: Draws) -> Int64s:
    """Draw opening balances in fen; busy companies begin with more.

    A company of rank r pays about n r^-0.6 times, and what comes and goes by chance grows with
    the square root of that.
    """
    opening = np.zeros(blocks.people.stop, dtype=np.int64)
    traders = len(blocks.traders)
    opening[:traders] = draws.amounts(120_000_00, traders)
    rank = np.arange(1, traders + 1, dtype=np.float64)
    # r^-0.3 lies between r^-0.25 and r^-0.5; the former is two square roots
    busy = np.sqrt(float(scale)) / np.sqrt(np.sqrt(rank))
    opening[:traders] += (busy * 1024).astype(np.int64) * 12_000_00 // 1024
    for block, base in (
        (blocks.quiet, 3_000_00),
        (blocks.developers, 2_000_000_00),
        (blocks.shops, 15_000_00),
        (blocks.people, 6_000_00),
    ):
        count = len(block)
        drawn = np.minimum(draws.amounts(base, count), base * 12)
        opening[block.start : block.stop] = drawn
    return opening


def is_of_stories(trader: int) -> bool:
    """Tell whether a trader may come into a story; others' loans are not paid to such."""
    return trader % 5 in (1, 3)


class Cast:
    """Parties for stories, each used once."""

    def __init__(self, population: Population, draws: Draws) -> None:
        """Shuffle every block."""
        blocks = population.blocks
        self._population = population
        # The very busiest are nobody's story: their accounts hold everybody's money.
        skipped = min(20, len(blocks.traders) // 20)
        firms = [one for one in blocks.traders[skipped:] if is_of_stories(one)]
        self._married = _deal(
            [one for one in firms if population.find_spouse(one) is not None], draws
        )
        self._single = _deal([one for one in firms if population.find_spouse(one) is None], draws)
        others = [one for one in blocks.traders[skipped:] if not is_of_stories(one)]
        self._plain = _deal(others, draws)
        self._quiet = _deal(list(blocks.quiet), draws)
        self._farmers = _deal([one for one in blocks.shops if one % 4 == 0], draws)
        self._shops = _deal([one for one in blocks.shops if one % 4], draws)
        self._people = _deal(list(blocks.unemployed), draws)
        self._developers = _deal(list(blocks.developers), draws)

    def company(self) -> int:
        """Return a trading company."""
        return _next(chain(self._single, self._married))

    def plain_company(self) -> int:
        """Return a trading company to which nothing happens."""
        return _next(self._plain)

    def married_company(self) -> int:
        """Return a trading company whose owner is married."""
        return _next(self._married)

    def quiet(self) -> int:
        """Return a company with little business."""
        return _next(self._quiet)

    def farmer(self) -> int:
        """Return a farmer."""
        return _next(self._farmers)

    def shop(self) -> int:
        """Return a sole trader who is no farmer."""
        return _next(self._shops)

    def person(self) -> int:
        """Return somebody who is paid by no company."""
        return _next(self._people)

    def developer(self, draws: Draws) -> int:
        """Return a developer; these serve in many stories."""
        block = self._population.blocks.developers
        return block[draws.between(0, len(block) - 1)]


def _deal(parties: list[int], draws: Draws) -> Iterator[int]:
    return iter([parties[at] for at in draws.shuffle(len(parties)).tolist()])


def _next(parties: Iterator[int]) -> int:
    party = next(parties, None)
    if party is None:
        raise InvalidInputError("the world is too small for its stories; raise the scale")
    return party
