"""Verifier keys: what a registration takes and what it refuses."""

from __future__ import annotations

from typing import Any

from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519
from vectors.keys import encode_vkey, make_key, make_mirror, set_spare_bit

_NAME = "a.bank.example/ledger/1"
_PRIME = 2**255 - 19


def build() -> list[dict[str, Any]]:
    """Return the cases."""
    return [*_list_good(), *_list_bad_texts(), *_list_bad_points()]


def _list_good() -> list[dict[str, Any]]:
    keys = [
        ("a log's key", "type 0x01 signs notes", make_key(_NAME)),
        ("a mirror's Ed25519 key", "type 0x04 cosigns", make_mirror("b")),
        ("a mirror's ML-DSA-44 key", "type 0x06 cosigns", make_mirror("b", COSIGNATURE_MLDSA44)),
        ("a name in Chinese", "names are UTF-8", make_key("甲银行.example/账本/1")),
        ("a name of 255 bytes", "the longest that 0x06 can sign", make_key("n" * 255)),
        ("one name, other type", "the id differs by type", make_key(_NAME, COSIGNATURE_ED25519)),
    ]
    return [
        {
            "name": name,
            "why": why,
            "expect": "valid",
            "vkey": key.verifier.encode(),
            "seed_hex": key.seed.hex(),
            "key_name": key.name,
            "algorithm": key.algorithm,
            "key_id_hex": key.verifier.key_id.hex(),
            "public_key_hex": key.verifier.public_key.hex(),
        }
        for name, why, key in keys
    ]


def _list_bad_texts() -> list[dict[str, Any]]:
    good = make_key(_NAME).verifier
    text, public = good.encode(), good.public_key
    key_id = good.key_id.hex()
    padded = make_mirror("b", COSIGNATURE_MLDSA44).verifier.encode()  # Ed25519's has no padding
    long = encode_vkey(_NAME, b"\x01" + public + b"\x00")
    cases = [
        ("another key id", "the id is a hash of name, type and key", _swap(text, key_id)),
        ("the id in capitals", "hex is lowercase", text.replace(key_id, key_id.upper())),
        ("two parts", "three are needed", text.rpartition("+")[0]),
        ("no name", "a name is not empty", encode_vkey("", b"\x01" + public)),
        ("a space in the name", "lines are split at spaces", encode_vkey("a b", b"\x01" + public)),
        ("a no-break space", "any Unicode space", encode_vkey("a\u00a0b", b"\x01" + public)),
        ("a line separator", "U+2028 is a space", encode_vkey("a\u2028b", b"\x01" + public)),
        ("a control character", "no note can hold it", encode_vkey("a\x1bb", b"\x01" + public)),
        ("256 bytes of name", "0x06 has one length byte", encode_vkey("n" * 256, b"\x01" + public)),
        ("type 0x02", "ECDSA is not in our table", encode_vkey(_NAME, b"\x02" + public)),
        ("type 0xff", "private types are not", encode_vkey(_NAME, b"\xff" + public)),
        ("a key of 31 bytes", "Ed25519 keys have 32", encode_vkey(_NAME, b"\x01" + public[:31])),
        ("a key of 33 bytes", "Ed25519 keys have 32", long),
        ("no key", "the type alone is none", encode_vkey(_NAME, b"\x01")),
        ("nothing behind the id", "there is no type", f"{_NAME}+{key_id}+"),
        ("an ML-DSA key of 32 bytes", "they have 1312", encode_vkey(_NAME, b"\x06" + public)),
        ("a newline behind", "nothing may follow", text + "\n"),
        ("a space in the base64", "b64decode drops it", text[:-4] + " " + text[-4:]),
        ("no padding", "base64 is padded", padded.rstrip("=")),
        ("bits left over", "base64 is canonical", set_spare_bit(padded)),
    ]
    return [_refuse(*case) for case in cases]


def _list_bad_points() -> list[dict[str, Any]]:
    eighth = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    points = [
        ("the neutral point", "small order: order 1", 1),
        ("minus one", "small order: order 2", _PRIME - 1),
        ("zero", "small order: order 4", 0),
        ("zero with the sign", "small order: order 4", 1 << 255),
        ("order eight", "small order", eighth),
        ("order eight, negative", "small order", _PRIME - eighth | 1 << 255),
        ("minus zero", "x = 0 with the sign is not canonical", 1 | 1 << 255),
        ("p", "y is not below p: not canonical, and of small order", _PRIME),
        ("p + 1", "y is not below p: not canonical, and of small order", _PRIME + 1),
        ("p + 3", "y is not below p: not canonical", _PRIME + 3),
        ("all ones", "y is not below p: not canonical", 2**256 - 1),
        ("off the curve", "no x belongs to y = 2", 2),
    ]
    return [
        _refuse(
            f"{name}, type 0x{algorithm:02x}",
            why,
            encode_vkey(_NAME, bytes([algorithm]) + value.to_bytes(32, "little")),
        )
        for name, why, value in points
        for algorithm in (ED25519, COSIGNATURE_ED25519)
    ]


def _refuse(name: str, why: str, vkey: str) -> dict[str, Any]:
    return {"name": name, "why": why, "expect": "EncodingError", "vkey": vkey}


def _swap(text: str, key_id: str) -> str:
    return text.replace(key_id, key_id[::-1] if key_id != key_id[::-1] else "00000000")
