"""Signed notes: a text and the lines of those who sign it (C2SP signed-note v1.0.0).

The text ends in a newline and may hold empty lines; the last empty line of the note separates
it from the signature lines. Lines of unknown keys are ignored; one line of a known key that does
not verify rejects the whole note; at least one known key must have signed. What verifies is the
text as it came, byte for byte: nothing is written again before it is verified.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fundtrace.errors import EncodingError, SignatureError
from fundtrace.tlog.keys import KEY_ID_BYTES, SignerKey, VerifierKey
from fundtrace.tlog.lines import check_name, parse_base64, parse_text, split_lines
from fundtrace.tlog.messages import sign_text, verify_text

SIGNATURES_MAX: Final = 100  # SPEC: signed-note "Format": at least 16 are accepted
NOTE_BYTES_MAX: Final = 2**20  # LIMIT: 100 ML-DSA lines of 3.3 kB are 330 kB
_DASH: Final = "— ".encode()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who signs, the id of the key, and what stands behind the id."""

    name: str
    key_id: bytes
    blob: bytes

    def __post_init__(self) -> None:
        """Refuse what could not stand in a line."""
        check_name(self.name, "the name in a signature line")
        if len(self.key_id) != KEY_ID_BYTES:
            raise EncodingError(f"a key id has {KEY_ID_BYTES} bytes, not {len(self.key_id)}")
        if not self.blob:
            raise EncodingError(f"the signature line of {self.name} holds no signature")

    def encode(self) -> bytes:
        """Return the line, with its newline."""
        return _DASH + self.name.encode() + b" " + b64encode(self.key_id + self.blob) + b"\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Return whether the line names this key; whether it verifies is another question."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signature lines, in the order in which they stand."""

    text: bytes
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        """Refuse a text without final newline, no signature, and more than the limit."""
        parse_text(self.text, "the text of a note")
        if not self.text.endswith(b"\n"):
            raise EncodingError("the text of a note must end in a newline")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise EncodingError(
                f"a note has 1 to {SIGNATURES_MAX} signature lines, not {len(self.signatures)}"
            )

    def encode(self) -> bytes:
        """Return the note's bytes: text, empty line, signature lines."""
        return b"".join([self.text, b"\n", *(one.encode() for one in self.signatures)])

    def find_lines(self, key: VerifierKey) -> tuple[Signature, ...]:
        """Return the lines that name this key, unverified."""
        return tuple(one for one in self.signatures if one.is_by(key))

    def add_lines(self, signatures: Iterable[Signature]) -> Note:
        """Return the note with further lines behind its own."""
        return Note(self.text, (*self.signatures, *signatures))


def parse_signature_line(line: bytes) -> Signature:
    """Return the signature line, given without its newline: dash, name, base64, one space each."""
    fields = line.removeprefix(_DASH).split(b" ")
    if not line.startswith(_DASH) or len(fields) != 2:
        raise EncodingError("a signature line is: U+2014, space, key name, space, base64")
    name = parse_text(fields[0], "the name in a signature line")
    decoded = parse_base64(fields[1], f"the signature of {name!r}")
    return Signature(name, decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:])


def parse_signature_lines(data: bytes) -> tuple[Signature, ...]:
    """Return the signature lines of ``data``, each ended by a newline, at least one."""
    lines = split_lines(data, "the signature lines")
    if len(lines) > SIGNATURES_MAX:
        raise EncodingError(f"there are {len(lines)} signature lines; the most is {SIGNATURES_MAX}")
    return tuple(parse_signature_line(line) for line in lines)


def split_note(data: bytes) -> tuple[bytes, bytes]:
    """Return a note's text and the bytes of its signature lines, which are not read yet."""
    if len(data) > NOTE_BYTES_MAX:
        raise EncodingError(f"a note has at most {NOTE_BYTES_MAX} bytes, this one {len(data)}")
    parse_text(data, "a note")
    # SPEC: signed-note "Format": "the text is separated from the signatures by the last empty line"
    end = data.rfind(b"\n\n")
    if end < 0:
        raise EncodingError("a note needs an empty line between its text and its signatures")
    return data[: end + 1], data[end + 2 :]


def parse_note(data: bytes) -> Note:
    """Return the note that these exact bytes are, or raise EncodingError."""
    text, lines = split_note(data)
    return Note(text, parse_signature_lines(lines))


def sign_note(text: bytes, signers: Sequence[SignerKey]) -> Note:
    """Return the note with one line of each signer, in their order; none may need a time.

    For cosignatures, which state a time, see ``fundtrace.tlog.cosignature``.
    """
    lines = [make_signature(signer, text, None) for signer in signers]
    return Note(text, tuple(lines))


def make_signature(signer: SignerKey, text: bytes, at_seconds: int | None) -> Signature:
    """Return the signature line of one signer over a note's text."""
    return Signature(signer.name, signer.verifier.key_id, sign_text(signer, text, at_seconds))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Verify every line of a known key; return the keys that signed, in the order of their lines.

    A key with several lines is returned once, and every line of it must verify. Raises
    SignatureError if a known key's line does not verify, or if no known key signed.
    """
    known = index_keys(keys)
    signed: dict[VerifierKey, None] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue  # SPEC: signed-note "Signatures": unknown keys MUST be ignored
        verify_text(key, note.text, line.blob)
        signed[key] = None
    if not signed:
        raise SignatureError("no key that is trusted for this note has signed it")
    return tuple(signed)


def index_keys(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    """Return the keys by (name, key id); two different keys under one such pair are refused."""
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise EncodingError(
                f"two keys share the name {key.name} and the key id {key.key_id.hex()}: "
                "no line could say which of them signed; give one another name"
            )
    return known
