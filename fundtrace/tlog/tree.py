"""The Merkle tree of a log, as it grows: its root at the right edge, or all of it.

``Frontier`` is what a writer or a mirror needs to go on: the roots of the complete subtrees at
the tree's right edge, one for each bit of its size, so 63 hashes at most. ``Tree`` keeps every
level in memory and makes every proof; it is for logs that fit, and for tests. What lies in a
store proves from tiles (``fundtrace.tlog.tile_reader``).

Both only append. A hash that is not 32 bytes is refused before anything changes. RFC 6962 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Self

from fundtrace.errors import EncodingError
from fundtrace.tlog.hashing import (
    HASH_BYTES,
    NODE_PREFIX,
    check_hash,
    check_hashes,
    hash_node,
    hash_peaks,
)
from fundtrace.tlog.proofs import SIZE_MAX
from fundtrace.tlog.prover import Prover


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root."""

    __slots__ = ("_hashes", "_size")

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self._size = 0
        self._hashes: list[bytes] = []

    @classmethod
    def restore(cls, size: int, hashes: Sequence[bytes]) -> Self:
        """Return the frontier that had this ``size`` and these ``hashes``; raises EncodingError.

        The hashes are one for each bit that is set in the size. Whether they belong to the log
        shows only in the root: compare it with a checkpoint's.
        """
        if not 0 <= size <= SIZE_MAX or len(hashes) != size.bit_count():
            raise EncodingError(
                f"a tree of size {size} does not have {len(hashes)} hashes at its right edge;"
                " restore the hashes kept with the size"
            )
        check_hashes(hashes, "right edge hash")
        frontier = cls()
        frontier._size = size
        frontier._hashes = list(hashes)
        return frontier

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees from left to right, the largest first."""
        return tuple(self._hashes)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return hash_peaks(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Append one leaf; raises EncodingError for what is no hash."""
        check_hash(leaf_hash, f"leaf hash {self._size}")
        hashes = self._hashes
        carry = self._size
        while carry & 1:  # two equally large subtrees stand side by side and become one
            leaf_hash = hash_node(hashes.pop(), leaf_hash)
            carry >>= 1
        hashes.append(leaf_hash)
        self._size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Append leaves in order, or none: after an EncodingError nothing has changed."""
        size, hashes, new = self._size, list(self._hashes), sha256
        for leaf_hash in leaf_hashes:
            if len(leaf_hash) != HASH_BYTES:
                check_hash(leaf_hash, f"leaf hash {size}")
            node, carry = leaf_hash, size
            while carry & 1:
                node = new(NODE_PREFIX + hashes.pop() + node).digest()
                carry >>= 1
            hashes.append(node)
            size += 1
        self._size, self._hashes = size, hashes


class Tree(Prover):
    """A whole tree in memory, about 180 bytes a leaf."""

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        """Begin with these leaves."""
        self._levels: list[list[bytes]] = [[]]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf_hash: bytes) -> None:
        """Append one leaf; raises EncodingError for what is no hash."""
        self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Append leaves in order, or none: after an EncodingError nothing has changed."""
        added = list(leaf_hashes)
        check_hashes(added, "leaf hash")
        self._levels[0].extend(added)
        level = 0
        while len(self._levels[level]) > 1:
            below = self._levels[level]
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            nodes = self._levels[level]
            pairs = below[2 * len(nodes) : len(below) & ~1]
            new = sha256
            nodes.extend(
                [
                    new(b"\x01" + a + b).digest()
                    for a, b in zip(pairs[::2], pairs[1::2], strict=True)
                ]
            )

    def read_node(self, level: int, index: int) -> bytes:
        """Return the root of the complete subtree ``index`` of 2**``level`` leaves."""
        self._check_node(level, index)
        return self._levels[level][index]
