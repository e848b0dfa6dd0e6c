"""Records as a whole: two members read, an outsider does not, and nothing moves elsewhere."""

import hashlib
from dataclasses import replace

import pytest

from fundtrace.errors import (
    EncodingError,
    InvalidInputError,
    NotPermittedError,
    RuleViolationError,
    VerificationError,
)
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.words import Kind
from fundtrace.ledger.pairs import Pair, derive_pair_keys
from fundtrace.ledger.sealing import FILLING_BYTES, Envelope, Slot, find_reader_index
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.wire.bodies import encode_body
from fundtrace.wire.entries import encode_context, encode_entry, parse_entry
from fundtrace.wire.records import (
    get_sealed_header,
    open_record,
    open_shared_record,
    parse_record,
    seal_record,
)
from tests.support.records import BODIES, CLEAR_ENTRIES, make_hash
from tests.support.sealed_records import FILLING, RANDOMNESS, make_draft, make_keys

LENDER, PEER, OUTSIDER = make_keys("bank-a"), make_keys("bank-b"), make_keys("bank-c")
SEALED = seal_record(make_draft(), (LENDER, PEER), RANDOMNESS, FILLING)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_sealed_and_opened_again(kind):
    lender_only = kind not in {Kind.FOLLOW_ENDED, Kind.CORRECTION}
    draft = make_draft(BODIES[kind], is_lenders=lender_only)
    keys = make_keys("bank-a", origin=draft.origin)
    sealed = seal_record(draft, (keys,), RANDOMNESS, FILLING)
    assert open_record(sealed.entry, sealed.blob, keys).body == BODIES[kind]


@pytest.mark.parametrize("reader", [LENDER, PEER], ids=["lender", "peer"])
def test_each_reader_opens_the_same(reader):
    opened = open_record(SEALED.entry, SEALED.blob, reader)
    assert opened.body == make_draft().body
    assert opened.content_key == SEALED.content_key
    assert opened.record.context.sequence == make_draft().sequence


def test_an_outsider_opens_nothing():
    with pytest.raises(NotPermittedError, match="bank-c"):
        open_record(SEALED.entry, SEALED.blob, OUTSIDER)


def test_an_outsider_does_not_even_know_whether_it_is_the_reader_of_another_epoch():
    later = make_keys("bank-b", key_epoch=2)
    assert find_reader_index(get_sealed_header(parse_record(SEALED.entry)), later) is None


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(make_draft().body.record_id, id="record id"),
        pytest.param(make_draft().body.loan_key, id="loan key"),
        pytest.param(make_draft().body.authority.leaf_hash, id="authority"),
        pytest.param(make_draft().body.authority.origin.encode(), id="the lender's log"),
        pytest.param(b"6222020000001", id="account"),
        pytest.param("货款".encode(), id="purpose"),
        pytest.param(b"bank-a", id="reader"),
        pytest.param(b"bank-b", id="the other reader"),
        pytest.param(SEALED.content_key, id="content key"),
    ],
)
def test_neither_leaf_nor_blob_shows_what_only_readers_know(secret):
    assert secret not in SEALED.entry
    assert secret not in SEALED.blob


def test_records_of_different_kinds_and_audiences_look_alike():
    few = seal_record(make_draft(BODIES[Kind.NOTICE]), (LENDER,), RANDOMNESS, FILLING)
    many = seal_record(
        make_draft(BODIES[Kind.ACCESS]), (LENDER, PEER, OUTSIDER), RANDOMNESS, FILLING
    )
    assert len(few.entry) == len(many.entry)
    assert len(few.blob) == len(many.blob)


def test_the_leaf_hash_is_that_of_the_entry():
    assert SEALED.leaf_hash == hash_leaf(SEALED.entry)
    assert parse_entry(SEALED.entry).body_hash == SEALED.body_hash


def test_the_same_draft_and_randomness_seal_alike():
    assert seal_record(make_draft(), (LENDER, PEER), RANDOMNESS, FILLING) == SEALED


def test_who_gets_the_content_key_opens_the_body():
    opened = open_shared_record(SEALED.entry, SEALED.blob, SEALED.content_key)
    assert opened.body == make_draft().body


