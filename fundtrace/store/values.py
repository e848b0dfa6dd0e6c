"""The values that go into a store and come out of it; each checks itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from fundtrace.errors import InvalidInputError
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
from fundtrace.tlog.hashing import EMPTY_ROOT, HASH_BYTES

# SPEC: C2SP tlog-checkpoint: an origin of a checkpoint; 255 bytes as ML-DSA cosignatures bound it.
ORIGIN_BYTES_MAX: Final = 255
STREAM_ID_BYTES: Final = 16
RECORD_ID_BYTES: Final = 32
ERASURE_KEY_BYTES: Final = 32
KEY_NAME_BYTES_MAX: Final = 255  # a loan's id, as ledger bounds names
KEY_ID_BYTES_MAX: Final = 64
# LIMIT: sizes, sequences and positions are signed 64-bit integers in both databases.
NUMBER_MAX: Final = 2**63 - 1


def check_number(value: int, what: str) -> None:
    """Check that a size, index or sequence fits; InvalidInputError names it by ``what``."""
    if not 0 <= value <= NUMBER_MAX:
        raise InvalidInputError(f"{what} must be 0 to 2**63 - 1, not {value}")


def check_bytes(value: bytes, length: int, what: str) -> None:
    """Check that a hash or an id has its length; InvalidInputError names it by ``what``."""
    if len(value) != length:
        raise InvalidInputError(f"{what} has {length} bytes, not {len(value)}")


def check_name(value: bytes, most: int, what: str) -> None:
    """Check that a name or id is there and not too long; raises InvalidInputError."""
    if not 1 <= len(value) <= most:
        raise InvalidInputError(f"{what} has 1 to {most} bytes, not {len(value)}")


@dataclass(frozen=True, slots=True)
class LogState:
    """How far a stored log goes: what the next append builds on."""

    origin: str
    size: int = 0
    root_hash: bytes = EMPTY_ROOT
    is_own: bool = False

    def __post_init__(self) -> None:
        """Refuse an origin, a size or a root that no log has."""
        if not 1 <= len(self.origin.encode()) <= ORIGIN_BYTES_MAX:
            raise InvalidInputError(f"an origin has 1 to {ORIGIN_BYTES_MAX} bytes: {self.origin!r}")
        check_number(self.size, "the size of a log")
        check_bytes(self.root_hash, HASH_BYTES, "the root of a log")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One leaf to append, and the body beside it.

    ``body_hash`` is None for an entry in clear. With a hash and no body, the body counts as
    missing until ``bodies.put`` brings it. A body must have its hash.
    """

    entry: bytes
    body_hash: bytes | None = None
    body: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that no bundle could hold, and a body that is not the hash's."""
        if len(self.entry) > ENTRY_BYTES_MAX:
            raise InvalidInputError(
                f"an entry has at most {ENTRY_BYTES_MAX} bytes, this one {len(self.entry)}"
            )
        if self.body is not None and sha256(self.body).digest() != self.body_hash:
            raise InvalidInputError("the body does not have the hash that is given for it")
        if self.body_hash is not None:
            check_bytes(self.body_hash, HASH_BYTES, "the hash of a body")


class BodyState(IntEnum):
    """What is kept of a body; stored as this number."""

    MISSING = 0
    HELD = 1
    ERASED = 2


@dataclass(frozen=True, slots=True)
class Body:
    """A body beside its entry; ``erasure_index`` is the entry that ordered its erasure."""

    index: int
    body_hash: bytes
    state: BodyState
    body: bytes | None = None
    erasure_index: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A head of an own log: the intent to sign it, and the signed note once there is one."""

    origin: str
    size: int
    root_hash: bytes
    term: int
    note: bytes | None = None

    @property
    def is_signed(self) -> bool:
        """Return whether the signature was stored."""
        return self.note is not None


@dataclass(frozen=True, slots=True)
class CosignatureLine:
    """One signature line of a member over a checkpoint, as it came, already verified."""

    origin: str
    size: int
    root_hash: bytes
    member: str
    key_id: bytes
    at_seconds: int
    line: bytes

    def __post_init__(self) -> None:
        """Refuse what no checkpoint or key has."""
        check_number(self.size, "the size of a checkpoint")
        check_bytes(self.root_hash, HASH_BYTES, "the root of a checkpoint")
        check_bytes(self.key_id, 4, "a key id")
        check_number(self.at_seconds, "the time of a cosignature")


@dataclass(frozen=True, slots=True)
class FinalCheckpoint:
    """A checkpoint with the lines of a quorum, as bytes; ``at_seconds`` is when it was final."""

    origin: str
    size: int
    root_hash: bytes
    note: bytes
    at_seconds: int
    roster_version: int

    def __post_init__(self) -> None:
        """Refuse what no checkpoint has."""
        check_number(self.size, "the size of a checkpoint")
        check_bytes(self.root_hash, HASH_BYTES, "the root of a checkpoint")
        check_number(self.at_seconds, "the time of a final checkpoint")
        check_number(self.roster_version, "the version of a roster")


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where a stream of a log stands: what its next record is held against.

    ``sequence`` (0-based) and ``leaf_hash`` are its last record's; ``erasure_key`` (32 bytes)
    and ``published_minute`` (minutes since the epoch) as that record's header says.
    """

    stream_id: bytes
    sequence: int
    leaf_hash: bytes
    erasure_key: bytes
    published_minute: int

    def __post_init__(self) -> None:
        """Refuse other lengths than ids and hashes have."""
        check_bytes(self.stream_id, STREAM_ID_BYTES, "a stream id")
        check_number(self.sequence, "a sequence")
        check_bytes(self.leaf_hash, HASH_BYTES, "a leaf hash")
        check_bytes(self.erasure_key, ERASURE_KEY_BYTES, "an erasure key")
        check_number(self.published_minute, "a minute")


@dataclass(frozen=True, slots=True)
class RecordKey:
    """A record as its publisher names it: the id, and a hash over all that it says."""

    record_id: bytes
    content_hash: bytes

    def __post_init__(self) -> None:
        """Refuse other lengths than ids and hashes have."""
        check_bytes(self.record_id, RECORD_ID_BYTES, "a record id")
        check_bytes(self.content_hash, HASH_BYTES, "the hash of a record's content")


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entry lies: the log and the index in it."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True)
class EpochKey:
    """An epoch's private key as it is kept, wrapped; None once it was destroyed.

    ``destroy_at_seconds`` (POSIX) is set once a newer key is current.
    """

    key_id: bytes
    epoch: int
    wrapped: bytes | None
    destroy_at_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ForkEvidence:
    """Two signed heads of one log that contradict each other, as they came."""

    origin: str
    ours: bytes
    theirs: bytes
    noticed_at_seconds: int
