"""Logs that other programs wrote as tiles: Tessera's of 15 entries, Sunlight's mirror of 300."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from fundtrace.errors import EncodingError
from fundtrace.tlog.bundles import encode_entry_bundle, parse_entry_bundle
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proofs import verify_consistency, verify_inclusion
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import TileEdge, build_tiles, hash_tile, parse_tile_path
from tests.support.shared import find_vectors

TESSERA = "tessera/testdata/log"
TESSERA_SIZE = 15
SUNLIGHT = "sunlight/cmd/skylight/testdata/witness/mirror"
ORIGIN_HASH = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"

tessera_sizes = pytest.mark.parametrize("size", range(1, TESSERA_SIZE + 1))


def _read_below(folder: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        return (folder / path).read_bytes() if (folder / path).is_file() else None

    return read


def _read_head(file: Path) -> tuple[int, bytes]:
    """Return the size and root of a checkpoint; its signatures are tested elsewhere."""
    _, size, root, *_ = file.read_bytes().split(b"\n")
    return int(size), b64decode(root)


def _read_root(size: int) -> bytes:
    stated, root = _read_head(find_vectors(TESSERA) / f"checkpoint.{size}")
    assert stated == size
    return root


def _read_entries(size: int) -> tuple[bytes, ...]:
    return parse_entry_bundle((find_vectors(TESSERA) / f"tile/entries/000.p/{size}").read_bytes())


def test_tesseras_empty_log_has_the_root_of_its_checkpoint():
    assert TileReader(0, _read_below(find_vectors(TESSERA))).root() == _read_root(0)


@tessera_sizes
def test_tesseras_entries_lead_to_its_tile_and_the_tile_to_its_checkpoint(size):
    log = find_vectors(TESSERA)
    entries = _read_entries(size)
    assert len(entries) == size
    assert encode_entry_bundle(entries) == (log / f"tile/entries/000.p/{size}").read_bytes()
    tile = (log / f"tile/0/000.p/{size}").read_bytes()
    assert tile == b"".join(map(hash_leaf, entries))
    assert hash_tile(tile) == _read_root(size)


@tessera_sizes
def test_tesseras_tile_is_what_appending_one_entry_makes(size):
    log = find_vectors(TESSERA)
    edge = TileEdge.load(size - 1, _read_below(log))
    (tile,) = build_tiles(edge, [hash_leaf(_read_entries(size)[-1])]).tiles
    assert tile.data == (log / tile.address.path).read_bytes()
    assert tile.address.path == f"tile/0/000.p/{size}"


@tessera_sizes
def test_every_entry_of_tesseras_log_is_proven_from_its_tiles(size):
    reader = TileReader(size, _read_below(find_vectors(TESSERA)))
    for index, entry in enumerate(_read_entries(size)):
        path = reader.prove_inclusion(index, size)
        verify_inclusion(hash_leaf(entry), index, size, path, _read_root(size))
    assert reader.read_entries(0) == _read_entries(size)


@tessera_sizes
def test_every_earlier_size_of_tesseras_log_is_proven_from_its_tiles(size):
    reader = TileReader(size, _read_below(find_vectors(TESSERA)))
    for old_size in range(size + 1):
        path = reader.prove_consistency(old_size, size)
        verify_consistency(old_size, _read_root(old_size), size, _read_root(size), path)


def test_sunlights_mirror_leads_from_its_tiles_to_its_checkpoint():
    # Its entry bundles are no entries but a line of compressed text; the README says the leaves.
    log = find_vectors(SUNLIGHT) / ORIGIN_HASH
    size, root = _read_head(log / "checkpoint")
    reader = TileReader(size, _read_below(log))
    assert size == 300
    assert reader.root() == root
    for index in (0, 255, 256, 299):
        leaf_hash = hash_leaf(b"record %d" % index)
        verify_inclusion(leaf_hash, index, size, reader.prove_inclusion(index, size), root)


def test_sunlights_tiles_are_those_that_we_build():
    log = find_vectors(SUNLIGHT) / ORIGIN_HASH
    built = build_tiles(TileEdge(), [hash_leaf(b"record %d" % index) for index in range(300)])
    files = [file for file in (log / "tile").rglob("*") if file.is_file()]
    hashes = {
        file.relative_to(log).as_posix(): file.read_bytes()
        for file in files
        if "entries" not in file.parts
    }
    assert {tile.address.path: tile.data for tile in built.tiles} == hashes
    assert built.edge.root() == _read_head(log / "checkpoint")[1]


def test_paths_of_tiles_are_judged_as_by_golang():
    # Go writes the tile's height first; with it dropped, and the height eight, they are these.
    rows = json.loads(find_vectors("notes.json").read_bytes())["tile_paths_go_form"]["rows"]
    judged = []
    for go_path, *expected in rows:
        path = "tile/" + go_path.split("/", 2)[2]
        try:
            address = parse_tile_path(path)
        except EncodingError:
            judged.append((go_path, None))
            continue
        is_partial = ".p/" in path
        assert [address.level, address.index] == expected[1:3]
        assert address.width == (expected[3] if is_partial else 256)
        judged.append((go_path, address.path == path))
    assert judged == [(row[0], True if row[1] is not None else None) for row in rows]
