"""A record as a whole: a draft sealed into an entry and a blob, and both opened again.

Sealing itself stands in ``fundtrace.ledger.sealing``, encodings in ``entries`` and ``bodies``;
here they are put together, so that nobody outside of this room serialises a header. It keeps
these rules:

- The context is encoded once, when the record is sealed. Whoever opens it uses the bytes that
  stand in the entry.
- A publisher never seals what its readers would find void for what header and body say
  (``check_header_body``). Opening does not judge: what a record means is the reader's next step.
- Randomness is an argument, drawn for this record alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.agreement import check_header_body
from fundtrace.ledger.kinds.bounds import Checked, Whole
from fundtrace.ledger.kinds.common import (
    Body,
    Consortium,
    Hash,
    Index,
    Origin,
    PublicKey,
    StreamId,
    Version,
)
from fundtrace.ledger.kinds.entries import KEY_EPOCH_MAX, MINUTE_MAX, HeaderContext, Record
from fundtrace.ledger.pairs import PairKeys
from fundtrace.ledger.sealing import (
    Envelope,
    SealedHeader,
    Slot,
    make_content_key,
    open_body,
    open_with_content_key,
)
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.wire.bodies import encode_body, parse_body
from fundtrace.wire.entries import encode_context, encode_entry, parse_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Checked):
    """A body, and what its issuer says in the header; see ``HeaderContext`` for the fields."""

    body: Body
    consortium: Consortium
    origin: Origin
    roster_version: Version
    stream_id: StreamId
    sequence: Index
    previous_hash: Hash
    published_minute: Annotated[int, Whole(0, MINUTE_MAX)]
    key_epoch: Annotated[int, Whole(0, KEY_EPOCH_MAX)]
    erasure_key: PublicKey


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record ready to be appended: the leaf's bytes and hash, and the body beside the tree.

    ``content_key`` opens the body for whoever it is shared with; the issuer keeps it under the
    loan's local key or not at all.
    """

    entry: bytes
    leaf_hash: bytes
    blob: bytes
    body_hash: bytes
    content_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record as its reader sees it: header, body, and the key with which it can be shared."""

    record: Record
    body: Body
    content_key: bytes = field(repr=False)


def seal_record(
    draft: Draft, readers: Sequence[PairKeys], randomness: bytes, filling: bytes
) -> SealedRecord:
    """Seal a draft for its readers (the issuer itself among them, if it is to open it again).

    ``randomness`` is 32 random bytes and ``filling`` FILLING_BYTES of them, both drawn for
    this record. Raises InvalidInputError where a reader's keys are of another log, consortium
    or epoch, RuleViolationError where header and body disagree.
    """
    for reader in readers:
        if (reader.pair.consortium, reader.pair.key_epoch) != (draft.consortium, draft.key_epoch):
            raise InvalidInputError(
                f"the keys of {reader.pair.reader} are of another consortium or epoch than the "
                f"record's, {draft.consortium} and {draft.key_epoch}"
            )
    plaintext = encode_body(draft.body)
    envelope = Envelope(
        Slot(draft.origin, draft.stream_id, draft.sequence),
        make_content_key(randomness, plaintext),
        tuple(readers),
        filling,
    )
    context = HeaderContext(
        consortium=draft.consortium,
        origin=draft.origin,
        roster_version=draft.roster_version,
        stream_id=draft.stream_id,
        sequence=draft.sequence,
        previous_hash=draft.previous_hash,
        key_commitment=envelope.key_commitment,
        published_minute=draft.published_minute,
        key_epoch=draft.key_epoch,
        reader_tags=envelope.tags,
        erasure_key=draft.erasure_key,
    )
    check_header_body(context, draft.body)
    context_bytes = encode_context(context)
    blob = envelope.seal(plaintext, context_bytes)
    body_hash = hashlib.sha256(blob).digest()
    entry = encode_entry(Record(context, context_bytes, body_hash))
    return SealedRecord(entry, hash_leaf(entry), blob, body_hash, envelope.content_key)


def get_sealed_header(record: Record) -> SealedHeader:
    """Return what sealing needs of a header, to look for one's tag or to open the body."""
    context = record.context
    slot = Slot(context.origin, context.stream_id, context.sequence)
    return SealedHeader(
        record.context_bytes, record.body_hash, context.key_commitment, context.reader_tags, slot
    )


def open_record(entry: bytes, blob: bytes, keys: PairKeys) -> OpenedRecord:
    """Open a record as one of its readers.

    Raises EncodingError where entry, blob or body are malformed, InvalidInputError where the
    entry is no record, NotPermittedError where it is not sealed to this reader, and
    VerificationError where the body is not the header's or does not open.
    """
    record = parse_record(entry)
    opened = open_body(blob, get_sealed_header(record), keys)
    return OpenedRecord(record, parse_body(opened.plaintext), opened.content_key)


def open_shared_record(entry: bytes, blob: bytes, content_key: bytes) -> OpenedRecord:
    """Open a record with its content key, from a share or an evidence package.

    Raises as ``open_record`` does, but for NotPermittedError.
    """
    record = parse_record(entry)
    plaintext = open_with_content_key(blob, get_sealed_header(record), content_key)
    return OpenedRecord(record, parse_body(plaintext), content_key)


def parse_record(entry: bytes) -> Record:
    """Return the record's header that an entry is; InvalidInputError for an entry of other kind."""
    parsed = parse_entry(entry)
    if not isinstance(parsed, Record):
        raise InvalidInputError(f"the entry is a {type(parsed).__name__}, not a record")
    return parsed
