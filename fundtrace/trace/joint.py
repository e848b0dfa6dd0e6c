"""An order of one tie in which the balances of several accounts chain together.

Each account's own chain may allow several orders; chosen alone, they can contradict each
other although some joint order satisfies all. This search looks for one: it takes, line
order first, a unit all of whose balances follow from where its accounts stand, and goes
back where that leads nowhere. Balances are sums, so that a set of taken units is a state,
and no state is visited twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# LIMIT: exponential in the worst case; 20,000 steps are some 0.1 s, and a tie of more than
# 400 units that contradicts itself keeps line order.
STEPS_MAX = 20_000
UNITS_MAX = 400


class Step(NamedTuple):
    """What one unit does to one account whose balances are given."""

    account: int
    before: int
    after: int


def find_joint_order(
    steps: Sequence[Sequence[Step]], start: Mapping[int, int | None]
) -> list[int] | None:
    """Return positions of ``steps`` in an order in which all balances chain, or None.

    ``start`` holds each account's balance before, None where it is not known. None also
    where the search would take too long.
    """
    if len(steps) > UNITS_MAX:
        return None
    standing: dict[int, int | None] = dict(start)
    order: list[int] = []
    undo: list[list[tuple[int, int | None]]] = []
    taken = 0
    visited = {0}
    tries = [iter(range(len(steps)))]
    budget = STEPS_MAX
    while tries:
        if len(order) == len(steps):
            return order
        for unit in tries[-1]:
            budget -= 1
            state = taken | 1 << unit
            if taken >> unit & 1 or state in visited:
                continue
            if all(standing[one.account] in (None, one.before) for one in steps[unit]):
                visited.add(state)
                undo.append([(one.account, standing[one.account]) for one in steps[unit]])
                standing.update((one.account, one.after) for one in steps[unit])
                taken = state
                order.append(unit)
                tries.append(iter(range(len(steps))))
                break
        else:
            tries.pop()
            if order:
                taken &= ~(1 << order.pop())
                standing.update(reversed(undo.pop()))
        if budget < 0:
            return None
    return None
