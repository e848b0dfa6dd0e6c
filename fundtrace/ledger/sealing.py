r"""Sealing: a record's body as bytes that only its readers open, and all of them alike.

An issuer draws a content key of its own for each record, puts a commitment to it and a tag for
each reader into the header's context, and seals the body under the context:

    key_commitment = HMAC(content key, "commitment")
    encryption key = HMAC(content key, "encryption", SHA-256(context))
    ciphertext     = AES-256-GCM(encryption key, nonce 0, plaintext padded, AAD = context)
    tag            = HMAC(tag key, origin, stream id, sequence, key_commitment), 16 bytes
    wrap           = AES-KW(HKDF(wrap key, salt = SHA-256(context), reader), content key)

Tag key and wrap key come from the secret that issuer and reader share for one epoch
(``pairs``). The blob is ``FTB\x01``, the count of wraps in one byte, the wraps of 40 bytes in
the order of the header's tags, the ciphertext; the header names its SHA-256.

What it holds to, and why it is so:

- AES-GCM commits to no key: one ciphertext can be made to open under two. The commitment does
  (two keys of one commitment collide SHA-256), so every reader checks it before it decrypts,
  and with context, body hash and commitment fixed there is one plaintext for all.
- The encryption key hangs on the context: a content key used twice by mistake (a retry behind
  another record, a machine restored from a snapshot) gives two keys, not one key stream twice.
  ``make_content_key`` mixes the plaintext in, for the same reason.
- Tags hang on the record's place and its commitment: no two records share one, also not across
  a fork. Tags and wraps are filled up with random ones to a multiple of four and stand in the
  order of the tags' bytes, so neither count nor order says who reads.
- A wrap hangs on context and reader, so that it serves no other log, stream, place or reader.
- The padding (0x80, then zeros, to 512 bytes) is inside the ciphertext and looked at only after
  the tag of GCM verified: its errors tell a forger nothing. It is unique, as is the blob's form.

Not hidden: that there is a record, its time, its length in steps of 512 and, in steps of four,
how many read it. An issuer can leave a wrap out or spoil it; its reader sees that (its tag is
there) and asks for a new one (``requests``).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from fundtrace.errors import (
    EncodingError,
    InvalidInputError,
    NotPermittedError,
    VerificationError,
)
from fundtrace.ledger.framing import (
    HASH_BYTES,
    KEY_BYTES,
    check_length,
    check_name,
    check_number,
    derive_key,
    mac_frame,
)
from fundtrace.ledger.pairs import PairKeys

CONTENT_KEY_BYTES = KEY_BYTES
STREAM_ID_BYTES = 16
TAG_BYTES = 16
WRAP_BYTES = CONTENT_KEY_BYTES + 8  # RFC 3394: the key and one block of 64 bits
BLOCK_BYTES = 512
GCM_TAG_BYTES = 16

# The count of tags is a multiple of this, so that it says little about the readers.
TAGS_STEP = 4
# LIMIT: the count is one byte; 252 tags are 4 kB of a header, whose entry may have 65,535 bytes.
READERS_MAX = 252
# LIMIT: a body; a message of gRPC takes 4 MB, a certificate chain needs some 10 kB.
PLAINTEXT_BYTES_MAX = 2**20
# What fills up tags and wraps: drawn anew for each record, used as far as needed.
FILLING_BYTES = TAGS_STEP * (TAG_BYTES + WRAP_BYTES)

_MAGIC = b"FTB\x01"
_NONCE = bytes(12)  # one key, one message: the encryption key is never used again


@dataclass(frozen=True, slots=True)
class Slot:
    """A record's place: its log's origin, its stream (16 bytes) and its sequence number, 0-based."""

    origin: str
    stream_id: bytes
    sequence: int

    def __post_init__(self) -> None:
        """Check the fields' bounds."""
        check_name(self.origin, "an origin")
        check_length(self.stream_id, STREAM_ID_BYTES, "a stream id")
        check_number(self.sequence, "a sequence number")


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """What a header says about its body, as parsed from ``context``, the exact bytes as they came.

    ``tags`` stand in ascending order of their bytes, none twice, a multiple of four of them.
    """

    context: bytes
    body_hash: bytes
    key_commitment: bytes
    tags: tuple[bytes, ...]
    slot: Slot

    def __post_init__(self) -> None:
        """Check lengths and order, and that commitment and tags are those of the context."""
        check_length(self.body_hash, HASH_BYTES, "a body hash")
        check_length(self.key_commitment, HASH_BYTES, "a key commitment")
        check_tags(self.tags)
        _check_context(self.context, self.key_commitment, self.tags)


