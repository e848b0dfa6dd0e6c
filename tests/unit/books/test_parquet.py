"""Columns of Parquet files keep their types and have an exact text, or problems are listed."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from fundtrace.books.csvtext import RawTable
from fundtrace.books.parquet import (
    DamagedFileError,
    get_version,
    hash_file,
    open_parquet,
    to_text,
)
from fundtrace.model.problems import Problem


def write_parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def parse_parquet(
    content: bytes, name: str, exact: frozenset[str] | set[str] = frozenset()
) -> tuple[RawTable, list[Problem]]:
    return open_parquet(io.BytesIO(content), name, exact=exact)


def read_parquet(frame: pl.DataFrame) -> dict[str, list[str]]:
    table, problems = parse_parquet(write_parquet(frame), "t.parquet")
    assert problems == []
    return {name: to_text(column).to_list() for name, column in table.columns.items()}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series(["6222", None, " x"]), ["6222", "", " x"]),
        (pl.Series([6222020200112233445, -1, None]), ["6222020200112233445", "-1", ""]),
        (pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(38, 2)), ["1.50", ""]),
        (pl.Series([dt.date(2026, 3, 5), None]), ["2026-03-05", ""]),
        (pl.Series([dt.datetime(2026, 3, 5, 9, 30), None]), ["2026-03-05T09:30:00", ""]),  # noqa: DTZ001
        (pl.Series([True, None]), ["true", ""]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series([0.25, float("nan"), None]), ["0.25", "", ""]),
        (pl.Series([None, None], dtype=pl.Null), ["", ""]),
    ],
)
def test_parquet_columns_become_text_exactly(values: pl.Series, expected: list[str]) -> None:
    assert read_parquet(pl.DataFrame({"c": values})) == {"c": expected}


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_times_keep_their_fraction(unit: str) -> None:
    at = dt.datetime(2026, 3, 5, 9, 30, 0, 123_000)  # noqa: DTZ001
    values = pl.Series([at]).cast(pl.Datetime(unit))
    (text,) = read_parquet(pl.DataFrame({"c": values}))["c"]
    assert dt.datetime.fromisoformat(text) == at


def test_parquet_times_below_a_microsecond_are_not_cut() -> None:
    values = pl.Series([1_234_567_891]).cast(pl.Datetime("ns"))
    assert read_parquet(pl.DataFrame({"c": values})) == {"c": ["1970-01-01T00:00:01.234567891"]}


def test_parquet_times_with_a_zone_are_rendered_in_utc() -> None:
    at = dt.datetime(2026, 3, 5, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert read_parquet(pl.DataFrame({"c": [at]})) == {"c": ["2026-03-05T01:30:00Z"]}


def test_parquet_rows_are_numbered_from_one() -> None:
    table, _ = parse_parquet(write_parquet(pl.DataFrame({"c": ["x", "y"]})), "t.parquet")
    assert (table.line.tolist(), table.header_line) == ([1, 2], 0)


@pytest.mark.parametrize("kind", [pl.Float32, pl.Float64])
def test_floats_are_refused_where_digits_matter(kind: type[pl.DataType]) -> None:
    content = write_parquet(pl.DataFrame({"amount": pl.Series([1.5], dtype=kind)}))
    _, problems = parse_parquet(content, "t.parquet", exact={"amount"})
    expected = "loses digits; store amounts as text or decimal"
    assert [(problem.column, problem.reason.partition("which ")[2]) for problem in problems] == [
        ("amount", expected)
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pl.Series([[1, 2]]), "is List(Int64) in the file, not a plain value"),
        (pl.Series([b"\xff"]), "is Binary in the file and cannot be read as text: "),
    ],
)
def test_columns_without_a_text_form_are_refused(values: pl.Series, reason: str) -> None:
    _, problems = parse_parquet(write_parquet(pl.DataFrame({"c": values})), "t.parquet")
    assert [(problem.column, problem.reason[: len(reason)]) for problem in problems] == [
        ("c", reason)
    ]


def test_a_parquet_column_without_a_name_is_refused() -> None:
    _, problems = parse_parquet(write_parquet(pl.DataFrame({"": ["x"], "b": ["y"]})), "t.parquet")
    assert [str(problem) for problem in problems] == ["t.parquet: a column has no name"]


def test_parquet_names_that_become_equal_are_refused() -> None:
    content = write_parquet(pl.DataFrame({"a": ["x"], " a": ["y"]}))
    table, problems = parse_parquet(content, "t.parquet")
    assert [str(problem) for problem in problems] == [
        "t.parquet: a: stands more than once in the header"
    ]
    assert table.columns == {}


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\x00" * 40 + b"PAR1", b"a,b\n1,2\n"])
def test_bytes_that_are_no_parquet_are_a_problem(content: bytes) -> None:
    _, problems = parse_parquet(content, "t.parquet")
    assert len(problems) == 1
    assert problems[0].reason.startswith("is not a Parquet file that can be read: ")


def damage(content: bytes, at: int) -> bytes:
    """Overwrite some bytes of the first column's pages."""
    return content[:at] + b"\xff" * 40 + content[at + 40 :]


def test_a_column_that_turns_out_to_be_damaged_is_a_problem_of_the_file(tmp_path: Path) -> None:
    names = [f"M{one}" for one in range(1_000)]
    path = tmp_path / "t.parquet"
    path.write_bytes(damage(write_parquet(pl.DataFrame({"a": names})), 200))
    with path.open("rb") as file:
        table, problems = open_parquet(file, "t.parquet")
        assert problems == []
        with pytest.raises(DamagedFileError, match=r"t\.parquet: is not a Parquet file"):
            table.columns["a"]


def test_writing_into_an_open_file_is_noticed_and_replacing_it_changes_nothing(
    tmp_path: Path,
) -> None:
    path, other = tmp_path / "t.parquet", tmp_path / "other"
    path.write_bytes(write_parquet(pl.DataFrame({"a": ["x"]})))
    other.write_bytes(b"something else")
    with path.open("rb") as file:
        version, digest = get_version(file), hash_file(file)
        other.replace(path)
        assert (get_version(file), hash_file(file)) == (version, digest)
    with path.open("rb") as file:
        version = get_version(file)
        path.write_bytes(b"and more than before")
        assert get_version(file) != version
