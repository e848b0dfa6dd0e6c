"""Sealing: what readers open, what outsiders see, what is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from fundtrace.errors import (
    EncodingError,
    InvalidInputError,
    NotPermittedError,
    VerificationError,
)
from fundtrace.ledger import sealing
from fundtrace.ledger.pairs import derive_pair_keys
from fundtrace.ledger.sealing import (
    FILLING_BYTES,
    Blob,
    Envelope,
    find_reader_index,
    make_content_key,
    make_key_commitment,
    open_body,
    open_with_content_key,
    parse_blob,
)
from tests.support.salamander import make_key_stream, make_salamander
from tests.support.sealed import (
    draw,
    make_context,
    make_header,
    make_keys,
    make_pair,
    make_slot,
    seal,
)

BODY = b"loan L-2026-0007, 3000000.00 CNY, entrusted"


@pytest.mark.parametrize("reader", ["bank-b", "bank-c", "bank-d"])
def test_every_reader_opens_the_same_body(reader):
    sealed = seal(BODY, ["bank-b", "bank-c", "bank-d"], make_slot())
    opened = open_body(sealed.blob, sealed.header, make_keys(reader))
    assert (opened.plaintext, opened.content_key) == (BODY, sealed.content_key)


def test_a_content_key_handed_on_opens_its_record():
    sealed = seal(BODY, ["bank-b"], make_slot())
    assert open_with_content_key(sealed.blob, sealed.header, sealed.content_key) == BODY


def test_a_content_key_handed_on_opens_no_other_record():
    sealed, other = (seal(BODY, ["bank-b"], make_slot(sequence=n), seed=n) for n in (0, 1))
    with pytest.raises(VerificationError, match="commits to"):
        open_with_content_key(sealed.blob, sealed.header, other.content_key)


def test_a_member_that_is_no_reader_is_refused():
    sealed = seal(BODY, ["bank-b"], make_slot())
    assert find_reader_index(sealed.header, make_keys("bank-x")) is None
    with pytest.raises(NotPermittedError):
        open_body(sealed.blob, sealed.header, make_keys("bank-x"))


def test_a_record_without_readers_looks_like_one_with_four():
    nobody = seal(BODY, [], make_slot())
    four = seal(BODY, ["bank-b", "bank-c", "bank-d", "bank-e"], make_slot())
    assert (len(nobody.header.tags), len(nobody.blob)) == (4, len(four.blob))


def test_a_body_longer_than_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(sealing, "PLAINTEXT_BYTES_MAX", 10)
    with pytest.raises(InvalidInputError, match="at most 10 bytes"):
        seal(bytes(11), ["bank-b"], make_slot())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"readers": (make_keys("bank-b"), make_keys("bank-b"))}, "twice"),
        ({"readers": (make_keys("bank-b"), make_keys("bank-c", key_epoch=8))}, "several epochs"),
        ({"readers": (make_keys("bank-b", origin="x.example/1"),)}, "another log"),
        ({"filling": bytes(FILLING_BYTES - 1)}, "filling"),
        ({"content_key": bytes(31)}, "content key"),
        ({"readers": tuple(make_keys(f"bank-{n}") for n in range(253))}, "at most 252"),
    ],
)
def test_an_envelope_that_is_wrong_is_refused(change, says):
    fields = {
        "slot": make_slot(),
        "content_key": draw("key"),
        "readers": (make_keys("bank-b"),),
        "filling": draw("filling", FILLING_BYTES),
    }
    with pytest.raises(InvalidInputError, match=says):
        Envelope(**(fields | change))


def test_filling_that_repeats_itself_is_refused():
    envelope = Envelope(make_slot(), draw("key"), (), bytes(FILLING_BYTES))
    with pytest.raises(InvalidInputError, match="none twice"):
        _ = envelope.tags


def test_a_body_is_not_sealed_under_the_context_of_another_envelope():
    envelope = Envelope(make_slot(), draw("key"), (), draw("filling", FILLING_BYTES))
    with pytest.raises(InvalidInputError, match="another commitment"):
        envelope.seal(BODY, make_context(make_slot(), draw("other"), envelope.tags))


# -- what an outsider sees


def test_no_plaintext_key_or_reader_stands_in_the_bytes():
    readers = ["bank-b", "bank-c"]
    sealed = seal(BODY, readers, make_slot())
    secret = [BODY[:8], BODY, sealed.content_key, *(reader.encode() for reader in readers)]
    secret += [key for r in readers for key in (make_keys(r).tag_key, make_keys(r).wrap_key)]
    assert [part for part in secret if part in sealed.outside] == []


def test_two_records_of_one_content_key_share_no_key_stream():
    # What a retry, or a machine restored from a snapshot, may do.
    def encrypt(sequence):
        slot = make_slot(sequence=sequence)
        envelope = Envelope(slot, draw("key"), (), draw("filling", FILLING_BYTES))
        context = make_context(slot, envelope.key_commitment, envelope.tags)
        return parse_blob(envelope.seal(BODY, context)).ciphertext

    assert encrypt(0)[:16] != encrypt(1)[:16]


def test_the_same_randomness_for_another_body_gives_another_content_key():
    assert make_content_key(draw(1), b"one") != make_content_key(draw(1), b"two")


def test_a_fork_of_a_stream_repeats_no_tag():
    left, right = (seal(body, ["bank-b"], make_slot(), seed=0) for body in (b"one", b"two"))
    keys = make_keys("bank-b")
    tags = {sealed.header.tags[find_reader_index(sealed.header, keys)] for sealed in (left, right)}
    assert len(tags) == 2


# -- what is refused


def test_plain_gcm_opens_a_two_key_ciphertext_both_ways_and_ours_refuses():
    slot, content_keys = make_slot(), _find_keys_that_share_their_last_stream_byte()
    readers = (make_keys("bank-b"), make_keys("bank-c"))
    tags = Envelope(slot, content_keys[0], readers, draw("filling", FILLING_BYTES)).tags
    context = make_context(slot, make_key_commitment(content_keys[0]), tags)
    keys = [sealing._derive_encryption_key(key, context) for key in content_keys]
    # Up to block 15 it reads as one body under the first key, then as another under the second.
    one, two = (make_key_stream(key, bytes(12), 512) for key in keys)
    mixed = _add(one[:256], b"pay supplier".ljust(256)) + _add(
        two[256:], (bytes(16) + b"pay owner").ljust(255)
    )
    ends_alike = one[511] ^ 0x80
    salamander = make_salamander(
        tuple(keys), bytes(12), context, mixed + bytes([ends_alike]), free_block=16
    )
    plaintexts = [AESGCM(key).decrypt(bytes(12), salamander, context) for key in keys]
    assert plaintexts[0][:12] == b"pay supplier"
    assert plaintexts[1][272:281] == b"pay owner"
    assert [sealing.pad(sealing.unpad(text)) for text in plaintexts] == plaintexts

    blob = _wrap_by_hand(tags, slot, context, dict(zip(readers, content_keys, strict=True)))
    header = make_header(slot, make_key_commitment(content_keys[0]), tags, blob + salamander)
    assert open_body(blob + salamander, header, readers[0]).plaintext[:12] == b"pay supplier"
    with pytest.raises(VerificationError, match="not the one that the header commits to"):
        open_body(blob + salamander, header, readers[1])


def _find_keys_that_share_their_last_stream_byte() -> tuple[bytes, bytes]:
    """Find two content keys under which one last byte reads as the padding's 0x80.

    The context holds the tags, which hang on the first key alone, so it is fixed while the
    second is searched for; one key in 256 fits.
    """
    first, slot = draw("first"), make_slot()
    readers = (make_keys("bank-b"), make_keys("bank-c"))
    tags = Envelope(slot, first, readers, draw("filling", FILLING_BYTES)).tags
    context = make_context(slot, make_key_commitment(first), tags)

    def last_byte(content_key):
        key = sealing._derive_encryption_key(content_key, context)
        return make_key_stream(key, bytes(12), 512)[511]

    tried = (draw(("second", n)) for n in range(10_000))
    return first, next(key for key in tried if last_byte(key) == last_byte(first))


def _add(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


def _wrap_by_hand(tags, slot, context, content_keys) -> bytes:
    """Return magic, count and wraps as an issuer makes them that gives each reader its own key."""
    commitment = make_key_commitment(next(iter(content_keys.values())))
    wraps = {tag: draw(tag, 40) for tag in tags}
    for keys, content_key in content_keys.items():
        key = sealing._derive_wrap_key(keys, context)
        tag = sealing.make_reader_tag(keys, slot, commitment)
        wraps[tag] = aes_key_wrap(key, content_key)
    return b"FTB\x01" + bytes([len(tags)]) + b"".join(wraps[tag] for tag in tags)


@pytest.mark.parametrize(
    "slot",
    [
        make_slot(origin="b.bank.example/ledger/1"),
        make_slot(origin="a.bank.example/ledger/2"),
        make_slot(stream=2),
        make_slot(sequence=1),
    ],
    ids=["another log", "the log's next epoch", "another stream", "another sequence"],
)
def test_a_header_replayed_elsewhere_opens_for_no_reader(slot):
    sealed = seal(BODY, ["bank-b"], make_slot())
    moved = make_header(slot, sealed.header.key_commitment, sealed.header.tags, sealed.blob)
    with pytest.raises(NotPermittedError):
        open_body(sealed.blob, moved, make_keys("bank-b", slot.origin))
    with pytest.raises(VerificationError, match="context"):
        open_with_content_key(sealed.blob, moved, sealed.content_key)


@pytest.mark.parametrize(
    ("slot", "reader"),
    [
        (make_slot(origin="b.bank.example/ledger/1"), "bank-b"),
        (make_slot(stream=2), "bank-b"),
        (make_slot(sequence=1), "bank-b"),
        (make_slot(), "bank-c"),
    ],
    ids=["another log", "another stream", "another sequence", "another reader"],
)
def test_a_wrap_replayed_elsewhere_is_refused(slot, reader):
    source = seal(BODY, ["bank-b"], make_slot())
    target = seal(BODY, [reader], slot, seed=1)
    wrap = parse_blob(source.blob).wraps[find_reader_index(source.header, make_keys("bank-b"))]
    parsed, index = (
        parse_blob(target.blob),
        find_reader_index(target.header, make_keys(reader, slot.origin)),
    )
    wraps = (*parsed.wraps[:index], wrap, *parsed.wraps[index + 1 :])
    blob = replace(parsed, wraps=wraps).encode()
    header = replace(target.header, body_hash=hashlib.sha256(blob).digest())
    with pytest.raises(VerificationError, match="wrap does not open"):
        open_body(blob, header, make_keys(reader, slot.origin))


@pytest.mark.parametrize(
    "other", [make_pair("bank-c"), make_pair(key_epoch=8), make_pair(origin="x/1")]
)
def test_a_secret_handed_on_gives_other_keys_elsewhere(other):
    keys, moved = (derive_pair_keys(draw("secret"), pair) for pair in (make_pair(), other))
    assert {keys.tag_key, keys.wrap_key} & {moved.tag_key, moved.wrap_key} == set()


def test_the_keys_of_a_pair_differ_from_each_other():
    keys = make_keys()
    assert keys.tag_key != keys.wrap_key


def test_a_body_of_another_hash_is_refused():
    sealed = seal(BODY, ["bank-b"], make_slot())
    header = replace(sealed.header, body_hash=draw("other"))
    with pytest.raises(VerificationError, match="by its hash"):
        open_body(sealed.blob, header, make_keys())


def test_a_body_with_more_wraps_than_tags_is_refused():
    sealed = seal(BODY, ["bank-b"], make_slot())
    parsed = parse_blob(sealed.blob)
    blob = Blob((*parsed.wraps, *parsed.wraps), parsed.ciphertext).encode()
    header = replace(sealed.header, body_hash=hashlib.sha256(blob).digest())
    with pytest.raises(VerificationError, match="one wrap for each tag"):
        open_body(blob, header, make_keys())


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"FTB\x01",
        b"FTB\x01\x00" + bytes(528),
        b"FTB\x01\x03" + bytes(120 + 528),
        b"FTB\x02\x04" + bytes(160 + 528),
        b"FTB\x01\x04" + bytes(159),
        b"FTB\x01\x04" + bytes(160 + 16),
        b"FTB\x01\x04" + bytes(160 + 527),
        b"FTB\x01\x04" + bytes(160 + 529),
        b"FTB\x01\xfd" + bytes(253 * 40 + 528),
    ],
)
def test_a_malformed_blob_is_refused(blob):
    with pytest.raises(EncodingError):
        parse_blob(blob)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(512),
        b"body".ljust(512, b"\x00"),
        b"body\x80" + bytes(506),
        b"body\x80" + bytes(507 + 512),
        b"body\x80" + bytes(506) + b"\x01",
    ],
)
def test_padding_of_another_form_is_refused(padded):
    with pytest.raises(EncodingError):
        sealing.unpad(padded)


def test_an_issuer_that_pads_badly_gives_all_readers_the_same_refusal():
    slot, readers = make_slot(), (make_keys("bank-b"), make_keys("bank-c"))
    envelope = Envelope(slot, draw("key"), readers, draw("filling", FILLING_BYTES))
    context = make_context(slot, envelope.key_commitment, envelope.tags)
    start = parse_blob(envelope.seal(BODY, context))
    key = sealing._derive_encryption_key(envelope.content_key, context)
    blob = replace(start, ciphertext=AESGCM(key).encrypt(bytes(12), bytes(512), context)).encode()
    header = make_header(slot, envelope.key_commitment, envelope.tags, blob)
    with pytest.raises(EncodingError):
        open_body(blob, header, readers[0])
    with pytest.raises(EncodingError):
        open_body(blob, header, readers[1])


@pytest.mark.parametrize(
    "tags",
    [
        (),
        tuple(draw(n, 16) for n in range(3)),
        tuple(sorted((draw(n, 16) for n in range(4)), reverse=True)),
        tuple(sorted([draw(0, 16), draw(0, 16), draw(1, 16), draw(2, 16)])),
        tuple(sorted(draw(n, 15) for n in range(4))),
        tuple(sorted(draw(n, 16) for n in range(256))),
    ],
    ids=["none", "three", "descending", "twice the same", "too short", "too many"],
)
def test_a_header_whose_tags_are_not_in_form_is_refused(tags):
    with pytest.raises(InvalidInputError):
        make_header(make_slot(), draw("commitment"), tags, b"blob")


def test_a_header_whose_context_holds_another_commitment_is_refused():
    header = seal(BODY, ["bank-b"], make_slot()).header
    with pytest.raises(InvalidInputError, match="another commitment"):
        replace(header, key_commitment=draw("other"))


def test_keys_for_another_log_find_no_tag():
    sealed = seal(BODY, ["bank-b"], make_slot())
    assert find_reader_index(sealed.header, make_keys(origin="b.bank.example/ledger/1")) is None
