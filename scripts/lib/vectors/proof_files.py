"""Proof files: entries of small logs under a quorum, and proofs that lead elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44
from fundtrace.tlog.proof_file import ProofFile
from fundtrace.tlog.tree import Tree
from vectors.keys import AT, ORIGIN, cosign, make_key, make_mirror
from vectors.quorums import build_policy, sign_head

_ENTRIES = [f"entry {index}".encode() for index in range(300)]
_TREE = Tree([hash_leaf(entry) for entry in _ENTRIES])
_ED = [COSIGNATURE_ED25519]


def build() -> list[dict[str, Any]]:
    """Return the cases."""
    return [*_list_valid(), *_list_malformed(), *_list_wrong()]


def _make(index: int, size: int, banks: str = "abc", kinds: list[int] = _ED) -> ProofFile:
    head = Checkpoint(ORIGIN, size, _TREE.root(size))
    lines = [cosign(head, make_mirror(one, kind), AT) for kind in kinds for one in banks]
    return ProofFile(
        None, index, _TREE.prove_inclusion(index, size), sign_head(lines, head).encode()
    )


def _case(name: str, why: str, expect: str, text: str, index: int = 5) -> dict[str, Any]:
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "policy": build_policy(4, _ED),
        "entry_hex": _ENTRIES[index].hex(),
        "file": text,
    }


def _list_valid() -> list[dict[str, Any]]:
    rows = [
        ("the first of one", "no path", _make(0, 1), 0),
        ("the sixth of ten", "a short path", _make(5, 10), 5),
        ("the last of ten", "the right edge", _make(9, 10), 9),
        ("the last of three hundred", "beyond a full tile", _make(299, 300), 299),
        ("with extra data", "nobody vouches for it", replace(_make(5, 10), extra=b"\x00see"), 5),
    ]
    cases = [
        _case(name, why, "valid", file.encode().decode(), index) for name, why, file, index in rows
    ]
    both = [COSIGNATURE_ED25519, COSIGNATURE_MLDSA44]
    hybrid = _case(
        "under both algorithms",
        "as evidence must be",
        "valid",
        _make(5, 10, "bcd", both).encode().decode(),
    )
    foreign = _case(
        "a log alone", "a foreign log has no members", "valid", _make(5, 10, "").encode().decode()
    )
    foreign["policy"] = {
        "log_vkey": make_key(ORIGIN).verifier.encode(),
        "members": {},
        "required": [],
    }
    return [*cases, {**hybrid, "policy": build_policy(4, both)}, foreign]


def _list_malformed() -> list[dict[str, Any]]:
    good = _make(5, 10).encode().decode()
    lines = good.split("\n")
    head, index, first = lines[0], lines[1], lines[2]
    many = "\n".join([head, index, *([first] * 64), *lines[6:]])
    rows = [
        ("another version", "v1 is the only one", good.replace("@v1", "@v2")),
        ("no header", "the first line", good.removeprefix(head + "\n")),
        ("no index", "the index is needed", good.replace(index + "\n", "")),
        ("index with a zero before", "one form only", good.replace(index, "index 05")),
        ("index with a plus", "int() takes it", good.replace(index, "index +5")),
        ("extra without data", "left out instead", good.replace(index, "extra \n" + index)),
        ("extra behind the index", "it stands before", good.replace(index, index + "\nextra AA==")),
        ("extra not canonical", "bits left over", good.replace(index, "extra AB==\n" + index)),
        ("a hash of 31 bytes", "all have 32", good.replace(first, "A" * 42 + "==", 1)),
        ("sixty-four hashes", "no tree is so high", many),
        ("no checkpoint", "it is what proves", good.partition("\n\n")[0] + "\n\n"),
        ("two empty lines", "one separates", good.replace("\n\n", "\n\n\n", 1)),
        ("carriage returns", "a control character", good.replace("\n", "\r\n")),
    ]
    return [_case(name, why, "EncodingError", text) for name, why, text in rows]


def _list_wrong() -> list[dict[str, Any]]:
    good = _make(5, 10)
    swapped = (good.path[1], good.path[0], *good.path[2:])
    rows = [
        ("another index", "the place is proven too", replace(good, index=4)),
        ("an index beyond the size", "no such entry", replace(good, index=10)),
        ("a hash missing", "the path ends at the root", replace(good, path=good.path[:-1])),
        ("a hash too many", "it would end above", replace(good, path=(*good.path, bytes(32)))),
        ("hashes swapped", "their order is the way", replace(good, path=swapped)),
    ]
    cases = [_case(*row[:2], "ProofError", row[2].encode().decode()) for row in rows]
    short = _make(5, 10, "ab").encode().decode()
    return [
        *cases,
        _case("another entry", "the leaf is another", "ProofError", good.encode().decode(), 6),
        _case("two cosignatures", "three are a quorum", "SignatureError", short),
    ]
