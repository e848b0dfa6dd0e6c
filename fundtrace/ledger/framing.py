"""How what is hashed, keyed or signed in the ledger is put into bytes, so that nothing else reads so.

Every use of a secret and every signed message here begins with a label of its own and holds its
fields each behind its length, so that two different lists of fields never give the same bytes
and what is made for one purpose serves no other (domain separation). The first byte is always
zero (the high byte of the label's length): no signed note, checkpoint or cosignature can begin
so, and a key that signs one can never be made to sign the other.

- ``frame``: label and fields, unambiguous; ``parse_frame``, ``parse_name``, ``parse_number``: back.
- ``hash_frame``, ``mac_frame``, ``derive_key``: SHA-256, HMAC-SHA256 and HKDF-SHA256 over one.
- ``name_loan``, ``parse_loan_name``: the one name of a loan in frames and texts, its loan_key in hex.
- ``check_length``, ``check_name``: what fields must be before they go in.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.model.characters import find_forbidden, is_trimmed

KEY_BYTES = 32
HASH_BYTES = 32
LOAN_KEY_BYTES = 32

# LIMIT: ids, origins and consortium names; an origin may have 255 bytes (tlog-checkpoint).
NAME_BYTES_MAX = 255
NUMBER_MAX = 2**63 - 1

_PREFIX = "fundtrace/v1/"
_LOAN_NAME = re.compile(r"[0-9a-f]{64}")


def frame(label: str, *fields: bytes | str | int) -> bytes:
    """Return ``label`` and ``fields`` as bytes that no other label and fields give.

    Text is UTF-8, a whole number eight bytes, big end first; each field stands behind its
    length in four bytes. A label has one list of field types, so a number and the bytes that
    encode it are never confused.
    """
    parts = [f"{_PREFIX}{label}".encode()]
    for field in fields:
        if isinstance(field, int):
            parts.append(field.to_bytes(8, "big"))
        else:
            parts.append(field.encode() if isinstance(field, str) else field)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def parse_frame(data: bytes, label: str) -> list[bytes]:
    """Take the fields out of a frame of this label; ``frame`` of them gives ``data`` again.

    Raises EncodingError for bytes that are no frame, or one of another label.
    """
    parts, at = [], 0
    while at < len(data):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise EncodingError(f"the bytes end within a field of a message {label!r}")
        parts.append(data[start:at])
    if not parts or parts[0] != f"{_PREFIX}{label}".encode():
        raise EncodingError(f"not a message {label!r}")
    return parts[1:]


def parse_name(field: bytes, what: str) -> str:
    """Turn a field into a name; raises EncodingError for what ``check_name`` refuses."""
    try:
        name = field.decode()
        check_name(name, what)
    except (UnicodeDecodeError, InvalidInputError) as error:
        raise EncodingError(f"{what} cannot be read: {error}") from error
    return name


def parse_number(field: bytes, what: str) -> int:
    """Turn a field of eight bytes into a number; raises EncodingError where it is none."""
    number = int.from_bytes(field, "big")
    if len(field) != 8 or number > NUMBER_MAX:
        raise EncodingError(f"{what} is a number of eight bytes, at most 2^63 - 1")
    return number


def name_loan(loan_key: bytes) -> str:
    """Return the name of a loan in frames and signed texts: its loan_key in 64 small hex digits.

    The number of its contract is for people; two banks, or two loans, can have the same.
    """
    check_length(loan_key, LOAN_KEY_BYTES, "a loan_key")
    return loan_key.hex()


def parse_loan_name(name: str) -> bytes:
    """Return the loan_key that a name stands for; raises EncodingError for any other text."""
    if not _LOAN_NAME.fullmatch(name):
        raise EncodingError("a loan is named by its loan_key, in 64 hex digits, small letters")
    return bytes.fromhex(name)


def hash_frame(label: str, *fields: bytes | str | int) -> bytes:
    """Return the SHA-256 of a frame, 32 bytes."""
    return hashlib.sha256(frame(label, *fields)).digest()


def mac_frame(key: bytes, label: str, *fields: bytes | str | int) -> bytes:
    """Return the HMAC-SHA256 of a frame under a key of 32 bytes."""
    check_length(key, KEY_BYTES, "a key")  # HMAC takes k and k || 0 for one key
    return hmac.digest(key, frame(label, *fields), "sha256")


def hkdf_sha256(secret: bytes, salt: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    """Derive ``length`` bytes from a secret by HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def derive_key(secret: bytes, label: str, *fields: bytes | str | int, salt: bytes = b"") -> bytes:
    """Derive a key of 32 bytes for one purpose (the label) and one object (the fields)."""
    check_length(secret, KEY_BYTES, "a secret")
    return hkdf_sha256(secret, salt, frame(label, *fields))


def check_length(value: bytes, length: int, what: str) -> None:
    """Refuse bytes that are not exactly ``length`` long.

    Raises InvalidInputError, which says ``what`` it was and never shows the bytes.
    """
    if len(value) != length:
        raise InvalidInputError(f"{what} has {length} bytes, not {len(value)}")


def check_name(name: str, what: str, bytes_max: int = NAME_BYTES_MAX) -> None:
    """Refuse text that is empty, too long, begins or ends in a space, or is not all to be read.

    What is not to be read stands in ``model.characters``: controls, line ends, what turns the
    reading direction or takes no room.
    """
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"{what} is not text in UTF-8") from error
    if not 0 < size <= bytes_max:
        raise InvalidInputError(f"{what} has 1 to {bytes_max} bytes, not {size}")
    if find_forbidden(name) is not None:
        raise InvalidInputError(f"{what} holds a character that is not to be read: {name!r}")
    if not is_trimmed(name):
        raise InvalidInputError(f"{what} begins or ends in a space: {name!r}")


def check_number(number: int, what: str) -> None:
    """Refuse a number below zero or above 2^63 - 1."""
    if not 0 <= number <= NUMBER_MAX:
        raise InvalidInputError(f"{what} is 0 to 2^63 - 1, not {number}")
