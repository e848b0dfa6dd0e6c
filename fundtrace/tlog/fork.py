"""Evidence of a fork: two heads that one log signed and that contradict each other.

Two heads of one size with different roots are evidence by themselves. For different sizes it
takes a proof out of the larger tree: what its first entries, as many as the smaller head counts,
hash to. If that is not the smaller head's root, no one tree has both. A proof that merely fails
shows nothing about the log, only about who sent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fundtrace.errors import ForkError, ProofError
from fundtrace.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from fundtrace.tlog.hashing import EMPTY_ROOT
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.proofs import verify_consistency


@dataclass(frozen=True, slots=True)
class Prefix:
    """What the first entries of a larger tree hash to, with the proof that they do."""

    root_hash: bytes
    path: tuple[bytes, ...]


def check_heads_agree(
    first: SignedCheckpoint, second: SignedCheckpoint, prefix: Prefix | None = None
) -> None:
    """Check two verified heads of one log; ``prefix`` is needed where their sizes differ.

    Returns None when the larger tree begins with the smaller one. Raises ForkError with the two
    notes, ``first`` as ours, when that cannot be; ProofError when nothing is shown either way.
    """
    if first.checkpoint.origin != second.checkpoint.origin:
        raise ProofError(
            f"heads of two logs, {first.checkpoint.origin} and {second.checkpoint.origin}, "
            "cannot contradict each other"
        )
    small, large = sorted((first.checkpoint, second.checkpoint), key=lambda head: head.size)
    if small.size == large.size:
        prefix_root = large.root_hash
    elif small.size == 0:
        prefix_root = EMPTY_ROOT  # every tree begins with the empty one
    elif prefix is None:
        raise ProofError(f"heads of sizes {small.size} and {large.size} need a proof between them")
    else:
        sizes_and_roots = (small.size, prefix.root_hash, large.size, large.root_hash)
        verify_consistency(*sizes_and_roots, prefix.path)
        prefix_root = prefix.root_hash
    if prefix_root != small.root_hash:
        raise ForkError(
            f"{small.origin} signed heads of sizes {small.size} and {large.size} that no one "
            "tree has: stop cosigning it, and close it",
            first.encode(),
            second.encode(),
        )


def verify_fork(
    ours: bytes, theirs: bytes, prefix: Prefix | None, log_keys: Sequence[VerifierKey]
) -> ForkError:
    """Return the fork that two signed notes prove, or raise what is wrong with the evidence.

    Raises EncodingError or SignatureError for a note that the log did not sign, ProofError where
    the heads do not contradict each other or nothing is shown.
    """
    heads = [open_checkpoint(note, log_keys) for note in (ours, theirs)]
    try:
        check_heads_agree(heads[0], heads[1], prefix)
    except ForkError as fork:
        return fork
    raise ProofError("these two heads are of one tree: they are no evidence of a fork")
