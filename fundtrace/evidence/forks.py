"""Forks that a package shows: two proofs of one log that no one log can give.

A proof shows more than its entry: its path holds the hashes of whole ranges of the log, and with
the entry they give those of larger ones, up to the head. The hash over a range hangs on the
entries in it alone, whatever the size of the head; so where two proofs of one log disagree about
a range, two logs were signed under one name. Two heads of one size are the plainest case, two
entries at one index the next.

It never accuses wrongly: the proofs are verified before. It does not find every fork: two
branches whose proofs share no range contradict each other nowhere in the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.hashing import hash_node


class SeenRanges:
    """The hashes of ranges that proofs have shown, log by log."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seen: dict[tuple[str, int, int], tuple[bytes, int]] = {}

    def find_contradiction(
        self, head: Checkpoint, index: int, leaf_hash: bytes, path: Sequence[bytes]
    ) -> int | None:
        """Take what a verified inclusion proof shows; return the size of the head it contradicts.

        None where it fits all that was shown before.
        """
        for start, end, value in _list_ranges(head.size, index, leaf_hash, path):
            known, size = self._seen.setdefault((head.origin, start, end), (value, head.size))
            if known != value:
                return size
        return None


def _list_ranges(
    size: int, index: int, leaf_hash: bytes, path: Sequence[bytes]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and hash of each range that a path shows, from the leaf to the root."""
    low, high = 0, size
    siblings: list[tuple[int, int]] = []
    while high - low > 1:  # SPEC: RFC 6962 2.1: split at the largest power of two below the size
        split = low + (1 << ((high - low - 1).bit_length() - 1))
        siblings.append((split, high) if index < split else (low, split))
        low, high = (low, split) if index < split else (split, high)
    value = leaf_hash
    yield low, high, value
    for (start, end), sibling in zip(reversed(siblings), path, strict=True):
        yield start, end, sibling
        value = hash_node(sibling, value) if start < low else hash_node(value, sibling)
        low, high = min(low, start), max(high, end)
        yield low, high, value
