"""Evidence from files: which kind of file it is, what has to be given with it, the verdict."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from fundtrace.errors import InvalidInputError
from fundtrace.evidence.findings import Verdict
from fundtrace.evidence.foreign import check_checkpoint, check_log, check_proof
from fundtrace.evidence.package import PACKAGE_BYTES_MAX, parse_package
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.proof_file import PROOF_HEADER

_ZIP_MAGIC = b"PK"
# LIMIT: whatever is no package: an entry bundle of 256 entries of 64 KiB has 16.8 MB.
_FILE_BYTES_MAX = 1 << 25


def verify_evidence(
    path: Path,
    *,
    pinned_root: bytes | None = None,
    entry: Path | None = None,
    log_key: VerifierKey | None = None,
    cosigners: Sequence[VerifierKey] = (),
) -> Verdict:
    """Check a file of evidence without a network; which kind it is shows in its first bytes.

    An evidence package wants ``pinned_root``, the SHA-256 of roster version 1 (32 bytes). A
    proof file (C2SP tlog-proof) wants ``log_key``, and ``entry``, the file with the leaf's exact
    bytes. A signed checkpoint, or the folder of a log in tiles (C2SP tlog-tiles), wants
    ``log_key``. Each of ``cosigners`` must have cosigned.

    Raises:
        InvalidInputError: The file cannot be read, or what is given does not fit its kind.
        EncodingError: The file is of none of these kinds, or damaged.
        NotFoundError: The folder holds no log.
    """
    if path.is_dir():
        key = _need_log_key(log_key, "the folder of a log")
        _refuse_unused("the folder of a log", pinned_root, entry)
        return check_log(_read_under(path), key, cosigners)
    data = _read(path, 2 * PACKAGE_BYTES_MAX)
    if data.startswith(_ZIP_MAGIC):
        if log_key is not None or cosigners or entry is not None:
            raise InvalidInputError(
                "an evidence package brings its keys and entries with it; give only its root"
            )
        from fundtrace.evidence.check import check_package

        return check_package(parse_package(data), pinned_root)
    if data.startswith(PROOF_HEADER):
        key = _need_log_key(log_key, "a proof file")
        _refuse_unused("a proof file", pinned_root)
        return check_proof(data, None if entry is None else _read(entry), key, cosigners)
    key = _need_log_key(log_key, "a checkpoint")
    _refuse_unused("a checkpoint", pinned_root, entry)
    verdict, _ = check_checkpoint(data, key, cosigners)
    return verdict


def _need_log_key(log_key: VerifierKey | None, what: str) -> VerifierKey:
    if log_key is None:
        raise InvalidInputError(
            f"{what} is checked against the log's key; give the vkey that the log is known by"
        )
    return log_key


def _refuse_unused(what: str, pinned_root: bytes | None, entry: Path | None = None) -> None:
    """Refuse what would not be looked at: a yes must never seem to cover it."""
    if pinned_root is not None:
        raise InvalidInputError(
            f"this is {what}, and no roster's root is checked with it; give an evidence package"
        )
    if entry is not None:
        raise InvalidInputError(
            f"this is {what}, and says nothing about an entry; give the entry's proof file"
        )


def _read(path: Path, package_bytes_max: int = 0) -> bytes:
    """Read a file of a size that its kind may have; which kind it is shows in its first bytes."""
    try:
        with path.open("rb") as file:
            is_package = file.peek(len(_ZIP_MAGIC)).startswith(_ZIP_MAGIC)
            bytes_max = package_bytes_max if is_package and package_bytes_max else _FILE_BYTES_MAX
            if os.fstat(file.fileno()).st_size > bytes_max:
                raise InvalidInputError(
                    f"{path} is larger than any evidence; was the file mixed up?"
                )
            return file.read()
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror}") from error


def _read_under(folder: Path) -> Callable[[str], bytes | None]:
    """Return a reader of the log's files; the paths come from us, never from the log."""

    def read(path: str) -> bytes | None:
        file = folder / path
        return _read(file) if file.is_file() else None

    return read
