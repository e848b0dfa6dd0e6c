"""Each mutation of a good world is noticed, and named."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.simulate.validate import check_world


@pytest.fixture
def mutate(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)

    def change(table, column, find, value):
        path = copy / f"{table}.csv"
        frame = pl.read_csv(path, infer_schema=False).with_row_index("at")
        row = frame.filter(find)["at"][0]
        edited = pl.when(pl.col("at") == row).then(pl.lit(value)).otherwise(pl.col(column))
        frame.with_columns(edited.alias(column)).drop("at").write_csv(path)
        return [str(problem) for problem in check_world(copy).problems]

    return change


def test_a_good_world_has_no_problems(folder):
    checked = check_world(folder)
    assert checked.problems == ()
    assert checked.movements > 19_000
    assert checked.balances > checked.movements


HAS_BALANCE = pl.col("debit_balance_after").is_not_null() & (pl.col("at") > 5_000)


@pytest.mark.parametrize(
    ("value", "message"), [("1.23", "does not follow"), ("-99999999.00", "below the limit")]
)
def test_a_wrong_balance_is_found(mutate, value, message):
    problems = mutate("movements", "debit_balance_after", HAS_BALANCE, value)
    assert any(message in problem for problem in problems)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("hop_amounts", "1.00;1.00", "moves"),
        ("hop_amounts", "1.00", "one amount for each hop"),
        ("movement_ids", "M999999999", "missing movements"),
        ("loan_id", "L999999", "names no loan"),
        ("loan_id", "L000003", "no hop leads to"),
        ("type", "made_up", "there is no"),
        ("evidence_ids", "M999999999", "missing movements"),
    ],
)
def test_a_false_truth_is_found(mutate, column, value, message):
    wanted = pl.col("type") == "pass_through"
    assert any(message in one for one in mutate("truth_diversions", column, wanted, value))


def test_hops_out_of_order_are_found(folder, mutate):
    frame = pl.read_csv(folder / "truth_diversions.csv", infer_schema=False)
    row = frame.filter(pl.col("type") == "pass_through").row(0, named=True)
    back = ";".join(reversed(row["movement_ids"].split(";")))
    problems = mutate("truth_diversions", "movement_ids", pl.col("type") == "pass_through", back)
    assert any("earlier than" in problem for problem in problems)


def test_an_account_too_many_is_found(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with (copy / "accounts.csv").open("a") as file:
        file.write("B01,999999999999,,current,CNY,0.00,,\n")
    assert any("not 2000" in str(problem) for problem in check_world(copy).problems)


def test_a_hop_without_the_loans_money_is_found(folder, mutate):
    """A payment of a company's own money, before the loan, is made out to be a hop."""
    loans = pl.read_csv(folder / "loans.csv", infer_schema=False)
    moves = pl.read_csv(folder / "movements.csv", infer_schema=False)
    truth = pl.read_csv(folder / "truth_diversions.csv", infer_schema=False)
    pairs = truth.join(loans, on="loan_id").rows(named=True)
    for row in pairs:
        later = moves.filter(
            (pl.col("debit_account") == row["account"])
            & (pl.col("booked_at") > row["disbursed_at"])
            & (pl.col("kind") == "transfer")
        )
        if later.height > 5:
            last = later.row(later.height - 1, named=True)
            break
    find = pl.col("loan_id") == row["loan_id"]
    mutate("truth_diversions", "hop_amounts", find, last["amount"])
    problems = mutate("truth_diversions", "movement_ids", find, last["movement_id"])
    assert any("carries nothing" in problem for problem in problems)


def test_a_folder_without_a_manifest_is_no_world(tmp_path):
    with pytest.raises(InvalidInputError, match="no simulated world"):
        check_world(tmp_path)