@dataclass(frozen=True, slots=True)
class Opened:
    """A body opened: its plaintext, and the content key, with which it can be shared or proven."""

    plaintext: bytes = field(repr=False)
    content_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """All that an issuer needs to seal one record, made before the header's context is.

    ``key_commitment`` and ``tags`` go into the context; then ``seal`` gives the blob. The content
    key comes from ``make_content_key`` and is never used for another record; ``filling`` is
    FILLING_BYTES random bytes, drawn for this record. Readers may be none.
    """

    slot: Slot
    content_key: bytes = field(repr=False)
    readers: tuple[PairKeys, ...]
    filling: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check lengths, and that the readers are of this log, of one epoch, and each there once."""
        check_length(self.content_key, CONTENT_KEY_BYTES, "a content key")
        check_length(self.filling, FILLING_BYTES, "the filling of an envelope")
        if len(self.readers) > READERS_MAX:
            raise InvalidInputError(
                f"a record has at most {READERS_MAX} readers, not {len(self.readers)}"
            )
        pairs = [keys.pair for keys in self.readers]
        if len({pair.reader for pair in pairs}) != len(pairs):
            raise InvalidInputError("a reader is named twice; name each reader once")
        if len({(pair.consortium, pair.key_epoch) for pair in pairs}) > 1:
            raise InvalidInputError("readers' keys of several epochs; use those of the header's")
        if any(pair.origin != self.slot.origin for pair in pairs):
            raise InvalidInputError("a reader's keys are for another log than the record's")

    @property
    def key_commitment(self) -> bytes:
        """The commitment to the content key, 32 bytes."""
        return make_key_commitment(self.content_key)

    @property
    def tags(self) -> tuple[bytes, ...]:
        """The tags of readers and filling, in the order in which the header carries them."""
        count = count_filling(len(self.readers))
        filling = [self.filling[TAG_BYTES * i : TAG_BYTES * (i + 1)] for i in range(count)]
        tags = tuple(sorted([*self._find_readers(), *filling]))
        check_tags(tags)
        return tags

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Return the blob of ``plaintext`` under ``context``, which holds commitment and tags.

        Raises InvalidInputError for a context of another envelope and a plaintext too long.
        """
        tags, readers = self.tags, self._find_readers()
        _check_context(context, self.key_commitment, tags)
        fillings = iter(range(TAGS_STEP))
        wraps = []
        for tag in tags:
            if tag in readers:
                wraps.append(_wrap(readers[tag], context, self.content_key))
            else:
                at = TAGS_STEP * TAG_BYTES + WRAP_BYTES * next(fillings)
                wraps.append(self.filling[at : at + WRAP_BYTES])
        return seal_body(plaintext, context, self.content_key, wraps)

    def _find_readers(self) -> dict[bytes, PairKeys]:
        commitment = self.key_commitment
        return {make_reader_tag(keys, self.slot, commitment): keys for keys in self.readers}


def count_filling(readers_count: int) -> int:
    """Return how many random tags stand beside those of the readers: four for none."""
    return -readers_count % TAGS_STEP if readers_count else TAGS_STEP


