from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.kept import parquet
from fundtrace.kept.parquet import map_columns, write_columns


def make_columns(rows: int, more: int = 0) -> dict[str, np.ndarray]:
    numbers = np.arange(rows)
    return {
        "small": numbers.astype(np.int32) - 2,
        "large": (numbers.astype(np.int64) - 1) * 10**17,
        **{f"more_{name}": numbers.astype(np.int32) for name in range(more)},
    }


@pytest.mark.parametrize("rows", [0, 1, 7, 100_000])
@pytest.mark.parametrize("more", [0, 20])
def test_another_reader_reads_what_is_mapped(tmp_path: Path, rows: int, more: int):
    path, columns = tmp_path / "some.parquet", make_columns(rows, more)
    mapped = map_columns(path, write_columns(path, columns))
    read = pl.read_parquet(path)
    assert read.columns == list(columns)
    for name, values in columns.items():
        assert np.array_equal(mapped[name], values)
        assert mapped[name].dtype == values.dtype
        assert np.array_equal(read[name].to_numpy(), values)


def test_the_schema_says_numbers_of_their_width(tmp_path: Path):
    write_columns(tmp_path / "some.parquet", make_columns(3))
    schema = pl.read_parquet_schema(tmp_path / "some.parquet")
    assert schema == {"small": pl.Int32, "large": pl.Int64}


def test_a_mapped_column_cannot_be_written(tmp_path: Path):
    path = tmp_path / "some.parquet"
    mapped = map_columns(path, write_columns(path, make_columns(3)))
    with pytest.raises(ValueError, match="read-only"):
        mapped["small"][0] = 1


def test_values_lie_where_arrays_like_to_lie(tmp_path: Path):
    laid = write_columns(tmp_path / "some.parquet", make_columns(5))
    assert [column.offset % 64 for column in laid] == [0, 0]


def test_columns_of_different_lengths_are_no_table(tmp_path: Path):
    columns = {"a": np.zeros(1, dtype=np.int32), "b": np.zeros(2, dtype=np.int32)}
    with pytest.raises(ValueError, match="one length"):
        write_columns(tmp_path / "some.parquet", columns)


def test_more_rows_than_a_page_holds_are_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_MAX", 4)
    with pytest.raises(InvalidInputError, match="narrow the scope"):
        write_columns(tmp_path / "some.parquet", make_columns(5))


def test_other_bytes_are_no_parquet_file(tmp_path: Path):
    path = tmp_path / "some.parquet"
    laid = write_columns(path, make_columns(5))
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(ValueError, match="no Parquet file"):
        map_columns(path, laid)
