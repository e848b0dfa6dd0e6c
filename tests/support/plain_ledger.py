"""The ledger's formats written again from docs/ledger.md alone, as another bank would.

Nothing of ``fundtrace`` is used here: hashlib, hmac and the primitives of ``cryptography``.
Functions take and give plain bytes and numbers; they read strictly only as far as the tests
need. A label that stands here stands on the page.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
import zlib
from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

PRIME = 2**255 - 19
SUITE = b"fundtrace/v1/matching/curve25519_XMD:SHA-512_ELL2_RO_"


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf(secret, salt, info):
    """RFC 5869 with SHA-256 and 32 bytes of output: one block."""
    return mac(mac(salt or bytes(32), secret), info + b"\x01")


def frame(label, *fields):
    parts = [b"fundtrace/v1/" + label.encode()]
    for field in fields:
        if isinstance(field, int):
            parts.append(field.to_bytes(8, "big"))
        else:
            parts.append(field.encode() if isinstance(field, str) else field)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def read_message(data):
    """Return {field number: [values]} of a protobuf message: numbers, or bytes."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        else:
            assert kind == 2, "no other wire type is used"
            size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
            assert at <= len(data), "the message is cut short"
        fields.setdefault(number, []).append(value)
    return fields


def read_varint(data, at):
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


class Header:
    """A record's header, read out of its entry."""

    def __init__(self, entry):
        (record,) = read_message(entry)[1]
        fields = read_message(record)
        (self.context,), (self.body_hash,) = fields[1], fields[2]
        said = read_message(self.context)
        self.consortium, self.origin = said[2][0].decode(), said[3][0].decode()
        self.roster_version, self.stream_id = said[4][0], said[5][0]
        self.sequence = said.get(6, [0])[0]
        self.previous_hash, self.key_commitment = said[7][0], said[8][0]
        self.key_epoch, self.tags = said.get(10, [0])[0], said[11]
        self.erasure_key = said[12][0]


def derive_pair_keys(secret, pair):
    return tuple(hkdf(secret, b"", frame(f"pair/{use}", *pair)) for use in ("tag", "wrap"))


def make_tag(tag_key, header):
    place = (header.origin, header.stream_id, header.sequence, header.key_commitment)
    return mac(tag_key, frame("sealing/tag", *place))[:16]


def open_body(entry, blob, reader, pair_secret):
    """Return (content key, plaintext) of a record, as its reader."""
    header = Header(entry)
    assert sha256(blob) == header.body_hash
    assert blob[:4] == b"FTB\x01"
    wraps = [blob[at : at + 40] for at in range(5, 5 + 40 * blob[4], 40)]
    pair = (header.consortium, header.origin, reader, header.key_epoch)
    tag_key, wrap_key = derive_pair_keys(pair_secret, pair)
    place = header.tags.index(make_tag(tag_key, header))
    key_key = hkdf(wrap_key, sha256(header.context), frame("sealing/wrap", reader))
    content_key = aes_key_unwrap(key_key, wraps[place])
    return content_key, open_with_key(header, blob, content_key)


def open_with_key(header, blob, content_key):
    assert mac(content_key, frame("sealing/commitment")) == header.key_commitment
    key = mac(content_key, frame("sealing/encryption", sha256(header.context)))
    padded = AESGCM(key).decrypt(bytes(12), blob[5 + 40 * blob[4] :], header.context)
    assert len(padded) % 512 == 0
    body, mark, zeros = padded.rpartition(b"\x80")
    assert mark == b"\x80"
    assert zeros == bytes(len(zeros))
    assert len(zeros) < 512
    return body


def hash_leaf(entry):
    return sha256(b"\x00" + entry)


def hash_node(left, right):
    return sha256(b"\x01" + left + right)


