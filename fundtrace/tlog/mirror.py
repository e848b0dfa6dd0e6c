"""The mirror's steps: pending, verified, durable, cosigned (C2SP tlog-mirror, 5ba5ee8).

A mirror's line on a checkpoint says that every entry up to it is stored durably, and that it
contradicts nothing the mirror ever cosigned. So: a signed head becomes pending by the witness's
step; entries come in packages of up to 256, aligned at 256, each proven to lie under the pending
head before anything of it is stored; once all of them are durable the head is recorded as
cosigned, and only then signed. It never cosigns less than it cosigned. A fork that is seen stops
it for that log until the consortium has closed the log; then it cosigns the closing head alone.

Nothing here does I/O. Each step takes a state and returns the next one, with the effects that
belong to it. The caller keeps this order:

1. entries to store are written before the state that counts them, entries to drop after it, or
   all of it in one transaction;
2. the state replaces the one that the step began from, by compare-and-swap, or the step is void;
3. then ``Step.check``, which raises what the client must hear, or the answer.

# CRASH: between 1 and 2 there are entries that no state counts; they come again and are the
# same. Between 2 and 3 the client hears nothing, asks again, and is answered from the new state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fundtrace.errors import (
    EncodingError,
    ForkError,
    InvalidInputError,
    ProofError,
    RuleViolationError,
    StaleCheckpointError,
)
from fundtrace.tlog.checkpoint import SignedCheckpoint, parse_checkpoint
from fundtrace.tlog.fork import Prefix, verify_fork
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import SignerKey, VerifierKey
from fundtrace.tlog.mirror_state import Edge, MirrorState
from fundtrace.tlog.note import Signature, parse_note
from fundtrace.tlog.proof_file import check_path
from fundtrace.tlog.proofs import verify_consistency, verify_subtree_consistency
from fundtrace.tlog.tree import Frontier
from fundtrace.tlog.witness import AddCheckpoint, advance_checkpoint, cosign_head, keep_log_lines

PACKAGE_ENTRIES_MAX: Final = 256  # SPEC: tlog-mirror "add-entries": aligned at multiples of 256
ENTRY_BYTES_MAX: Final = 65_535  # LIMIT: two bytes of length stand before an entry in a bundle


@dataclass(frozen=True, slots=True)
class Package:
    """Entries from ``start`` on, and the proof that their subtree lies under the pending head."""

    start: int
    entries: tuple[bytes, ...]
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse no entries, entries beyond the bounds, and more than the alignment holds."""
        check_path(self.path)
        room = PACKAGE_ENTRIES_MAX - self.start % PACKAGE_ENTRIES_MAX
        if self.start < 0 or not 1 <= len(self.entries) <= room:
            raise EncodingError(
                f"a package from {self.start} on has 1 to {room} entries, not {len(self.entries)}"
            )
        if any(len(entry) > ENTRY_BYTES_MAX for entry in self.entries):
            raise EncodingError(f"an entry has at most {ENTRY_BYTES_MAX} bytes")


@dataclass(frozen=True, slots=True)
class StoreEntries:
    """Write these verified entries from ``start`` on, before the state that counts them."""

    start: int
    entries: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class DropEntries:
    """Forget the entries from ``start`` on, after the state that does not count them."""

    start: int


@dataclass(frozen=True, slots=True)
class Step:
    """The next state, what belongs to it, and the fork that it records, if one was found."""

    state: MirrorState
    effects: tuple[StoreEntries | DropEntries, ...] = ()
    fork: ForkError | None = None

    def check(self) -> None:
        """Raise the fork that the client must hear of; call it once the state is kept."""
        if self.fork is not None:
            raise self.fork