def test_another_content_key_opens_nothing():
    with pytest.raises(VerificationError, match="commits to"):
        open_shared_record(SEALED.entry, SEALED.blob, make_hash("another key"))


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "c.bank.example/ledger/1"},
        {"origin": "b.bank.example/ledger/2"},
        {"stream_id": bytes(16)},
        {"sequence": 5},
        {"previous_hash": make_hash("another record")},
        {"consortium": "sh.consortium.example"},
        {"roster_version": 3},
        {"published_minute": 29_544_091},
        {"key_epoch": 2},
        {"erasure_key": make_hash("another key")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_record_moved_elsewhere_is_refused(changes):
    context = replace(parse_record(SEALED.entry).context, **changes)
    moved = encode_entry(Record(context, encode_context(context), SEALED.body_hash))
    with pytest.raises(VerificationError, match="does not open"):
        open_shared_record(moved, SEALED.blob, SEALED.content_key)
    with pytest.raises((VerificationError, NotPermittedError)):
        open_record(moved, SEALED.blob, PEER)


def test_a_body_under_another_header_is_refused():
    other = seal_record(make_draft(sequence=5), (LENDER, PEER), RANDOMNESS, FILLING)
    with pytest.raises(VerificationError, match="by its hash"):
        open_record(SEALED.entry, other.blob, PEER)


def test_a_clear_entry_is_no_record():
    with pytest.raises(InvalidInputError, match="is a Tally"):
        open_record(encode_entry(CLEAR_ENTRIES["tally"]), SEALED.blob, PEER)


def test_tags_that_are_not_those_of_the_context_are_not_taken():
    record = parse_record(SEALED.entry)
    forged = Record(
        replace(record.context, key_commitment=bytes(32)), record.context_bytes, bytes(32)
    )
    with pytest.raises(InvalidInputError, match="another commitment"):
        get_sealed_header(forged)


@pytest.mark.parametrize(
    "keys",
    [
        make_keys("bank-b", key_epoch=2),
        make_keys("bank-b", consortium="sh.consortium.example"),
        make_keys("bank-b", origin="c.bank.example/ledger/1"),
    ],
    ids=["epoch", "consortium", "log"],
)
def test_a_record_is_not_sealed_under_keys_of_elsewhere(keys):
    with pytest.raises(InvalidInputError):
        seal_record(make_draft(), (keys,), RANDOMNESS, FILLING)


def test_a_record_that_readers_would_find_void_is_not_sealed():
    draft = make_draft(BODIES[Kind.SHARE])  # of the lender's records, in the peer's log
    with pytest.raises(RuleViolationError, match="own log"):
        seal_record(draft, (PEER,), RANDOMNESS, FILLING)


def test_a_body_that_is_none_opens_as_malformed():
    draft = make_draft()
    slot = Slot(draft.origin, draft.stream_id, draft.sequence)
    envelope = Envelope(slot, RANDOMNESS, (PEER,), FILLING)
    context = replace(
        parse_record(SEALED.entry).context,
        key_commitment=envelope.key_commitment,
        reader_tags=envelope.tags,
    )
    blob = envelope.seal(encode_body(draft.body) + b"\xfa\x07\x00", encode_context(context))
    record = Record(context, encode_context(context), hashlib.sha256(blob).digest())
    with pytest.raises(EncodingError, match="record's body"):
        open_record(encode_entry(record), blob, PEER)


def test_secrets_do_not_show_in_a_log_file():
    opened = open_record(SEALED.entry, SEALED.blob, PEER)
    shown = repr(SEALED) + repr(opened) + repr(PEER)
    assert SEALED.content_key.hex() not in shown
    assert repr(SEALED.content_key) not in shown


def test_randomness_of_the_wrong_length_is_refused():
    with pytest.raises(InvalidInputError):
        seal_record(make_draft(), (PEER,), RANDOMNESS[1:], FILLING)
    with pytest.raises(InvalidInputError):
        seal_record(make_draft(), (PEER,), RANDOMNESS, bytes(FILLING_BYTES - 1))


def test_a_pair_of_another_reader_has_other_keys():
    pair = Pair("zj.consortium.example", make_draft().origin, "bank-b", 1)
    assert derive_pair_keys(make_hash("pair bank-b"), pair) == PEER
