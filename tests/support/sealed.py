"""Sealed records for tests: pairs, envelopes and headers from small numbers, no randomness."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from fundtrace.ledger.framing import frame
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys
from fundtrace.ledger.sealing import (
    FILLING_BYTES,
    Envelope,
    SealedHeader,
    Slot,
    make_content_key,
)

CONSORTIUM = "loans.example"
ORIGIN = "a.bank.example/ledger/1"


def draw(seed: object, size: int = 32) -> bytes:
    """Return ``size`` bytes that look random and are the same for the same seed."""
    return hashlib.shake_256(repr(seed).encode()).digest(size)


def make_pair(reader: str = "bank-b", origin: str = ORIGIN, key_epoch: int = 7) -> Pair:
    """Return a pair of the sample consortium."""
    return Pair(CONSORTIUM, origin, reader, key_epoch)


def make_keys(reader: str = "bank-b", origin: str = ORIGIN, key_epoch: int = 7) -> PairKeys:
    """Return the keys of a pair whose secret depends on the issuer, reader and epoch alone."""
    pair = make_pair(reader, origin, key_epoch)
    return derive_pair_keys(draw(("pair", reader, origin, key_epoch)), pair)


@dataclass(frozen=True)
class Sealed:
    """A record sealed for a test: what its reader gets, and the key that opens it."""

    blob: bytes
    header: SealedHeader
    content_key: bytes

    @property
    def outside(self) -> bytes:
        """All bytes of the record that an outsider sees."""
        return self.header.context + self.header.body_hash + self.blob


def make_slot(origin: str = ORIGIN, stream: int = 1, sequence: int = 0) -> Slot:
    """Return a record's place; streams are numbered."""
    return Slot(origin, draw(("stream", stream), 16), sequence)


def make_context(slot: Slot, key_commitment: bytes, tags: Iterable[bytes]) -> bytes:
    """Return bytes that stand for an encoded header context."""
    place = (slot.origin, slot.stream_id, slot.sequence)
    return frame("test/context", *place, key_commitment, b"".join(tags))


def make_header(slot: Slot, key_commitment: bytes, tags: tuple[bytes, ...], blob: bytes):
    """Return the header of a blob, its context being ``make_context``'s."""
    context = make_context(slot, key_commitment, tags)
    return SealedHeader(context, hashlib.sha256(blob).digest(), key_commitment, tags, slot)


def seal(plaintext: bytes, readers: Iterable[str], slot: Slot, seed: object = 0) -> Sealed:
    """Seal a body for readers of the sample consortium, under epoch 7."""
    key = make_content_key(draw(("key", seed)), plaintext)
    keys = tuple(make_keys(reader, slot.origin) for reader in readers)
    envelope = Envelope(slot, key, keys, draw(("filling", seed), FILLING_BYTES))
    blob = envelope.seal(plaintext, make_context(slot, envelope.key_commitment, envelope.tags))
    return Sealed(blob, make_header(slot, envelope.key_commitment, envelope.tags, blob), key)
