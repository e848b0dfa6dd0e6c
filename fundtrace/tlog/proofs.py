"""Merkle proofs: that an entry, an earlier tree or a subtree is part of a tree.

Four proofs, one algorithm. A subtree [start, end) is the tree over those entries alone; it is
valid when start is a multiple of the smallest power of two that is at least its size. A subtree
consistency proof leads from a subtree's root to the root of the whole tree and shows that both
cover the same entries. An earlier tree is the subtree [0, old size), so a consistency proof is
that; an entry is the subtree [index, index + 1), so an inclusion proof is that too; and a
subtree's inclusion proof is an inclusion proof in the tree of its entries alone.

Sources: RFC 6962 2.1 (RFC 9162 2.1.3 and 2.1.4 spell the checks out), and for subtrees
draft-ietf-plants-merkle-tree-certs 4, to which C2SP tlog-cosignature and tlog-mirror refer.

``verify_*`` returns None or raises ProofError, whatever hashes and numbers it is given. A proof
does not bind the tree's size: at some other sizes it has the same shape. Size and root belong
together, as in a checkpoint, and must come from one. ``build_*`` takes ``read_node(level,
index)``, which returns the hash of the complete subtree over the entries from index * 2**level
to before (index + 1) * 2**level, and asks only for what the tree of the given size has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from fundtrace.errors import EncodingError, InvalidInputError, ProofError
from fundtrace.tlog.hashing import EMPTY_ROOT, check_hash, hash_node, hash_peaks

ReadNode = Callable[[int, int], bytes]  # level, index -> the hash of a complete subtree

# LIMIT: a size fits a signed 64-bit integer, so a tree has at most 63 levels above its leaves.
SIZE_MAX: Final = 2**63 - 1
# LIMIT: C2SP tlog-witness and tlog-mirror take at most 63 hashes; trees up to 2**62 never need more.
PATH_HASHES_MAX: Final = 63


def is_valid_subtree(start: int, end: int) -> bool:
    """Tell whether [start, end) is a subtree that a tree can be consistent with.

    Its start is a multiple of the smallest power of two >= its size; empty ones are valid.
    """
    if not 0 <= start <= end <= SIZE_MAX:
        return False
    # SPEC: draft-ietf-plants-merkle-tree-certs 4.1
    return start == end or start % (1 << (end - start - 1).bit_length()) == 0


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Verify that the leaf ``index`` of the tree (``size``, ``root``) has the hash ``leaf_hash``.

    ``path`` goes from the leaf to the root. Raises ProofError. RFC 6962 2.1.1, RFC 9162 2.1.3.2.
    """
    # SPEC: RFC 9162 2.1.3.2 step 1
    if not 0 <= index < size:
        _refuse(f"no entry {index} is in a tree of size {size}; ask for a size beyond the index")
    verify_subtree_consistency(index, index + 1, leaf_hash, size, root, path)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Verify that the tree (``new_size``, ``new_root``) begins with (``old_size``, ``old_root``).

    Every tree begins with the empty one: there ``path`` is empty, as between equal sizes, and
    the empty tree has one root only. Raises ProofError. RFC 6962 2.1.2, RFC 9162 2.1.4.2; from
    size 0 as C2SP tlog-witness has it.
    """
    if new_size == 0 and new_root != EMPTY_ROOT:
        _refuse("the tree of size 0 has another root than the empty tree; the head is wrong")
    _check_hash(new_root, "the root of the new tree")
    verify_subtree_consistency(0, old_size, old_root, new_size, new_root, path)


def verify_subtree_inclusion(  # noqa: PLR0913, PLR0917  # a proof has these parts
    leaf_hash: bytes, index: int, start: int, end: int, path: Sequence[bytes], subtree_root: bytes
) -> None:
    """Verify that the subtree [``start``, ``end``) holds ``leaf_hash`` as the log's ``index``.

    Raises ProofError. draft-ietf-plants-merkle-tree-certs 4.3.
    """
    _check_subtree(start, end)
    if not start <= index < end:
        _refuse(f"entry {index} is not in the subtree [{start}, {end}); name the one that holds it")
    verify_inclusion(leaf_hash, index - start, end - start, path, subtree_root)


def verify_subtree_consistency(  # noqa: PLR0913, PLR0917  # a proof has these parts
    start: int, end: int, subtree_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Verify that the tree (``size``, ``root``) has ``subtree_root`` over [``start``, ``end``).

    Of an empty subtree nothing is to be shown: its path is empty, its root the empty tree's,
    and the tree's root is not looked at. Raises ProofError.
    draft-ietf-plants-merkle-tree-certs 4.4.3; the steps below are its steps.
    """
    _check_subtree(start, end)
    if not end <= size <= SIZE_MAX:
        _refuse(f"the subtree [{start}, {end}) is not in a tree of size {size}; ask for another")
    if len(path) > PATH_HASHES_MAX:
        _refuse(f"a path has at most {PATH_HASHES_MAX} hashes, this one {len(path)}")
    for position, value in enumerate(path):
        _check_hash(value, f"path hash {position}")
    _check_hash(subtree_root, "the root to prove")
    if start == end:  # SPEC: 4.4.3 step 2
        if path or subtree_root != EMPTY_ROOT:
            _refuse("nothing but the empty root and an empty path proves an empty tree")
        return
    _check_hash(root, "the root of the tree")
    proven_subtree, proven = _climb(start, end, size, subtree_root, path)
    if proven_subtree != subtree_root:
        _refuse("the path does not lead to the root that is to be proven; it proves another")
    if proven != root:
        _refuse(f"the path leads to another root than that of the tree of size {size}")


