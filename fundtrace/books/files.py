"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Collection, Iterator
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


def check_folder(folder: Path, replaceable: Collection[str], *, overwrite: bool) -> None:
    """Refuse a folder that holds anything, but for files by these names that may be replaced.

    Raises InvalidInputError.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file, not a folder")
    names = sorted(path.name for path in folder.iterdir())
    others = [name for name in names if name not in replaceable]
    if others:
        raise InvalidInputError(f"{folder} holds other files ({others[0]}); name a new folder")
    if names and not overwrite:
        raise InvalidInputError(
            f"{folder} holds tables already; ask to overwrite them (--overwrite)"
        )


@contextlib.contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, and put it in the place of ``folder`` at the end.

    Where filling it fails, ``folder`` stays as it was. Raises InvalidInputError where it
    cannot be written.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            fresh, old = Path(beside) / "new", Path(beside) / "old"
            fresh.mkdir()
            yield fresh
            _swap(fresh, folder, old)
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be written: {error}") from error


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    """Put the fresh folder in place of what was there."""
    if not folder.exists():
        fresh.rename(folder)
        return
    folder.rename(old)
    # CRASH: the target is absent now; its former files lie beside it in a hidden folder.
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
