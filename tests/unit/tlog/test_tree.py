"""A frontier and a whole tree, as they grow and where they refuse."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf, hash_node
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.tree import Frontier, Tree

LEAVES = [hash_leaf(b"%d" % index) for index in range(7)]


def test_an_empty_tree_has_the_empty_root():
    assert Frontier().root() == Tree().root() == EMPTY_ROOT
    assert Frontier().size == Tree().size == 0
    assert Frontier().hashes == ()


def test_the_odd_node_rises_and_is_not_doubled():
    tree = Tree(LEAVES[:3])
    assert tree.root() == hash_node(hash_node(LEAVES[0], LEAVES[1]), LEAVES[2])


def test_a_frontier_holds_one_hash_for_each_bit_of_its_size():
    frontier = Frontier()
    frontier.extend(LEAVES)
    tree = Tree(LEAVES)
    assert frontier.hashes == (tree.subtree_root(0, 4), tree.subtree_root(4, 6), LEAVES[6])


def test_leaf_by_leaf_is_the_same_as_all_at_once():
    one_by_one, at_once, tree = Frontier(), Frontier(), Tree()
    roots = []
    for leaf in LEAVES:
        one_by_one.append(leaf)
        tree.append(leaf)
        roots.append(one_by_one.root())
    at_once.extend(LEAVES)
    assert one_by_one.hashes == at_once.hashes
    assert roots == [tree.root(size) for size in range(1, 8)]


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33)])
def test_what_is_no_hash_is_refused_and_nothing_is_appended(bad):
    frontier, tree = Frontier(), Tree(LEAVES[:2])
    frontier.extend(LEAVES[:2])
    before = frontier.hashes
    with pytest.raises(EncodingError, match="leaf hash 2"):
        frontier.append(bad)
    with pytest.raises(EncodingError, match="leaf hash 4"):
        frontier.extend([LEAVES[2], LEAVES[3], bad])
    with pytest.raises(EncodingError, match="leaf hash 1"):
        tree.extend([LEAVES[2], bad])
    assert (frontier.size, frontier.hashes, tree.size) == (2, before, 2)


@pytest.mark.parametrize(
    ("size", "hashes"),
    [
        (0, LEAVES[:1]),
        (3, LEAVES[:1]),
        (4, LEAVES[:2]),
        (-1, LEAVES[:1]),
        (SIZE_MAX + 1, LEAVES[:1]),
        (1, [b"short"]),
    ],
)
def test_a_frontier_is_not_restored_from_what_its_size_cannot_have(size, hashes):
    with pytest.raises(EncodingError):
        Frontier.restore(size, hashes)


def test_a_restored_frontier_does_not_share_its_hashes():
    kept = [LEAVES[0]]
    frontier = Frontier.restore(1, kept)
    frontier.append(LEAVES[1])
    assert kept == [LEAVES[0]]


@pytest.mark.parametrize("size", [-1, 8])
def test_a_size_that_the_tree_has_not_reached_is_refused(size):
    tree = Tree(LEAVES)
    with pytest.raises(InvalidInputError, match="this tree has 7 leaves"):
        tree.root(size)
    with pytest.raises(InvalidInputError, match="this tree has 7 leaves"):
        tree.prove_inclusion(0, size)


@pytest.mark.parametrize(("level", "index"), [(0, 7), (0, -1), (1, 3), (3, 0), (-1, 0)])
def test_a_node_that_the_tree_does_not_have_is_refused(level, index):
    with pytest.raises(InvalidInputError, match="no complete subtree"):
        Tree(LEAVES).read_node(level, index)
