"""The witness's step: from the last head it cosigned to the next (C2SP tlog-witness, 5ba5ee8).

``advance_checkpoint`` takes what is recorded for a log and a request, and returns what to
record next, or raises. It does no I/O, so the order is the caller's to keep:

1. read the recorded head of the request's origin and the keys trusted for it;
2. advance;
3. persist the new head by compare-and-swap against the one that was read; where another request
   came first, begin again;
4. only then cosign it and answer. # CRASH: after 3, the same request comes again: it advances
   from the new size to itself and gets its cosignature.

A refusal is an error of ours; ``find_status`` gives the HTTP status that the specification names
for it. A mirror keeps its pending head by the same step.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fundtrace.errors import (
    EncodingError,
    ForkError,
    FundtraceError,
    InvalidInputError,
    NotFoundError,
    ProofError,
    SignatureError,
    StaleCheckpointError,
)
from fundtrace.tlog.checkpoint import SignedCheckpoint, open_checkpoint, parse_checkpoint
from fundtrace.tlog.cosignature import sign_cosignature
from fundtrace.tlog.hashing import EMPTY_ROOT
from fundtrace.tlog.keys import SignerKey, VerifierKey
from fundtrace.tlog.lines import check_integer, parse_decimal
from fundtrace.tlog.note import NOTE_BYTES_MAX, Note, Signature, parse_note, split_note
from fundtrace.tlog.proof_file import check_path, parse_path, split_proof
from fundtrace.tlog.proofs import verify_consistency

REQUEST_BYTES_MAX: Final = NOTE_BYTES_MAX + 2**13  # LIMIT: 64 lines of at most 45 bytes, a note
_OLD: Final = b"old "

# SPEC: tlog-witness "add-checkpoint": which refusal has which HTTP status; the first that fits
STATUS_OK: Final = 200
_STATUSES: Final[tuple[tuple[type[FundtraceError], int], ...]] = (
    (NotFoundError, 404),
    (SignatureError, 403),
    (StaleCheckpointError, 409),
    (ProofError, 422),
    (ForkError, 422),
    (InvalidInputError, 400),
)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size that the client believes recorded, the proof from it, the new head.

    The signature lines of the note are not read yet: whether the log is known comes first.
    """

    old_size: int
    path: tuple[bytes, ...]
    checkpoint_note: bytes

    def __post_init__(self) -> None:
        """Refuse what the format cannot hold, and a text that is no checkpoint."""
        check_integer(self.old_size, "an old size")
        check_path(self.path)
        parse_checkpoint(split_note(self.checkpoint_note)[0])

    @property
    def origin(self) -> str:
        """The log that the request is about, unverified; it finds what is recorded."""
        return parse_checkpoint(split_note(self.checkpoint_note)[0]).origin

    def encode(self) -> bytes:
        """Return the request's body."""
        lines = [_OLD + str(self.old_size).encode(), *(b64encode(one) for one in self.path)]
        return b"\n".join(lines) + b"\n\n" + self.checkpoint_note


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """Return the request that these exact bytes are, or raise EncodingError."""
    if len(data) > REQUEST_BYTES_MAX:
        raise EncodingError(f"a request has at most {REQUEST_BYTES_MAX} bytes, not {len(data)}")
    lines, note = split_proof(data, "a request")
    if not lines[0].startswith(_OLD):
        raise EncodingError("a request begins with the line 'old' and the size recorded before")
    old_size = parse_decimal(lines[0].removeprefix(_OLD), "an old size")
    return AddCheckpoint(old_size, parse_path(lines[1:]), note)


def advance_checkpoint(
    recorded: SignedCheckpoint | None, request: AddCheckpoint, log_keys: Sequence[VerifierKey]
) -> SignedCheckpoint:
    """Return the head to record next; it keeps the log's own lines of the note, no others.

    ``recorded`` is the latest head of the request's origin, None before the first; ``log_keys``
    are those trusted for that origin, none for an unknown one. Raises, in this order:
    NotFoundError, SignatureError, InvalidInputError, StaleCheckpointError with the recorded
    size, and for the proof ProofError, or ForkError with both heads where the log signed two
    roots of one size. Persist before answering.
    """
    if not log_keys:
        raise NotFoundError(f"no log {request.origin} is known here; register its key first")
    signed = _open_trusted(request.checkpoint_note, log_keys)
    head = signed.checkpoint
    if request.old_size > head.size:
        raise InvalidInputError(
            f"the old size {request.old_size} is beyond the checkpoint's size {head.size}"
        )
    known_size, known_root = 0, EMPTY_ROOT
    if recorded is not None:
        known_size, known_root = recorded.checkpoint.size, recorded.checkpoint.root_hash
    if request.old_size != known_size:
        raise StaleCheckpointError(
            f"size {known_size} is recorded for {head.origin}, not {request.old_size}: send the "
            "proof from there",
            known_size,
        )
    if head.size == 0 and head.root_hash != EMPTY_ROOT:
        raise ProofError(f"{head.origin} signed a head of size 0 that is not the empty tree's")
    if recorded is not None and head.size == known_size and head.root_hash != known_root:
        raise ForkError(
            f"{head.origin} signed two heads of size {head.size}",
            recorded.encode(),
            signed.encode(),
        )
    verify_consistency(known_size, known_root, head.size, head.root_hash, request.path)
    return keep_log_lines(signed, log_keys)


def _open_trusted(data: bytes, log_keys: Sequence[VerifierKey]) -> SignedCheckpoint:
    """Return the signed head; lines that cannot be read are refused as those that do not verify."""
    try:
        note = parse_note(data)
    except EncodingError as error:
        # SPEC: tlog-witness add-checkpoint: 403, "such a note is malformed per signed-note"
        raise SignatureError(f"the signature lines cannot be read: {error}") from error
    return open_checkpoint(note, log_keys)


def keep_log_lines(signed: SignedCheckpoint, log_keys: Sequence[VerifierKey]) -> SignedCheckpoint:
    """Return a head with nothing but the lines of its log's keys, all of them verified before."""
    kept = [line for line in signed.note.signatures if any(line.is_by(key) for key in log_keys)]
    return SignedCheckpoint(signed.checkpoint, Note(signed.note.text, tuple(kept)))


def cosign_head(
    head: SignedCheckpoint, signers: Sequence[SignerKey], at_seconds: int
) -> tuple[Signature, ...]:
    """Return the lines of a witness's keys on a head that is recorded as its latest."""
    return tuple(sign_cosignature(head.checkpoint, signer, at_seconds) for signer in signers)


def find_status(error: FundtraceError | None) -> int | None:
    """Return the HTTP status of a refusal, 200 for None; None for an error that is no refusal."""
    if error is None:
        return STATUS_OK
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
