"""A small file outside the database that knows how many promises the database must know of.

A promise is what other banks rely on for ever: the intent to sign a head, the state behind a
cosignature. A database that was restored from a backup, or copied, has forgotten the latest, and
would promise something else. The file beside it holds the database's identity and its number of
promises; it is written, and flushed to the disk, after the Tx of a promise and before anything
is signed. So it never knows more than the database, unless the database went back in time.

The file lies beside an SQLite database; for PostgreSQL the operator may name one, on the node's
own disk. Where both were restored together nothing shows here: a node asks its peers at every
start.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fundtrace.errors import UnavailableError
from fundtrace.store.database import FILE_MODE

SUFFIX: Final = "-guard"
# LIMIT: one line of fixed length, less than any disk's sector, so that no write of it tears.
_LINE: Final = re.compile(rb"fundtrace-guard 1 ([0-9a-f]{32}) ([0-9]{20}) ([0-9a-f]{16})\n")


@dataclass(frozen=True, slots=True)
class Guard:
    """What the file says: of which database, how many promises."""

    identity: bytes
    promises: int

    def encode(self) -> bytes:
        """Return the line; its last field is a checksum of the others."""
        head = f"fundtrace-guard 1 {self.identity.hex()} {self.promises:020} ".encode()
        return head + sha256(head).hexdigest()[:16].encode() + b"\n"


def parse_guard(data: bytes) -> Guard | None:
    """Return what a file says, or None for anything but a whole line."""
    match = _LINE.fullmatch(data)
    if match is None:
        return None
    guard = Guard(bytes.fromhex(match.group(1).decode()), int(match.group(2)))
    return guard if guard.encode() == data else None


def read_guard(path: Path) -> Guard | None:
    """Return what the file says; None where it is missing or damaged, which counts the same."""
    try:
        return parse_guard(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError(
            f"cannot read {path}: {error.strerror}; the node's user must be able to"
        ) from error


def write_guard(path: Path, guard: Guard) -> None:
    """Make the file say this, durably; a higher count of the same database is left as it is."""
    stored = read_guard(path)
    if stored is not None and stored.identity == guard.identity:
        if stored.promises >= guard.promises:
            return
        flags = os.O_WRONLY
    else:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        file = os.open(path, flags, FILE_MODE)
        try:
            data = guard.encode()
            if os.pwrite(file, data, 0) != len(data):
                raise UnavailableError(f"cannot write {path} whole; free space on its disk")
            os.fsync(file)
        finally:
            os.close(file)
        if flags & os.O_CREAT:
            _flush_folder(path.parent)
    except OSError as error:
        raise UnavailableError(
            f"cannot write {path}: {error.strerror}; without it nothing may be signed"
        ) from error


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
