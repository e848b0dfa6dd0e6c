"""Measure the Merkle log on this machine and print a Markdown table: see scripts/bench.

A leaf costs two SHA-256: one of the entry, and nearly one of a node above. What the machine
makes of those alone is measured in the same run, so that each figure says how much of its time
the tree itself took. Each is the best of three runs, all of them in turn: other work on the
machine only ever slows. All ways must come to the same root, pymerkle's too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from importlib import import_module
from time import perf_counter
from typing import NamedTuple

from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.proofs import verify_consistency, verify_inclusion
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import TileEdge, build_tiles
from fundtrace.tlog.tree import Frontier, Tree

REPEATS, BATCH, PROOFS, PEER_LEAVES = 3, 1024, 5_000, 20_000
Job = Callable[[], object]  # returns a root, or what is to be looked at


class Row(NamedTuple):
    """One line of the table: what is done, how often, and by what."""

    name: str
    times: int
    job: Job


def main() -> None:
    """Measure, check the roots, and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench tlog", description=__doc__)
    parser.add_argument("--date", required=True, help="what the table is dated")
    parser.add_argument("--leaves", type=int, default=300_000)
    parser.add_argument("--entry-bytes", type=int, default=300)
    asked = parser.parse_args()
    entries = [b"%0*d" % (asked.entry_bytes, index) for index in range(asked.leaves)]
    leaf_hashes = [hash_leaf(entry) for entry in entries]
    tree = Tree(leaf_hashes)
    rows = [
        *list_hashing(entries),
        *list_growing(entries, leaf_hashes),
        *list_proving(tree, leaf_hashes),
    ]
    peers = list_peers(entries[:PEER_LEAVES])
    seconds = {row.name: float("inf") for row in (*rows, *peers)}
    for _ in range(REPEATS):
        for row in (*rows, *peers):
            started = perf_counter()
            result = row.job()
            seconds[row.name] = min(seconds[row.name], perf_counter() - started)
            check_root(row, result, tree)
    print(f"- Date: {asked.date}; {asked.leaves:,} entries of {asked.entry_bytes} bytes\n")
    print("| What | Times | A second |")
    print("| --- | ---: | ---: |")
    for row in (*rows, *peers):
        print(f"| {row.name} | {row.times:,} | {row.times / seconds[row.name]:,.0f} |")


def check_root(row: Row, result: object, tree: Tree) -> None:
    """Stop where a tree came to another root than ``Tree`` at as many leaves."""
    if isinstance(result, bytes) and result != tree.root(row.times):
        raise SystemExit(f"{row.name}: the root is another")


def list_hashing(entries: list[bytes]) -> list[Row]:
    """Return SHA-256 alone, of the bytes that leaves and nodes have."""
    count = len(entries)
    leaves, node = [b"\x00" + entry for entry in entries], bytes(65)
    return [
        Row("SHA-256 of an entry", count, lambda: [sha256(leaf).digest() for leaf in leaves]),
        Row("SHA-256 of a node", count, lambda: [sha256(node).digest() for _ in leaves]),
        Row("both, the least a leaf can cost", count, partial(hash_both, leaves, node)),
    ]


def hash_both(leaves: list[bytes], node: bytes) -> None:
    """Hash each leaf and, as often, a node."""
    for leaf in leaves:
        sha256(leaf).digest()
        sha256(node).digest()


def list_growing(entries: list[bytes], leaf_hashes: list[bytes]) -> list[Row]:
    """Return the ways to append."""
    count = len(entries)
    return [
        Row("Frontier.extend, from entries", count, partial(extend_frontier, entries)),
        Row("Frontier.append, from entries", count, partial(append_entries, entries)),
        Row("Frontier.extend, leaf hashes ready", count, partial(grow_frontier, leaf_hashes)),
        Row("Tree, leaf hashes ready", count, lambda: Tree(leaf_hashes).root()),
        Row(
            f"tiles and a root for every {BATCH:,} entries, from entries",
            count,
            partial(grow_tiles, entries),
        ),
    ]


def extend_frontier(entries: list[bytes]) -> bytes:
    """Append all entries at once."""
    return grow_frontier(map(hash_leaf, entries))


def grow_frontier(leaf_hashes: list[bytes] | map[bytes]) -> bytes:
    """Append all leaf hashes at once."""
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.root()


def append_entries(entries: list[bytes]) -> bytes:
    """Append entry by entry."""
    frontier = Frontier()
    for entry in entries:
        frontier.append(hash_leaf(entry))
    return frontier.root()


def grow_tiles(entries: list[bytes]) -> bytes:
    """Append in batches as a sequencer does, with tiles and the root of each."""
    edge = TileEdge()
    root = edge.root()
    for start in range(0, len(entries), BATCH):
        edge = build_tiles(edge, map(hash_leaf, entries[start : start + BATCH])).edge
        root = edge.root()
    return root


def list_proving(tree: Tree, leaf_hashes: list[bytes]) -> list[Row]:
    """Return the ways to prove and to verify, spread over the tree."""
    size, root = tree.size, tree.root()
    tiles = {tile.address.path: tile.data for tile in build_tiles(TileEdge(), leaf_hashes).tiles}
    reader = TileReader(size, tiles.get)
    places = [number * size // PROOFS for number in range(PROOFS)]
    paths = [tree.prove_inclusion(index, size) for index in places]
    grown = [(old, tree.root(old), tree.prove_consistency(old, size)) for old in places]

    def verify_entries() -> None:
        for index, path in zip(places, paths, strict=True):
            verify_inclusion(leaf_hashes[index], index, size, path, root)

    def verify_growth() -> None:
        for old_size, old_root, path in grown:
            verify_consistency(old_size, old_root, size, root, path)

    return [
        Row(
            "inclusion proof by Tree",
            PROOFS,
            lambda: [tree.prove_inclusion(i, size) for i in places],
        ),
        Row(
            "inclusion proof by TileReader, tiles read before",
            PROOFS,
            lambda: [reader.prove_inclusion(index, size) for index in places],
        ),
        Row("verify inclusion", PROOFS, verify_entries),
        Row("verify consistency", PROOFS, verify_growth),
    ]


def list_peers(entries: list[bytes]) -> list[Row]:
    """Return pymerkle's tree in memory, on fewer entries: it is slower by an order."""
    peer = import_module("pymerkle")

    def grow() -> bytes:
        tree = peer.InmemoryTree()
        for entry in entries:
            tree.append_entry(entry)
        root: bytes = tree.get_root()
        return root

    return [Row(f"pymerkle {peer.__version__} InmemoryTree, from entries", len(entries), grow)]


if __name__ == "__main__":
    main()
