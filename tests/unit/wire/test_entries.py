from dataclasses import replace

import pytest

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.kinds.entries import LogClosing, Record
from fundtrace.ledger.kinds.words import EntryKind
from fundtrace.tlog.bundles import ENTRY_BYTES_MAX
from fundtrace.v1 import entry_pb2
from fundtrace.wire.entries import encode_context, encode_entry, parse_context, parse_entry
from tests.support.records import (
    CLEAR_ENTRIES,
    CONTEXT,
    FIRST_CONTEXT_CHANGES,
    make_hash,
)

RECORD = Record(CONTEXT, encode_context(CONTEXT), make_hash("body"))
ENTRIES = {EntryKind(name): entry for name, entry in CLEAR_ENTRIES.items()}
ENTRIES[EntryKind.RECORD] = RECORD
ALL_KINDS = pytest.mark.parametrize("kind", EntryKind)


@ALL_KINDS
def test_an_entry_comes_back_as_it_was(kind):
    assert parse_entry(encode_entry(ENTRIES[kind])) == ENTRIES[kind]


@ALL_KINDS
def test_an_unknown_field_is_refused(kind):
    with pytest.raises(EncodingError, match="not the one encoding"):
        parse_entry(encode_entry(ENTRIES[kind]) + bytes([0xFA, 0x07, 0x00]))


@ALL_KINDS
def test_an_entry_that_is_cut_short_is_refused(kind):
    with pytest.raises(EncodingError):
        parse_entry(encode_entry(ENTRIES[kind])[:-1])


@pytest.mark.parametrize("changes", [{}, FIRST_CONTEXT_CHANGES])
def test_a_context_comes_back_as_it_was(changes):
    context = replace(CONTEXT, **changes)
    assert parse_context(encode_context(context)) == context


def _write_record(context):
    message = entry_pb2.Entry(record=entry_pb2.Record(context=context, body_hash=RECORD.body_hash))
    return message.SerializeToString(deterministic=True)


def test_a_record_keeps_the_bytes_of_its_context():
    assert parse_entry(_write_record(RECORD.context_bytes)).context_bytes == RECORD.context_bytes


@pytest.mark.parametrize(
    "context",
    [
        b"",
        RECORD.context_bytes[:-1],
        RECORD.context_bytes + b"\x08\x01",  # the format once more
        RECORD.context_bytes[2:] + RECORD.context_bytes[:2],  # the format last
        RECORD.context_bytes + b"\xfa\x07\x00",
        RECORD.context_bytes + bytes(9_000),
    ],
)
def test_a_record_whose_context_is_not_canonical_is_refused(context):
    with pytest.raises(EncodingError, match="header's context"):
        parse_entry(_write_record(context))


def test_a_record_without_its_body_hash_is_refused():
    message = entry_pb2.Entry(record=entry_pb2.Record(context=RECORD.context_bytes))
    with pytest.raises(EncodingError, match="body_hash has 0 bytes"):
        parse_entry(message.SerializeToString())


def test_too_many_bytes_are_refused_before_they_are_read():
    with pytest.raises(EncodingError, match="at most 65535"):
        parse_entry(bytes(ENTRY_BYTES_MAX + 1))


def test_an_entry_that_no_leaf_holds_is_refused_when_it_is_encoded():
    large = LogClosing(40, make_hash("root"), (bytes(16_384),) * 4)
    with pytest.raises(InvalidInputError, match="at most 65535"):
        encode_entry(large)


def test_all_grants_and_all_tails_that_fit_a_value_fit_an_entry():
    tails = CLEAR_ENTRIES["tally"].streams[0]
    streams = tuple(
        replace(tails, stream_id=number.to_bytes(16), last_sequence=2**62)
        for number in range(1_000)
    )
    tally = replace(CLEAR_ENTRIES["tally"], streams=streams)
    assert parse_entry(encode_entry(tally)) == tally
    grant = CLEAR_ENTRIES["epoch_grants"].grants[0]
    grants = tuple(
        replace(grant, reader=f"{number:064d}", sealed=bytes(1_168)) for number in range(48)
    )
    entry = replace(CLEAR_ENTRIES["epoch_grants"], grants=grants)
    assert parse_entry(encode_entry(entry)) == entry


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, b"\x0b" * 200])
def test_bytes_that_are_no_entry_are_refused(data):
    with pytest.raises(EncodingError):
        parse_entry(data)
