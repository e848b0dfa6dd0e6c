"""Every hash, key and message of the ledger by itself: inputs and output, function by function.

For a second implementation to begin with: where one of these differs, nothing behind it can
agree. ``function`` names what the inputs go into (docs/ledger.md); inputs that end in ``_hex``
are bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from fundtrace.ledger.boxes import seal_box
from fundtrace.ledger.epochs import EpochKeyPair, make_key_id
from fundtrace.ledger.erasure import (
    ErasureReason,
    ErasureStatement,
    derive_erasure_key,
    derive_erasure_seed,
    sign_erasure,
)
from fundtrace.ledger.framing import frame
from fundtrace.ledger.matching.identity import Identity, IdentityKind
from fundtrace.ledger.matching.related import RelatedList
from fundtrace.ledger.pairs import Pair, derive_pair_keys, derive_pair_secret
from fundtrace.ledger.sealing import (
    Slot,
    make_content_key,
    make_key_commitment,
    make_reader_tag,
    pad,
)
from vectors.bodies import LOAN_KEY
from vectors.consortium import CONSORTIUM, draw
from vectors.keys import ORIGIN

Case = dict[str, Any]

_PAIR: Final = {
    "consortium": CONSORTIUM,
    "origin": ORIGIN,
    "reader": "bank-b",
    "key_epoch": 7,
}
_STREAM: Final = draw("stream 1")[:16].hex()


def _make_pair(given: Case) -> Pair:
    return Pair(*(given[name] for name in _PAIR))


def _make_tag(given: Case) -> bytes:
    keys = derive_pair_keys(bytes.fromhex(given["pair_secret_hex"]), _make_pair(given))
    slot = Slot(given["origin"], bytes.fromhex(given["stream_id_hex"]), given["sequence"])
    return make_reader_tag(keys, slot, bytes.fromhex(given["key_commitment_hex"]))


def _make_keys(given: Case) -> bytes:
    keys = derive_pair_keys(bytes.fromhex(given["pair_secret_hex"]), _make_pair(given))
    return keys.tag_key + keys.wrap_key


def _make_erasure(given: Case) -> ErasureStatement:
    return ErasureStatement(
        given["consortium"],
        given["origin"],
        given["entry_index"],
        bytes.fromhex(given["body_hash_hex"]),
        ErasureReason(given["reason"]),
    )


def _make_identity(given: Case) -> Identity:
    return Identity(IdentityKind(given["kind"]), given["number"])


def _make_list(given: Case) -> RelatedList:
    identities = tuple(Identity(IdentityKind(kind), number) for kind, number in given["ids"])
    salt = bytes.fromhex(given["salt_hex"])
    return RelatedList(given["consortium"], _read(given, "loan_key"), identities, salt)


def _read(given: Case, name: str) -> bytes:
    return bytes.fromhex(given[f"{name}_hex"])


def _make_key_pair(given: Case) -> EpochKeyPair:
    member = (given["consortium"], given["member"], given["epoch"])
    return EpochKeyPair(*member, _read(given, "seed"))


def _make_box(given: Case) -> bytes:
    key, context = _read(given, "key"), _read(given, "context")
    return seal_box(key, context, _read(given, "secret"), _read(given, "salt"))


def _make_erasure_seed(given: Case) -> bytes:
    about = (given["consortium"], _read(given, "loan_key"), given["member"], given["number"])
    return derive_erasure_seed(_read(given, "root_secret"), *about)


FUNCTIONS: Final[dict[str, Callable[[Case], bytes]]] = {
    "frame": lambda given: frame(given["label"], *_read_fields(given)),
    "pair_secret": lambda given: derive_pair_secret(
        _read(given, "epoch_secret"), _make_pair(given)
    ),
    "pair_keys": _make_keys,
    "content_key": lambda given: make_content_key(
        _read(given, "randomness"), _read(given, "plaintext")
    ),
    "key_commitment": lambda given: make_key_commitment(_read(given, "content_key")),
    "reader_tag": _make_tag,
    "padded": lambda given: pad(_read(given, "plaintext")),
    "epoch_public_key_hash": lambda given: hashlib.sha256(
        _make_key_pair(given).public_key
    ).digest(),
    "epoch_key_id": lambda given: make_key_id(_make_key_pair(given).public_key),
    "box": _make_box,
    "erasure_seed": _make_erasure_seed,
    "erasure_key": lambda given: derive_erasure_key(_read(given, "seed")),
    "erasure_message": lambda given: _make_erasure(given).message,
    "erasure_signature": lambda given: sign_erasure(_read(given, "seed"), _make_erasure(given)),
    "matching_point": lambda given: _make_identity(given).hash_to_point(given["consortium"]),
    "list_opening": lambda given: _make_list(given).encode(),
    "list_commitment": lambda given: _make_list(given).commitment.commitment_hash,
    "list_points_hash": lambda given: hashlib.sha256(
        b"".join(_make_list(given).list_points())
    ).digest(),
}


def _read_fields(given: Case) -> list[bytes | str | int]:
    return [bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in given["fields"]]


def build() -> list[Case]:
    """Return the cases."""
    cases = [
        _case(name, why, "valid", function, given)
        | {"output_hex": FUNCTIONS[function](given).hex()}
        for name, why, function, given in [*_list_sealing(), *_list_others()]
    ]
    refused = [
        _case(name, why, "InvalidInputError", function, given)
        for name, why, function, given in _list_refused()
    ]
    return [*cases, *refused]


def _case(name: str, why: str, expect: str, function: str, given: Case) -> Case:
    return {"name": name, "why": why, "expect": expect, "function": function, "input": given}


def _list_sealing() -> list[tuple[str, str, str, Case]]:
    secret, key = draw("pair secret").hex(), draw("content key").hex()
    mixed = {"label": "example", "fields": ["bank-b", 7, {"hex": "00ff"}]}
    place = {"stream_id_hex": _STREAM, "sequence": 4, "key_commitment_hex": draw("c").hex()}
    return [
        ("a frame of no fields", "label alone", "frame", {"label": "example", "fields": []}),
        ("a frame of text, number and bytes", "each behind its length", "frame", mixed),
        (
            "a frame with an empty field",
            "a length of zero",
            "frame",
            {"label": "example", "fields": ["", 0]},
        ),
        (
            "a pair secret",
            "from the issuer's secret of the epoch",
            "pair_secret",
            {**_PAIR, "epoch_secret_hex": draw("epoch secret").hex()},
        ),
        ("pair keys", "tag key, then wrap key", "pair_keys", {**_PAIR, "pair_secret_hex": secret}),
        (
            "pair keys of another epoch",
            "the epoch is bound",
            "pair_keys",
            {**_PAIR, "key_epoch": 8, "pair_secret_hex": secret},
        ),
        (
            "a content key",
            "the body is mixed in",
            "content_key",
            {"randomness_hex": draw("randomness").hex(), "plaintext_hex": b"body".hex()},
        ),
        ("a key commitment", "label alone", "key_commitment", {"content_key_hex": key}),
        (
            "a reader tag",
            "16 bytes of the MAC",
            "reader_tag",
            {**_PAIR, "pair_secret_hex": secret, **place},
        ),
        ("padding of nothing", "0x80 and 511 zeros", "padded", {"plaintext_hex": ""}),
        ("padding of 511 bytes", "0x80 alone", "padded", {"plaintext_hex": "61" * 511}),
        ("padding of 512 bytes", "a whole block", "padded", {"plaintext_hex": "61" * 512}),
        (
            "a box",
            "salt, then ciphertext and tag",
            "box",
            {
                "key_hex": draw("root key").hex(),
                "context_hex": frame("local/key", "bank-b", LOAN_KEY.hex()).hex(),
                "secret_hex": draw("local key").hex(),
                "salt_hex": draw("salt").hex(),
            },
        ),
    ]


def _list_others() -> list[tuple[str, str, str, Case]]:
    epoch = {"consortium": CONSORTIUM, "member": "bank-b", "epoch": 3}
    epoch["seed_hex"] = draw("epoch seed").hex()
    seed = {
        "root_secret_hex": draw("root").hex(),
        "consortium": CONSORTIUM,
        "loan_key_hex": LOAN_KEY.hex(),
        "member": "bank-b",
        "number": 0,
    }
    erasure = {
        "consortium": CONSORTIUM,
        "origin": ORIGIN,
        "entry_index": 12,
        "body_hash_hex": draw("body").hex(),
        "reason": 1,
    }
    own = draw("erasure seed").hex()
    code = {"consortium": CONSORTIUM, "kind": "uscc", "number": "91350100M000100Y43"}
    person = {"consortium": CONSORTIUM, "kind": "resident", "number": "11010519491231002X"}
    related = {
        "consortium": CONSORTIUM,
        "loan_key_hex": LOAN_KEY.hex(),
        "salt_hex": draw("list salt").hex(),
        "ids": [["resident", person["number"]], ["uscc", code["number"]]],
    }
    empty = {**related, "ids": []}
    return [
        ("an epoch public key", "SHA-256 of 1,216 bytes", "epoch_public_key_hash", epoch),
        ("the id of an epoch key", "16 bytes", "epoch_key_id", epoch),
        ("the seed of an erasure key", "per loan, member and stream", "erasure_seed", seed),
        ("an erasure key", "Ed25519", "erasure_key", {"seed_hex": own}),
        ("an erasure's message", "begins with a zero byte", "erasure_message", erasure),
        (
            "an erasure's signature",
            "Ed25519 over the message",
            "erasure_signature",
            {**erasure, "seed_hex": own},
        ),
        ("the point of a company", "RFC 9380 under our suite", "matching_point", code),
        ("the point of a person", "the kind is bound", "matching_point", person),
        ("a list's opening", "ids ascend by kind, then number", "list_opening", related),
        ("a list's commitment", "over the opening", "list_commitment", related),
        ("a list's points", "filled up to sixteen", "list_points_hash", related),
        (
            "the commitment of an empty list",
            "sixteen places all the same",
            "list_commitment",
            empty,
        ),
    ]


def _list_refused() -> list[tuple[str, str, str, Case]]:
    good = {**_PAIR, "pair_secret_hex": draw("pair secret").hex()}
    return [
        (
            "a pair secret of 31 bytes",
            "it has 32",
            "pair_keys",
            {**good, "pair_secret_hex": "00" * 31},
        ),
        ("a reader without a name", "names are not empty", "pair_keys", {**good, "reader": ""}),
        (
            "an epoch below zero",
            "numbers are 0 to 2^63 - 1",
            "pair_keys",
            {**good, "key_epoch": -1},
        ),
        (
            "a content key of 33 bytes",
            "HMAC would take it",
            "key_commitment",
            {"content_key_hex": "00" * 33},
        ),
        (
            "an id with a wrong check character",
            "one form of each id",
            "matching_point",
            {"consortium": CONSORTIUM, "kind": "uscc", "number": "91350100M000100Y44"},
        ),
        (
            "a resident id of a day that is none",
            "one form of each id",
            "matching_point",
            {"consortium": CONSORTIUM, "kind": "resident", "number": "110105194902300025"},
        ),
    ]
