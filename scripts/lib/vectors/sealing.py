"""Sealed bodies by themselves: padding, filling, wraps, commitment; good, and every way spoiled.

What is sealed here is plain bytes, not a record's body (those are in ``records``). A case gives
the entry (a record's header), the blob beside it, and either a reader with its pair secret or
the content key alone; a valid one gives ``plaintext_hex``.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fundtrace.ledger.framing import mac_frame
from fundtrace.ledger.kinds.entries import ZERO_HASH, HeaderContext, Record
from fundtrace.ledger.pairs import PairKeys, derive_pair_keys, derive_pair_secret
from fundtrace.ledger.sealing import (
    Blob,
    Envelope,
    Slot,
    make_content_key,
    make_key_commitment,
    pad,
    parse_blob,
)
from fundtrace.wire.entries import encode_context, encode_entry
from vectors.banklog import (
    EPOCH_SECRET,
    FIRST_MINUTE,
    KEY_EPOCH,
    make_erasure_key,
    make_filling,
    make_pair,
    make_pair_keys,
)
from vectors.consortium import CONSORTIUM, draw
from vectors.keys import ORIGIN

Case = dict[str, Any]

_SLOT: Final = Slot(ORIGIN, draw("stream 1")[:16], 0)
_NONCE: Final = bytes(12)


class Sealed:
    """One record sealed for some readers, with everything at hand to spoil it."""

    def __init__(self, plaintext: bytes, readers: tuple[str, ...] = ("bank-b",)) -> None:
        """Seal ``plaintext``; what stands for randomness follows from it and the readers."""
        label = f"{sha256(plaintext).hexdigest()} {' '.join(readers)}"
        self.plaintext = plaintext
        self.key = make_content_key(draw(f"sealing {label}"), plaintext)
        keys = tuple(make_pair_keys(reader, ORIGIN) for reader in readers)
        envelope = Envelope(_SLOT, self.key, keys, make_filling(label))
        self.context = self.make_context(envelope.key_commitment, envelope.tags)
        self.blob = envelope.seal(plaintext, encode_context(self.context))

    @staticmethod
    def make_context(key_commitment: bytes, tags: tuple[bytes, ...]) -> HeaderContext:
        """Return the header's context of this commitment and these tags."""
        return HeaderContext(
            consortium=CONSORTIUM,
            origin=_SLOT.origin,
            roster_version=1,
            stream_id=_SLOT.stream_id,
            sequence=_SLOT.sequence,
            previous_hash=ZERO_HASH,
            key_commitment=key_commitment,
            published_minute=FIRST_MINUTE,
            key_epoch=KEY_EPOCH,
            reader_tags=tags,
            erasure_key=make_erasure_key(),
        )

    def encrypt(self, padded: bytes, aad: bytes | None = None) -> bytes:
        """Return the blob with exactly these bytes encrypted under the record's own key."""
        data = encode_context(self.context)
        digest = sha256(data).digest()
        key = mac_frame(self.key, "sealing/encryption", digest)
        ciphertext = AESGCM(key).encrypt(_NONCE, padded, data if aad is None else aad)
        return Blob(parse_blob(self.blob).wraps, ciphertext).encode()


def build() -> list[Case]:
    """Return the cases."""
    return [*_list_valid(), *_list_badly_padded(), *_list_spoiled(), *_list_refused()]


def _encode(context: HeaderContext, blob: bytes) -> bytes:
    return encode_entry(Record(context, encode_context(context), sha256(blob).digest()))


def _case(name: str, why: str, expect: str, entry: bytes, blob: bytes) -> Case:
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "entry_hex": entry.hex(),
        "blob_hex": blob.hex(),
    }


def _by_key(case: Case, key: bytes) -> Case:
    return case | {"content_key_hex": key.hex()}


def _by_reader(case: Case, reader: str, keys: PairKeys | None = None) -> Case:
    pair = (keys or make_pair_keys(reader, ORIGIN)).pair
    return case | {
        "reader": reader,
        "key_epoch": pair.key_epoch,
        "pair_secret_hex": derive_pair_secret(EPOCH_SECRET, make_pair(reader, ORIGIN)).hex(),
    }


