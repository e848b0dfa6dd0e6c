"""Tiles: their paths, widths and hashes, and what a growing log adds."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, NotFoundError
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.tiles import (
    INDEX_MAX,
    Tile,
    TileAddress,
    TileEdge,
    build_tiles,
    find_tile_width,
    hash_tile,
    parse_tile_path,
    read_tile,
)
from fundtrace.tlog.tree import Tree

LEAVES = [hash_leaf(b"%d" % index) for index in range(600)]

PATHS = [
    ("tile/0/000", TileAddress(0, 0)),
    ("tile/0/000.p/1", TileAddress(0, 0, 1)),
    ("tile/0/001.p/255", TileAddress(0, 1, 255)),
    ("tile/63/999", TileAddress(63, 999)),
    ("tile/1/x001/000", TileAddress(1, 1000)),
    ("tile/2/x001/x234/067", TileAddress(2, 1234067)),
    ("tile/entries/x123/x456/078.p/2", TileAddress(None, 123456078, 2)),
    ("tile/0/x036/x028/x797/x018/x963/967", TileAddress(0, INDEX_MAX)),
]


@pytest.mark.parametrize(("path", "address"), PATHS)
def test_a_tile_has_one_path(path, address):
    assert address.path == path
    assert parse_tile_path(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x001",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/X001/001",
        "tile/00/001",
        "tile/01/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/+1/001",
        "tile/data/001",
        "tile/Entries/001",
        "tile/0/001.p/0",
        "tile/0/001.p/01",
        "tile/0/001.p/256",
        "tile/0/001.p/257",
        "tile/0/001.p/",
        "tile/0/001.p",
        "tile/0/001/",
        "tile/0/001\n",
        "tile/0/٠٠١",
        "/tile/0/001",
        "tile//0/001",
        "tile/0/x036/x028/x797/x018/x963/968",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
    ],
)
def test_no_other_spelling_names_a_tile(path):
    with pytest.raises(EncodingError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, INDEX_MAX + 1, 1), (0, 0, 0), (0, 0, 257)],
)
def test_an_address_that_no_path_can_name_is_refused(level, index, width):
    with pytest.raises(EncodingError):
        TileAddress(level, index, width)


def test_a_tree_of_seventy_thousand_has_the_widths_of_the_specification():
    # C2SP tlog-tiles, partial tiles: its own example
    at_level = {
        level: [find_tile_width(level, index, 70_000) for index in range(275)] for level in range(4)
    }
    assert at_level[0] == [256] * 273 + [112, 0]
    assert at_level[1][:3] == [256, 17, 0]
    assert at_level[2][:2] == [1, 0]
    assert at_level[3][0] == 0


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above():
    assert [find_tile_width(level, 0, 256) for level in range(3)] == [256, 1, 0]
    assert find_tile_width(None, 0, 256) == 256
    assert find_tile_width(None, 1, 256) == 0


@pytest.mark.parametrize("width", [1, 2, 3, 5, 128, 255, 256])
def test_a_tile_has_the_root_of_as_many_leaves(width):
    assert hash_tile(b"".join(LEAVES[:width])) == Tree(LEAVES[:width]).root()


def test_a_tile_is_as_long_as_its_address_says():
    with pytest.raises(EncodingError, match=r"tile/0/000.p/2 has 32 bytes"):
        Tile(TileAddress(0, 0, 2), LEAVES[0])


def test_the_partial_tile_is_read_first_and_the_full_one_in_its_stead():
    full = b"".join(LEAVES[:256])
    address = TileAddress(0, 0, 2)
    asked: list[str] = []
    stored = {"tile/0/000": full}
    assert read_tile(address, lambda path: asked.append(path) or stored.get(path)) == full[:64]
    assert asked == ["tile/0/000.p/2", "tile/0/000"]


def test_a_tile_that_is_nowhere_is_named():
    with pytest.raises(NotFoundError, match=r"tile/0/000 is missing"):
        read_tile(TileAddress(0, 0, 2), {}.get)


@pytest.mark.parametrize("data", [b"", LEAVES[0], bytes(63), bytes(65)])
def test_a_tile_of_another_length_than_its_path_says_is_refused(data):
    with pytest.raises(EncodingError, match=r"tile/0/000.p/2 has"):
        read_tile(TileAddress(0, 0, 2), {"tile/0/000.p/2": data}.get)


def test_appending_gives_full_tiles_once_and_the_partial_ones_at_the_new_size():
    first = build_tiles(TileEdge(), LEAVES[:300])
    assert [tile.address.path for tile in first.tiles] == [
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    ]
    second = build_tiles(first.edge, LEAVES[300:310])
    assert [tile.address.path for tile in second.tiles] == ["tile/0/001.p/54"]
    third = build_tiles(second.edge, LEAVES[310:512])
    assert [tile.address.path for tile in third.tiles] == ["tile/0/001", "tile/1/000.p/2"]
    assert third.edge.tiles == third.tiles[1:]


def test_appending_nothing_adds_nothing():
    edge = build_tiles(TileEdge(), LEAVES[:300]).edge
    assert build_tiles(edge, []).tiles == ()
    assert build_tiles(edge, []).edge == edge


def test_what_is_no_hash_is_not_appended():
    with pytest.raises(EncodingError, match="leaf hash 1 has 31 bytes"):
        build_tiles(TileEdge(), [LEAVES[0], LEAVES[1][:31]])


def test_an_empty_edge_is_the_empty_tree():
    assert TileEdge().root() == EMPTY_ROOT
    assert TileEdge().tiles == ()
    assert TileEdge.load(0, {}.get) == TileEdge()


@pytest.mark.parametrize(
    ("size", "levels"),
    [
        (0, (b"",)),
        (1, ()),
        (1, (bytes(31),)),
        (2, (bytes(32),)),
        (256, (bytes(32 * 256),)),
        (256, (b"",)),
        (256, (bytes(32), b"")),
        (-1, ()),
        (SIZE_MAX + 1, (b"",) * 7 + (bytes(32 * 128),)),
    ],
)
def test_an_edge_that_its_size_cannot_have_is_refused(size, levels):
    with pytest.raises(EncodingError):
        TileEdge(size, levels)


def test_the_edge_of_the_largest_tree_is_not_refused():
    levels = (*(bytes(32 * 255),) * 7, bytes(32 * 127))
    assert TileEdge(SIZE_MAX, levels).frontier().size == SIZE_MAX
