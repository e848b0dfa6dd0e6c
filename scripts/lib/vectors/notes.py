"""Signed notes: lines that count, lines that are ignored, lines that reject all."""

from __future__ import annotations

from typing import Any

from fundtrace.tlog.keys import SignerKey
from fundtrace.tlog.note import Note, Signature, sign_note
from vectors.keys import list_vkeys, make_key, set_spare_bit

_TEXT = "两笔贷款在此相遇\nTwo loans meet here\n"
_A, _B, _OTHER = (make_key(f"{one}.bank.example/notes") for one in "abz")


def build() -> list[dict[str, Any]]:
    """Return the cases."""
    return [*_list_valid(), *_list_untrusted(), *_list_malformed()]


def _sign(text: str, *signers: SignerKey) -> str:
    return sign_note(text.encode(), signers).encode().decode()


def _case(name: str, why: str, expect: str, note: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "vkeys": list_vkeys(_A, _B),
        "note": note,
        **more,
    }


def _list_valid() -> list[dict[str, Any]]:
    strange = "one\u2028two\u0085three\u00a0four\n"
    unknown = Signature(_A.name, bytes(4), b"what another type of signature may look like")
    shared_id = Signature("q.bank.example/notes", _A.verifier.key_id, bytes(64))
    with_unknown = sign_note(_TEXT.encode(), [_A]).add_lines([unknown, shared_id]).encode()
    hundred = sign_note(_TEXT.encode(), [_OTHER] * 99 + [_A]).encode()
    twice = _sign(_TEXT, _A, _A)
    cases = [
        ("one signer", "the simplest note", _sign(_TEXT, _A), [_A]),
        ("two signers", "both verify", _sign(_TEXT, _B, _A), [_B, _A]),
        ("an unknown signer beside", "unknown lines are ignored", _sign(_TEXT, _OTHER, _A), [_A]),
        ("a known name or id alone", "both must match a key", with_unknown.decode(), [_A]),
        ("empty lines in the text", "the last one separates", _sign("one\n\n\ntwo\n", _A), [_A]),
        ("a text of one newline", "it may be empty otherwise", _sign("\n", _A), [_A]),
        ("foreign line breaks", "only U+000A ends a line", _sign(strange, _A), [_A]),
        ("a hundred lines", "the most that we accept", hundred.decode(), [_A]),
        ("the same line twice", "a key counts once", twice, [_A]),
    ]
    return [
        _case(name, why, "valid", note, signed_by=[key.name for key in keys])
        for name, why, note, keys in cases
    ]


def _list_untrusted() -> list[dict[str, Any]]:
    good = sign_note(_TEXT.encode(), [_A])
    forged = Signature(_B.name, _B.verifier.key_id, good.signatures[0].blob)
    short = Signature(_A.name, _A.verifier.key_id, good.signatures[0].blob[:63])
    changed = Note(_TEXT.replace("Two", "Ten").encode(), good.signatures)
    cases = [
        ("only an unknown signer", "nobody known vouches", _sign(_TEXT, _OTHER)),
        ("a changed text", "the text is what is signed", changed.encode().decode()),
        (
            "one bad line of a known key",
            "it rejects all",
            good.add_lines([forged]).encode().decode(),
        ),
        ("a signature cut short", "63 bytes", Note(_TEXT.encode(), (short,)).encode().decode()),
    ]
    return [_case(name, why, "SignatureError", note) for name, why, note in cases]


def _list_malformed() -> list[dict[str, Any]]:
    good = _sign(_TEXT, _A)
    many = sign_note(_TEXT.encode(), [_OTHER] * 100).encode().decode() + good.rpartition("\n\n")[2]
    name = _A.name
    signature = good.rpartition(" ")[2]
    head = f"{_TEXT}\n— {name} "
    tail = "— " + good.rpartition("— ")[2]
    cases = [
        ("a hundred and one lines", "a limit against floods", many),
        ("no signature line", "at least one", _TEXT + "\n"),
        ("no empty line", "it separates text and lines", _TEXT + tail),
        ("no final newline", "the last line has one", good[:-1]),
        ("no newline behind the text", "the text ends in one", f"{_TEXT[:-1]}{tail}"),
        ("carriage returns", "a control character", good.replace("\n", "\r\n")),
        ("a tab in the text", "a control character", good.replace("Two", "Two\t")),
        ("a zero byte", "a control character", good.replace("Two", "T\x00o")),
        ("a hyphen", "the dash is U+2014", good.replace("—", "-")),
        ("two spaces", "fields have one between", good.replace(f" {name} ", f" {name}  ")),
        ("a space at the end", "a third field", good[:-1] + " \n"),
        ("a no-break space in the name", "any Unicode space", good.replace(name, "a\u00a0b")),
        ("a plus in the name", "vkeys are split there", good.replace(name, "a+b")),
        ("no name", "a name is not empty", good.replace(f" {name} ", "  ")),
        ("a foreign character", "b64decode drops it", head + signature[:8] + "!" + signature[8:]),
        ("no padding", "base64 is padded", head + signature.rstrip("=\n") + "\n"),
        ("bits left over", "base64 is canonical", head + set_spare_bit(signature)),
        ("a key id and no signature", "four bytes are the id alone", head + "AAAAAA==\n"),
        ("three bytes", "not even a key id", head + "AAAA\n"),
        ("nothing", "an empty file", ""),
    ]
    return [_case(name, why, "EncodingError", note) for name, why, note in cases]
