"""Tiles and bundles: strict both ways, and the same however a log was appended to."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from fundtrace.errors import EncodingError
from fundtrace.tlog.bundles import encode_entry_bundle, parse_entry_bundle
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import (
    INDEX_MAX,
    Tile,
    TileAddress,
    TileEdge,
    build_tiles,
    parse_tile_path,
)
from fundtrace.tlog.tree import Tree

SIZE_MAX = 70_000  # the least with three levels of tiles is 65,536
LEAVES = [hash_leaf(b"%d" % index) for index in range(SIZE_MAX)]
TREE = Tree(LEAVES)
LEVELS = [  # hash i of a level: the root of the entries from i * 256**level on
    [TREE.subtree_root(i * 256**level, (i + 1) * 256**level) for i in range(SIZE_MAX // 256**level)]
    for level in (1, 2)
]
LEVELS.insert(0, LEAVES)

addresses = st.builds(
    TileAddress,
    st.none() | st.integers(0, 63),
    st.integers(0, INDEX_MAX) | st.integers(0, 2000),
    st.integers(1, 256),
)


def _build_from_scratch(size: int) -> dict[str, bytes]:
    """Return every tile of a tree of ``size`` by the definition (C2SP tlog-tiles)."""
    tiles = {}
    for level in range(3):
        hashes = LEVELS[level][: size // 256**level]
        for index in range(0, len(hashes), 256):
            tile = hashes[index : index + 256]
            tiles[TileAddress(level, index // 256, len(tile)).path] = b"".join(tile)
    return tiles


@given(addresses)
def test_an_address_comes_back_from_its_path(address):
    assert parse_tile_path(address.path) == address


@given(
    st.text(max_size=20)
    | st.from_regex(re.compile(r"tile/(entries|\d\d?)/(x\d\d\d/)*\d\d\d(\.p/\d+)?"))
)
def test_any_text_is_the_path_of_a_tile_or_refused(text):
    try:
        address = parse_tile_path(text)
    except EncodingError:
        return
    assert address.path == text


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entries_come_back_from_their_bundle(entries):
    assert parse_entry_bundle(encode_entry_bundle(entries)) == tuple(entries)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_bundle_or_refused(data):
    try:
        entries = parse_entry_bundle(data)
    except EncodingError:
        return
    assert encode_entry_bundle(entries) == data


@given(
    st.lists(st.integers(0, 3000) | st.sampled_from([1, 255, 256, 257]), min_size=1, max_size=8),
    st.sampled_from([0, 0, 250, 512, 65_530, 65_536]),
)
@settings(max_examples=25, deadline=None)
def test_appending_in_any_portions_makes_the_tiles_of_the_definition(portions, begun_at):
    built = build_tiles(TileEdge(), LEAVES[:begun_at])
    stored = {tile.address.path: tile.data for tile in built.tiles}
    written = [tile.address.path for tile in built.tiles]
    edge = built.edge
    for portion in portions:
        built = build_tiles(edge, LEAVES[edge.size : min(edge.size + portion, SIZE_MAX)])
        edge = TileEdge.load(built.edge.size, (stored | _map_paths(built.tiles)).get)
        assert edge == built.edge
        stored |= _map_paths(built.tiles)
        written += [tile.address.path for tile in built.tiles]
    assert len(written) == len(set(written))  # no tile is written twice
    wanted = _build_from_scratch(edge.size)
    assert {path: stored.get(path) for path in wanted} == wanted
    assert edge.root() == edge.frontier().root() == TREE.root(edge.size)


@given(st.integers(1, 3000) | st.integers(65_500, SIZE_MAX), st.data())
@settings(max_examples=25, deadline=None)
def test_a_reader_of_tiles_proves_what_a_whole_tree_proves(size, data):
    stored = {tile.address.path: tile.data for tile in build_tiles(TileEdge(), LEAVES[:size]).tiles}
    reader = TileReader(size, stored.get)
    index = data.draw(st.integers(0, size - 1))
    at_size = data.draw(st.integers(index + 1, size))
    assert reader.root(at_size) == TREE.root(at_size)
    assert reader.prove_inclusion(index, at_size) == TREE.prove_inclusion(index, at_size)
    assert reader.prove_consistency(index, at_size) == TREE.prove_consistency(index, at_size)
    start = index - index % 256
    end = min(start + 256, at_size)
    assert reader.prove_subtree_consistency(start, end, at_size) == (
        TREE.prove_subtree_consistency(start, end, at_size)
    )
    assert reader.subtree_root(start, end) == TREE.subtree_root(start, end)


def _map_paths(tiles: tuple[Tile, ...]) -> dict[str, bytes]:
    return {tile.address.path: tile.data for tile in tiles}
