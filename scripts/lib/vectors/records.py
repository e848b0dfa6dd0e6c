"""Sealed records under fixed keys, and entries in clear: good ones, and ones to refuse.

A case with a blob is a record for one reader: with ``pair_secret_hex`` it opens to
``body_hex`` (the bytes of a protobuf Body, of ``kind``), and so it does with
``content_key_hex`` alone. A case without a blob is an entry that mirrors check by itself.
The values are the samples of the tests, so that every kind has one.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from fundtrace.ledger.framing import derive_key
from fundtrace.ledger.kinds.entries import HeaderContext, Record
from fundtrace.ledger.kinds.words import Kind
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys
from fundtrace.ledger.sealing import FILLING_BYTES, Envelope, Slot, parse_blob, seal_body
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.v1 import entry_pb2
from fundtrace.wire.bodies import encode_body
from fundtrace.wire.entries import encode_context, encode_entry

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # for the tests' samples
samples: Any = import_module("tests.support.records")

Case = dict[str, Any]
Made = tuple[bytes, bytes, bytes]  # entry, blob, content key

_UNKNOWN_FIELD = b"\xfa\x07\x00"  # number 127, empty
_OUTSIDE = "bank-c"
_ISSUED_BY_LENDER = set(Kind) - {Kind.FOLLOW_ENDED, Kind.CORRECTION}


def build() -> list[Case]:
    """Return the cases."""
    return [
        *(_case_of_kind(kind) for kind in Kind),
        *_list_clear(),
        *_list_malformed_entries(),
        *_list_malformed_bodies(),
        *_list_wrong(),
    ]


def _hash(label: str) -> bytes:
    return hashlib.sha256(f"fundtrace vectors, public: {label}".encode()).digest()


def _make_keys(reader: str, context: HeaderContext = samples.CONTEXT) -> PairKeys:
    pair = Pair(context.consortium, context.origin, reader, context.key_epoch)
    return derive_pair_keys(_hash(f"pair {reader}"), pair)


def _make_filling() -> bytes:
    return b"".join(_hash(f"filling {place}") for place in range(8))[:FILLING_BYTES]


def _make_envelope(plaintext: bytes, context: HeaderContext) -> Envelope:
    return Envelope(
        Slot(context.origin, context.stream_id, context.sequence),
        _hash(f"content key {hashlib.sha256(plaintext).hexdigest()}"),
        (_make_keys("bank-a", context), _make_keys("bank-b", context)),
        _make_filling(),
    )


def _fill(context: HeaderContext, envelope: Envelope) -> HeaderContext:
    return replace(context, key_commitment=envelope.key_commitment, reader_tags=envelope.tags)


def _encode(context: HeaderContext, blob: bytes) -> bytes:
    return encode_entry(Record(context, encode_context(context), hashlib.sha256(blob).digest()))


def _seal(plaintext: bytes, context: HeaderContext = samples.CONTEXT) -> Made:
    envelope = _make_envelope(plaintext, context)
    context = _fill(context, envelope)
    blob = envelope.seal(plaintext, encode_context(context))
    return _encode(context, blob), blob, envelope.content_key


def _case(name: str, why: str, expect: str, made: Made, reader: str = "bank-b") -> Case:
    entry, blob, content_key = made
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "reader": reader,
        "pair_secret_hex": _hash(f"pair {reader}").hex(),
        "entry_hex": entry.hex(),
        "blob_hex": blob.hex(),
        "content_key_hex": content_key.hex(),
    }


def _case_of_kind(kind: Kind) -> Case:
    origin = samples.LENDER_LOG if kind in _ISSUED_BY_LENDER else samples.PEER_LOG
    plaintext = encode_body(samples.BODIES[kind])
    made = _seal(plaintext, replace(samples.CONTEXT, origin=origin))
    case = _case(f"a {kind.value}", "every kind has one", "valid", made)
    return case | {
        "kind": kind.value,
        "body_hex": plaintext.hex(),
        "leaf_hash_hex": hash_leaf(made[0]).hex(),
    }


def _list_clear() -> list[Case]:
    return [
        _entry_case(f"an entry: {name}", "in clear, for mirrors", "valid", encode_entry(entry))
        | {"leaf_hash_hex": hash_leaf(encode_entry(entry)).hex()}
        for name, entry in samples.CLEAR_ENTRIES.items()
    ]


def _entry_case(name: str, why: str, expect: str, entry: bytes) -> Case:
    return {"name": name, "why": why, "expect": expect, "entry_hex": entry.hex()}


def _frame(context: bytes, body_hash: bytes = _hash("body")) -> bytes:
    message = entry_pb2.Entry(record=entry_pb2.Record(context=context, body_hash=body_hash))
    return message.SerializeToString(deterministic=True)


def _change_context(**changes: object) -> bytes:
    """Return a record whose context no value would hold."""
    message = entry_pb2.HeaderContext.FromString(encode_context(samples.CONTEXT))
    for name, value in changes.items():
        if name == "reader_tags":
            del message.reader_tags[:]
            message.reader_tags.extend(value)  # type: ignore[arg-type]  # bytes, as above
        else:
            setattr(message, name, value)
    return _frame(message.SerializeToString(deterministic=True))


def _list_malformed_entries() -> list[Case]:
    good = _frame(encode_context(samples.CONTEXT))
    context, tags = encode_context(samples.CONTEXT), samples.CONTEXT.reader_tags
    tally = encode_entry(samples.CLEAR_ENTRIES["tally"])
    rows = [
        ("no bytes", "an entry is of one kind", b""),
        ("an unknown field", "nobody checks it", good + _UNKNOWN_FIELD),
        ("a kind that is not known", "nobody checks it", b"\xa2\x06\x00"),
        ("two kinds", "an entry is of one kind", good + tally),
        ("cut short", "the lengths do not fit", good[:-1]),
        ("a context with an unknown field", "nobody checks it", _frame(context + _UNKNOWN_FIELD)),
        ("a context in another order", "one encoding", _frame(context[2:] + context[:2])),
        ("no context", "it is what the body is bound to", _frame(b"")),
        ("a body hash of 31 bytes", "SHA-256 has 32", _frame(context, bytes(31))),
        ("another format", "this one is 1", _change_context(format=2)),
        ("an origin without an epoch", "logs have epochs", _change_context(origin="b.example")),
        ("a stream id of 15 bytes", "it has 16", _change_context(stream_id=bytes(15))),
        ("a beginning with something before", "zeros at 0", _change_context(sequence=0)),
        ("tags out of order", "the order says nothing", _change_context(reader_tags=tags[::-1])),
        ("three tags", "the count says nothing", _change_context(reader_tags=tags[:3])),
        ("no tags", "none reads, four random", _change_context(reader_tags=())),
        ("a tag twice", "each reader has one", _change_context(reader_tags=(tags[0], *tags[:3]))),
    ]
    return [_entry_case(name, why, "EncodingError", entry) for name, why, entry in rows]


def _list_malformed_bodies() -> list[Case]:
    good = encode_body(samples.BODIES[Kind.MOVEMENT])
    _, blob, key = _seal(good)
    wraps = parse_blob(blob).wraps
    context = _fill(samples.CONTEXT, _make_envelope(good, samples.CONTEXT))

    def reseal(other: bytes) -> Made:
        return _encode(context, other), other, key

    loud = encode_body(samples.BODIES[Kind.RECEIPT]).replace(b"holder_consent", b"Holder_Consent")
    rows = [
        ("a body with an unknown field", "one encoding", _seal(good + _UNKNOWN_FIELD)),
        ("a body that says nothing", "a record is of one kind", _seal(b"")),
        ("a body cut short", "the lengths do not fit", _seal(good[:-1])),
        ("a basis that is no code", "fields have bounds", _seal(loud)),
        ("a blob of another form", "FTB and version 1", reseal(b"FTB\x02" + blob[4:])),
        ("a blob without ciphertext", "528 bytes at least", reseal(blob[: 5 + 40 * len(wraps)])),
        ("a blob cut by a byte", "528, 1040 ... bytes", reseal(blob[:-1])),
        ("an empty blob", "FTB and version 1", reseal(b"")),
    ]
    cases = [_case(name, why, "EncodingError", made) for name, why, made in rows]
    tally = encode_entry(samples.CLEAR_ENTRIES["tally"])
    return [*cases, _case("a tally", "it has no body", "InvalidInputError", (tally, blob, key))]


def _list_wrong() -> list[Case]:
    plaintext = encode_body(samples.BODIES[Kind.MOVEMENT])
    entry, blob, key = _seal(plaintext)
    filled = _fill(samples.CONTEXT, _make_envelope(plaintext, samples.CONTEXT))
    refused = "VerificationError"

    def move(**changes: Any) -> Made:
        context = replace(filled, **changes)
        tags = _make_envelope(plaintext, context).tags
        return _encode(replace(context, reader_tags=tags), blob), blob, key

    other = _seal(encode_body(samples.BODIES[Kind.RECEIPT]))
    rows = [
        ("moved to another log", "context is bound", move(origin="c.bank.example/ledger/1")),
        ("moved to the next epoch", "context is bound", move(origin="b.bank.example/ledger/2")),
        ("moved to another stream", "context is bound", move(stream_id=bytes(16))),
        ("moved to another place", "context is bound", move(sequence=5)),
        ("behind another record", "context is bound", move(previous_hash=_hash("another"))),
        ("under another erasure key", "context is bound", move(erasure_key=_hash("another"))),
        ("published at another time", "context is bound", move(published_minute=1)),
        ("another record's body", "the hash names one body", (entry, other[1], key)),
        ("wraps swapped", "each belongs to one tag", _swap_wraps(filled, blob, key)),
        ("more wraps than tags", "one wrap for each tag", _double_wraps(filled, blob, key)),
        ("two keys", "every reader checks the commitment", _seal_two_keys(plaintext, filled)),
    ]
    cases = [_case(name, why, refused, made) for name, why, made in rows]
    stranger = _case(
        "for another reader",
        "its tag is not there",
        "NotPermittedError",
        _seal(plaintext),
        _OUTSIDE,
    )
    return [*cases, stranger]


def _swap_wraps(context: HeaderContext, blob: bytes, key: bytes) -> Made:
    parsed = parse_blob(blob)
    swapped = replace(parsed, wraps=parsed.wraps[::-1]).encode()
    return _encode(context, swapped), swapped, key


def _double_wraps(context: HeaderContext, blob: bytes, key: bytes) -> Made:
    parsed = parse_blob(blob)
    longer = replace(parsed, wraps=parsed.wraps * 2).encode()
    return _encode(context, longer), longer, key


def _seal_two_keys(plaintext: bytes, context: HeaderContext) -> Made:
    """Seal so that each reader gets a content key, of which the header commits to one alone."""
    second, data = _hash("a second key"), encode_context(context)
    reader = _make_keys("bank-b")
    salt = hashlib.sha256(data).digest()
    wrap_key = derive_key(reader.wrap_key, "sealing/wrap", "bank-b", salt=salt)
    wrap = aes_key_wrap(wrap_key, second)
    blob = seal_body(plaintext, data, second, [wrap] * len(context.reader_tags))
    return _encode(context, blob), blob, second
