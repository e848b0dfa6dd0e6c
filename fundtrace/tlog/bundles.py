"""Entry bundles: the entries beside a tile of level 0, each after its length.

A bundle is up to 256 times (u16 big-endian length, entry), nothing before, between or after
(C2SP tlog-tiles, "Log entries"). Its place in the log and how many entries belong to it stand
in its path, see ``fundtrace.tlog.tiles``; whether they are the log's, only their leaf hashes say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fundtrace.errors import EncodingError

ENTRY_BYTES_MAX: Final = 0xFFFF  # LIMIT: the length before an entry has 16 bits
BUNDLE_ENTRIES_MAX: Final = 256  # LIMIT: as many as a tile has hashes
LENGTH_BYTES: Final = 2


def check_entry(entry: bytes) -> None:
    """Check that ``entry`` fits a bundle; raises EncodingError."""
    if len(entry) > ENTRY_BYTES_MAX:
        raise EncodingError(
            f"an entry has at most {ENTRY_BYTES_MAX} bytes, this one {len(entry)}; split it"
        )


def encode_entry_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of 1 to 256 entries; raises EncodingError for other numbers or sizes."""
    _check_count(len(entries))
    parts: list[bytes] = []
    for entry in entries:
        check_entry(entry)
        parts += (len(entry).to_bytes(LENGTH_BYTES, "big"), entry)
    return b"".join(parts)


def parse_entry_bundle(data: bytes) -> tuple[bytes, ...]:
    """Return the 1 to 256 entries of a bundle; raises EncodingError unless all bytes are used."""
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + LENGTH_BYTES
        position = start + int.from_bytes(data[start - LENGTH_BYTES : start], "big")
        if position > len(data):
            raise EncodingError(
                f"entry {len(entries)} of the bundle is cut off; read the whole bundle again"
            )
        entries.append(data[start:position])
    _check_count(len(entries))
    return tuple(entries)


def _check_count(count: int) -> None:
    # SPEC: C2SP tlog-tiles, partial tiles: empty ones must not be served
    if not 1 <= count <= BUNDLE_ENTRIES_MAX:
        raise EncodingError(
            f"a bundle has 1 to {BUNDLE_ENTRIES_MAX} entries, this one {count}; cut at its path"
        )
