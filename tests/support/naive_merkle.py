"""The recursive definitions of RFC 6962 2.1 and of Merkle tree certificates 4, word for word.

They are slow, share nothing with the package, and say what it must say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256

from fundtrace.errors import ProofError

Entries = tuple[bytes, ...]
Path = tuple[bytes, ...]


def make_entries(count: int) -> Entries:
    return tuple(b"entry %d" % index for index in range(count))


@cache
def mth(entries: Entries) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = _split(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Entries) -> Path:
    n = len(entries)
    if n == 1:
        return ()
    k = _split(n)
    if m < k:
        return (*path(m, entries[:k]), mth(entries[k:]))
    return (*path(m - k, entries[k:]), mth(entries[:k]))


def proof(m: int, entries: Entries) -> Path:
    return subproof(m, entries, whole=True)


def subproof(m: int, entries: Entries, *, whole: bool) -> Path:
    n = len(entries)
    if m == n:
        return () if whole else (mth(entries),)
    k = _split(n)
    if m <= k:
        return (*subproof(m, entries[:k], whole=whole), mth(entries[k:]))
    return (*subproof(m - k, entries[k:], whole=False), mth(entries[:k]))


def subtree_path(index: int, start: int, end: int, entries: Entries) -> Path:
    return path(index - start, entries[start:end])


def subtree_proof(start: int, end: int, entries: Entries) -> Path:
    return () if start == end else subtree_subproof(start, end, entries, whole=True)


def subtree_subproof(start: int, end: int, entries: Entries, *, whole: bool) -> Path:
    n = len(entries)
    if (start, end) == (0, n):
        return () if whole else (mth(entries),)
    k = _split(n)
    if end <= k:
        return (*subtree_subproof(start, end, entries[:k], whole=whole), mth(entries[k:]))
    if k <= start:
        right = subtree_subproof(start - k, end - k, entries[k:], whole=whole)
        return (*right, mth(entries[:k]))
    return (*subtree_subproof(0, end - k, entries[k:], whole=False), mth(entries[:k]))


def list_subtrees(size: int) -> list[tuple[int, int]]:
    """Return every valid subtree that is not empty, by the definition (section 4.1)."""
    return [
        (start, end)
        for end in range(size + 1)
        for start in range(end)
        if start % min(1 << bits for bits in range(64) if 1 << bits >= end - start) == 0
    ]


def trace_shape(start: int, end: int, size: int) -> str:
    """Return from the root down on which side each sibling of a proof is, and how it ends.

    Two sizes at which this is the same have proofs that no verifier can tell apart.
    """
    shape = ""
    whole = True
    while (start, end) != (0, size):
        k = _split(size)
        if end <= k:
            shape, size = shape + "R", k
        else:
            whole = whole and k <= start
            shape, start, end, size = shape + "L", max(start - k, 0), end - k, size - k
    return shape + ("." if whole else "+")


def is_accepted(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except ProofError:
        return False
    return True


def flip_bit(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def list_mutations(proof: Path) -> list[Path]:
    """Return the proof with each hash flipped, dropped, doubled, swapped, or another put in."""
    foreign = sha256(b"foreign").digest()
    places = range(len(proof))
    swaps = [(i, i + 1) for i in places[:-1]]
    return [
        *[(*proof[:i], foreign, *proof[i:]) for i in range(len(proof) + 1)],
        *[(*proof[:i], flip_bit(proof[i], 8 * i), *proof[i + 1 :]) for i in places],
        *[(*proof[:i], *proof[i + 1 :]) for i in places],
        *[(*proof[:i], proof[i], *proof[i:]) for i in places],
        *[(*proof[:i], proof[k], proof[i], *proof[k + 1 :]) for i, k in swaps],
    ]


def _split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k
