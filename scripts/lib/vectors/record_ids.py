"""Record ids: what is published, hashed, so that publishing it twice is harmless."""

from __future__ import annotations

from typing import Any

from fundtrace.ledger.kinds.table import make_record_id
from fundtrace.ledger.kinds.words import Kind
from vectors.consortium import draw

Row = tuple[str, str, str, bytes, bytes, int, int]  # name, why, kind, loan, entry, hop, version

_ENTRY = b"FT2603060042"
_LOAN = draw("loan key")


def build() -> list[dict[str, Any]]:
    """Return the cases: one of every kind, what changes an id, and what has none."""
    valid = [_case("valid", row) | {"record_id_hex": _make(row)} for row in _list_valid()]
    return [*valid, *(_case("InvalidInputError", row) for row in _list_refused())]


def _list_valid() -> list[Row]:
    of_kinds: list[Row] = [
        (f"a {kind.value}", "the kind is in it", kind.value, _LOAN, _ENTRY, 0, 1) for kind in Kind
    ]
    other = draw("another loan")
    return [
        *of_kinds,
        ("another hop", "one entry, two records", "movement", _LOAN, _ENTRY, 1, 1),
        ("another version", "what changed is another record", "movement", _LOAN, _ENTRY, 0, 2),
        ("another loan", "the loan is in it", "movement", other, _ENTRY, 0, 1),
        ("a long entry key", "255 bytes at most", "movement", _LOAN, b"k" * 255, 0, 1),
        ("the largest hop", "2^32 - 1", "movement", _LOAN, _ENTRY, 2**32 - 1, 1),
    ]


def _list_refused() -> list[Row]:
    return [
        ("a hop too large", "2^32 - 1 at most", "movement", _LOAN, _ENTRY, 2**32, 1),
        ("no entry key", "it names the entry", "movement", _LOAN, b"", 0, 1),
        ("an entry key too long", "255 bytes at most", "movement", _LOAN, b"k" * 256, 0, 1),
        ("version zero", "versions begin at 1", "movement", _LOAN, _ENTRY, 0, 0),
        ("a loan key of 31 bytes", "it has 32", "movement", _LOAN[:31], _ENTRY, 0, 1),
    ]


def _make(row: Row) -> str:
    _, _, kind, loan_key, entry_key, hop, version = row
    return make_record_id(Kind(kind), loan_key, entry_key, hop, version).hex()


def _case(expect: str, row: Row) -> dict[str, Any]:
    name, why, kind, loan_key, entry_key, hop, version = row
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "kind": kind,
        "loan_key_hex": loan_key.hex(),
        "entry_key_hex": entry_key.hex(),
        "hop": hop,
        "version": version,
    }
