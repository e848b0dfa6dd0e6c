"""Strict reading of the text formats: lines, decimals, base64, names, the head of a checkpoint.

Python's own readers take too much for a format whose bytes are signed: ``int`` takes spaces,
signs, underscores and foreign digits, ``b64decode`` drops foreign characters and trailing bits,
``splitlines`` and ``split`` break at U+2028, U+0085 and the no-break space. So everything here
works on bytes, takes the one canonical form, and raises EncodingError for any other; what is
parsed encodes to the same bytes again.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Final

from fundtrace.errors import EncodingError
from fundtrace.model.characters import has_space
from fundtrace.tlog.hashing import check_hash

INTEGER_LIMIT: Final = 2**63  # sizes, indexes and times lie below it, as C2SP and gRPC have them
NAME_BYTES_MAX: Final = 255  # LIMIT: one length byte in the message of an ML-DSA cosignature
HEAD_LINES: Final = 3
_DECIMAL: Final = re.compile(rb"0|[1-9][0-9]{0,18}")


def split_lines(data: bytes, what: str) -> list[bytes]:
    """Return the lines of ``data``, each without its newline; the last line must have one too."""
    if not data.endswith(b"\n"):
        raise EncodingError(f"{what} must end in a newline: it was cut or never finished")
    return data[:-1].split(b"\n")


def parse_decimal(field: bytes, what: str) -> int:
    """Return the number below 2^63 that ``field`` is in ASCII decimal without leading zeros."""
    if _DECIMAL.fullmatch(field) is None or int(field) >= INTEGER_LIMIT:
        raise EncodingError(
            f"{what} is {_show(field)}; write a decimal number below 2^63, digits 0-9 alone"
        )
    return int(field)


def check_integer(value: int, what: str) -> None:
    """Check that a size, an index or a time is at least 0 and below 2^63."""
    if not 0 <= value < INTEGER_LIMIT:
        raise EncodingError(f"{what} is {value}; it must be at least 0 and below 2^63")


def parse_base64(field: bytes, what: str) -> bytes:
    """Return the bytes that ``field`` is the canonical, padded base64 of (RFC 4648 section 4)."""
    try:
        value = b64decode(field, validate=True)
    except ValueError as error:
        raise EncodingError(f"{what} is {_show(field)}, which is not base64") from error
    if b64encode(value) != field:  # foreign characters, or bits left over in the last one
        raise EncodingError(f"{what} is {_show(field)}, which is not the canonical base64")
    return value


def parse_hash(field: bytes, what: str) -> bytes:
    """Return the 32-byte hash that ``field`` is in base64."""
    value = parse_base64(field, what)
    check_hash(value, what)
    return value


def parse_text(data: bytes, what: str) -> str:
    """Return ``data`` as text: UTF-8 without control characters but newlines."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise EncodingError(f"{what} is not UTF-8: {error.reason}") from error
    # SPEC: signed-note "Format": no ASCII control characters below U+0020 other than newline
    if any(character < " " and character != "\n" for character in text):
        raise EncodingError(f"{what} holds a control character; only newlines are allowed")
    return text


def check_name(name: str, what: str) -> None:
    """Check the name of a key or a log: not empty, no Unicode space, no plus, no control.

    What stands in a foreign note may be long; our own names and origins are checked to fit in
    255 bytes by ``check_own_name``.
    """
    # SPEC: signed-note "Format": key names are non-empty, without Unicode spaces and plus
    if not name:
        raise EncodingError(f"{what} is empty; give a name such as bank.example/ledger/1")
    if "+" in name or has_space(name) or any(character < " " for character in name):
        raise EncodingError(f"{what} {name!r} holds a space, a plus or a control character")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise EncodingError(f"{what} {name!r} holds half of a surrogate pair")


def check_own_name(name: str, what: str) -> None:
    """Check a name as ``check_name`` does, and that it has at most 255 bytes in UTF-8."""
    check_name(name, what)
    if len(name.encode()) > NAME_BYTES_MAX:
        raise EncodingError(f"{what} has {len(name.encode())} bytes; the most is {NAME_BYTES_MAX}")


def parse_head(text: bytes) -> tuple[str, int, bytes]:
    """Return origin, size and root hash of a checkpoint's text (C2SP tlog-checkpoint).

    Extension lines are refused: an ML-DSA cosignature does not sign them. The origin keeps the
    recommended form, a name without spaces and plus, since it is the name of the log's key too.
    """
    lines = split_lines(text, "a checkpoint's text")
    if len(lines) != HEAD_LINES:
        raise EncodingError(
            f"a checkpoint's text has {len(lines)} lines; it has three: origin, size, root hash"
        )
    origin = parse_text(lines[0], "an origin")
    check_own_name(origin, "an origin")
    size = parse_decimal(lines[1], "a tree size")
    return origin, size, parse_hash(lines[2], "a root hash")


def _show(field: bytes) -> str:
    return repr(field[:40]) + ("..." if len(field) > 40 else "")