def hash_tree(leaves):
    """RFC 6962 section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hash_node(hash_tree(leaves[:split]), hash_tree(leaves[split:]))


def climb(leaf, index, size, path):
    """Return the root that an inclusion proof leads to (RFC 9162 section 2.1.3.2)."""
    first, last, root = index, size - 1, leaf
    assert index < size
    for one in path:
        assert last
        if first & 1 or first == last:
            root = hash_node(one, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = hash_node(root, one)
        first, last = first >> 1, last >> 1
    assert last == 0
    return root


def verify_lines(note, vkeys):
    """Verify Ed25519 lines of a note; return {key name: time, or None} of those that are known."""
    text, _, lines = note.rpartition(b"\n\n")
    text += b"\n"
    known = {}
    for vkey in vkeys:
        name, key_id, material = vkey.split("+", 2)
        decoded = b64decode(material)
        assert sha256(name.encode() + b"\n" + decoded)[:4].hex() == key_id
        known[name.encode(), bytes.fromhex(key_id)] = decoded
    signed = {}
    for line in lines.removesuffix(b"\n").split(b"\n"):
        _, name, blob = line.split(b" ")
        decoded = b64decode(blob)
        key = known.get((name, decoded[:4]))
        if key is None:
            continue
        at, message = None, text
        if key[0] == 4:
            at = int.from_bytes(decoded[4:12], "big")
            message = b"cosignature/v1\ntime %d\n" % at + text
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(decoded[-64:], message)
        signed[name.decode()] = at
    return signed


def pack(about, files):
    """Return the evidence package of these files: a manifest, and all of it stored in a ZIP."""
    hashes = {name: sha256(data).hex() for name, data in files.items()}
    manifest = {"format": "fundtrace-evidence/1", "files": hashes, **about}
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    body, directory = b"", b""
    members = sorted({**files, "manifest.json": text.encode()}.items())
    for name, data in members:
        # version 2.0, no flags, stored, midnight, 1980-01-01, CRC, sizes, lengths of name and extra
        shape = (20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        where = (0, 0, 0, 0o100644 << 16, len(body))  # comment, disk, attributes, offset
        directory += struct.pack("<4sBB5H3L2H", b"PK\x01\x02", 20, 3, *shape)
        directory += struct.pack("<3H2L", *where) + name.encode()
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *shape) + name.encode() + data
    count = len(members)
    end = (b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + struct.pack("<4s4H2LH", *end)


def hash_to_point(message):
    """RFC 9380, curve25519_XMD:SHA-512_ELL2_RO_ under our own tag; u, little end first."""
    tag = SUITE + bytes([len(SUITE)])
    first = hashlib.sha512(bytes(128) + message + b"\x00\x60\x00" + tag).digest()
    block = hashlib.sha512(first + b"\x01" + tag).digest()
    mixed = bytes(left ^ right for left, right in zip(first, block, strict=True))
    uniform = block + hashlib.sha512(mixed + b"\x02" + tag).digest()
    halves = (int.from_bytes(uniform[at : at + 48], "big") % PRIME for at in (0, 48))
    (u1, v1), (u2, v2) = map(_map_to_curve, halves)
    slope = (v2 - v1) * pow(u2 - u1, -1, PRIME) % PRIME
    u = (slope * slope - 486662 - u1 - u2) % PRIME
    for _ in range(3):
        u = (u * u - 1) ** 2 * pow(4 * (u**3 + 486662 * u * u + u), -1, PRIME) % PRIME
    return u.to_bytes(32, "little")


def _map_to_curve(element):
    u = -486662 * pow(1 + 2 * element * element, -1, PRIME) % PRIME
    v = _find_root(u**3 + 486662 * u * u + u)
    if v is not None:
        return u, v if v & 1 else PRIME - v
    u = (-u - 486662) % PRIME
    v = _find_root(u**3 + 486662 * u * u + u)
    return u, PRIME - v if v & 1 else v


def _find_root(square):
    root = pow(square, (PRIME + 3) // 8, PRIME)
    if (root * root - square) % PRIME:
        root = root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    return None if (root * root - square) % PRIME else root


def _bytes(given, *names):
    return [bytes.fromhex(given[f"{name}_hex"]) for name in names]


def _pair(given):
    return tuple(given[name] for name in ("consortium", "origin", "reader", "key_epoch"))


def _public_key(given):
    seed = hashlib.shake_256(bytes.fromhex(given["seed_hex"])).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:64]).public_key()
    x25519 = X25519PrivateKey.from_private_bytes(seed[64:]).public_key()
    return mlkem.public_bytes_raw() + x25519.public_bytes_raw()


def _tag(given):
    tag_key, _ = derive_pair_keys(*_bytes(given, "pair_secret"), _pair(given))
    stream_id, commitment = _bytes(given, "stream_id", "key_commitment")
    place = (given["origin"], stream_id, given["sequence"], commitment)
    return mac(tag_key, frame("sealing/tag", *place))[:16]


def _pad(given):
    (plaintext,) = _bytes(given, "plaintext")
    return plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % 512)


def _box(given):
    key, context, secret, salt = _bytes(given, "key", "context", "secret", "salt")
    box_key = hkdf(key, salt, frame("box", context))
    return salt + AESGCM(box_key).encrypt(bytes(12), secret, context)


def _erasure(given):
    names = (given["consortium"], given["origin"], given["entry_index"])
    return frame("erasure", *names, *_bytes(given, "body_hash"), given["reason"])


def _point(given):
    message = frame("matching/id", given["consortium"], given["kind"], given["number"])
    return hash_to_point(message)


def _opening(given):
    ids = [f"{kind}:{number}" for kind, number in given["ids"]]
    return frame(
        "matching/opening", given["consortium"], given["loan_key_hex"], *_bytes(given, "salt"), *ids
    )


def _points(given):
    ids = [{**given, "kind": kind, "number": number} for kind, number in given["ids"]]
    size = max(16, -(-len(ids) // 16) * 16)
    filling = [
        hash_to_point(frame("matching/filling", *_bytes(given, "salt"), place))
        for place in range(len(ids), size)
    ]
    return b"".join([*map(_point, ids), *filling])


def _fields(given):
    return [bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in given["fields"]]


FUNCTIONS = {
    "frame": lambda given: frame(given["label"], *_fields(given)),
    "pair_secret": lambda given: hkdf(
        *_bytes(given, "epoch_secret"), b"", frame("pair/secret", *_pair(given))
    ),
    "pair_keys": lambda given: b"".join(
        derive_pair_keys(*_bytes(given, "pair_secret"), _pair(given))
    ),
    "content_key": lambda given: mac(
        *_bytes(given, "randomness"), frame("sealing/content-key", *_bytes(given, "plaintext"))
    ),
    "key_commitment": lambda given: mac(*_bytes(given, "content_key"), frame("sealing/commitment")),
    "reader_tag": _tag,
    "padded": _pad,
    "epoch_public_key_hash": lambda given: sha256(_public_key(given)),
    "epoch_key_id": lambda given: sha256(frame("epoch/key-id", _public_key(given)))[:16],
    "box": _box,
    "erasure_seed": lambda given: hkdf(
        *_bytes(given, "root_secret"),
        b"",
        frame(
            "erasure/key",
            *(given[one] for one in ("consortium", "loan_key_hex", "member", "number")),
        ),
    ),
    "erasure_key": lambda given: (
        Ed25519PrivateKey.from_private_bytes(*_bytes(given, "seed")).public_key().public_bytes_raw()
    ),
    "erasure_message": _erasure,
    "erasure_signature": lambda given: Ed25519PrivateKey.from_private_bytes(
        *_bytes(given, "seed")
    ).sign(_erasure(given)),
    "matching_point": _point,
    "list_opening": _opening,
    "list_commitment": lambda given: sha256(frame("matching/commitment", _opening(given))),
    "list_points_hash": lambda given: sha256(_points(given)),
}
