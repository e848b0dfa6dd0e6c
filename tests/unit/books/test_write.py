"""Tables are written whole, or not at all, and never over anything else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fundtrace.books.csvtext import parse_csv
from fundtrace.books.tables import load_tables
from fundtrace.books.write import write_tables
from fundtrace.errors import InvalidInputError

MEMBERS = pl.DataFrame({"bank": ["A", "B"], "name": ["甲", None]})


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_csv_is_plain_utf8_text(tmp_path: Path) -> None:
    write_tables({"members": MEMBERS}, tmp_path / "out")
    assert (tmp_path / "out/members.csv").read_bytes() == "bank,name\nA,甲\nB,\n".encode()


def test_parquet_holds_the_same_text(tmp_path: Path) -> None:
    write_tables({"members": MEMBERS}, tmp_path / "out", file_format="parquet")
    frame = pl.read_parquet(tmp_path / "out/members.parquet")
    assert frame.to_dict(as_series=False) == {"bank": ["A", "B"], "name": ["甲", ""]}


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_same_tables_are_the_same_bytes(tmp_path: Path, file_format: str) -> None:
    for name in ("one", "two"):
        write_tables({"members": MEMBERS}, tmp_path / name, file_format=file_format)
    one, two = (tmp_path / name / f"members.{file_format}" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("cell", ["a,b", 'a"b', "a\nb", "a\rb", "a\r\nb", '="1"', " a ", "中"])
def test_every_cell_comes_back_as_it_was(tmp_path: Path, cell: str) -> None:
    frame = pl.DataFrame({"bank": [cell, "x"], "name": ["y", cell]})
    write_tables({"members": frame}, tmp_path / "out")
    table, problems = parse_csv((tmp_path / "out/members.csv").read_bytes(), "members.csv")
    assert problems == []
    assert table.columns["bank"].to_list() == [cell, "x"]
    assert table.columns["name"].to_list() == ["y", cell]


def test_written_tables_can_be_loaded(tmp_path: Path) -> None:
    columns = ("movement_id", "booked_at", "debit_bank", "debit_account", "credit_bank")
    row = ("m1", "2026-03-05", "A", "1", "")
    frame = pl.DataFrame(
        {
            **{column: [cell] for column, cell in zip(columns, row, strict=True)},
            "credit_account": [""],
            "amount": ["1.00"],
            "currency": ["CNY"],
        }
    )
    write_tables({"movements": frame}, tmp_path / "out")
    assert load_tables(tmp_path / "out").movements.amount_minor.tolist() == [100]


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_tables({"members": MEMBERS}, tmp_path / "out")
    assert list_names(tmp_path / "out") == ["members.csv"]


def test_tables_are_not_replaced_unasked(tmp_path: Path) -> None:
    write_tables({"members": MEMBERS}, tmp_path / "out")
    with pytest.raises(InvalidInputError, match="holds tables already; ask to overwrite them"):
        write_tables({"members": MEMBERS}, tmp_path / "out")


def test_asked_to_the_whole_folder_is_replaced(tmp_path: Path) -> None:
    write_tables({"members": MEMBERS}, tmp_path / "out")
    parties = pl.DataFrame({"holder_id": ["H"]})
    write_tables({"parties": parties}, tmp_path / "out", file_format="parquet", overwrite=True)
    assert list_names(tmp_path / "out") == ["parties.parquet"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, overwrite: bool) -> None:  # noqa: FBT001
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"holds other files \(thesis\.docx\)"):
        write_tables({"members": MEMBERS}, out, overwrite=overwrite)
    assert list_names(out) == ["thesis.docx"]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="is a file, not a folder"):
        write_tables({"members": MEMBERS}, tmp_path / "out")


def test_nothing_is_left_beside_the_folder(tmp_path: Path) -> None:
    write_tables({"members": MEMBERS}, tmp_path / "deep/out")
    write_tables({"members": MEMBERS}, tmp_path / "deep/out", overwrite=True)
    assert list_names(tmp_path / "deep") == ["out"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        write_tables({"members": MEMBERS}, tmp_path / "file/out")


def test_when_the_new_folder_cannot_be_moved_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_tables({"members": MEMBERS}, out)
    rename = Path.rename

    def fail_for_new(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(InvalidInputError, match="No space left"):
        write_tables({"parties": pl.DataFrame({"holder_id": ["H"]})}, out, overwrite=True)
    assert list_names(tmp_path) == ["out"]
    assert list_names(out) == ["members.csv"]


@pytest.mark.parametrize(
    ("tables", "file_format", "message"),
    [
        ({"members": MEMBERS}, "xlsx", "'xlsx' is none of: csv parquet"),
        ({"banks": MEMBERS}, "csv", "'banks' is none of: movements accounts"),
        ({"members": pl.DataFrame({"bank": [1]})}, "csv", "members.bank is Int64, not text"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, tables: dict[str, pl.DataFrame], file_format: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        write_tables(tables, tmp_path / "out", file_format=file_format)
    assert list_names(tmp_path) == []
