"""Quorums: numbers that intersect or do not, and heads that are final under a policy or not."""

from __future__ import annotations

from typing import Any

from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44
from fundtrace.tlog.note import Signature
from vectors.keys import AT, BANKS, ORIGIN, cosign, make_key, make_mirror

_HEAD = Checkpoint(ORIGIN, 300, hash_leaf(b"a root"))
_OTHER = Checkpoint(ORIGIN, 301, hash_leaf(b"another root"))
_ED = [COSIGNATURE_ED25519]
_BOTH = [COSIGNATURE_ED25519, COSIGNATURE_MLDSA44]
_PLAIN = {"members": 4, "required": _ED}
_HYBRID = {"members": 4, "required": _BOTH}


def build() -> list[dict[str, Any]]:
    """Return the cases: first the numbers, then the heads."""
    return [*_list_numbers(), *_list_final(), *_list_not_final()]


def build_policy(members: int, required: list[int]) -> dict[str, Any]:
    """Return a policy of the first banks, with a mirror key of each required type."""
    return {
        "log_vkey": make_key(ORIGIN).verifier.encode(),
        "members": {
            bank: [make_mirror(bank, kind).verifier.encode() for kind in required]
            for bank in BANKS[:members]
        },
        "required": required,
    }


def sign_head(lines: list[Signature], head: Checkpoint = _HEAD) -> str:
    """Return the log's signed head with these lines behind its own."""
    signed = sign_checkpoint(head, make_key(ORIGIN))
    return signed.note.add_lines(lines).encode().decode()


def _list_numbers() -> list[dict[str, Any]]:
    rows = [
        ("the rule", n, (n, (n - 1) // 3), "valid") if n < 4 else ("the rule", n, _rule(n), "valid")
        for n in (1, 2, 3, 4, 5, 6, 7, 10, 13, 20)
    ]
    rows = [(name, n, (q, 0 if n < 4 else f), expect) for name, n, (q, f), expect in rows]
    rows += [
        ("two of three with a liar", 3, (2, 1), "RuleViolationError"),
        ("two of four", 4, (2, 1), "RuleViolationError"),
        ("three of five with a liar", 5, (3, 1), "RuleViolationError"),
        ("four of seven with two liars", 7, (4, 2), "RuleViolationError"),
        ("three of three with two liars", 3, (3, 2), "valid"),
        ("half", 2, (1, 0), "RuleViolationError"),
        ("nobody", 4, (0, 0), "InvalidInputError"),
        ("more than all", 4, (5, 1), "InvalidInputError"),
        ("all lie", 4, (4, 4), "InvalidInputError"),
    ]
    return [
        {
            "name": f"{name}: n={n} q={q} f={f}",
            "why": f"two quorums share {max(0, 2 * q - n)} at least; more than f must be shared",
            "expect": expect,
            "numbers": {"n": n, "q": q, "f": f, "is_the_rule": name == "the rule"},
        }
        for name, n, (q, f), expect in rows
    ]


def _rule(n: int) -> tuple[int, int]:
    f = (n - 1) // 3
    return (n + f) // 2 + 1, f


def _lines(
    banks: str, kind: int = COSIGNATURE_ED25519, head: Checkpoint = _HEAD
) -> list[Signature]:
    """Return the banks' lines; a's time is AT, b's AT + 10, and so on."""
    return [cosign(head, make_mirror(one, kind), AT + 10 * BANKS.index(one)) for one in banks]


def _case(name: str, why: str, expect: str, shape: Any, note: str) -> dict[str, Any]:
    policy = build_policy(shape["members"], shape["required"])
    return {"name": name, "why": why, "expect": expect, "policy": policy, "note": note}


def _list_final() -> list[dict[str, Any]]:
    mldsa = _lines("bcd", COSIGNATURE_MLDSA44)
    again = cosign(_HEAD, make_mirror("b"), AT + 500)
    rows: list[tuple[str, str, Any, list[Signature], int, str]] = [
        ("three of four", "q = 3; second smallest time", _PLAIN, _lines("abc"), AT + 10, "abc"),
        ("all four", "more than a quorum", _PLAIN, _lines("dcba"), AT + 10, "abcd"),
        ("without the owner's mirror", "others suffice", _PLAIN, _lines("bcd"), AT + 20, "bcd"),
        ("an outsider beside", "unknown keys are ignored", _PLAIN, _lines("abcg"), AT + 10, "abc"),
        ("one signs twice", "its earliest counts", _PLAIN, [again, *_lines("abc")], AT + 10, "abc"),
        (
            "all of three",
            "f = 0: smallest time",
            {**_PLAIN, "members": 3},
            _lines("abc"),
            AT,
            "abc",
        ),
        ("the only member", "n = 1", {**_PLAIN, "members": 1}, _lines("a"), AT, "a"),
        (
            "five of seven",
            "q = 5, f = 2",
            {**_PLAIN, "members": 7},
            _lines("abcde"),
            AT + 20,
            "abcde",
        ),
        ("both algorithms", "the later time", _HYBRID, [*_lines("abc"), *mldsa], AT + 20, "bc"),
    ]
    return [
        {
            **_case(name, why, "valid", shape, sign_head(lines)),
            "at_seconds": at,
            "counted": list(counted),
        }
        for name, why, shape, lines, at, counted in rows
    ]


def _list_not_final() -> list[dict[str, Any]]:
    three = {**_PLAIN, "members": 3}
    twice = [*_lines("ab"), cosign(_HEAD, make_mirror("b"), AT + 60)]
    split = [*_lines("ab"), *_lines("cd", COSIGNATURE_MLDSA44)]
    unsigned = sign_head(_lines("abc")).replace("— a.bank.example/ledger/1 ", "— q.example ")
    mirror_as_log = cosign(_HEAD, make_mirror("a"))
    rows = [
        ("two of four", "q = 3", _PLAIN, sign_head(_lines("ab"))),
        ("two of three", "below four all must cosign", three, sign_head(_lines("ab"))),
        ("the log alone", "its signature is no cosignature", _PLAIN, sign_head([])),
        ("one member twice", "a member counts once", _PLAIN, sign_head(twice)),
        ("the log's line missing", "the log must sign", _PLAIN, unsigned),
        (
            "a line over another size",
            "cosignatures on different sizes do not add up",
            _PLAIN,
            sign_head([*_lines("ab"), *_lines("c", head=_OTHER)]),
        ),
        ("one algorithm only", "both are required", _HYBRID, sign_head(_lines("abcd"))),
        ("two by each algorithm", "each must reach q by itself", _HYBRID, sign_head(split)),
        (
            "the owner's mirror twice for the log",
            "the owner's mirror line counts as one",
            _PLAIN,
            sign_head([mirror_as_log, *_lines("b")]),
        ),
    ]
    return [_case(name, why, "SignatureError", shape, note) for name, why, shape, note in rows]
