"""The recovered order against its definition, on small random statements."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from fundtrace.trace.chains import chain_balances
from fundtrace.trace.merging import merge_sequences

EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6)


def count_breaks(order: list[int], edges: list[tuple[int, int]], start: int | None) -> int:
    """Count the steps that do not meet, straight from the definition."""
    breaks = 0
    for position in order:
        breaks += start is not None and start != edges[position][0]
        start = edges[position][1]
    return breaks


@given(EDGES, st.none() | st.integers(0, 5))
def test_no_order_has_fewer_breaks(edges: list[tuple[int, int]], start: int | None) -> None:
    before, after = zip(*edges, strict=True)
    found = chain_balances(before, after, start)
    assert sorted(found) == list(range(len(edges)))
    best = min(count_breaks(list(order), edges, start) for order in permutations(range(len(edges))))
    assert count_breaks(found, edges, start) == best


@given(st.lists(st.sampled_from([-30, -20, 5, 10, 40]), min_size=1, max_size=40), st.randoms())
def test_a_shuffled_statement_chains_again(deltas: list[int], draw: object) -> None:
    balance, edges = 0, []
    for delta in deltas:
        edges.append((balance, balance + delta))
        balance += delta
    draw.shuffle(edges)  # type: ignore[attr-defined]
    before, after = zip(*edges, strict=True)
    assert count_breaks(chain_balances(before, after, 0), edges, 0) == 0


@given(st.lists(st.lists(st.integers(0, 7), unique=True), max_size=5))
def test_merged_sequences_run_forwards_except_within_a_cycle(sequences: list[list[int]]) -> None:
    order, cycles = merge_sequences(8, sequences)
    assert sorted(order) == list(range(8))
    place = {thing: at for at, thing in enumerate(order)}
    in_cycle = {thing: number for number, cycle in enumerate(cycles) for thing in cycle}
    for sequence in sequences:
        for earlier, later in pairwise(sequence):
            same = in_cycle.get(earlier, -1) == in_cycle.get(later, -2)
            assert same or place[earlier] < place[later]
    for cycle in cycles:
        assert [place[thing] for thing in cycle] == sorted(place[thing] for thing in cycle)


@given(st.integers(0, 6).flatmap(lambda size: st.permutations(range(size))))
def test_one_sequence_over_everything_is_the_order(sequence: list[int]) -> None:
    assert merge_sequences(len(sequence), [sequence]) == (list(sequence), [])
