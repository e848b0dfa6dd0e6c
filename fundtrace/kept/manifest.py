"""kept.json: what a folder of a kept result is, and which files of which sizes make it up.

A folder is opened only where its format is known and every file is there in its full size:
what is mapped later must not end early.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.kept.parquet import Column
from fundtrace.trace.result import Scope

FORMAT = 1
NAME = "kept.json"

_KIND = "fundtrace kept result"


@dataclass(frozen=True)
class Manifest:
    """What was kept. ``columns`` say where those of each Parquet file lie."""

    package: str  # version of the package that wrote it
    snapshot: str  # of the tables
    as_of: int | None
    ends_at: int
    scope: Scope
    rules: tuple[str, ...]
    loans: int
    movements: int
    has_exposure: bool
    kernel_stamp: str  # of the states kept beside the results; "" where there are none
    columns: Mapping[str, tuple[Column, ...]]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write kept.json, the last file of a folder."""
    files = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    facts = {"kind": _KIND, "format": FORMAT, **asdict(manifest), "files": files}
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read and check kept.json and the sizes of all files.

    Raises InvalidInputError for a folder that is no kept result or of another format,
    EncodingError for one that is damaged.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder")
    facts = _read(folder)
    if facts.get("kind") != _KIND:
        raise InvalidInputError(f"{folder} holds no kept result; {_say_how(folder)}")
    if facts.get("format") != FORMAT:
        raise InvalidInputError(
            f"{folder} has format {facts.get('format')}, written by fundtrace "
            f"{facts.get('package')}; this one reads format {FORMAT}; {_say_how(folder)}"
        )
    try:
        files: dict[str, int] = facts["files"]
        for name, size in files.items():
            path = folder / name
            found = path.stat().st_size if path.is_file() else None
            if found != size:
                state = "is missing" if found is None else f"has {found} bytes, not {size}"
                raise EncodingError(f"{path} {state}; {_say_how(folder)}")
        return _build(facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EncodingError(f"{folder / NAME} is damaged; {_say_how(folder)}") from error


def describe_damage(folder: Path, what: str) -> EncodingError:
    """Return the error for a folder whose content cannot be right."""
    return EncodingError(f"{folder} is damaged ({what}); {_say_how(folder)}")


def is_kept(folder: Path) -> bool:
    """Tell whether a folder is a kept result, of any format, that a new one may replace."""
    try:
        return _read(folder).get("kind") == _KIND
    except InvalidInputError:
        return False


def _read(folder: Path) -> dict[str, Any]:
    path = folder / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInputError(f"{folder} holds no kept result; {_say_how(folder)}") from error
    except (ValueError, RecursionError) as error:
        raise EncodingError(f"{path} is damaged; {_say_how(folder)}") from error
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from error
    if not isinstance(facts, dict):
        raise EncodingError(f"{path} is damaged; {_say_how(folder)}")
    return facts


def _build(facts: dict[str, Any]) -> Manifest:
    columns = {name: tuple(Column(*one) for one in laid) for name, laid in facts["columns"].items()}
    names = ("package", "snapshot", "as_of", "ends_at", "loans", "movements", "has_exposure")
    return Manifest(
        **{name: facts[name] for name in (*names, "kernel_stamp")},
        scope=Scope(**facts["scope"]),
        rules=tuple(facts["rules"]),
        columns=columns,
    )


def _say_how(folder: Path) -> str:
    return f"make it with: fundtrace trace --data DIR --keep {folder}"