def check_tags(tags: Sequence[bytes]) -> None:
    """Refuse tags that are not 16 bytes each, ascending, none twice, 4, 8, 12 ... 252 of them."""
    if not 0 < len(tags) <= READERS_MAX or len(tags) % TAGS_STEP:
        raise InvalidInputError(
            f"a header has 4, 8, 12 ... {READERS_MAX} reader tags, not {len(tags)}"
        )
    for tag in tags:
        check_length(tag, TAG_BYTES, "a reader tag")
    if any(left >= right for left, right in pairwise(tags)):
        raise InvalidInputError("reader tags stand in ascending order, none twice")


def make_content_key(randomness: bytes, plaintext: bytes) -> bytes:
    """Return a content key from 32 random bytes and the body that it will seal.

    The same randomness for another body, as a machine restored from a snapshot may draw it, gives
    another key.
    """
    return mac_frame(randomness, "sealing/content-key", plaintext)


def make_key_commitment(content_key: bytes) -> bytes:
    """Return the commitment to a content key, 32 bytes; it binds and says nothing of the key."""
    return mac_frame(content_key, "sealing/commitment")


def make_reader_tag(keys: PairKeys, slot: Slot, key_commitment: bytes) -> bytes:
    """Return the tag, 16 bytes, by which this reader alone knows that a record is for it."""
    fields = (slot.origin, slot.stream_id, slot.sequence, key_commitment)
    return mac_frame(keys.tag_key, "sealing/tag", *fields)[:TAG_BYTES]


def find_reader_index(header: SealedHeader, keys: PairKeys) -> int | None:
    """Return the 0-based place of this reader's tag in the header; None where it does not read."""
    tag = make_reader_tag(keys, header.slot, header.key_commitment)
    return header.tags.index(tag) if tag in header.tags else None


def seal_body(
    plaintext: bytes, context: bytes, content_key: bytes, wraps: Sequence[bytes]
) -> bytes:
    """Return the blob of a body; ``wraps`` stand in the order of the context's tags."""
    if len(plaintext) > PLAINTEXT_BYTES_MAX:
        raise InvalidInputError(
            f"a body has at most {PLAINTEXT_BYTES_MAX} bytes, not {len(plaintext)}"
        )
    sealed = AESGCM(_derive_encryption_key(content_key, context))
    ciphertext = sealed.encrypt(_NONCE, pad(plaintext), context)
    return Blob(tuple(wraps), ciphertext).encode()


def open_body(blob: bytes, header: SealedHeader, keys: PairKeys) -> Opened:
    """Open a body as the reader of ``keys``.

    Raises NotPermittedError where the record is not sealed to this reader under this epoch,
    EncodingError for a malformed blob, VerificationError where the blob is not the header's, the
    wrap does not open or the content key is not the one committed to.
    """
    parsed = _parse_of_header(blob, header)
    index = find_reader_index(header, keys)
    if index is None:
        raise NotPermittedError(
            f"the record is not sealed to {keys.pair.reader} under epoch {keys.pair.key_epoch}"
        )
    try:
        content_key = aes_key_unwrap(_derive_wrap_key(keys, header.context), parsed.wraps[index])
    except InvalidUnwrap as error:
        raise VerificationError(
            "the reader's wrap does not open; ask its issuer for a new one"
        ) from error
    return Opened(_decrypt(parsed, header, content_key), content_key)


def open_with_content_key(blob: bytes, header: SealedHeader, content_key: bytes) -> bytes:
    """Open a body with its content key, from a share or an evidence package; raises as open_body."""
    check_length(content_key, CONTENT_KEY_BYTES, "a content key")
    return _decrypt(_parse_of_header(blob, header), header, content_key)


