"""What a proof's verifier and maker refuse, one behaviour each."""

from __future__ import annotations

import pytest

from fundtrace.errors import InvalidInputError, ProofError
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf, hash_node
from fundtrace.tlog.proofs import (
    PATH_HASHES_MAX,
    SIZE_MAX,
    build_consistency,
    build_inclusion,
    build_root,
    build_subtree_consistency,
    build_subtree_inclusion,
    build_subtree_root,
    is_valid_subtree,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from fundtrace.tlog.tree import Tree

LEAVES = [hash_leaf(b"%d" % index) for index in range(13)]
TREE = Tree(LEAVES)
ROOT = TREE.root()
LEVELS = [hash_leaf(b"always the same entry")]  # of a tree too large to have: all nodes are equal
for _ in range(63):
    LEVELS.append(hash_node(LEVELS[-1], LEVELS[-1]))


def _read_same(level: int, index: int) -> bytes:
    return LEVELS[level]


def test_a_path_that_ends_below_the_root_is_refused():
    # Without the check that nothing is left of the size, index 0 of a tree of two passes here.
    with pytest.raises(ProofError, match="too short"):
        verify_inclusion(LEAVES[0], 0, 2, [], LEAVES[0])


def test_a_path_that_goes_on_above_the_root_is_refused():
    path = TREE.prove_inclusion(3, 13)
    above = hash_node(LEAVES[0], ROOT)
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(LEAVES[3], 3, 13, [*path, LEAVES[0]], above)


@pytest.mark.parametrize("index", [-1, 13, 14, SIZE_MAX + 1])
def test_an_index_outside_the_tree_is_refused(index):
    with pytest.raises(ProofError, match=f"no entry {index} is in a tree of size 13"):
        verify_inclusion(LEAVES[0], index, 13, TREE.prove_inclusion(0, 13), ROOT)


def test_a_size_beyond_sixty_three_bits_is_refused():
    with pytest.raises(ProofError, match="not in a tree of size"):
        verify_inclusion(LEAVES[0], 0, SIZE_MAX + 1, [], LEAVES[0])


@pytest.mark.parametrize("length", [0, 12, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(length):
    bad, path = bytes(length), TREE.prove_inclusion(3, 13)
    with pytest.raises(ProofError, match=f"the root to prove has {length} bytes"):
        verify_inclusion(bad, 3, 13, path, ROOT)
    with pytest.raises(ProofError, match=f"the root of the tree has {length} bytes"):
        verify_inclusion(LEAVES[3], 3, 13, path, bad)
    with pytest.raises(ProofError, match=f"path hash 1 has {length} bytes"):
        verify_inclusion(LEAVES[3], 3, 13, [path[0], bad, *path[2:]], ROOT)


def test_two_roots_that_agree_in_a_wrong_length_prove_nothing():
    with pytest.raises(ProofError, match="12 bytes"):
        verify_consistency(1, b"don't care 2", 1, b"don't care 2", [])


def test_a_path_of_more_than_sixty_three_hashes_is_refused_before_any_is_looked_at():
    with pytest.raises(ProofError, match="at most 63 hashes, this one 64"):
        verify_inclusion(LEAVES[0], 0, SIZE_MAX, [b""] * 64, ROOT)


def test_an_inclusion_in_the_largest_tree_has_sixty_three_hashes_and_verifies():
    path = build_inclusion(0, SIZE_MAX, _read_same)
    assert len(path) == PATH_HASHES_MAX
    verify_inclusion(LEVELS[0], 0, SIZE_MAX, path, build_root(SIZE_MAX, _read_same))


@pytest.mark.parametrize("old_size", [1, 3, 2**61, 2**62 - 1, 2**62])
def test_consistency_with_a_huge_tree_verifies(old_size):
    path = build_consistency(old_size, 2**62, _read_same)
    assert len(path) <= PATH_HASHES_MAX
    old_root = build_root(old_size, _read_same)
    verify_consistency(old_size, old_root, 2**62, LEVELS[62], path)


@pytest.mark.parametrize("size", [0, 1, 13])
def test_every_tree_begins_with_the_empty_one_by_an_empty_path(size):
    verify_consistency(0, EMPTY_ROOT, size, TREE.root(size), TREE.prove_consistency(0, size))
    with pytest.raises(ProofError, match="empty path"):
        verify_consistency(0, EMPTY_ROOT, size, TREE.root(size), [LEAVES[0]])


def test_an_empty_tree_has_one_root_only():
    with pytest.raises(ProofError, match="empty root"):
        verify_consistency(0, LEAVES[0], 13, ROOT, [])
    with pytest.raises(ProofError, match="tree of size 0 has another root"):
        verify_consistency(0, LEAVES[0], 0, LEAVES[0], [])


def test_consistency_from_nothing_still_wants_a_whole_root():
    with pytest.raises(ProofError, match="root of the new tree has 31 bytes"):
        verify_consistency(0, EMPTY_ROOT, 13, ROOT[:31], [])


def test_a_tree_that_shrinks_is_refused():
    with pytest.raises(ProofError, match="not in a tree of size 12"):
        verify_consistency(13, ROOT, 12, TREE.root(12), [])


def test_equal_sizes_with_different_roots_are_refused():
    with pytest.raises(ProofError, match="another root"):
        verify_consistency(12, TREE.root(12), 12, ROOT, [])


def test_equal_sizes_want_an_empty_path():
    with pytest.raises(ProofError, match="too long"):
        verify_consistency(1, TREE.root(1), 1, TREE.root(1), [LEAVES[0]])


def test_different_sizes_want_a_path():
    with pytest.raises(ProofError, match="path is empty"):
        verify_consistency(12, TREE.root(12), 13, ROOT, [])


def test_an_empty_subtree_is_consistent_with_any_tree_and_says_nothing_of_it():
    verify_subtree_consistency(4, 4, EMPTY_ROOT, 13, LEAVES[0], [])
    with pytest.raises(ProofError, match="empty root"):
        verify_subtree_consistency(4, 4, LEAVES[0], 13, ROOT, [])
    assert TREE.prove_subtree_consistency(4, 4, 13) == ()
    assert TREE.subtree_root(4, 4) == EMPTY_ROOT


BAD_SUBTREES = [(1, 3), (2, 5), (2, 6), (4, 9), (5, 4), (-1, 0), (0, SIZE_MAX + 1)]


@pytest.mark.parametrize(("start", "end"), BAD_SUBTREES)
def test_a_subtree_that_is_not_aligned_is_refused(start, end):
    assert not is_valid_subtree(start, end)
    with pytest.raises(ProofError, match="no valid subtree"):
        verify_subtree_consistency(start, end, LEAVES[0], 13, ROOT, [])
    with pytest.raises(ProofError, match="no valid subtree"):
        verify_subtree_inclusion(LEAVES[0], start, start, end, [], LEAVES[0])
    with pytest.raises(InvalidInputError, match="no valid subtree"):
        build_subtree_consistency(start, end, 13, TREE.read_node)
    with pytest.raises(InvalidInputError, match="no valid subtree"):
        build_subtree_root(start, end, TREE.read_node)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (7, 7), (0, SIZE_MAX), (2**62, SIZE_MAX)])
def test_a_subtree_may_be_empty_or_huge(start, end):
    assert is_valid_subtree(start, end)


@pytest.mark.parametrize("index", [7, 12])
def test_an_index_outside_the_subtree_is_refused(index):
    path = TREE.prove_subtree_inclusion(8, 8, 12)
    with pytest.raises(ProofError, match=f"entry {index} is not in the subtree"):
        verify_subtree_inclusion(LEAVES[8], index, 8, 12, path, TREE.subtree_root(8, 12))
    with pytest.raises(InvalidInputError, match=f"no entry {index}"):
        build_subtree_inclusion(index, 8, 12, TREE.read_node)


def test_no_proof_is_made_of_what_a_tree_does_not_have():
    with pytest.raises(InvalidInputError, match="no entry 13"):
        build_inclusion(13, 13, TREE.read_node)
    with pytest.raises(InvalidInputError, match="not in a tree of size 12"):
        build_consistency(13, 12, TREE.read_node)
