"""Every proof that is made verifies, and none that was tampered with; all sizes up to 33.

A proof does not bind the size by itself. Under another size with its own root it never verifies;
under another size with the old root it does exactly where both sizes give it the same shape.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proofs import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from fundtrace.tlog.tree import Tree
from tests.support.naive_merkle import (
    flip_bit,
    is_accepted,
    list_mutations,
    list_subtrees,
    make_entries,
    mth,
    trace_shape,
)

SIZE_MAX = 33
ENTRIES = make_entries(SIZE_MAX + 1)
TREE = Tree(map(hash_leaf, ENTRIES))
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
ROOTS = [mth(ENTRIES[:size]) for size in range(SIZE_MAX + 2)]

sizes = pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
GROWN = range(1, SIZE_MAX + 2)


@sizes
def test_an_inclusion_proof_verifies_for_its_leaf_index_and_head_alone(size):
    proofs = [TREE.prove_inclusion(index, size) for index in range(size)]
    accepted = [
        (index, leaf, at, root)
        for index, path in enumerate(proofs)
        for leaf, at, root in [
            *[(leaf, index, ROOTS[size]) for leaf in range(size)],
            *[(index, at, ROOTS[size]) for at in range(size + 1)],
            *[(index, index, root) for root in ROOTS],
        ]
        if is_accepted(verify_inclusion, LEAVES[leaf], at, size, path, root)
    ]
    assert set(accepted) == {(index, index, index, ROOTS[size]) for index in range(size)}


@sizes
def test_a_mutated_inclusion_proof_fails(size):
    mutated = [
        (i, path) for i in range(size) for path in list_mutations(TREE.prove_inclusion(i, size))
    ]
    assert [
        place
        for place in mutated
        if is_accepted(verify_inclusion, LEAVES[place[0]], place[0], size, place[1], ROOTS[size])
    ] == []


@sizes
def test_an_inclusion_proof_moved_to_another_size_fails_with_that_sizes_root(size):
    assert [
        (index, other)
        for index in range(size)
        for other in GROWN
        if is_accepted(
            verify_inclusion,
            LEAVES[index],
            index,
            other,
            TREE.prove_inclusion(index, size),
            ROOTS[other],
        )
    ] == [(index, size) for index in range(size)]


@sizes
def test_the_size_of_a_subtree_proof_may_be_wrong_only_where_its_shape_is_the_same(size):
    places = [(start, end, other) for start, end in list_subtrees(size) for other in GROWN]
    accepted = [
        (start, end, other)
        for start, end, other in places
        if is_accepted(
            verify_subtree_consistency,
            start,
            end,
            TREE.subtree_root(start, end),
            other,
            ROOTS[size],
            TREE.prove_subtree_consistency(start, end, size),
        )
    ]
    assert accepted == [
        (start, end, other)
        for start, end, other in places
        if end <= other and trace_shape(start, end, other) == trace_shape(start, end, size)
    ]


@sizes
def test_a_consistency_proof_verifies_for_its_old_size_and_roots_alone(size):
    proofs = [TREE.prove_consistency(old, size) for old in range(size + 1)]
    accepted = [
        (old, claimed, old_root, new_root)
        for old, path in enumerate(proofs)
        for claimed, old_root, new_root in [
            *[(claimed, ROOTS[old], ROOTS[size]) for claimed in GROWN],
            *[(old, root, ROOTS[size]) for root in ROOTS],
            *[(old, ROOTS[old], root) for root in ROOTS if old],
        ]
        if is_accepted(verify_consistency, claimed, old_root, size, new_root, path)
    ]
    assert set(accepted) == {(old, old, ROOTS[old], ROOTS[size]) for old in range(size + 1)}


@sizes
def test_a_mutated_consistency_proof_fails(size):
    mutated = [
        (old, path)
        for old in range(size + 1)
        for path in list_mutations(TREE.prove_consistency(old, size))
    ]
    assert [
        (old, path)
        for old, path in mutated
        if is_accepted(verify_consistency, old, ROOTS[old], size, ROOTS[size], path)
    ] == []


@sizes
def test_a_subtree_consistency_proof_verifies_for_its_subtree_alone(size):
    subtrees = list_subtrees(size)
    claims = [
        (subtree, other) for subtree in subtrees for other in subtrees if subtree[0] == other[0]
    ]
    assert [
        claim
        for claim in claims
        if is_accepted(
            verify_subtree_consistency,
            *claim[1],
            TREE.subtree_root(*claim[0]),
            size,
            ROOTS[size],
            TREE.prove_subtree_consistency(*claim[0], size),
        )
    ] == [(subtree, subtree) for subtree in subtrees]


@sizes
def test_a_mutated_subtree_consistency_proof_fails(size):
    mutated = [
        (start, end, path)
        for start, end in list_subtrees(size)
        for path in list_mutations(TREE.prove_subtree_consistency(start, end, size))
    ]
    assert [
        (start, end, path)
        for start, end, path in mutated
        if is_accepted(
            verify_subtree_consistency,
            start,
            end,
            TREE.subtree_root(start, end),
            size,
            ROOTS[size],
            path,
        )
    ] == []


@sizes
def test_a_mutated_subtree_inclusion_proof_fails_and_the_true_one_verifies(size):
    places = [(start, end) for start, end in list_subtrees(size) if end == size]
    accepted = []
    for start, end in places:
        index = (start + end) // 2
        path = TREE.prove_subtree_inclusion(index, start, end)
        accepted += [
            (start, tried == path)
            for tried in [path, *list_mutations(path)]
            if is_accepted(
                verify_subtree_inclusion,
                LEAVES[index],
                index,
                start,
                end,
                tried,
                TREE.subtree_root(start, end),
            )
        ]
    assert accepted == [(start, True) for start, _ in places]


@given(st.integers(2, 3000), st.data())
@settings(max_examples=60, deadline=None)
def test_any_bit_flipped_in_a_larger_trees_proof_makes_it_fail(size, data):
    tree = Tree(hash_leaf(b"%d" % number) for number in range(size))
    entry, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    start, end = data.draw(st.sampled_from([(entry, entry + 1), (0, old_size)]))
    path = tree.prove_subtree_consistency(start, end, size)
    place = data.draw(st.integers(0, len(path) - 1))
    changed = list(path)
    changed[place] = flip_bit(changed[place], data.draw(st.integers(0, 255)))
    root = tree.subtree_root(start, end)
    assert is_accepted(verify_subtree_consistency, start, end, root, size, tree.root(), path)
    assert not is_accepted(verify_subtree_consistency, start, end, root, size, tree.root(), changed)
