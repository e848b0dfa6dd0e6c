"""A folder of tables is loaded whole, or refused whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from fundtrace.books.tables import build_tables, load_tables
from fundtrace.errors import BadTablesError, InvalidInputError

HEADER = (
    "movement_id,booked_at,debit_bank,debit_account,credit_bank,credit_account,amount,currency\n"
)
ROW = "m1,2026-03-05,A,1,B,2,100.00,CNY\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "movements.csv").write_text(HEADER + ROW, encoding="utf-8")
    return tmp_path


def find_problems(folder: Path, errors_max: int | None = 100) -> list[str]:
    with pytest.raises(BadTablesError) as caught:
        load_tables(folder, errors_max=errors_max)
    return [str(problem) for problem in caught.value.problems]


def test_movements_alone_are_enough(folder: Path) -> None:
    tables = load_tables(folder)
    assert tables.movements.movement_id == ["m1"]
    assert (tables.loans, tables.members, tables.has_accounts_table) == ((), None, False)


def test_without_movements_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "parties.csv").write_text("holder_id\n\nH\nH\n", encoding="utf-8")
    assert find_problems(tmp_path) == [
        f"movements.csv: is missing in {tmp_path}, and so is movements.parquet",
        "parties.csv:4: holder_id: holder 'H' stands already in line 3",
    ]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a folder"):
        load_tables(tmp_path / "nowhere")


def test_other_files_are_ignored(folder: Path) -> None:
    (folder / "notes.csv").write_bytes(b"\xff\x00")
    assert load_tables(folder).warnings == ()


def test_csv_and_parquet_of_one_table_are_refused(folder: Path) -> None:
    (folder / "movements.parquet").write_bytes(b"")
    assert find_problems(folder) == [
        "movements.csv: stands beside movements.parquet; which of the two is meant?"
    ]


def test_a_file_that_cannot_be_read_is_a_problem(folder: Path) -> None:
    (folder / "loans.csv").mkdir()
    assert find_problems(folder) == ["loans.csv: cannot be read: Is a directory"]


def test_problems_of_all_files_are_listed_together(folder: Path) -> None:
    (folder / "loans.csv").write_text("loan_id\nL\n", encoding="utf-8")
    (folder / "members.csv").write_bytes(b"bank\n\x00\n")
    (folder / "movements.csv").write_text(HEADER + "x\n" + ROW + ROW, encoding="utf-8")
    assert find_problems(folder) == [
        "loans.csv:1: account: this column is missing",
        "loans.csv:1: bank: this column is missing",
        "loans.csv:1: currency: this column is missing",
        "loans.csv:1: disbursed_at: this column is missing",
        "loans.csv:1: principal: this column is missing",
        "members.csv:2: holds NUL bytes (1 in all); save the file as UTF-8 text",
        "movements.csv:2: 1 cells, where the header has 8",
        "movements.csv:4: movement_id: movement 'm1' stands already in line 3",
    ]


@pytest.mark.parametrize(
    ("errors_max", "shown"), [(2, 2), (100, 5), (None, 5), (0, 5)], ids=["2", "100", "all", "0"]
)
def test_the_list_of_problems_can_be_cut_but_counts_all(
    folder: Path, errors_max: int | None, shown: int
) -> None:
    (folder / "movements.csv").write_text(HEADER + "x\n" * 5, encoding="utf-8")
    with pytest.raises(BadTablesError) as caught:
        load_tables(folder, errors_max=errors_max)
    assert (len(caught.value.problems), caught.value.total) == (shown, 5)


def test_a_parquet_table_names_rows_instead_of_lines(folder: Path) -> None:
    frame = pl.read_csv(folder / "movements.csv", infer_schema=False)
    (folder / "movements.csv").unlink()
    frame = pl.concat([frame, frame])
    frame.write_parquet(folder / "movements.parquet")
    assert find_problems(folder) == [
        "movements.parquet:2: movement_id: movement 'm1' stands already in line 1"
    ]


def test_a_parquet_table_with_floats_for_amounts_is_refused(folder: Path) -> None:
    frame = pl.read_csv(folder / "movements.csv", schema_overrides={"amount": pl.Float64})
    (folder / "movements.csv").unlink()
    frame.write_parquet(folder / "movements.parquet")
    assert find_problems(folder) == [
        (
            "movements.parquet: amount: is Float64 in the file, which loses digits; "
            "store amounts as text or decimal"
        ),
    ]


def test_csv_and_parquet_give_the_same_tables(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    frame = pl.read_csv(folder / "movements.csv", infer_schema=False)
    frame.with_columns(pl.col("booked_at").str.to_date()).write_parquet(other / "movements.parquet")
    ours, theirs = load_tables(folder), load_tables(other)
    assert ours.movements.booked_at.tolist() == theirs.movements.booked_at.tolist()
    assert ours.movements.amount_minor.tolist() == theirs.movements.amount_minor.tolist()
    assert ours.accounts.bank == theirs.accounts.bank
    assert ours.snapshot != theirs.snapshot


def test_the_snapshot_is_a_hash_over_the_bytes_of_all_tables(folder: Path) -> None:
    (folder / "members.csv").write_text("bank\nA\n", encoding="utf-8")
    total = hashlib.sha256()
    for name in ("members", "movements"):
        content = (folder / f"{name}.csv").read_bytes()
        total.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    assert load_tables(folder).snapshot == f"sha256:{total.hexdigest()}"


def test_the_snapshot_of_rows_does_not_depend_on_the_order_of_their_columns(
    move: Callable[..., dict[str, str]],
) -> None:
    row = move()
    turned = dict(reversed(row.items()))
    ours, theirs = (build_tables({"movements": [cells]}) for cells in (row, turned))
    assert ours.snapshot == theirs.snapshot


def test_rows_of_a_table_that_is_none_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="no such table: payments"):
        build_tables({"movements": [], "payments": []})


def test_rows_without_movements_are_refused() -> None:
    with pytest.raises(BadTablesError, match=r"movements\.csv: is missing"):
        build_tables({})


def test_tables_without_rows_are_tables() -> None:
    tables = build_tables({"movements": [], "loans": [], "accounts": []})
    assert (len(tables.movements), len(tables.accounts), tables.loans) == (0, 0, ())
    assert tables.has_accounts_table


def test_many_rows_are_read_like_few(folder: Path, move: Callable[..., dict[str, str]]) -> None:
    rows = [
        move(f"m{i}", credit_account=f"{i % 7}", seq=str(i), amount=f"{i + 1}.0", purpose=f"p{i}")
        for i in range(1_000)
    ]
    some = build_tables({"movements": rows[:50]})
    many = build_tables({"movements": rows})
    assert many.movements.amount_minor.tolist() == [(i + 1) * 100 for i in range(1_000)]
    assert many.movements.seq.tolist() == list(range(1_000))
    assert many.movements.texts["purpose"][:50] == some.movements.texts["purpose"]
    assert many.accounts.account == some.accounts.account
    assert many.movements.credit[:50].tolist() == some.movements.credit.tolist()


def test_a_parquet_table_damaged_within_is_refused_with_the_problems_of_others(
    folder: Path,
) -> None:
    rows = pl.read_csv(folder / "movements.csv", infer_schema=False)
    (folder / "movements.csv").unlink()
    many = pl.concat([rows] * 500).with_columns(pl.int_range(500).cast(pl.String).alias("seq"))
    many.write_parquet(folder / "movements.parquet")
    content = (folder / "movements.parquet").read_bytes()
    (folder / "movements.parquet").write_bytes(content[:20] + b"\xff" * 40 + content[60:])
    (folder / "members.csv").write_text("bank\n\n6E+5\n", encoding="utf-8")
    first, second = find_problems(folder)
    assert first.startswith("members.csv:3: bank: '6E+5' is in scientific notation")
    assert second.startswith("movements.parquet: is not a Parquet file that can be read: ")


def test_a_file_that_changes_while_it_is_read_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = iter(range(10))
    monkeypatch.setattr("fundtrace.books.tables.get_version", lambda _: next(versions))
    with pytest.raises(InvalidInputError, match="changed while it was read"):
        load_tables(folder)
