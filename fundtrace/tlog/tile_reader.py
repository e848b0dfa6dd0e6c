"""A log read from its tiles: roots, proofs and entries of a tree that lies elsewhere.

``TileReader`` asks its caller's ``read(path)`` for no more than the tiles that the tree of its
size has, the partial ones first (C2SP tlog-tiles), and keeps what it read. Tiles are believed:
who does not own them compares ``root()`` with a checkpoint's and verifies each proof against
that root before anything is concluded from it.
"""

from __future__ import annotations

from fundtrace.errors import EncodingError, InvalidInputError, ProofError
from fundtrace.tlog.bundles import parse_entry_bundle
from fundtrace.tlog.hashing import HASH_BYTES, hash_leaf
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.prover import Prover
from fundtrace.tlog.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadPath,
    TileAddress,
    find_tile_width,
    hash_pairs,
    read_file,
    read_tile,
)


class TileReader(Prover):
    """A tree of ``size`` in tiles; make one for a batch of questions and drop it.

    LIMIT: it keeps 16 kB for each tile that it read; one proof needs at most 8 tiles and the
    partial ones.
    """

    __slots__ = ("_levels_of", "_read", "_size")

    def __init__(self, size: int, read: ReadPath) -> None:
        """Read the tree of ``size`` by ``read``, which returns None for what is not there."""
        if not 0 <= size <= SIZE_MAX:
            raise InvalidInputError(f"a tree has 0 to {SIZE_MAX} leaves, not {size}")
        self._size = size
        self._read = read
        self._levels_of: dict[tuple[int, int], list[bytes]] = {}

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def read_node(self, level: int, index: int) -> bytes:
        """Return the root of the complete subtree ``index`` of 2**``level`` leaves.

        Raises NotFoundError where a tile is missing, EncodingError where it is cut.
        """
        self._check_node(level, index)
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, first = divmod(index << height, TILE_WIDTH)
        start = (first >> height) * HASH_BYTES
        return self._load(tile_level, tile_index)[height][start : start + HASH_BYTES]

    def read_entries(self, bundle_index: int) -> tuple[bytes, ...]:
        """Return the entries from ``bundle_index`` * 256 on, as many as the tree has of them.

        Raises ProofError where an entry is not what the tile says, NotFoundError, EncodingError.
        """
        width = find_tile_width(None, bundle_index, self._size)
        if bundle_index < 0 or not width:
            raise InvalidInputError(
                f"no bundle {bundle_index} is in this tree of size {self._size}; ask for another"
            )
        address = TileAddress(None, bundle_index, width)
        found, data = read_file(address, self._read)
        entries = parse_entry_bundle(data)
        if len(entries) != found.width:
            raise EncodingError(f"{found.path} has {len(entries)} entries; fetch it again")
        entries = entries[:width]
        for position, entry in enumerate(entries):
            index = bundle_index * TILE_WIDTH + position
            # SPEC: C2SP tlog-tiles, log entries: each hashes to its hash in the level 0 tile
            if hash_leaf(entry) != self.read_node(0, index):
                raise ProofError(
                    f"entry {index} is not the one that the log's tile has the hash of"
                )
        return entries

    def read_entry(self, index: int) -> bytes:
        """Return entry ``index``, checked as ``read_entries`` checks it."""
        self._check_size(index + 1)
        bundle_index, position = divmod(index, TILE_WIDTH)
        return self.read_entries(bundle_index)[position]

    def _load(self, level: int, index: int) -> list[bytes]:
        """Return the hashes of a tile and of the levels above them that it implies."""
        levels = self._levels_of.get((level, index))
        if levels is None:
            width = find_tile_width(level, index, self._size)
            levels = [read_tile(TileAddress(level, index, width), self._read)]
            while len(levels) < TILE_HEIGHT:
                levels.append(hash_pairs(levels[-1]))
            self._levels_of[level, index] = levels
        return levels
