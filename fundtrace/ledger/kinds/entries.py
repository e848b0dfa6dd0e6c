"""What a leaf of a log is: a record's header, or an entry that every mirror can check.

A record's header shows that its bank published something, and nothing of kind, loan or
audience. ``context`` is kept as the exact bytes that stand in the leaf, since they are what
the body is bound to (AES-GCM's additional data) and are never serialised again; the parsed
``HeaderContext`` stands beside them. That both agree is the parser's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.epochs import KEY_ID_BYTES
from fundtrace.ledger.erasure import ERASURE_SIGNATURE_BYTES, ErasureReason
from fundtrace.ledger.kinds.bounds import Checked, Items, Octets, Whole
from fundtrace.ledger.kinds.common import (
    Consortium,
    Hash,
    Index,
    MemberId,
    Origin,
    PublicKey,
    Size,
    StreamId,
    Version,
)
from fundtrace.ledger.sealing import READERS_MAX, TAG_BYTES, TAGS_STEP, check_tags

HEADER_FORMAT = 1
# SPEC: C2SP tlog-tiles, an entry's length has 16 bits.
ENTRY_BYTES_MAX = 65_535
CONTEXT_BYTES_MAX = 8_192
# LIMIT: minutes since 1970 until the year 2200 have 27 bits; the next round number.
MINUTE_MAX = (1 << 28) - 1
KEY_EPOCH_MAX = (1 << 31) - 1
HPKE_PUBLIC_KEY_BYTES = 1_216  # MLKEM768-X25519: 1,184 + 32
# LIMIT: 1,120 of encapsulation, 32 of secret, 16 of tag, and room for another suite.
GRANT_BYTES_MAX = 2_048
GRANTS_MAX = 48
# LIMIT: 1,024 streams of 16 + 9 + 32 bytes and framing fit an entry.
TALLY_STREAMS_MAX = 1_000
STATEMENTS_MAX = 256
STATEMENT_BYTES_MAX = 16_384

ZERO_HASH = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderContext(Checked):
    """What a record's header says, all but the hash of its body.

    ``sequence`` is 0-based within the stream; ``previous_hash`` is the leaf hash of the
    stream's previous record entry, 32 zero bytes at sequence 0; ``published_minute`` counts
    from the epoch in UTC.
    """

    format: Annotated[int, Whole(HEADER_FORMAT, HEADER_FORMAT)] = HEADER_FORMAT
    consortium: Consortium
    origin: Origin
    roster_version: Version
    stream_id: StreamId
    sequence: Index
    previous_hash: Hash
    key_commitment: Hash
    published_minute: Annotated[int, Whole(0, MINUTE_MAX)]
    key_epoch: Annotated[int, Whole(0, KEY_EPOCH_MAX)]
    reader_tags: Annotated[
        tuple[Annotated[bytes, Octets(TAG_BYTES, TAG_BYTES)], ...], Items(TAGS_STEP, READERS_MAX)
    ]
    erasure_key: PublicKey

    def check_together(self) -> None:
        """Raise InvalidInputError for tags that show a count, or a chain that cannot start."""
        check_tags(self.reader_tags)
        if (self.sequence == 0) != (self.previous_hash == ZERO_HASH):
            raise InvalidInputError(
                "HeaderContext.previous_hash is zero at sequence 0 and nowhere else"
            )


@dataclass(frozen=True, slots=True)
class Record(Checked):
    """A record's header: what stands in the leaf; the sealed body lies beside the tree."""

    context: HeaderContext
    context_bytes: Annotated[bytes, Octets(1, CONTEXT_BYTES_MAX)]
    body_hash: Hash


@dataclass(frozen=True, slots=True)
class StreamTail(Checked):
    """The last record of a stream: its sequence and the leaf hash of its entry."""

    stream_id: StreamId
    last_sequence: Index
    last_hash: Hash


@dataclass(frozen=True, slots=True)
class Tally(Checked):
    """Where streams stood when the log had ``size`` entries; mirrors can check every word."""

    size: Size
    streams: Annotated[tuple[StreamTail, ...], Items(1, TALLY_STREAMS_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError for streams out of order."""
        ids = [one.stream_id for one in self.streams]
        if ids != sorted(set(ids)):
            raise InvalidInputError("Tally.streams must be in order of stream_id, each once")


@dataclass(frozen=True, slots=True)
class Erasure(Checked):
    """The body of an entry of this log may be dropped; signed by that record's erasure key."""

    entry_index: Index
    body_hash: Hash
    reason: ErasureReason
    signature: Annotated[bytes, Octets(ERASURE_SIGNATURE_BYTES, ERASURE_SIGNATURE_BYTES)]


@dataclass(frozen=True, slots=True)
class EpochKey(Checked):
    """A member's fresh HPKE public key for one epoch."""

    epoch: Annotated[int, Whole(0, KEY_EPOCH_MAX)]
    public_key: Annotated[bytes, Octets(HPKE_PUBLIC_KEY_BYTES, HPKE_PUBLIC_KEY_BYTES)]


@dataclass(frozen=True, slots=True)
class EpochGrant(Checked):
    """The issuer's pairwise secret with one reader, sealed to that reader's epoch key."""

    reader: MemberId
    reader_key_id: Annotated[bytes, Octets(KEY_ID_BYTES, KEY_ID_BYTES)]
    sealed: Annotated[bytes, Octets(1, GRANT_BYTES_MAX)]


@dataclass(frozen=True, slots=True)
class EpochGrants(Checked):
    """Pairwise secrets for readers in one epoch; to all members, so that nothing shows."""

    epoch: Annotated[int, Whole(0, KEY_EPOCH_MAX)]
    grants: Annotated[tuple[EpochGrant, ...], Items(1, GRANTS_MAX)]

    def check_together(self) -> None:
        """Raise InvalidInputError for readers out of order."""
        readers = [one.reader for one in self.grants]
        if readers != sorted(set(readers)):
            raise InvalidInputError("EpochGrants.grants must be in order of reader, each once")


@dataclass(frozen=True, slots=True)
class RosterActivation(Checked):
    """From here on this log's checkpoints need this roster's quorum."""

    version: Version
    roster_hash: Hash


@dataclass(frozen=True, slots=True)
class LogClosing(Checked):
    """The last entry of a log's epoch: the size and root at which it ends, and who says so.

    ``statements`` are signed notes of members, exact bytes.
    """

    final_size: Size
    final_root: Hash
    statements: Annotated[
        tuple[Annotated[bytes, Octets(1, STATEMENT_BYTES_MAX)], ...], Items(0, STATEMENTS_MAX)
    ]


@dataclass(frozen=True, slots=True)
class LogOpening(Checked):
    """The first entry of a log's next epoch: which log it goes on from, and who says so."""

    previous_origin: Origin
    final_size: Size
    final_root: Hash
    statements: Annotated[
        tuple[Annotated[bytes, Octets(1, STATEMENT_BYTES_MAX)], ...], Items(0, STATEMENTS_MAX)
    ]


Entry = (
    Record | Tally | Erasure | EpochKey | EpochGrants | RosterActivation | LogClosing | LogOpening
)