def build_root(size: int, read_node: ReadNode) -> bytes:
    """Return the root of the tree of ``size`` (RFC 6962 2.1)."""
    return build_subtree_root(0, size, read_node)


def build_subtree_root(start: int, end: int, read_node: ReadNode) -> bytes:
    """Return the root over [``start``, ``end``); raises InvalidInputError for no valid subtree."""
    if not is_valid_subtree(start, end):
        raise InvalidInputError(_explain_subtree(start, end))
    return _hash_range(start, end, read_node)


def build_inclusion(index: int, size: int, read_node: ReadNode) -> tuple[bytes, ...]:
    """Return the path from leaf ``index`` to the root of the tree of ``size`` (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise InvalidInputError(f"no entry {index} is in a tree of size {size}; give another size")
    return build_subtree_consistency(index, index + 1, size, read_node)


def build_consistency(old_size: int, new_size: int, read_node: ReadNode) -> tuple[bytes, ...]:
    """Return the proof from ``old_size`` to ``new_size`` (RFC 6962 2.1.2); from 0 it is empty."""
    return build_subtree_consistency(0, old_size, new_size, read_node)


def build_subtree_inclusion(
    index: int, start: int, end: int, read_node: ReadNode
) -> tuple[bytes, ...]:
    """Return the path from leaf ``index`` of the log to the root of [``start``, ``end``).

    Raises InvalidInputError. draft-ietf-plants-merkle-tree-certs 4.3.
    """
    if not is_valid_subtree(start, end) or not start <= index < end:
        raise InvalidInputError(f"no entry {index} is in a subtree [{start}, {end}); name another")
    return _build(start, end, index, index + 1, read_node)


def build_subtree_consistency(
    start: int, end: int, size: int, read_node: ReadNode
) -> tuple[bytes, ...]:
    """Return the proof that leads from [``start``, ``end``) to the root of the tree of ``size``.

    Raises InvalidInputError. draft-ietf-plants-merkle-tree-certs 4.4.1.
    """
    if not is_valid_subtree(start, end):
        raise InvalidInputError(_explain_subtree(start, end))
    if not end <= size <= SIZE_MAX:
        raise InvalidInputError(
            f"the subtree [{start}, {end}) is not in a tree of size {size}; give another size"
        )
    if start == end:
        return ()
    return _build(0, size, start, end, read_node)


def _build(low: int, high: int, start: int, end: int, read_node: ReadNode) -> tuple[bytes, ...]:
    """Return SUBTREE_SUBPROOF of [start, end) within the valid subtree [low, high).

    Walks from the root down and keeps, level by level, the sibling that the verifier lacks.
    """
    siblings: list[tuple[int, int]] = []
    known = True
    while (low, high) != (start, end):
        split = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= split:
            siblings.append((split, high))
            high = split
        elif split <= start:
            siblings.append((low, split))
            low = split
        else:  # the subtree ends inside the right child: its own left part is the sibling
            siblings.append((low, split))
            low = start = split
            known = False
    if not known:  # the root to prove is no node of the tree, so the verifier lacks this one
        siblings.append((low, high))
    return tuple([_hash_range(*sibling, read_node) for sibling in reversed(siblings)])


def _hash_range(start: int, end: int, read_node: ReadNode) -> bytes:
    """Return the root of the valid subtree [start, end) from its complete subtrees."""
    size = end - start
    if size.bit_count() == 1:  # complete: most siblings are
        level = size.bit_length() - 1
        return read_node(level, start >> level)
    peaks: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(read_node(level, start >> level))
        start += 1 << level
    return hash_peaks(peaks)


def _climb(
    start: int, end: int, size: int, subtree_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the roots of [start, end) and of the tree that ``path`` leads to."""
    first, last, tree_last = start, end - 1, size - 1  # SPEC: 4.4.3 step 3
    while first != last and (last == tree_last or last & 1):  # SPEC: steps 4 and 5
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    # What is left is the rightmost node that both trees have.
    if first == last:  # SPEC: step 6
        old = new = subtree_root
    elif path:
        old = new = path[0]
        path = path[1:]
    else:
        _refuse("the path is empty, yet the sizes differ; ask for the whole path")
    for sibling in path:  # SPEC: step 8
        if tree_last == 0:
            _refuse("the path is too long for these sizes; ask for the path between them")
        if last & 1 or last == tree_last:
            if first < last:
                old = hash_node(sibling, old)
            new = hash_node(sibling, new)
            while not last & 1:
                first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
        else:
            new = hash_node(new, sibling)
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    if tree_last:  # SPEC: step 9, RFC 9162 2.1.3.2 step 5: without it a wrong index passes
        _refuse("the path is too short for these sizes; ask for the path between them")
    return old, new


def _check_subtree(start: int, end: int) -> None:
    if not is_valid_subtree(start, end):
        _refuse(_explain_subtree(start, end))


def _explain_subtree(start: int, end: int) -> str:
    return (
        f"[{start}, {end}) is no valid subtree; its start must be a multiple of the smallest"
        " power of two that is at least its size"
    )


def _check_hash(value: bytes, what: str) -> None:
    try:
        check_hash(value, what)
    except EncodingError as error:
        raise ProofError(str(error)) from error


def _refuse(message: str) -> NoReturn:
    raise ProofError(message)