def propose_checkpoint(
    state: MirrorState, request: AddCheckpoint, log_keys: Sequence[VerifierKey]
) -> Step:
    """Return the step to the request's head as the pending one; nothing is cosigned yet.

    Refuses as ``witness.advance_checkpoint`` does, but that two roots of one size are a step of
    their own: its state is frozen, and ``check`` raises the ForkError. A frozen log raises
    ForkError at once, a closed one RuleViolationError ("log-closed").
    """
    _check_origin(state, request.origin)
    _check_not_frozen(state)
    try:
        head = advance_checkpoint(state.pending, request, log_keys)
    except ForkError as fork:
        return _record_fork(state, fork)
    if state.closing is not None and head.checkpoint != state.closing.checkpoint:
        raise RuleViolationError("log-closed", f"{state.origin} is closed; its next epoch goes on")
    return Step(replace(state, pending=head))


def add_package(state: MirrorState, package: Package) -> Step:
    """Return the step that stores a package, proven to lie under the pending head.

    It begins where the stored entries end, and goes to the next multiple of 256 or to the
    pending size. Raises StaleCheckpointError with the stored size for another start, ProofError
    for entries or a path that do not lead to the pending head: then nothing may be stored.
    """
    _check_not_frozen(state)
    if package.start != state.stored.size:
        raise StaleCheckpointError(
            f"the next entry of {state.origin} is {state.stored.size}, not {package.start}",
            state.stored.size,
        )
    aligned = package.start - package.start % PACKAGE_ENTRIES_MAX
    end = package.start + len(package.entries)
    if state.pending is None or end != min(aligned + PACKAGE_ENTRIES_MAX, state.pending_size):
        raise InvalidInputError(
            f"a package from {package.start} on ends at the next multiple of "
            f"{PACKAGE_ENTRIES_MAX} or at the pending size {state.pending_size}, not at {end}"
        )
    head = state.pending.checkpoint
    leaf_hashes = [hash_leaf(entry) for entry in package.entries]
    subtree = _restore_subtree(state.stored)
    subtree.extend(leaf_hashes)
    verify_subtree_consistency(
        aligned, end, subtree.root(), head.size, head.root_hash, package.path
    )
    frontier = state.stored.thaw()
    frontier.extend(leaf_hashes)
    if end == head.size and frontier.root() != head.root_hash:
        raise ProofError(f"what is stored of {state.origin} does not lead to its pending head")
    stored = replace(state, stored=Edge.of(frontier))
    return Step(stored, (StoreEntries(package.start, package.entries),))


def confirm_durable(state: MirrorState, size: int) -> MirrorState:
    """Return the state after the caller made sure that all stored entries survive a crash.

    ``size`` is how many it made sure of: all that the state counts as stored, else
    StaleCheckpointError.
    """
    if size != state.stored.size:
        raise StaleCheckpointError(
            f"{state.stored.size} entries of {state.origin} are stored, not {size}",
            state.stored.size,
        )
    return replace(state, durable=state.stored)


def prepare_cosignature(state: MirrorState) -> MirrorState:
    """Return the state that records the pending head as cosigned, to be kept before signing.

    Raises ForkError for a frozen log, RuleViolationError "log-closed" for any but the closing
    head of a closed one, and "not-durable" while an entry below the head is not durable.
    """
    _check_not_frozen(state)
    if state.pending is None:
        raise RuleViolationError("not-durable", f"no head of {state.origin} is pending")
    _check_open_for(state, state.pending)
    head = state.pending.checkpoint
    if state.durable.size != head.size or state.durable.root() != head.root_hash:
        raise RuleViolationError(
            "not-durable",
            f"{state.durable.size} of {head.size} entries of {state.origin} are durable",
        )
    return replace(state, cosigned=state.pending, cosigned_edge=state.durable)


def sign_cosigned(
    state: MirrorState, signers: Sequence[SignerKey], at_seconds: int
) -> tuple[Signature, ...]:
    """Return the mirror's lines on the head that a kept state records as cosigned.

    The same head may be signed again with a fresh time, for a log that is quiet. Raises as
    ``prepare_cosignature`` does.
    """
    _check_not_frozen(state)
    if state.cosigned is None:
        raise RuleViolationError("not-durable", f"no head of {state.origin} is recorded")
    _check_open_for(state, state.cosigned)
    return cosign_head(state.cosigned, signers, at_seconds)


