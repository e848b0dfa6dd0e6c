"""The worked example of docs/ledger.md: built from public keys, written into its marked blocks.

A block is a fence whose info string is ``hex NAME`` or ``text NAME``. In a hex block whatever
stands behind ``#`` is a comment; the rest, put together, is the bytes. The page is written by
people, its blocks by ``scripts/gen-vectors``; a test compares them, and another one opens the
record from the page alone (tests/unit/test_ledger_page.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from vectors.banklog import EPOCH_SECRET, READERS, make_filling, make_pair, make_pair_keys
from vectors.consortium import draw
from vectors.evidence import make_log
from vectors.keys import make_mirror

from fundtrace.ledger.framing import derive_key, mac_frame
from fundtrace.ledger.pairs import derive_pair_secret
from fundtrace.ledger.sealing import (
    TAG_BYTES,
    TAGS_STEP,
    WRAP_BYTES,
    Slot,
    make_key_commitment,
    make_reader_tag,
    parse_blob,
)
from fundtrace.tlog.hashing import hash_leaf, hash_node
from fundtrace.tlog.keys import SignerKey
from fundtrace.v1 import body_pb2, entry_pb2
from fundtrace.wire.bodies import encode_body
from fundtrace.wire.records import parse_record

LEDGER_PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"
_BLOCK: Final = re.compile(r"^```(hex|text) ([a-z0-9-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE_BYTES: Final = 40  # a wrap stands on one line
_BANKS: Final = "abcd"

Part = tuple[bytes, str]  # bytes, and what they are


def build_blocks() -> dict[str, str]:
    """Return the text of each block, by its kind and name (``hex context``)."""
    log = make_log()
    sealed, draft = log.sealed[0], log.drafts[0]
    place = f"{log.origin} 0"
    return {
        "text keys": "".join(_list_keys(log.signer)),
        **_build_secrets(log.origin, place),
        "hex body": _render(_annotate(encode_body(draft.body), body_pb2.Body.DESCRIPTOR)),
        **_build_sealed(log, sealed),
        "hex entry-1": _render([(log.entries[1], "")]),
        "hex entry-2": _render(_annotate(log.entries[2], entry_pb2.Entry.DESCRIPTOR)),
        "hex tree": _render(_list_nodes([hash_leaf(entry) for entry in log.entries])),
        "text proof": log.prove(0, "abc").encode().decode(),
    }


def fill_page(page: str) -> str:
    """Return the page with its blocks as they should be.

    Raises KeyError for a block that is not known; every block that is known must stand there.
    """
    blocks = build_blocks()
    shown = {f"{kind} {name}" for kind, name, _ in _BLOCK.findall(page)}
    if absent := blocks.keys() - shown:
        raise KeyError(f"docs/ledger.md has no block {', '.join(sorted(absent))}")
    return _BLOCK.sub(
        lambda found: f"```{found[1]} {found[2]}\n{blocks[f'{found[1]} {found[2]}']}```", page
    )


def read_blocks(page: str) -> dict[str, bytes]:
    """Return the bytes of each block on a page, by its name."""
    return {name: _read_block(kind, text) for kind, name, text in _BLOCK.findall(page)}


def _read_block(kind: str, text: str) -> bytes:
    if kind == "text":
        return text.encode()
    return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))


def _list_keys(log_key: SignerKey) -> Iterator[str]:
    for key in (log_key, *(make_mirror(bank) for bank in _BANKS)):
        yield f"{key.seed.hex()} {key.verifier.encode()}\n"


def _build_secrets(origin: str, place: str) -> dict[str, str]:
    pairs: list[Part] = [(EPOCH_SECRET, "secret of the issuer's epoch 7")]
    for reader in READERS:
        keys = make_pair_keys(reader, origin)
        secret = derive_pair_secret(EPOCH_SECRET, make_pair(reader, origin))
        pairs += [
            (secret, f"pair secret of {reader}"),
            (keys.tag_key, f"tag key of {reader}"),
            (keys.wrap_key, f"wrap key of {reader}"),
        ]
    drawn = [(draw(f"content {place}"), "randomness of the content key")]
    return {
        "hex pairs": _render(pairs),
        "hex drawn": _render([*drawn, *_list_filling(make_filling(place))]),
    }


def _list_filling(filling: bytes) -> Iterator[Part]:
    """Yield what stands in for tags, then what stands in for wraps."""
    at = 0
    for size, what in ((TAG_BYTES, "tag"), (WRAP_BYTES, "wrap")):
        for place in range(TAGS_STEP):
            yield filling[at : at + size], f"filling {place} of a {what}"
            at += size


def _build_sealed(log: Any, sealed: Any) -> dict[str, str]:
    record = parse_record(log.entries[0])
    context, data = record.context, record.context_bytes
    slot = Slot(context.origin, context.stream_id, context.sequence)
    digest = sha256(data).digest()
    keys = [make_pair_keys(reader, log.origin) for reader in READERS]
    commitment = make_key_commitment(sealed.content_key)
    tags = {make_reader_tag(one, slot, commitment): one.pair.reader for one in keys}
    made: list[Part] = [(sealed.content_key, "content key"), (commitment, "key commitment")]
    made += [(tag, f"tag of {reader}") for tag, reader in tags.items()]
    derived: list[Part] = [
        (digest, "SHA-256 of the context"),
        (mac_frame(sealed.content_key, "sealing/encryption", digest), "encryption key"),
    ]
    for one in keys:
        key = derive_key(one.wrap_key, "sealing/wrap", one.pair.reader, salt=digest)
        derived.append((key, f"key that wraps for {one.pair.reader}"))
    parsed = parse_blob(sealed.blob)
    wrapped = [
        (wrap, f"wrap for {tags[tag]}" if tag in tags else "filling")
        for tag, wrap in zip(context.reader_tags, parsed.wraps, strict=True)
    ]
    blob = [(sealed.blob[:4], "FTB, version 1"), (sealed.blob[4:5], "four wraps"), *wrapped]
    cut = len(parsed.ciphertext) - 16
    blob += [(parsed.ciphertext[:cut], "ciphertext"), (parsed.ciphertext[cut:], "tag of GCM")]
    derived.append((sealed.body_hash, "body hash"))
    return {
        "hex made": _render(made),
        "hex context": _render(_annotate(data, entry_pb2.HeaderContext.DESCRIPTOR)),
        "hex derived": _render(derived),
        "hex blob": _render(blob),
    }


def _list_nodes(leaves: list[bytes]) -> list[Part]:
    left = hash_node(leaves[0], leaves[1])
    rows: list[Part] = [(leaf, f"leaf {index}") for index, leaf in enumerate(leaves)]
    return [*rows, (left, "node over 0 and 1"), (hash_node(left, leaves[2]), "root of size 3")]


def _annotate(data: bytes, descriptor: Any) -> list[Part]:
    """Return a message's bytes field by field, each with its number and name."""
    parts: list[Part] = []
    at = 0
    while at < len(data):
        start = at
        tag, at = _read_varint(data, at)
        field = descriptor.fields_by_number[tag >> 3]
        what = f"{field.number} {field.name}"
        size, at = _read_varint(data, at)
        if tag & 7 == 0:
            parts.append((data[start:at], f"{what} = {size}"))
            continue
        value, at = data[at : at + size], at + size
        head = data[start : at - size]
        if field.message_type is not None:
            parts.append((head, f"{what}, {size} bytes"))
            parts += [(one, f"  {text}") for one, text in _annotate(value, field.message_type)]
        elif field.type == field.TYPE_STRING:
            parts.append((head + value, f"{what} = {value.decode()}"))
        else:
            parts.append((head + value, f"{what}, {size} bytes"))
    return parts


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _render(parts: list[Part]) -> str:
    """Return lines of at most 40 bytes in hex, what they are behind the first of each part."""
    lines = []
    for data, what in parts:
        for start in range(0, len(data), _LINE_BYTES):
            shown = data[start : start + _LINE_BYTES].hex()
            comment = f" # {what}" if what and start == 0 else ""
            lines.append(f"{shown}{comment}\n")
    return "".join(lines)
