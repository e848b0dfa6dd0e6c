"""The hashes of a Merkle log, against values of RFC 6962 that others publish too."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError
from fundtrace.tlog.hashing import (
    EMPTY_ROOT,
    check_hash,
    check_hashes,
    hash_leaf,
    hash_node,
    hash_peaks,
)


def test_the_empty_tree_has_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_empty_entry_has_the_hash_of_its_prefix():
    expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert hash_leaf(b"").hex() == expected


def test_a_node_is_not_the_leaf_of_the_same_bytes():
    left, right = hash_leaf(b"left"), hash_leaf(b"right")
    assert hash_node(left, right) != hash_leaf(left + right)
    assert hash_node(left, right) != hash_node(right, left)


@pytest.mark.parametrize("length", [0, 12, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_by_name(length):
    with pytest.raises(EncodingError, match=f"the root has {length} bytes"):
        check_hash(bytes(length), "the root")


def test_a_bad_hash_among_good_ones_is_refused_by_its_position():
    good = hash_leaf(b"")
    with pytest.raises(EncodingError, match="path hash 1 has 31 bytes"):
        check_hashes([good, good[:31]], "path hash")


def test_hashes_of_thirty_two_bytes_pass():
    check_hashes([EMPTY_ROOT, hash_leaf(b"")], "path hash")


def test_complete_subtrees_side_by_side_are_joined_from_the_right():
    large, middle, small = hash_leaf(b"4"), hash_leaf(b"2"), hash_leaf(b"1")
    assert hash_peaks([]) == EMPTY_ROOT
    assert hash_peaks([large]) == large
    assert hash_peaks([large, middle, small]) == hash_node(large, hash_node(middle, small))
