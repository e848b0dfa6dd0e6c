"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fundtrace.errors import InvalidInputError


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file beside its place, then rename it; raises InvalidInputError where it cannot."""
    if not target.name or target.is_dir():
        raise InvalidInputError(f"cannot write {str(target)!r}: name a file, not a folder")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise InvalidInputError(f"cannot write {target}: {error.strerror or error}") from error
