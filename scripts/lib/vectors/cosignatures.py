"""Cosignatures of both kinds: what is signed to the byte, and what does not verify."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, SignerKey, VerifierKey
from fundtrace.tlog.messages import Subtree, build_subtree_message
from fundtrace.tlog.note import Signature
from vectors.keys import AT, ORIGIN, cosign, cosign_subtree, make_mirror, rename, sign_raw

_HEAD = Checkpoint(ORIGIN, 300, hash_leaf(b"a root"))
_TREE = Subtree(ORIGIN, 0, _HEAD.size, _HEAD.root_hash)
_LEFT = Subtree(ORIGIN, 256, 300, hash_leaf(b"the root of a subtree"))


def build() -> list[dict[str, Any]]:
    """Return the cases."""
    kinds = (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)
    cases = [case for kind in kinds for case in _list_kind(make_mirror("b", kind))]
    return [*cases, *_list_names(), *_list_subtrees()]


def build_message(signer: SignerKey, head: Checkpoint, at_seconds: int) -> bytes:
    """Return what is signed, written out here once more, apart from the product's code."""
    if signer.algorithm == COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {at_seconds}\n".encode() + head.encode()
    name, origin = signer.name.encode(), head.origin.encode()
    parts = [b"subtree/v1\n\0", bytes([len(name)]), name, at_seconds.to_bytes(8, "big")]
    parts += [bytes([len(origin)]), origin, bytes(8), head.size.to_bytes(8, "big")]
    return b"".join(parts) + head.root_hash


def _case(name: str, why: str, expect: str, line: Signature, key: VerifierKey) -> dict[str, Any]:
    return {
        "name": f"{name}, type 0x{key.algorithm:02x}",
        "why": why,
        "expect": expect,
        "vkey": key.encode(),
        "checkpoint": _HEAD.encode().decode(),
        "line": line.encode().decode(),
    }


def _list_kind(signer: SignerKey) -> list[dict[str, Any]]:
    key, line = signer.verifier, cosign(_HEAD, signer)
    flipped = Signature(line.name, line.key_id, line.blob[:-1] + bytes([line.blob[-1] ^ 1]))
    later = Signature(line.name, line.key_id, (AT + 1).to_bytes(8, "big") + line.blob[8:])
    far = 2**63
    over = sign_raw(signer, build_message(signer, _HEAD, far), far)
    at_zero = sign_raw(signer, build_message(signer, _HEAD, 0), 0)
    good = [
        {
            **_case("a head cosigned", why, "valid", cosign(_HEAD, signer, at), key),
            "seed_hex": signer.seed.hex(),
            "at_seconds": at,
            "message_hex": build_message(signer, _HEAD, at).hex(),
        }
        for at, why in ((AT, "a time of our days"), (2**63 - 1, "the last time there is"))
    ]
    good[1]["name"] = f"a head cosigned at 2^63 - 1, type 0x{key.algorithm:02x}"
    bad = [
        ("a flipped bit", "it must verify", flipped),
        ("another time", "the time is signed", later),
        ("another size", "the size is signed", cosign(replace(_HEAD, size=301), signer)),
        ("another origin", "it is signed", cosign(replace(_HEAD, origin="z.example"), signer)),
        ("another root", "it is signed", cosign(replace(_HEAD, root_hash=bytes(32)), signer)),
        ("no time", "a cosignature says when", at_zero),
        ("a time of 2^63", "times lie below", over),
        ("one byte short", "the length is fixed", replace(line, blob=line.blob[:-1])),
        ("one byte more", "the length is fixed", replace(line, blob=line.blob + b"\0")),
        ("another key's line", "the id names the key", cosign(_HEAD, _other(signer))),
    ]
    return good + [_case(name, why, "SignatureError", one, key) for name, why, one in bad]


def _list_names() -> list[dict[str, Any]]:
    why_not = "0x06 signs the cosigner's name"
    why = "0x04 does not bind the name: hence one key per name, and no key under two names"
    cases = []
    for kind, expect, reason in (
        (COSIGNATURE_ED25519, "valid", why),
        (COSIGNATURE_MLDSA44, "SignatureError", why_not),
    ):
        signer = make_mirror("b", kind)
        key = rename(signer.verifier, "z.bank.example/mirror")
        line = Signature(key.name, key.key_id, cosign(_HEAD, signer).blob)
        case = _case("moved to another name", reason, expect, line, key)
        cases.append({**case, "at_seconds": AT} if expect == "valid" else case)
    return cases


def _list_subtrees() -> list[dict[str, Any]]:
    signer = make_mirror("b", COSIGNATURE_MLDSA44)
    timed = sign_raw(signer, build_subtree_message(signer.name, AT, _TREE), AT)
    rows = [
        (
            "a subtree",
            "part of a tree, without a time",
            "valid",
            _LEFT,
            cosign_subtree(_LEFT, signer),
        ),
        ("a whole tree without a time", "start 0", "valid", _TREE, cosign_subtree(_TREE, signer)),
        ("a subtree with a time", "it must have none", "SignatureError", _TREE, timed),
        (
            "another subtree",
            "its bounds are signed",
            "SignatureError",
            replace(_LEFT, end=299),
            cosign_subtree(_LEFT, signer),
        ),
    ]
    return [
        {
            **_case(name, why, expect, line, signer.verifier),
            "subtree": {"start": part.start, "end": part.end, "hash_hex": part.root_hash.hex()},
        }
        for name, why, expect, part, line in rows
    ]


def _other(signer: SignerKey) -> SignerKey:
    return make_mirror("c", signer.algorithm)
