"""The mirror's steps: pending, verified, durable, cosigned (C2SP tlog-mirror, 5ba5ee8).

A mirror's line on a checkpoint says that every entry up to it is stored durably, and that it
contradicts nothing the mirror ever cosigned. So: a signed head becomes pending by the witness's
step; entries come in packages of up to 256, aligned at 256, each proven to lie under the pending
head before anything of it is stored; once all of them are durable the head is recorded as
cosigned, and only then signed. It never cosigns less than it cosigned.

It stops cosigning a log for good, the closing head not excepted, when it sees the log fork, when
its member states its highest head so that the log can be closed, or when it learns that the log
is closed: two different closings may both be valid, and a head cosigned after the statement could
become final beside the one that the other chose. What lies up to the closing head becomes final
through the first checkpoint of the next epoch, which names it; a mirror cosigns that one only
when it holds all of it (``check_closed_log_held``). A planned end is an ordinary head and closes
nothing here.

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
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
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
    ForkError at once; one that is closed, or for which silence was promised, takes no other head
    (RuleViolationError "log-closed", "silence-promised").
    """
    _check_origin(state, request.origin)
    _check_not_frozen(state)
    try:
        head = advance_checkpoint(state.pending, request, log_keys)
    except ForkError as fork:
        return _record_fork(state, fork)
    if state.pending is None or head.checkpoint != state.pending.checkpoint:
        _check_not_ended(state)
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

    Raises ForkError for a frozen log, RuleViolationError "log-closed" and "silence-promised",
    and "not-durable" while an entry below the head is not durable.
    """
    _check_not_frozen(state)
    _check_not_ended(state)
    if state.pending is None:
        raise RuleViolationError("not-durable", f"no head of {state.origin} is pending")
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
    _check_not_ended(state)
    if state.cosigned is None:
        raise RuleViolationError("not-durable", f"no head of {state.origin} is recorded")
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


def promise_silence(state: MirrorState) -> MirrorState:
    """Return the state in which nothing more of the log is cosigned, for good.

    To be kept before the member signs its closing statement, whose head is ``state.cosigned``.
    """
    return replace(state, is_silent=True)


def close_log(
    state: MirrorState,
    closing: SignedCheckpoint,
    path: Sequence[bytes],
    log_keys: Sequence[VerifierKey],
    kept: Edge | None = None,
) -> Step:
    """Return the step that closes a log at its last head, as the consortium decided.

    That it decided so is the caller's to verify. ``kept`` is the edge of those stored entries
    that lie under the closing head, by default of all that were cosigned; ``path`` proves it.
    What is stored beyond is dropped: it may be of a branch that the consortium dropped, be it
    that this mirror cosigned it. The rest comes in packages under the closing head. A log may be
    closed again at another head, should two closings be about. Raises ProofError for a ``kept``
    that does not lie under the head, InvalidInputError for one that is not of what is stored.
    """
    _check_origin(state, closing.checkpoint.origin)
    kept = state.cosigned_edge if kept is None else kept
    last = closing.checkpoint
    known = {edge.size: edge for edge in (state.stored, state.durable, state.cosigned_edge)}
    if kept.size > min(state.stored.size, last.size) or known.get(kept.size, kept) != kept:
        raise InvalidInputError(
            f"{kept.size} entries of {state.origin} are to be kept; give the edge of those stored "
            f"(of {state.stored.size}) that lie under the closing head (of {last.size})"
        )
    verify_consistency(kept.size, kept.root(), last.size, last.root_hash, path)
    head = keep_log_lines(closing, log_keys)
    durable, left = (
        edge if edge.size < kept.size else kept for edge in (state.durable, state.cosigned_edge)
    )
    closed = replace(
        state, closing=head, pending=head, stored=kept, durable=durable, cosigned_edge=left
    )
    return Step(closed, (DropEntries(kept.size),))


def check_closed_log_held(state: MirrorState, size: int, root_hash: bytes) -> None:
    """Check that every entry up to a log's last head is durable here.

    To be asked before the opening of the next epoch is cosigned, with the size and the root that
    it names. Raises RuleViolationError ("not-durable").
    """
    if (state.durable.size, state.durable.root()) != (size, root_hash):
        raise RuleViolationError(
            "not-durable",
            f"{state.durable.size} entries of {state.origin} are durable here, and not the "
            f"{size} under root {root_hash.hex()} that its next epoch goes on from: fetch them",
        )


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


def _check_not_ended(state: MirrorState) -> None:
    """Check that the log is not closed and that no statement promised silence about it."""
    if state.closing is not None:
        raise RuleViolationError(
            "log-closed",
            f"{state.origin} is closed at size {state.closing.checkpoint.size}: its next epoch "
            "goes on, and nothing of this one is cosigned",
        )
    if state.is_silent:
        raise RuleViolationError(
            "silence-promised",
            f"this mirror stated its highest head of {state.origin} and cosigns no other",
        )