def report_fork(
    state: MirrorState,
    heads: tuple[bytes, bytes],
    prefix: Prefix | None,
    log_keys: Sequence[VerifierKey],
) -> Step:
    """Return the step that freezes a log by evidence that anybody brought: two signed heads.

    The first fork stays on record. Raises what is wrong with evidence that proves no fork.
    """
    fork = verify_fork(*heads, prefix, log_keys)
    _check_origin(state, parse_checkpoint(parse_note(fork.ours).text).origin)
    return _record_fork(state, fork)


def close_log(
    state: MirrorState,
    closing: SignedCheckpoint,
    path: Sequence[bytes],
    log_keys: Sequence[VerifierKey],
) -> Step:
    """Return the step that closes a log at its last head, as the consortium decided.

    That it decided so is the caller's to verify. ``path`` proves the consistency between the
    closing head and the cosigned one, from the smaller to the larger. Entries above the cosigned
    head may lie on a branch that is dropped: they are dropped here and come again under the
    closing head, which alone may still be cosigned. Raises ProofError where the closing head
    contradicts what this mirror cosigned: then its promise stands and the log stays frozen.
    """
    _check_origin(state, closing.checkpoint.origin)
    if state.closing is not None and state.closing.checkpoint != closing.checkpoint:
        raise RuleViolationError("log-closed", f"{state.origin} is closed at another head already")
    last = closing.checkpoint
    size, root = state.cosigned_edge.size, state.cosigned_edge.root()
    if last.size >= size:
        verify_consistency(size, root, last.size, last.root_hash, path)
    else:
        verify_consistency(last.size, last.root_hash, size, root, path)
    if state.closing is not None:
        return Step(state)
    kept = keep_log_lines(closing, log_keys)
    closed = replace(
        state,
        closing=kept,
        pending=kept if last.size >= size else state.cosigned,
        stored=state.cosigned_edge,
        durable=state.cosigned_edge,
    )
    return Step(closed, (DropEntries(size),))


def restart_mirror(state: MirrorState, present_size: int) -> MirrorState:
    """Return the state to go on with after a crash, given how many entries the store still holds.

    What was stored and not made durable may be gone; it comes again. Raises RuleViolationError
    ("mirror-store-lost") where durable entries are missing: such a mirror is retired with its
    key, since it can no longer keep what it promised.
    """
    if present_size >= state.stored.size:
        return state
    if present_size < state.durable.size:
        raise RuleViolationError(
            "mirror-store-lost",
            f"{state.durable.size} entries of {state.origin} were durable and {present_size} are "
            "left: retire this mirror's key and begin anew as a learner",
        )
    return replace(state, stored=state.durable)


def _restore_subtree(stored: Edge) -> Frontier:
    """Return the frontier of the aligned subtree that the next entry belongs to."""
    inside = stored.size % PACKAGE_ENTRIES_MAX
    count = inside.bit_count()
    return Frontier.restore(inside, stored.hashes[len(stored.hashes) - count :])


def _record_fork(state: MirrorState, fork: ForkError) -> Step:
    kept = state.fork or (fork.ours, fork.theirs)
    return Step(replace(state, fork=kept), fork=fork)


def _check_origin(state: MirrorState, origin: str) -> None:
    if origin != state.origin:
        raise InvalidInputError(f"this is a head of {origin}, the state is of {state.origin}")


def _check_not_frozen(state: MirrorState) -> None:
    if state.is_frozen and state.fork is not None:
        raise ForkError(
            f"{state.origin} signed two heads that contradict each other: this mirror cosigns "
            "nothing of it until the consortium has closed it",
            *state.fork,
        )


def _check_open_for(state: MirrorState, head: SignedCheckpoint) -> None:
    """Check that a head may be cosigned: any of an open log, of a closed one its last alone."""
    if state.closing is not None and head.checkpoint != state.closing.checkpoint:
        raise RuleViolationError(
            "log-closed",
            f"{state.origin} is closed at size {state.closing.checkpoint.size}; no other head of "
            "it is cosigned",
        )