@dataclass(frozen=True, slots=True)
class Blob:
    """A sealed body's bytes taken apart: wraps of 40 bytes each and the ciphertext with its tag."""

    wraps: tuple[bytes, ...]
    ciphertext: bytes

    def __post_init__(self) -> None:
        """Check counts and lengths."""
        if not 0 < len(self.wraps) <= READERS_MAX or len(self.wraps) % TAGS_STEP:
            raise InvalidInputError(f"a sealed body has 4, 8, 12 ... wraps, not {len(self.wraps)}")
        for wrap in self.wraps:
            check_length(wrap, WRAP_BYTES, "a wrap")
        padded_size = len(self.ciphertext) - GCM_TAG_BYTES
        if not 0 < padded_size <= PLAINTEXT_BYTES_MAX + BLOCK_BYTES or padded_size % BLOCK_BYTES:
            raise InvalidInputError(
                f"a ciphertext has 528, 1040 ... bytes, not {len(self.ciphertext)}"
            )

    def encode(self) -> bytes:
        """Return the blob's bytes."""
        return b"".join([_MAGIC, bytes([len(self.wraps)]), *self.wraps, self.ciphertext])


def parse_blob(blob: bytes) -> Blob:
    """Take a sealed body's bytes apart; raises EncodingError for anything that is none."""
    start = len(_MAGIC) + 1
    if not blob.startswith(_MAGIC) or len(blob) < start:
        raise EncodingError("not a sealed body: it begins with FTB and the version 1")
    end = start + WRAP_BYTES * blob[start - 1]
    wraps = tuple(blob[at : at + WRAP_BYTES] for at in range(start, end, WRAP_BYTES))
    try:
        return Blob(wraps, blob[end:])
    except InvalidInputError as error:
        raise EncodingError(f"not a sealed body: {error}") from error


def pad(plaintext: bytes) -> bytes:
    """Return ``plaintext`` with 0x80 and zeros behind, to the next multiple of 512 bytes."""
    return plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % BLOCK_BYTES)


def unpad(padded: bytes) -> bytes:
    """Take the padding off; raises EncodingError unless it is the one that ``pad`` gives."""
    plaintext = padded.rstrip(b"\x00")[:-1]
    if pad(plaintext) != padded:
        raise EncodingError("the opened body is not padded as it must be")
    return plaintext


def _check_context(context: bytes, key_commitment: bytes, tags: Sequence[bytes]) -> None:
    if key_commitment not in context or any(tag not in context for tag in tags):
        raise InvalidInputError("the context holds another commitment or other tags")


def _derive_encryption_key(content_key: bytes, context: bytes) -> bytes:
    return mac_frame(content_key, "sealing/encryption", hashlib.sha256(context).digest())


def _derive_wrap_key(keys: PairKeys, context: bytes) -> bytes:
    salt = hashlib.sha256(context).digest()
    return derive_key(keys.wrap_key, "sealing/wrap", keys.pair.reader, salt=salt)


def _wrap(keys: PairKeys, context: bytes, content_key: bytes) -> bytes:
    return aes_key_wrap(_derive_wrap_key(keys, context), content_key)


def _parse_of_header(blob: bytes, header: SealedHeader) -> Blob:
    if hashlib.sha256(blob).digest() != header.body_hash:
        raise VerificationError("the body is not the one that the header names by its hash")
    parsed = parse_blob(blob)
    if len(parsed.wraps) != len(header.tags):
        raise VerificationError("the body has not one wrap for each tag of the header")
    return parsed


def _decrypt(parsed: Blob, header: SealedHeader, content_key: bytes) -> bytes:
    # SPEC: DESIGN section 2, Sealing: every reader checks the commitment, before it decrypts.
    if not hmac.compare_digest(make_key_commitment(content_key), header.key_commitment):
        raise VerificationError("the content key is not the one that the header commits to")
    try:
        opened = AESGCM(_derive_encryption_key(content_key, header.context))
        padded = opened.decrypt(_NONCE, parsed.ciphertext, header.context)
    except InvalidTag as error:
        raise VerificationError("the body does not open under the header's context") from error
    return unpad(padded)
