"""What a reader may know of a ledger, drawn in part, and growing in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st

from fundtrace.ledger.validity.verdicts import (
    Missing,
    MissingBody,
    MissingEntries,
    MissingRoster,
    MissingRuleSet,
    Position,
)
from fundtrace.ledger.validity.view import View
from tests.support.judged_world import RULE_SET, World


@dataclass
class Known:
    """Sizes of logs, and which bodies, rosters and rule sets are there."""

    world: World
    sizes: dict[str, int] = field(default_factory=dict)
    opened: set[Position] = field(default_factory=set)
    versions: set[int] = field(default_factory=set)
    rule_sets: set[str] = field(default_factory=set)

    def view(self) -> View:
        sealed = set(self.world.positions) - self.opened
        return self.world.view(dict(self.sizes), sealed, set(self.versions), set(self.rule_sets))

    def has(self, missing: Missing) -> bool:
        match missing:
            case MissingEntries(origin, size):
                return self.sizes.get(origin, 0) >= size
            case MissingBody(origin, index):
                return Position(origin, index) in self.opened
            case MissingRoster(version):
                return version in self.versions
            case MissingRuleSet(version):
                return version in self.rule_sets

    def supply(self, missing: Missing) -> bool:
        """Learn what is missing; False where the ledger does not hold it either."""
        match missing:
            case MissingEntries(origin, size):
                if size > len(self.world.logs.get(origin, ())):
                    return False
                self.sizes[origin] = size
            case MissingBody(origin, index):
                self.opened.add(Position(origin, index))
            case MissingRoster(version):
                self.versions.add(version)
            case MissingRuleSet(version):
                self.rule_sets.add(version)
        return True


@st.composite
def draw_known(draw, world: World) -> Known:
    """Draw what somebody knows of a ledger."""
    sizes = {
        origin: draw(st.integers(0, len(log)) | st.just(len(log)))
        for origin, log in world.logs.items()
    }
    sealed = draw(st.sets(st.sampled_from(world.positions), max_size=3))
    return Known(
        world,
        sizes,
        set(world.positions) - sealed,
        draw(st.sampled_from([{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2}, {1, 3}, set()])),
        draw(st.sampled_from([{RULE_SET}, {RULE_SET}, set()])),
    )


def grow(world: World, order: list[Missing], steps: int) -> Iterator[Known]:
    """Give what is known after parts of an order of arrivals; the last one is everything."""
    known = Known(world)
    for step in range(steps):
        part = order[len(order) * step // steps : len(order) * (step + 1) // steps]
        for one in part:
            match one:
                case MissingEntries(origin, _):
                    known.sizes[origin] = known.sizes.get(origin, 0) + 1
                case _:
                    known.supply(one)
        yield known


def draw_orders(world: World) -> st.SearchStrategy[list[Missing]]:
    """Draw an order in which everything arrives: entries log by log in order, all else anyhow."""
    arrivals: list[Missing] = [
        MissingEntries(origin, 0) for origin, log in world.logs.items() for _ in log
    ]
    arrivals += [MissingBody(one.origin, one.index) for one in world.positions]
    arrivals += [MissingRoster(version) for version in world.rosters]
    arrivals += [MissingRuleSet(RULE_SET)]
    return st.randoms(use_true_random=False).map(
        lambda random: random.sample(arrivals, len(arrivals))
    )
