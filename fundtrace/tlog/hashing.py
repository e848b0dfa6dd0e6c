"""The two hashes of a Merkle log: of an entry, and of two nodes (RFC 6962 section 2.1).

The first byte keeps them apart: 0x00 before an entry, 0x01 before two hashes, so that nobody
can pass a node off as an entry. ``check_hash`` is for every hash that comes from outside: it
must be 32 bytes before anything is computed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from fundtrace.errors import EncodingError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()  # SPEC: RFC 6962 2.1, MTH({})
LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"


def hash_leaf(entry: bytes) -> bytes:
    """Return the hash of one entry, 32 bytes; the entry is its exact bytes (RFC 6962 2.1)."""
    return sha256(LEAF_PREFIX + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two nodes, which the caller knows to be 32 bytes each (RFC 6962 2.1)."""
    return sha256(NODE_PREFIX + left + right).digest()


def hash_peaks(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees that stand side by side, the largest first.

    An empty sequence has the root of the empty tree. With the hashes of a Frontier, or of the
    complete subtrees that a range splits into, this is MTH of RFC 6962 2.1: each split at the
    largest power of two leaves the largest complete subtree on the left.
    """
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = hash_node(left, root)
    return root


def check_hash(value: bytes, what: str) -> None:
    """Check that ``value`` is a hash of 32 bytes; ``what`` names it in the EncodingError."""
    if len(value) != HASH_BYTES:
        raise EncodingError(
            f"{what} has {len(value)} bytes; a SHA-256 hash has {HASH_BYTES}: give the whole hash"
        )


def check_hashes(values: Sequence[bytes], what: str) -> None:
    """Check that every one of ``values`` is 32 bytes; the EncodingError names the first bad one."""
    for position, value in enumerate(values):
        if len(value) != HASH_BYTES:
            check_hash(value, f"{what} {position}")
