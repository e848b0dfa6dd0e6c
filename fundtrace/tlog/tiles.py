"""Tiles: the tree cut into files of up to 256 hashes that never change (C2SP tlog-tiles).

Hash i of the tile (level, index) is the root of the complete subtree over 256**level entries,
number index * 256 + i. A full tile has 256 hashes and its own root is one hash of the level
above. The last tile of a level may be partial; it has the width in its path, so a longer one is
another file, and it counts for nothing above. What follows from a size is the same for all:

    width of the last tile at level l = (size >> 8 * l) & 255, and 0 is no tile at all.

``TileEdge`` is what a writer keeps of all this: the partial tiles of its size, fewer than 256
hashes a level, from which come the next tiles (``build_tiles``) and the root. It writes full
tiles once and partial ones beside each other; nothing is overwritten, so a crash between writes
leaves files that the next run writes again with the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from fundtrace.errors import EncodingError, NotFoundError
from fundtrace.tlog.hashing import HASH_BYTES, NODE_PREFIX, check_hashes
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.tree import Frontier

ReadPath = Callable[[str], bytes | None]  # path below the log's prefix -> what lies there

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
LEVEL_MAX: Final = 63  # SPEC: C2SP tlog-tiles, Merkle Tree: <L> is 0 to 63
INDEX_MAX: Final = SIZE_MAX >> TILE_HEIGHT  # LIMIT: a tile of level 0 beyond it has no entries

ENTRIES: Final = "entries"
PATH: Final = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?"
)


@dataclass(frozen=True, slots=True)
class TileAddress:
    """The place of a tile; ``level`` None is the entry bundle beside the tile of level 0."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Raise EncodingError for what no path can name."""
        if self.level is not None and not 0 <= self.level <= LEVEL_MAX:
            raise EncodingError(f"a tile's level is 0 to {LEVEL_MAX}, not {self.level}")
        if not 0 <= self.index <= INDEX_MAX:
            raise EncodingError(f"a tile's index is 0 to {INDEX_MAX}, not {self.index}")
        if not 1 <= self.width <= TILE_WIDTH:
            raise EncodingError(f"a tile's width is 1 to {TILE_WIDTH}, not {self.width}")

    @property
    def is_full(self) -> bool:
        """Whether it holds all that it ever will."""
        return self.width == TILE_WIDTH

    @property
    def full(self) -> TileAddress:
        """The same tile once it is full."""
        return TileAddress(self.level, self.index)

    @property
    def path(self) -> str:
        """The path below the log's prefix, as ``tile/0/x001/234.p/56``."""
        level = ENTRIES if self.level is None else str(self.level)
        rest, last = divmod(self.index, 1000)
        groups = f"{last:03}"
        while rest:
            rest, last = divmod(rest, 1000)
            groups = f"x{last:03}/{groups}"
        return f"tile/{level}/{groups}" + ("" if self.is_full else f".p/{self.width}")


