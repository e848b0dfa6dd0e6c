"""One account's events of one instant, put in the order in which their balances chain.

An event is an edge between two balances: from the one before it (balance after minus its
delta) to the one after it. An order in which all chain is an Eulerian trail over these
edges; it begins at the balance that the account had before. Where there is no single one,
the fewest breaks are had so: each connected component takes one trail for each unit of
surplus of its nodes (edges out minus edges in), or one circuit where there is none; dummy
edges from nodes of deficit to nodes of surplus, one fewer than trails, join them to one
trail, which Hierholzer's algorithm finds in linear time. The component that can begin at
the known balance comes first, the others follow in line order.

Some banks round what they print: then balances are off by a coin now and again and no
order makes all of them meet. So a second trail is sought over balances that lie within
``tolerance`` of each other, taken as one. Of line order and the two trails, the first
with the fewest breaks is taken, and among those with the fewest inexact steps.
"""

from __future__ import annotations

from collections.abc import Sequence


def chain_balances(
    before: Sequence[int], after: Sequence[int], start: int | None, tolerance: int = 0
) -> list[int]:
    """Return the positions of the events, in the order with the fewest breaks.

    ``start`` is the account's balance before them, None where it is not known. Line order
    (0, 1, 2 ...) is kept where no order found is better.
    """
    best = list(range(len(before)))
    fewest = _count_breaks(best, before, after, start, tolerance)
    if fewest == (0, 0):
        return best
    order = _find_order(before, after, start)
    count = _count_breaks(order, before, after, start, tolerance)
    if count < fewest:
        best, fewest = order, count
    if tolerance and fewest[0]:
        node_of = _join_near(before, after, start, tolerance)
        order = _find_order(
            [node_of[balance] for balance in before],
            [node_of[balance] for balance in after],
            None if start is None else node_of[start],
        )
        if _count_breaks(order, before, after, start, tolerance) < fewest:
            best = order
    return best


def _count_breaks(
    order: Sequence[int],
    before: Sequence[int],
    after: Sequence[int],
    start: int | None,
    tolerance: int,
) -> tuple[int, int]:
    """Count the steps that do not meet, and those that meet only within the tolerance."""
    breaks = inexact = 0
    balance = start
    for position in order:
        if balance is not None and balance != before[position]:
            inexact += 1
            breaks += abs(balance - before[position]) > tolerance
        balance = after[position]
    return breaks, inexact


def _join_near(
    before: Sequence[int], after: Sequence[int], start: int | None, tolerance: int
) -> dict[int, int]:
    """Give balances one number where each lies near the next one."""
    node_of: dict[int, int] = {}
    node, last = 0, None
    for balance in sorted({*before, *after} | (set() if start is None else {start})):
        node += last is not None and balance - last > tolerance
        node_of[balance] = node
        last = balance
    return node_of


def _find_order(before: Sequence[int], after: Sequence[int], start: int | None) -> list[int]:
    """Return all events, component by component."""
    found: list[int] = []
    for component in _order_components(before, after, start):
        found += _find_trail(component, before, after, start if not found else None)
    return found


def _order_components(
    before: Sequence[int], after: Sequence[int], start: int | None
) -> list[list[int]]:
    """Return the connected components, each a list of events in line order."""
    parent: dict[int, int] = {}

    def find_root(node: int) -> int:
        root = node
        while parent.setdefault(root, root) != root:
            root = parent[root]
        while parent[node] != root:
            parent[node], node = root, parent[node]
        return root

    for tail, head in zip(before, after, strict=True):
        parent[find_root(head)] = find_root(tail)
    components: dict[int, list[int]] = {}
    for position, tail in enumerate(before):
        components.setdefault(find_root(tail), []).append(position)
    ordered = list(components.values())
    if start is not None and start in parent:
        first = components[find_root(start)]
        if start in _find_starts(first, before, after):
            ordered.remove(first)
            ordered.insert(0, first)
    return ordered


def _find_surplus(
    component: Sequence[int], before: Sequence[int], after: Sequence[int]
) -> dict[int, int]:
    """Return edges out minus edges in of each node, nodes in line order."""
    surplus: dict[int, int] = {}
    for position in component:
        surplus[before[position]] = surplus.get(before[position], 0) + 1
        surplus[after[position]] = surplus.get(after[position], 0) - 1
    return surplus


def _find_starts(
    component: Sequence[int], before: Sequence[int], after: Sequence[int]
) -> list[int]:
    """Return the nodes at which a trail may begin without an additional break."""
    surplus = _find_surplus(component, before, after)
    return [node for node, more in surplus.items() if more > 0] or list(surplus)


def _find_trail(
    component: Sequence[int], before: Sequence[int], after: Sequence[int], start: int | None
) -> list[int]:
    """Walk all edges of a component (Hierholzer), leaving out the dummy ones."""
    surplus = _find_surplus(component, before, after)
    starts = [node for node, more in surplus.items() for _ in range(max(more, 0))]
    ends = [node for node, more in surplus.items() for _ in range(max(-more, 0))]
    node = before[component[0]] if not starts else starts[0]
    if start is not None and start in (starts or surplus):
        node = start
    if starts:
        starts.remove(node)
    edges: dict[int, list[tuple[int, int]]] = {}  # node -> (head, event or -1), last one first
    for end, begin in zip(ends, reversed(starts), strict=False):
        edges.setdefault(end, []).append((begin, -1))
    for position in reversed(component):
        edges.setdefault(before[position], []).append((after[position], position))
    trail: list[int] = []
    path = [(node, -1)]
    while path:
        node, position = path[-1]
        onward = edges.get(node)
        if onward:
            path.append(onward.pop())
        else:
            path.pop()
            if position >= 0:
                trail.append(position)
    trail.reverse()
    return trail
