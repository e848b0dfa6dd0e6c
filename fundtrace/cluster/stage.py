"""The stage: what passes compute with, as files that workers read.

``slice-N.parquet`` are events in order with all columns of their movements, ``range-N.parquet``
the outflows of accounts in ranges of their numbers, the others accounts, loans, and lists of
special movements. All are numbers: ids are positions in the client's tables, and no account
number, name or text is among them. ``manifest.json`` names every file with its SHA-256, the
format, and the stamp of the kernels' source. A task is told the digest of the manifest, and
every read checks what it read, so that no task computes with files of another stage.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from fundtrace.books.files import replace_folder
from fundtrace.errors import EncodingError, InvalidInputError, UnavailableError
from fundtrace.model.tables import Int64s
from fundtrace.trace.kernel import layout as at
from fundtrace.trace.kernel.axes import FifoIndex
from fundtrace.trace.kernel.fronts import Grounds, Outflows, list_outflows
from fundtrace.trace.kernel.jit import STAMP
from fundtrace.trace.kernel.slices import Register, Slice, build_register, list_slices

FORMAT = 1
# LIMIT: rows of a partition; about 25 MB in memory. A task holds one at a time.
ROWS_MAX = 1 << 19
_MANIFEST = "manifest.json"
_ACCOUNTS = ("end", "reached", "opening", "limit", "keys", "holders")
_TABLES = {"loans": at.LOAN_WIDTH, "drawn": 3, "payees": 2}

Arrays = Mapping[str, Any]


class Stage(NamedTuple):
    """Where a stage lies, as a task is told."""

    folder: str
    digest: str  # of its manifest
    slice_count: int
    ranges: tuple[int, ...]  # first account of each range


@contextmanager
def open_stage(index: FifoIndex, work: Path | None, rows_max: int = ROWS_MAX) -> Iterator[Stage]:
    """Write a stage into a folder of its own in ``work``, and remove it at the end.

    Without ``work`` it lies in this machine's folder for temporary files. Only this user may
    read it. Raises InvalidInputError where it cannot be written.
    """
    try:
        beside = tempfile.TemporaryDirectory(
            prefix="fundtrace-stage-", dir=work, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise InvalidInputError(
            f"cannot write into the work folder {work}: {error.strerror or error}"
        ) from error
    with beside as folder:
        yield write_stage(index, Path(folder).resolve() / "stage", rows_max)


def write_stage(index: FifoIndex, folder: Path, rows_max: int = ROWS_MAX) -> Stage:
    """Write a stage; the folder appears whole or not at all."""
    register = build_register(index.prepared)
    digests: dict[str, str] = {}
    with replace_folder(folder) as fresh:

        def put(name: str, arrays: Arrays) -> None:
            content = io.BytesIO()
            pl.DataFrame(arrays).write_parquet(content, compression="lz4", statistics=False)
            digests[name] = hashlib.sha256(content.getvalue()).hexdigest()
            (fresh / f"{name}.parquet").write_bytes(content.getvalue())

        count = 0
        for count, one in enumerate(list_slices(index.prepared, rows_max), 1):
            put(f"slice-{count - 1}", one._asdict())
        outflows = list_outflows(index, rows_max)
        bounds = [[one.low, one.high] for one in outflows]
        for place, range_ in enumerate(outflows):
            arrays = range_._asdict()
            del arrays["low"], arrays["high"]
            put(f"range-{place}", arrays)
        put("accounts", _list_accounts(register, index))
        put("originals", register.originals._asdict())
        for name in _TABLES:
            table = getattr(register, name)
            put(name, {str(column): table[:, column] for column in range(table.shape[1])})
        manifest = {
            "format": FORMAT,
            "kernels": STAMP,
            "ends_at": register.ends_at,
            "slices": count,
            "ranges": bounds,
            "sha256": digests,
        }
        text = json.dumps(manifest, indent=1).encode()
        (fresh / _MANIFEST).write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    return Stage(str(folder), digest, count, tuple(low for low, _ in bounds))


def _list_accounts(register: Register, index: FifoIndex) -> Arrays:
    """Return one row per account, last OUTSIDE, of which some columns know nothing."""
    count = len(register.end)
    columns = {name: getattr(register, name) for name in _ACCOUNTS}
    padded = {
        name: column if len(column) == count else np.append(column, column.dtype.type(0))
        for name, column in columns.items()
    }
    return {**padded, "is_odd": index.axes.is_odd}


def read_manifest(stage: Stage) -> dict[str, Any]:
    """Return the manifest of a stage.

    Raises UnavailableError where this machine does not see it, InvalidInputError where this
    installation cannot compute with it, EncodingError where it is not the stage meant.
    """
    content = _read(stage, _MANIFEST)
    if hashlib.sha256(content).hexdigest() != stage.digest:
        raise EncodingError(f"{stage.folder} does not hold the stage that this task is about")
    manifest: dict[str, Any] = json.loads(content)
    if manifest.get("format") != FORMAT:
        raise InvalidInputError(
            f"the stage has format {manifest.get('format')}, this worker reads {FORMAT}; "
            "install one version of fundtrace everywhere"
        )
    if manifest["kernels"] != STAMP:
        raise InvalidInputError(
            "client and worker have different kernels; install one version of fundtrace everywhere"
        )
    return manifest


def read_slice(stage: Stage, place: int) -> Slice:
    """Return a slice of the events."""
    return Slice(**_load(stage, f"slice-{place}"))


def read_range(stage: Stage, place: int) -> Outflows:
    """Return the outflows of a range of accounts."""
    low, high = read_manifest(stage)["ranges"][place]
    return Outflows(low=low, high=high, **_load(stage, f"range-{place}"))


def read_register(stage: Stage) -> Register:
    """Return everything but the events."""
    accounts = _load(stage, "accounts")
    count = len(accounts["end"]) - 1
    columns = {
        name: accounts[name] if name in ("end", "reached") else accounts[name][:count]
        for name in _ACCOUNTS
    }
    return Register(
        **columns,
        loans=_read_table(stage, "loans"),
        drawn=_read_table(stage, "drawn"),
        payees=_read_table(stage, "payees"),
        ends_at=read_manifest(stage)["ends_at"],
        originals=Slice(**_load(stage, "originals")),
    )


def read_loans(stage: Stage) -> tuple[Int64s, int]:
    """Return the table of loans, and the time asked."""
    return _read_table(stage, "loans"), read_manifest(stage)["ends_at"]


def read_grounds(stage: Stage) -> Grounds:
    """Return what mapping asks of every account."""
    accounts = _load(stage, "accounts")
    acc = [accounts[name][:-1] for name in ("end", "keys", "holders")]
    return Grounds(np.stack(acc, axis=1).astype(np.int64), accounts["is_odd"])


def _read_table(stage: Stage, name: str) -> Int64s:
    columns = _load(stage, name)
    table = np.empty((len(columns["0"]), _TABLES[name]), dtype=np.int64)
    for column in range(_TABLES[name]):
        table[:, column] = columns[str(column)]
    return table


def _load(stage: Stage, name: str) -> dict[str, Any]:
    """Return the columns of a file, as arrays that may be written to."""
    content = _read(stage, f"{name}.parquet")
    if hashlib.sha256(content).hexdigest() != read_manifest(stage)["sha256"].get(name):
        raise EncodingError(f"{name}.parquet in {stage.folder} is not what was written there")
    frame = pl.read_parquet(io.BytesIO(content))
    return {one.name: own(one.to_numpy()) for one in frame}


def _read(stage: Stage, name: str) -> bytes:
    try:
        return (Path(stage.folder) / name).read_bytes()
    except OSError as error:
        raise UnavailableError(
            f"a worker cannot read {name} in {stage.folder} ({error.strerror or error}); name "
            "a folder with --work that client and workers see under one path, as one user"
        ) from error


def own(array: Any) -> Any:
    """Return an array as compiled code wants it: whole, aligned, and free to be written to."""
    return np.require(array, requirements=["C", "A", "W"])
