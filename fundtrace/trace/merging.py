"""Several sequences over the same things, merged into one order that keeps all of them.

A topological sort in which, of all things that may come next, the smallest does. Where
the sequences contradict each other, the things that stand in a cycle (a strongly
connected component) keep their own order, and the cycle is returned.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise


def merge_sequences(
    count: int, sequences: Iterable[Sequence[int]]
) -> tuple[list[int], list[list[int]]]:
    """Order 0 .. count-1 so that each sequence runs forwards; return also the cycles."""
    onward: list[list[int]] = [[] for _ in range(count)]
    for sequence in sequences:
        for earlier, later in pairwise(sequence):
            onward[earlier].append(later)
    order = _sort(onward)
    if len(order) == count:
        return order, []
    component = _find_components(onward)
    members: dict[int, list[int]] = {}
    for node in range(count):
        members.setdefault(component[node], []).append(node)
    onward = [
        [later for later in laters if component[later] != component[node]]
        for node, laters in enumerate(onward)
    ]
    cycles = sorted(nodes for nodes in members.values() if len(nodes) > 1)
    for nodes in cycles:
        for earlier, later in pairwise(nodes):
            onward[earlier].append(later)
    return _sort(onward), cycles


def _sort(onward: Sequence[Sequence[int]]) -> list[int]:
    """Sort topologically, smallest first; nodes on or behind a cycle are left out."""
    waiting = [0] * len(onward)
    for laters in onward:
        for later in laters:
            waiting[later] += 1
    ready = [node for node, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for later in onward[node]:
            waiting[later] -= 1
            if waiting[later] == 0:
                heapq.heappush(ready, later)
    return order


def _find_components(onward: Sequence[Sequence[int]]) -> list[int]:
    """Return the strongly connected component of each node (Kosaraju, without recursion)."""
    finished: list[int] = []
    seen = [False] * len(onward)
    for root in range(len(onward)):
        if seen[root]:
            continue
        seen[root] = True
        path = [(root, iter(onward[root]))]
        while path:
            node, laters = path[-1]
            later = next((one for one in laters if not seen[one]), None)
            if later is None:
                finished.append(node)
                path.pop()
            else:
                seen[later] = True
                path.append((later, iter(onward[later])))
    backward: list[list[int]] = [[] for _ in onward]
    for node, laters_of in enumerate(onward):
        for one in laters_of:
            backward[one].append(node)
    component = [-1] * len(onward)
    for root in reversed(finished):
        todo = [root] if component[root] < 0 else []
        while todo:
            node = todo.pop()
            if component[node] < 0:
                component[node] = root
                todo += backward[node]
    return component
