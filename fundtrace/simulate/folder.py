"""A world as a folder: all of its files or none, the same bytes on every machine.

Parquet is written from one chunk with fixed row groups and one compression level, so that the
number of threads leaves no trace; CSV has every value as text, absent ones as nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from fundtrace.books.files import check_folder, replace_folder
from fundtrace.books.tables import LAYOUTS
from fundtrace.errors import InvalidInputError
from fundtrace.simulate.registers import build_registers
from fundtrace.simulate.tables import build_movements, build_truth
from fundtrace.simulate.world import World

FILE_FORMATS = ("parquet", "csv")
MANIFEST = "world.json"
TRUTHS = ("truth_diversions", "truth_negatives")
WORLD_VERSION = 1  # rises when the same seed gives another world
_ROW_GROUP_ROWS = 1 << 20
_CSV_MOVEMENTS_MAX = 100_000  # unless asked for: what a person may still open
_OURS = frozenset(
    {MANIFEST, *(f"{name}.{kind}" for name in (*LAYOUTS, *TRUTHS) for kind in FILE_FORMATS)}
)


def choose_format(asked: str | None, movements: int) -> str:
    """Return the format asked for, or the one that fits; raises InvalidInputError."""
    if asked is None:
        return "csv" if movements <= _CSV_MOVEMENTS_MAX else "parquet"
    if asked not in FILE_FORMATS:
        raise InvalidInputError(f"{asked!r} is none of: {' '.join(FILE_FORMATS)}")
    return asked


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds anything, but for a former world that may be replaced."""
    check_folder(folder, _OURS, overwrite=overwrite)


def write_world(
    world: World, folder: Path, *, file_format: str = "parquet", overwrite: bool = False
) -> dict[str, int]:
    """Write all tables of a world and return how many rows each has.

    Raises InvalidInputError where the folder holds something else or cannot be written.
    """
    file_format = choose_format(file_format, 0)
    check_target(folder, overwrite=overwrite)
    with replace_folder(folder) as fresh:
        return _write_all(world, fresh, file_format)


def _write_all(world: World, folder: Path, file_format: str) -> dict[str, int]:
    frame = build_movements(world)
    rows = {"movements": frame.height}
    _write_table(frame, folder / f"movements.{file_format}")
    del frame
    for name, table in {**build_registers(world), **build_truth(world)}.items():
        rows[name] = table.height
        _write_table(table, folder / f"{name}.{file_format}")
    size = world.size
    manifest = {
        "world_version": WORLD_VERSION,
        "seed": size.seed,
        "scale": size.scale,
        "movements_asked": size.movements,
        "rows": rows,
    }
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return rows


def _write_table(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.rechunk().write_parquet(
            path,
            compression="zstd",
            compression_level=3,
            statistics=False,
            row_group_size=_ROW_GROUP_ROWS,
        )
        return
    texts = [
        pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S")
        if kind == pl.Datetime("us")
        else pl.col(name).cast(pl.String).replace("", None)
        for name, kind in frame.schema.items()
    ]
    frame.select(texts).write_csv(path, line_terminator="\n")
