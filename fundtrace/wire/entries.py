"""Entries: the exact bytes of a leaf, to a value, and back.

A record's context stands in its entry as bytes of its own and stays as it came: it is what the
body is bound to. It must be canonical by itself, as the entry around it must.
"""

from __future__ import annotations

from typing import Any

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds.entries import (
    CONTEXT_BYTES_MAX,
    Entry,
    HeaderContext,
    Record,
)
from fundtrace.ledger.kinds.table import ENTRIES
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
from fundtrace.v1 import entry_pb2
from fundtrace.wire.mapping import Codec, build_oneof, encode_message, get_codec, parse_message

_CONTEXT = get_codec(HeaderContext, entry_pb2.HeaderContext.DESCRIPTOR)


def encode_context(context: HeaderContext) -> bytes:
    """Return the one encoding of a header's context: what stands in the leaf for good."""
    return encode_message(context, _CONTEXT, entry_pb2.HeaderContext)


def parse_context(data: bytes) -> HeaderContext:
    """Return the context that these bytes are the one encoding of; raises EncodingError."""
    context: HeaderContext = parse_message(
        data, _CONTEXT, entry_pb2.HeaderContext, "a header's context", CONTEXT_BYTES_MAX
    )
    return context


def _fill_record(record: Record, message: Any) -> None:
    message.context = record.context_bytes
    message.body_hash = record.body_hash


def _read_record(message: Any) -> Record:
    return Record(parse_context(message.context), message.context, message.body_hash)


_CODEC = build_oneof(
    entry_pb2.Entry.DESCRIPTOR,
    "entry",
    tuple(ENTRIES.values()),
    special={Record: Codec(_fill_record, _read_record)},
)


def encode_entry(entry: Entry) -> bytes:
    """Return the bytes of an entry's leaf; raises InvalidInputError where they are too many."""
    data = encode_message(entry, _CODEC, entry_pb2.Entry)
    if len(data) > ENTRY_BYTES_MAX:
        raise InvalidInputError(
            f"the entry has {len(data)} bytes; a leaf holds at most {ENTRY_BYTES_MAX}"
        )
    return data


def parse_entry(data: bytes) -> Entry:
    """Return the entry that these bytes are the one encoding of; raises EncodingError."""
    entry: Entry = parse_message(data, _CODEC, entry_pb2.Entry, "a log's entry", ENTRY_BYTES_MAX)
    return entry
