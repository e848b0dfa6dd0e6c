"""Checkpoints: sizes, roots and origins as they may be written, and as they may not."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.hashing import EMPTY_ROOT, hash_leaf
from fundtrace.tlog.keys import SignerKey
from fundtrace.tlog.note import sign_note
from vectors.keys import ORIGIN, list_vkeys, make_key

_ROOT = hash_leaf(b"a root")
_ROOT_TEXT = b64encode(_ROOT).decode()


def build() -> list[dict[str, Any]]:
    """Return the cases."""
    return [*_list_valid(), *_list_malformed(), *_list_untrusted()]


def _case(name: str, why: str, expect: str, text: str, **more: Any) -> dict[str, Any]:
    signer = more.pop("signer", make_key(ORIGIN))
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "log_vkey": list_vkeys(more.pop("log_key", signer))[0],
        "note": sign_note(text.encode(), [signer]).encode().decode(),
        **more,
    }


def _list_valid() -> list[dict[str, Any]]:
    rows: list[tuple[str, str, Checkpoint]] = [
        ("a head", "three lines", Checkpoint(ORIGIN, 20_852_163, _ROOT)),
        ("the empty tree", "size 0, hash of nothing", Checkpoint(ORIGIN, 0, EMPTY_ROOT)),
        ("the largest size", "2^63 - 1", Checkpoint(ORIGIN, 2**63 - 1, _ROOT)),
        ("an origin in Chinese", "UTF-8", Checkpoint("甲银行.example/账本/1", 1, _ROOT)),
        ("an origin of 255 bytes", "the longest", Checkpoint("o" * 255, 1, _ROOT)),
    ]
    cases = []
    for name, why, head in rows:
        signer = make_key(head.origin)
        signed = sign_checkpoint(head, signer)
        values = {"origin": head.origin, "size": head.size, "root_hash_hex": head.root_hash.hex()}
        text = signed.note.text.decode()
        cases.append(_case(name, why, "valid", text, signer=signer, **values))
    return cases


def _list_malformed() -> list[dict[str, Any]]:
    sizes = [
        ("a leading zero", "one form only", "05"),
        ("a plus", "int() takes it", "+5"),
        ("a minus", "no size is negative", "-0"),
        ("a space before", "int() takes it", " 5"),
        ("a space behind", "int() takes it", "5 "),
        ("an underscore", "int() takes it", "5_0"),
        ("Arabic digits", "int() takes them", "٥"),
        ("full-width digits", "int() takes them", "５"),
        ("2^63", "sizes lie below", str(2**63)),
        ("twenty digits", "sizes lie below 2^63", "1" * 20),
        ("a fraction", "sizes are whole", "5.0"),
        ("hexadecimal", "sizes are decimal", "0x5"),
        ("no size", "a line is not empty", ""),
    ]
    texts = [
        (f"size: {name}", why, f"{ORIGIN}\n{size}\n{_ROOT_TEXT}\n") for name, why, size in sizes
    ]
    short = b64encode(_ROOT[:31]).decode()
    texts += [
        ("a root of 31 bytes", "SHA-256 has 32", f"{ORIGIN}\n5\n{short}\n"),
        ("a root in hex", "it is base64", f"{ORIGIN}\n5\n{_ROOT.hex()}\n"),
        ("no root", "three lines", f"{ORIGIN}\n5\n"),
        ("an extension line", "0x06 would not sign it", f"{ORIGIN}\n5\n{_ROOT_TEXT}\nmore\n"),
        ("an empty line behind", "three lines", f"{ORIGIN}\n5\n{_ROOT_TEXT}\n\n"),
        ("an origin with a space", "it names a key too", f"a bank\n5\n{_ROOT_TEXT}\n"),
        ("an origin with a plus", "it names a key too", f"a+bank\n5\n{_ROOT_TEXT}\n"),
        ("an origin of 256 bytes", "0x06 has one length byte", f"{'o' * 256}\n5\n{_ROOT_TEXT}\n"),
        ("no origin", "it is not empty", f"\n5\n{_ROOT_TEXT}\n"),
        ("U+0085 between the lines", "only U+000A ends a line", f"{ORIGIN}\x855\x85{_ROOT_TEXT}\n"),
    ]
    return [_case(name, why, "EncodingError", text) for name, why, text in texts]


def _list_untrusted() -> list[dict[str, Any]]:
    text = Checkpoint(ORIGIN, 5, _ROOT).encode().decode()
    other: SignerKey = make_key("z.bank.example/ledger/1")
    named = "the log's key is named by the origin"
    return [
        _case("signed by another log", named, "SignatureError", text, signer=other),
        _case(
            "signed by a key that is not the log's",
            "unknown lines do not count",
            "SignatureError",
            text,
            signer=other,
            log_key=make_key(ORIGIN),
        ),
    ]
