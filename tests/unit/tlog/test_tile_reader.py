"""A log read from its tiles, and what a reader refuses."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, InvalidInputError, NotFoundError, ProofError
from fundtrace.tlog.bundles import encode_entry_bundle
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import TileAddress, TileEdge, build_tiles
from fundtrace.tlog.tree import Tree

SIZE = 300
ENTRIES = [b"entry %d" % index for index in range(SIZE)]
TREE = Tree(map(hash_leaf, ENTRIES))


def _store() -> dict[str, bytes]:
    built = build_tiles(TileEdge(), map(hash_leaf, ENTRIES))
    return {
        **{tile.address.path: tile.data for tile in built.tiles},
        "tile/entries/000": encode_entry_bundle(ENTRIES[:256]),
        "tile/entries/001.p/44": encode_entry_bundle(ENTRIES[256:]),
    }


def test_a_reader_has_the_root_and_the_entries():
    reader = TileReader(SIZE, _store().get)
    assert reader.root() == TREE.root()
    assert reader.read_entries(0) + reader.read_entries(1) == tuple(ENTRIES)
    assert reader.read_entry(299) == ENTRIES[299]


def test_each_tile_is_asked_for_once():
    asked: list[str] = []
    stored = _store()
    reader = TileReader(SIZE, lambda path: asked.append(path) or stored.get(path))
    reader.prove_inclusion(280, SIZE)
    reader.prove_inclusion(281, SIZE)
    assert sorted(asked) == ["tile/0/001.p/44", "tile/1/000.p/1"]


def test_a_smaller_tree_is_read_from_the_full_tiles_that_replaced_its_own():
    reader = TileReader(200, _store().get)
    assert reader.root() == TREE.root(200)
    assert reader.read_entries(0) == tuple(ENTRIES[:200])


def test_an_empty_log_has_no_tile_and_the_empty_root():
    assert TileReader(0, {}.get).root() == EMPTY_ROOT


def test_a_missing_tile_is_named():
    store = _store()
    del store["tile/0/001.p/44"]
    with pytest.raises(NotFoundError, match="tile/0/001"):
        TileReader(SIZE, store.get).root()


@pytest.mark.parametrize(("index", "size"), [(300, 300), (-1, 300), (0, 0)])
def test_an_entry_that_the_tree_does_not_have_is_refused(index, size):
    with pytest.raises(InvalidInputError):
        TileReader(size, _store().get).read_entry(index)


@pytest.mark.parametrize("bundle", [-1, 2])
def test_a_bundle_that_the_tree_does_not_have_is_refused(bundle):
    with pytest.raises(InvalidInputError, match=f"no bundle {bundle}"):
        TileReader(SIZE, _store().get).read_entries(bundle)


def test_a_bundle_with_another_number_of_entries_than_its_path_says_is_refused():
    store = _store() | {"tile/entries/001.p/44": encode_entry_bundle(ENTRIES[256:299])}
    with pytest.raises(EncodingError, match=r"tile/entries/001.p/44 has 43 entries"):
        TileReader(SIZE, store.get).read_entries(1)


def test_an_entry_that_is_not_under_the_tile_is_refused():
    store = _store()
    store["tile/entries/001.p/44"] = store["tile/entries/001.p/44"].replace(b"y 270", b"y 271")
    with pytest.raises(ProofError, match="entry 270 is not the one"):
        TileReader(SIZE, store.get).read_entries(1)


def test_a_changed_tile_changes_the_root():
    store = _store()
    tile = TileAddress(0, 1, 44).path
    store[tile] = store[tile][:-1] + bytes([store[tile][-1] ^ 1])
    assert TileReader(SIZE, store.get).root() != TREE.root()


@pytest.mark.parametrize("size", [-1, SIZE_MAX + 1])
def test_a_size_that_no_tree_has_is_refused(size):
    with pytest.raises(InvalidInputError):
        TileReader(size, {}.get)


@pytest.mark.parametrize(("level", "index"), [(0, 300), (8, 1), (9, 0), (0, -1)])
def test_a_node_that_the_tree_does_not_have_is_refused(level, index):
    with pytest.raises(InvalidInputError, match="no complete subtree"):
        TileReader(SIZE, _store().get).read_node(level, index)