def _list_valid() -> list[Case]:
    cases = []
    for size in (0, 1, 511, 512, 1023):
        made = Sealed(b"a" * size)
        why = f"padded to {len(pad(made.plaintext))}"
        cases.append(_by_reader(_opens(f"a body of {size} bytes", why, made), "bank-b"))
    for count in (0, 1, 3, 4, 5):
        made = Sealed(b"a body", tuple(f"bank-{letter}" for letter in "abcde"[:count]))
        why = f"{len(made.context.reader_tags)} tags"
        cases.append(_by_key(_opens(f"{count} readers", why, made), made.key))
    return cases


def _opens(name: str, why: str, made: Sealed) -> Case:
    case = _case(name, why, "valid", _encode(made.context, made.blob), made.blob)
    return case | {"plaintext_hex": made.plaintext.hex()}


def _list_badly_padded() -> list[Case]:
    made = Sealed(b"a body")
    zeros = bytes(511)
    rows = [
        ("padding without 0x80", "nothing says where the body ends", b"a body" + bytes(506)),
        ("padding of zeros alone", "0x80 stands before them", bytes(512)),
        (
            "padding that ends in another byte",
            "zeros to the end",
            b"a body\x80" + zeros[:504] + b"\x01",
        ),
        ("a block too many", "the shortest padding is the one", pad(b"a body") + bytes(512)),
        ("two bodies", "padding begins in the last block", b"a" * 511 + b"\x80" + bytes(512)),
    ]
    cases = []
    for name, why, padded in rows:
        blob = made.encrypt(padded)
        case = _case(name, why, "EncodingError", _encode(made.context, blob), blob)
        cases.append(_by_key(case, made.key))
    return cases


def _list_spoiled() -> list[Case]:
    made = Sealed(b"a body", ("bank-a", "bank-b"))
    wraps = parse_blob(made.blob).wraps
    flipped = replace(
        parse_blob(made.blob), wraps=tuple(bytes([one[0] ^ 1]) + one[1:] for one in wraps)
    ).encode()
    tampered = made.blob[:-1] + bytes([made.blob[-1] ^ 1])
    bare = made.encrypt(pad(made.plaintext), b"")
    later = replace(made.context, published_minute=FIRST_MINUTE + 1)
    refused = "VerificationError"
    entry = _encode(made.context, made.blob)

    def keyed(name: str, why: str, entry: bytes, blob: bytes, key: bytes = made.key) -> Case:
        return _by_key(_case(name, why, refused, entry, blob), key)

    spoiled = _case(
        "spoiled wraps",
        "their reader asks for new ones",
        refused,
        _encode(made.context, flipped),
        flipped,
    )
    return [
        _by_reader(spoiled, "bank-b"),
        _by_key(
            spoiled
            | {
                "name": "spoiled wraps, with the content key",
                "why": "the body is whole",
                "expect": "valid",
                "plaintext_hex": made.plaintext.hex(),
            },
            made.key,
        ),
        keyed("another content key", "the commitment", entry, made.blob, draw("another key")),
        keyed("a changed byte", "the tag of GCM", _encode(made.context, tampered), tampered),
        keyed("another blob than the header's", "its hash", entry, tampered),
        keyed("without associated data", "the context is bound", _encode(made.context, bare), bare),
        keyed("a tampered context", "the context is bound", _encode(later, made.blob), made.blob),
        _list_two_keys(),
    ]


def _list_two_keys() -> Case:
    """Return a record whose header commits to another key than the one that it is sealed with."""
    made = Sealed(b"a body")
    commitment = make_key_commitment(draw("a key for another reader"))
    made.context = made.make_context(commitment, made.context.reader_tags)
    blob = made.encrypt(pad(made.plaintext))
    case = _case(
        "two keys",
        "it opens under a key that the header does not commit to",
        "VerificationError",
        _encode(made.context, blob),
        blob,
    )
    return _by_key(case, made.key)


def _list_refused() -> list[Case]:
    made = Sealed(b"a body", ("bank-a", "bank-b"))
    case = _case(
        "a reader of whom the header knows nothing",
        "no tag is its own",
        "NotPermittedError",
        _encode(made.context, made.blob),
        made.blob,
    )
    later = derive_pair_keys(EPOCH_SECRET, replace(make_pair("bank-b", ORIGIN), key_epoch=8))
    next_epoch = {**case, "name": "keys of another epoch", "why": "they give another tag"}
    return [_by_reader(case, "bank-c"), _by_reader(next_epoch, "bank-b", later)]
