from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from fundtrace.books.tables import load_tables
from fundtrace.errors import InvalidInputError
from fundtrace.simulate import ledger
from fundtrace.simulate.diversions import DIVERSION_TYPES
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.negatives import NEGATIVE_TYPES
from fundtrace.simulate.population import CURRENCIES
from fundtrace.simulate.validate import check_world
from fundtrace.simulate.world import Size, build_world

# Movements of seed 7 with 1,000 accounts, as CSV. Changes with WORLD_VERSION, never alone.
PINNED = "6b596c19896c02182327a2d83f75439abf8105cd3113bc42678e87082e7ce401"

BUILD = """
import sys
from pathlib import Path
from fundtrace.simulate.folder import write_world
from fundtrace.simulate.world import Size, build_world
write_world(build_world(Size.check(7, 1000)), Path(sys.argv[1]), file_format="parquet")
"""


def digest(folder):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_seed_is_a_world_to_the_byte(tmp_path, file_format):
    for name in ("one", "two"):
        world = build_world(Size.check(7, 1_000))
        write_world(world, tmp_path / name, file_format=file_format)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    if file_format == "csv":
        assert digest(tmp_path / "one")["movements.csv"] == PINNED


def test_another_seed_is_another_world(tmp_path, folder):
    write_world(build_world(Size.check(8, 2_000)), tmp_path / "other", file_format="csv")
    ours, others = digest(folder), digest(tmp_path / "other")
    same = {name for name, value in ours.items() if others[name] == value}
    assert same == {"members.csv"}


def test_the_number_of_threads_leaves_no_trace(tmp_path):
    for threads in ("1", "3"):
        subprocess.run(
            [sys.executable, "-c", BUILD, str(tmp_path / threads)],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            check=True,
        )
    assert digest(tmp_path / "1") == digest(tmp_path / "3")


def test_the_compiled_ledger_books_like_the_plain_one(monkeypatch):
    compiled = build_world(Size.check(3, 1_000))
    monkeypatch.setattr(ledger, "run_events", ledger.run_events.py_func)
    plain = build_world(Size.check(3, 1_000))
    assert compiled.booked.row.tolist() == plain.booked.row.tolist()
    assert compiled.booked.debit_balance.tolist() == plain.booked.debit_balance.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_small_worlds_are_what_they_claim(tmp_path, seed):
    write_world(build_world(Size.check(seed, 2_000)), tmp_path / "world")
    checked = check_world(tmp_path / "world")
    assert checked.problems == ()
    assert checked.is_traced
    assert checked.hops > 100


def test_the_smallest_world_holds_every_story_too(tmp_path):
    write_world(build_world(Size.check(1, 1_000)), tmp_path / "world")
    assert check_world(tmp_path / "world").problems == ()


@pytest.mark.parametrize("kind", DIVERSION_TYPES)
def test_every_diversion_of_the_design_occurs(small, kind):
    assert kind in {one.type for one in small.stage.diversions}


@pytest.mark.parametrize("kind", NEGATIVE_TYPES)
def test_every_hard_negative_occurs(small, kind):
    assert kind in {one.type for one in small.stage.negatives}


def test_nobody_is_diverted_and_cleared_at_once(small):
    diverted = {one.loan for one in small.stage.diversions}
    cleared = {one.loan for one in small.stage.negatives}
    assert not diverted & cleared


def test_pools_have_three_borrowers_or_more(small):
    groups = {}
    for one in small.stage.diversions:
        if one.type == "pooling":
            groups.setdefault(one.group, set()).add(small.stage.loans[one.loan].terms.holder)
    assert groups
    assert all(len(holders) >= 3 for holders in groups.values())


@pytest.mark.parametrize("seed", range(5))
def test_guarantors_are_paid_soon_and_in_proportion(seed):
    stage = build_world(Size.check(seed, 1_000)).stage
    found = [one for one in stage.diversions if one.type == "guarantor_return"]
    assert found
    for one in found:
        loan, hop = stage.loans[one.loan], stage.script.payments[one.hops[0]]
        assert 0 < hop.second - loan.second <= 3 * 86_400
        assert 0.2 * loan.terms.principal <= hop.amount <= 1.25 * loan.terms.principal


def test_movements_come_close_to_what_was_asked():
    world = build_world(Size.check(2, 1_000, 30_000))
    assert len(world.booked.row) == pytest.approx(30_000, rel=0.05)


def test_activity_is_skewed(small):
    columns = small.booked.columns
    payers = columns.debit[small.booked.row]
    traders = len(small.population.blocks.traders)
    counts = np.bincount(payers[(payers >= 0) & (payers < traders)], minlength=traders)
    busiest = np.sort(counts)[::-1][: traders // 10].sum() / counts.sum()
    assert 0.3 < busiest < 0.5  # 0.1^0.4 = 0.398


def test_tables_hold_several_currencies_returns_fees_and_late_credits(folder):
    moves = pl.read_csv(folder / "movements.csv", infer_schema=False)
    assert set(moves["currency"]) == set(CURRENCIES)
    assert {"return", "fee", "cash", "interest", "repayment", "disbursement"} <= set(moves["kind"])
    assert moves["credit_booked_at"].drop_nulls().len() > 100
    assert moves["credit_currency"].drop_nulls().len() > 10
    assert moves["booked_at"].is_duplicated().sum() > 1_000
    yen = moves.filter(pl.col("currency") == "JPY")["amount"]
    assert all(amount.endswith(".00") for amount in yen)


def test_the_accounts_table_lists_as_many_as_asked(folder):
    tables = load_tables(folder)
    assert sum(tables.accounts.is_listed) == 2_000
    assert tables.warnings == ()


def test_account_numbers_are_text_with_leading_zeros(folder):
    numbers = pl.read_csv(folder / "accounts.csv", infer_schema=False)["account"]
    assert set(numbers.str.len_chars()) == {12}
    assert numbers.str.starts_with("0").any()


@pytest.mark.parametrize(
    ("seed", "scale", "movements", "message"),
    [
        (-1, 1_000, None, "seed"),
        (1, 1_000, 4_999, "movements"),
        (1, 1_000, 20_000_001, "movements"),
    ],
)
def test_sizes_that_cannot_be_built_are_refused(seed, scale, movements, message):
    with pytest.raises(InvalidInputError, match=message):
        Size.check(seed, scale, movements)


@pytest.mark.parametrize("scale", [999, 1_000_001])
def test_scales_out_of_range_are_refused(scale):
    with pytest.raises(InvalidInputError, match="accounts"):
        build_world(Size.check(1, scale))
