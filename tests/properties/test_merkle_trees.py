"""Roots and proofs are those of the naive definitions, at every small size and at drawn ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proofs import is_valid_subtree, verify_consistency, verify_inclusion
from fundtrace.tlog.tree import Frontier, Tree
from tests.support.naive_merkle import (
    list_subtrees,
    make_entries,
    mth,
    path,
    proof,
    subtree_path,
    subtree_proof,
)

SIZE_MAX = 33
ENTRIES = make_entries(SIZE_MAX)
TREE = Tree(map(hash_leaf, ENTRIES))

sizes = pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
entry_lists = st.lists(st.binary(max_size=40), min_size=1, max_size=300).map(tuple)


@pytest.mark.parametrize("size", range(SIZE_MAX + 1))
def test_the_root_at_each_size_is_that_of_the_definition(size):
    frontier = Frontier()
    frontier.extend(map(hash_leaf, ENTRIES[:size]))
    assert TREE.root(size) == frontier.root() == mth(ENTRIES[:size])


@sizes
def test_each_inclusion_proof_is_that_of_the_definition(size):
    made = [TREE.prove_inclusion(index, size) for index in range(size)]
    assert made == [path(index, ENTRIES[:size]) for index in range(size)]


@sizes
def test_each_consistency_proof_is_that_of_the_definition(size):
    made = [TREE.prove_consistency(old, size) for old in range(1, size + 1)]
    assert made == [proof(old, ENTRIES[:size]) for old in range(1, size + 1)]


@sizes
def test_the_valid_subtrees_are_those_of_the_definition(size):
    pairs = [(start, end) for end in range(size + 1) for start in range(end)]
    assert [pair for pair in pairs if is_valid_subtree(*pair)] == list_subtrees(size)


@sizes
def test_each_subtree_has_the_root_of_its_entries_alone(size):
    made = [TREE.subtree_root(start, end) for start, end in list_subtrees(size)]
    assert made == [mth(ENTRIES[start:end]) for start, end in list_subtrees(size)]


@sizes
def test_each_subtree_consistency_proof_is_that_of_the_definition(size):
    subtrees = list_subtrees(size)
    made = [TREE.prove_subtree_consistency(start, end, size) for start, end in subtrees]
    assert made == [subtree_proof(start, end, ENTRIES[:size]) for start, end in subtrees]


@sizes
def test_each_subtree_inclusion_proof_is_that_of_the_definition(size):
    places = [
        (i, start, size)
        for start, end in list_subtrees(size)
        if end == size
        for i in range(start, end)
    ]
    made = [TREE.prove_subtree_inclusion(*place) for place in places]
    assert made == [subtree_path(*place, ENTRIES) for place in places]


@given(entry_lists, st.data())
@settings(max_examples=40, deadline=None)
def test_any_entries_have_the_root_and_proofs_of_the_definition(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    old_size = data.draw(st.integers(1, len(entries)))
    tree = Tree(map(hash_leaf, entries))
    assert tree.root() == mth(entries)
    assert tree.prove_inclusion(index, tree.size) == path(index, entries)
    assert tree.prove_consistency(old_size, tree.size) == proof(old_size, entries)


@given(st.integers(1, 5000), st.data())
@settings(max_examples=40, deadline=None)
def test_what_a_larger_tree_proves_verifies(size, data):
    index = data.draw(st.integers(0, size - 1))
    old_size = data.draw(st.integers(0, size))
    hashes = [hash_leaf(b"%d" % number) for number in range(size)]
    tree = Tree(hashes)
    verify_inclusion(hashes[index], index, size, tree.prove_inclusion(index, size), tree.root())
    consistency = tree.prove_consistency(old_size, size)
    verify_consistency(old_size, tree.root(old_size), size, tree.root(), consistency)


@given(entry_lists, st.data())
@settings(max_examples=40, deadline=None)
def test_appending_in_any_portions_and_restoring_between_gives_the_same_tree(entries, data):
    hashes = [hash_leaf(entry) for entry in entries]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(hashes)), max_size=5)))
    frontier, tree = Frontier(), Tree()
    for start, end in zip([0, *cuts], [*cuts, len(hashes)], strict=True):
        frontier = Frontier.restore(frontier.size, frontier.hashes)
        frontier.extend(hashes[start:end])
        tree.extend(hashes[start:end])
    assert frontier.size == tree.size == len(entries)
    assert frontier.root() == tree.root() == mth(entries)
