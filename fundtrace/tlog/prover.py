"""What can prove things of a tree: anything that has a size and the hash of every node.

``Tree`` (all in memory) and ``TileReader`` (out of tiles) are the two. A size that is asked for
may be any up to theirs: a log is many trees, and each is proven by the same nodes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from fundtrace.errors import InvalidInputError
from fundtrace.tlog.proofs import (
    build_consistency,
    build_inclusion,
    build_root,
    build_subtree_consistency,
    build_subtree_inclusion,
    build_subtree_root,
)


class Prover(ABC):
    """Roots and proofs of a tree; each raises InvalidInputError for what is not in the tree."""

    __slots__ = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of leaves."""

    @abstractmethod
    def read_node(self, level: int, index: int) -> bytes:
        """Return the root of the complete subtree ``index`` of 2**``level`` leaves."""

    def root(self, size: int | None = None) -> bytes:
        """Return the root at ``size``, by default of the whole tree."""
        return build_root(self._check_size(self.size if size is None else size), self.read_node)

    def subtree_root(self, start: int, end: int) -> bytes:
        """Return the root of the valid subtree [``start``, ``end``)."""
        return build_subtree_root(start, self._check_size(end), self.read_node)

    def prove_inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the path from leaf ``index`` to the root at ``size``."""
        return build_inclusion(index, self._check_size(size), self.read_node)

    def prove_consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree at ``new_size`` begins with that at ``old_size``."""
        return build_consistency(old_size, self._check_size(new_size), self.read_node)

    def prove_subtree_inclusion(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        """Return the path from leaf ``index`` of the log to the root of [``start``, ``end``)."""
        return build_subtree_inclusion(index, start, self._check_size(end), self.read_node)

    def prove_subtree_consistency(self, start: int, end: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that leads from [``start``, ``end``) to the root at ``size``."""
        return build_subtree_consistency(start, end, self._check_size(size), self.read_node)

    def _check_size(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise InvalidInputError(
                f"this tree has {self.size} leaves; ask for a size up to that, not {size}"
            )
        return size

    def _check_node(self, level: int, index: int) -> None:
        if level < 0 or index < 0 or index + 1 > self.size >> level:
            raise InvalidInputError(
                f"this tree has {self.size} leaves, so no complete subtree {index} of level {level}"
            )