def parse_tile_path(path: str) -> TileAddress:
    """Return what ``path`` names; raises EncodingError for every other spelling."""
    match = PATH.fullmatch(path)
    if match is None:
        raise EncodingError(f"{path!r} names no tile; write it as tile/0/x001/234.p/56")
    level, groups, width = match.groups()
    address = TileAddress(
        None if level == ENTRIES else int(level),
        int(groups.replace("x", "").replace("/", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if address.path != path:  # leading zeroes, or a full tile written as partial
        raise EncodingError(f"{path!r} is not how that tile is written; write {address.path}")
    return address


def find_tile_width(level: int | None, index: int, size: int) -> int:
    """Return how many hashes the tile has in a tree of ``size``, 0 to 256; 0: there is none."""
    hashes = size >> TILE_HEIGHT * (level or 0)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def read_file(address: TileAddress, read: ReadPath) -> tuple[TileAddress, bytes]:
    """Return what lies at ``address``, or at the same tile once full, with where it lay.

    Raises NotFoundError where neither is.
    """
    data = read(address.path)
    if data is None and not address.is_full:
        # SPEC: C2SP tlog-tiles, partial tiles: the full one may have replaced it
        address = address.full
        data = read(address.path)
    if data is None:
        raise NotFoundError(f"{address.path} is missing, as are its parts; fetch the tile again")
    return address, data


def read_tile(address: TileAddress, read: ReadPath) -> bytes:
    """Return the hashes of a tile of level 0 and more, one after the other.

    Raises NotFoundError as ``read_file``, EncodingError for another length than the path says.
    """
    found, data = read_file(address, read)
    if len(data) != found.width * HASH_BYTES:
        raise EncodingError(
            f"{found.path} has {len(data)} bytes instead of {found.width * HASH_BYTES};"
            " fetch it again"
        )
    return data[: address.width * HASH_BYTES]


def hash_tile(data: bytes) -> bytes:
    """Return the root over the 1 to 256 hashes of a tile, as over that many leaves.

    Pairing from below and letting the odd last one rise is the split of RFC 6962 2.1.
    """
    while len(data) > HASH_BYTES:
        paired, odd = hash_pairs(data), len(data) % (2 * HASH_BYTES)
        data = paired + data[len(data) - odd :]
    return data


def hash_pairs(data: bytes) -> bytes:
    """Return the level above some hashes: a node for each two, none for an odd last one."""
    step = 2 * HASH_BYTES
    return b"".join(
        [
            sha256(NODE_PREFIX + data[start : start + step]).digest()
            for start in range(0, len(data) - step + 1, step)
        ]
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's hashes, as they are stored and served, with their place."""

    address: TileAddress
    data: bytes

    def __post_init__(self) -> None:
        """Raise EncodingError unless the data are as wide as the address says."""
        if len(self.data) != self.address.width * HASH_BYTES:
            raise EncodingError(
                f"{self.address.path} has {len(self.data)} bytes, which is not its width"
            )


@dataclass(frozen=True, slots=True)
class TileEdge:
    """The partial tiles of a tree of ``size``, from level 0 up; b"" where the width is 0."""

    size: int = 0
    levels: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise EncodingError unless every level is as wide as the size demands."""
        if not 0 <= self.size <= SIZE_MAX:
            raise EncodingError(f"a tree has 0 to {SIZE_MAX} leaves, not {self.size}")
        widths = [len(level) for level in self.levels]
        if widths != [width * HASH_BYTES for width in _list_edge_widths(self.size)]:
            raise EncodingError(
                f"partial tiles of {widths} bytes are not those of a tree of {self.size} leaves"
            )

    @classmethod
    def load(cls, size: int, read: ReadPath) -> Self:
        """Return the edge of a stored log, which ``read`` gets path by path.

        Raises NotFoundError, EncodingError. Whether the tiles are the log's shows only in the
        root: compare it with a checkpoint's.
        """
        levels: list[bytes] = []
        for level, width in enumerate(_list_edge_widths(size)):
            index = size >> TILE_HEIGHT * (level + 1)
            levels.append(read_tile(TileAddress(level, index, width), read) if width else b"")
        return cls(size, tuple(levels))

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """The partial tiles, which must be stored for a checkpoint of this size."""
        return tuple(
            _build_tile(level, self.size >> TILE_HEIGHT * (level + 1), data)
            for level, data in enumerate(self.levels)
            if data
        )

    def frontier(self) -> Frontier:
        """Return the right edge as complete subtrees."""
        hashes: list[bytes] = []
        for data in reversed(self.levels):
            start = 0
            while start < len(data):
                count = 1 << ((len(data) - start) // HASH_BYTES).bit_length() - 1
                hashes.append(hash_tile(data[start : start + count * HASH_BYTES]))
                start += count * HASH_BYTES
        return Frontier.restore(self.size, hashes)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.frontier().root()


@dataclass(frozen=True, slots=True)
class BuiltTiles:
    """What appending made: the tiles to store, from level 0 up, and the edge to go on from."""

    tiles: tuple[Tile, ...]
    edge: TileEdge


def build_tiles(edge: TileEdge, leaf_hashes: Iterable[bytes]) -> BuiltTiles:
    """Return the tiles that appending ``leaf_hashes`` to the tree of ``edge`` adds.

    They are the tiles that became full, and of each level that grew the partial tile at the new
    size; those of sizes in between are left out. The caller stores all before it signs the new
    size. Raises EncodingError for what is no hash.
    """
    added = list(leaf_hashes)
    check_hashes(added, "leaf hash")
    size = edge.size + len(added)
    tiles: list[Tile] = []
    levels: list[bytes] = []
    while added:
        level = len(levels)
        data = (edge.levels[level] if level < len(edge.levels) else b"") + b"".join(added)
        index = edge.size >> TILE_HEIGHT * (level + 1)
        partial = len(data) - len(data) % TILE_BYTES
        full = [data[start : start + TILE_BYTES] for start in range(0, partial, TILE_BYTES)]
        tiles += [_build_tile(level, index + i, tile) for i, tile in enumerate(full)]
        if partial < len(data):
            tiles.append(_build_tile(level, index + len(full), data[partial:]))
        levels.append(data[partial:])
        added = [hash_tile(tile) for tile in full]
    return BuiltTiles(tuple(tiles), TileEdge(size, (*levels, *edge.levels[len(levels) :])))


def _build_tile(level: int, index: int, data: bytes) -> Tile:
    return Tile(TileAddress(level, index, len(data) // HASH_BYTES), data)


def _list_edge_widths(size: int) -> list[int]:
    widths: list[int] = []
    while size:
        size, width = divmod(size, TILE_WIDTH)
        widths.append(width)
    return widths
