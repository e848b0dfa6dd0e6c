"""Trails built by hand, for renderings: a small story teller that keeps the sums right."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from hypothesis import strategies as st

from fundtrace.model.instants import DAY_MICROSECONDS, parse_instant
from fundtrace.model.kinds import DoubtKind, EndReason, MovementKind, Rule, Use
from fundtrace.trace.result import Scope
from fundtrace.trace.trail import (
    Cut,
    Doubt,
    Hop,
    Part,
    Place,
    Reached,
    ReentryCandidate,
    Trail,
)

OUTSIDE = Place("", "")
SNAPSHOT = "sha256:" + "0123456789abcdef" * 4

BANK_NAMES = (
    ("A", "瓯江银行"),
    ("B", "永嘉农商行"),
    ("C", "龙湾商行"),
    ("D", "鹿城信用社"),
    ("N", "浦西银行"),
)


def place(bank: str, account: str, name: str = "", currency: str = "CNY") -> Place:
    return Place(bank, account, currency, f"P-{bank}{account}", name)


class Story:
    """Move one loan's money about; every amount in value of the loan, minor units."""

    def __init__(self, account: Place, principal_minor: int, at: str, **facts: object) -> None:
        self.account = account
        self.principal_minor = principal_minor
        self.at = parse_instant(at)
        self.facts = facts
        self.hops: list[Hop] = []
        self.fresh_minor = principal_minor  # has never left the borrower
        self.held: dict[Place, int] = {account: principal_minor}
        self.uses: dict[Place, Use] = {account: Use.BORROWER}
        self.depths: dict[Place, int] = {account: 0}
        self.parents: dict[Place, tuple[str, ...]] = {account: ("disbursement",)}
        # Every account that money on an account may have come through.
        self.sources: dict[Place, set[Place]] = {account: set()}
        self.ends: dict[tuple[Use, Place, EndReason], int] = {}
        self.firsts: dict[tuple[Use, Place], int] = {}

    def move(  # noqa: PLR0917
        self,
        at: str | int,
        debit: Place,
        credit: Place,
        traced_minor: int,
        use: Use = Use.UNKNOWN,
        end_reason: EndReason = EndReason.HELD,
        **over: object,
    ) -> Hop:
        number = len(self.hops) + 1
        instant = parse_instant(at) if isinstance(at, str) else at
        movement_id = f"m{number:02d}"
        hop = Hop(
            movement_id=movement_id,
            depth=self.depths[debit] + 1,
            booked_at=instant,
            credited_at=instant,
            debit=debit,
            credit=credit,
            kind=MovementKind.TRANSFER,
            amount_minor=traced_minor,
            currency=debit.currency,
            units_minor=traced_minor,
            traced_minor=traced_minor,
            parents=self.parents[debit],
            use=use,
            end_reason=end_reason,
            reverses="",
            returned_minor=0,
            is_back_flow=credit in self.sources[debit] | {self.account},
            debit_position=2 * number,
            credit_position=2 * number + 1,
        )
        hop = dataclasses.replace(hop, **over)  # type: ignore[arg-type]
        self.hops.append(hop)
        self._book(hop)
        return hop

    def _book(self, hop: Hop) -> None:
        self.held[hop.debit] -= hop.traced_minor
        if hop.end_reason is EndReason.HELD:
            self.held[hop.credit] = self.held.get(hop.credit, 0) + hop.traced_minor
        else:
            key = (hop.use, hop.credit, hop.end_reason)
            self.ends[key] = self.ends.get(key, 0) + hop.traced_minor
        if hop.credit:
            came_through = self.sources[hop.debit] | {hop.debit}
            self.sources.setdefault(hop.credit, set()).update(came_through)
            self.uses.setdefault(hop.credit, hop.use)
            self.depths.setdefault(hop.credit, hop.depth)
            self.parents[hop.credit] = (hop.movement_id,)
        fresh = min(hop.traced_minor, self.fresh_minor) if hop.debit == self.account else 0
        if fresh:
            self.fresh_minor -= fresh
            first = (hop.use, hop.credit)
            self.firsts[first] = self.firsts.get(first, 0) + fresh

    def tell(self, **over: object) -> Trail:
        rests = [
            Part(self.uses[where], where, EndReason.HELD, value, value // 2, value)
            for where, value in self.held.items()
            if value
        ]
        rests += [
            Part(use, where, reason, value, value, value)
            for (use, where, reason), value in self.ends.items()
        ]
        firsts = [
            Part(use, where, EndReason.HELD, value, value, value)
            for (use, where), value in self.firsts.items()
        ]
        if self.fresh_minor:
            fresh = self.fresh_minor
            firsts.append(Part(Use.BORROWER, self.account, EndReason.HELD, fresh, fresh, fresh))
        reached: dict[Use, int] = {}
        for hop in self.hops:
            reached[hop.use] = reached.get(hop.use, 0) + hop.traced_minor
        trail = Trail(
            loan_id="L-2026-001",
            contract_id="HT-2026-001",
            rule=Rule.PROCEEDS_FIRST,
            as_of=None,
            scope=Scope(),
            snapshot=SNAPSHOT,
            currency=self.account.currency,
            principal_minor=self.principal_minor,
            disbursed_at=self.at,
            account=self.account,
            purpose="采购皮革、鞋底",
            hops=tuple(self.hops),
            first_uses=tuple(firsts),
            rests=tuple(rests),
            ever_reached=tuple(Reached(use, value, value, value) for use, value in reached.items()),
            exposure=tuple(
                Reached(use, min(value, self.principal_minor), value, value)
                for use, value in reached.items()
            ),
            reentry_candidates=(),
            bank_names=BANK_NAMES,
        )
        return dataclasses.replace(trail, **{**self.facts, **over})  # type: ignore[arg-type]


SHOES = place("A", "1001", "温州永兴鞋业有限公司")
LEATHER = place("B", "2001", "瓯海皮革贸易行")
TRADER = place("C", "3001", "龙湾锐达商贸有限公司")
ABSENT = place("N", "9001", "不详")
WIFE = place("D", "4001", "林晓云")


def make_s1() -> Trail:
    """Scenario S1: entrusted payment, then out through a non-member, back by inference."""
    story = Story(SHOES, 300_000_000, "2026-03-05T09:00")
    story.move("2026-03-05T09:30", SHOES, LEATHER, 300_000_000, Use.DECLARED_PAYEE)
    story.move("2026-03-06T10:15", LEATHER, TRADER, 285_000_000)
    story.move(
        "2026-03-09T14:05:30", TRADER, ABSENT, 285_000_000, Use.NON_MEMBER, EndReason.NON_MEMBER
    )
    trail = story.tell()
    return dataclasses.replace(
        trail,
        rests=(
            Part(Use.DECLARED_PAYEE, LEATHER, EndReason.HELD, 15_000_000, 15_000_000, 135_000_000),
            Part(
                Use.NON_MEMBER,
                ABSENT,
                EndReason.NON_MEMBER,
                285_000_000,
                165_000_000,
                285_000_000,
            ),
        ),
        reentry_candidates=(
            ReentryCandidate(
                "x1",
                parse_instant("2026-03-21T16:20"),
                ABSENT,
                WIFE,
                284_000_000,
                "CNY",
                285_000_000,
                EndReason.NON_MEMBER,
                Use.RELATED_PARTY,
                True,
            ),
        ),
    )


def make_cycle() -> Trail:
    """A round trip within minutes, then shares and cash: back-flow, own bank, outside."""
    story = Story(SHOES, 100_000_000, "2026-03-05T09:00")
    broker = place("A", "88880001", "第三方存管汇总户")
    owner = place("D", "6222021203001234567", "陈永兴")
    story.move("2026-03-05T09:30", SHOES, LEATHER, 100_000_000, Use.DECLARED_PAYEE)
    story.move("2026-03-05T09:42", LEATHER, TRADER, 98_000_000)
    story.move("2026-03-05T09:42", LEATHER, OUTSIDE, 50_000, Use.FEE, EndReason.FEE)
    story.move("2026-03-05T10:05", TRADER, SHOES, 97_500_000, Use.BORROWER)
    story.move("2026-03-20T11:00", SHOES, owner, 60_000_000, Use.RELATED_PARTY)
    story.move("2026-03-20T13:31", SHOES, broker, 37_500_000, Use.SECURITIES, EndReason.BROKER_POOL)
    story.move("2026-03-21T08:00", owner, OUTSIDE, 4_999_900, Use.CASH, EndReason.CASH)
    story.move("2026-04-02T08:00", owner, OUTSIDE, 5_000_000, Use.CASH, EndReason.CASH)
    story.move("2026-04-02T09:00", owner, SHOES, 20_000_000, Use.BORROWER)
    return story.tell()


def make_fan_out(count: int = 60) -> Trail:
    """A declared payee spreads the loan over ``count`` hops and eleven days."""
    story = Story(SHOES, 300_000_000, "2026-03-05T09:00")
    story.move("2026-03-05T09:30", SHOES, LEATHER, 300_000_000, Use.DECLARED_PAYEE)
    start = parse_instant("2026-03-06T09:00")
    banks = "ABCDN"
    part = 297_000_000 // max(count - 1, 1) - (count - 1) * 600
    for number in range(count - 1):
        bank = banks[number % 5]
        target = place(bank, f"62220000{number % 45:04d}", f"第{number % 45 + 1:02d}号供货商")
        blind = bank == "N"
        story.move(
            start + (number // 20) * 5 * DAY_MICROSECONDS + number * 60_000_000,
            LEATHER,
            target,
            part + number * 1_111,
            Use.NON_MEMBER if blind else Use.UNKNOWN,
            EndReason.NON_MEMBER if blind else EndReason.HELD,
        )
    return story.tell()


def make_two_currencies() -> Trail:
    """Yuan turn into yen and leave; one transfer is still on its way at the time asked."""
    yen = place("C", "3900", "龙湾锐达商贸有限公司", "JPY")
    osaka = place("JPX", "7700", "Osaka Leather K.K.", "JPY")
    story = Story(SHOES, 10_000_000, "2026-03-05T09:00")
    story.move("2026-03-05T09:30", SHOES, yen, 10_000_000, Use.SUPPLIER, amount_minor=12_000_000)
    story.move(
        "2026-03-06T10:00",
        yen,
        osaka,
        9_000_001,
        Use.ABROAD,
        EndReason.EXTERNAL,
        amount_minor=2_000_000,
        units_minor=1_890_000,
    )
    story.move(
        "2026-03-06T11:00",
        yen,
        osaka,
        500_000,
        Use.ABROAD,
        EndReason.IN_TRANSIT,
        amount_minor=105_000,
        units_minor=105_000,
        credited_at=None,
    )
    return story.tell(as_of=parse_instant("2026-03-06T11:00"))


def make_dark() -> Trail:
    """Everything is out of sight after the first step; a view limit hid hops as well."""
    story = Story(SHOES, 300_000_000, "2026-03-05T09:00")
    story.move(
        "2026-03-05T09:30", SHOES, ABSENT, 300_000_000, Use.DECLARED_PAYEE, EndReason.NON_MEMBER
    )
    return story.tell(
        cut=(Cut("max_hops", "1", 4, 123_456_789),),
        doubts=(
            Doubt(DoubtKind.UNOBSERVED, SHOES, 12_345),
            Doubt(DoubtKind.BALANCE_BREAK, SHOES, day="2026-03-05"),
        ),
    )


@st.composite
def trails(draw: st.DrawFn, hops_max: int = 40) -> Trail:
    """Draw trails of any shape: circles, same-instant chains, fans, many days, odd names."""
    names = st.text(max_size=24) | st.sampled_from(["温州永兴鞋业有限公司", "<b>&\"'", "W" * 30])
    accounts = [
        place(draw(st.sampled_from("ABCN")), f"{number}{'0' * draw(st.integers(0, 18))}", name)
        for number, name in enumerate(draw(st.lists(names, min_size=2, max_size=8)))
    ]
    story = Story(accounts[0], draw(st.integers(1_000, 10**15)), "2026-01-31T23:00")
    instant = story.at
    for _ in range(draw(st.integers(0, hops_max))):
        sources = [where for where, value in story.held.items() if value]
        if not sources:
            break
        debit = draw(st.sampled_from(sources))
        credit = draw(st.sampled_from([*(a for a in accounts if a != debit), OUTSIDE]))
        instant += draw(st.sampled_from([0, 60_000_000, DAY_MICROSECONDS, 9 * DAY_MICROSECONDS]))
        blind = credit.bank in {"N", ""}
        reason = EndReason.NON_MEMBER if credit else EndReason.OUTSIDE
        use = Use.NON_MEMBER if credit else Use.UNKNOWN
        story.move(
            instant,
            debit,
            credit,
            draw(st.integers(1, story.held[debit])),
            use if blind else Use.UNKNOWN,
            reason if blind else EndReason.HELD,
        )
    return story.tell()


def all_trails() -> Sequence[Trail]:
    return (make_s1(), make_cycle(), make_fan_out(), make_two_currencies(), make_dark())
