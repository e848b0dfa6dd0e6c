"""The commands trace --keep and trail --kept, run in this process."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from fundtrace import load
from fundtrace.cli.main import run
from fundtrace.cli.options import Lang
from fundtrace.cli.trail import Format, render_answer
from fundtrace.model.kinds import Rule
from fundtrace.trace.view import View, limit_view

ROOT = Path(__file__).parents[3]
WENZHOU = ROOT / "nodes" / "wenzhou"


@pytest.fixture
def fundtrace(monkeypatch, capsys):
    """Run the command line; returns (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fundtrace", *map(str, arguments)])
        code = 0
        try:
            run()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(params=["wenzhou", "simulated"])
def world(request, fundtrace, tmp_path: Path) -> tuple[Path, Path, list[str]]:
    """A folder of tables, what was kept of it, and some of its loans."""
    data, kept = WENZHOU, tmp_path / "kept"
    if request.param == "simulated":
        data = tmp_path / "world"
        assert fundtrace("simulate", "--seed", 3, "--scale", 1000, "--out", data)[0] == 0
    code, out, _ = fundtrace("trace", "--data", data, "--keep", kept)
    assert (code, "under every rule" in out) == (0, True)
    loans = pl.read_csv(data / "loans.csv")["loan_id"].to_list()
    return data, kept, loans[:6]


def test_a_kept_result_answers_byte_for_byte_what_the_tables_answer(fundtrace, world):
    data, kept, loans = world
    dataset = load(data)  # once: a command would load it for each question
    for number, (rule, how) in enumerate((rule, how) for rule in Rule for how in Format):
        loan, lang = loans[number % len(loans)], list(Lang)[number % 2]
        asked = ("trail", loan, "--rule", rule.value, "--format", how.value, "--lang", lang.value)
        trail = limit_view(dataset.trace(loan, rule), View(hops_max=5_000))
        code, out, _ = fundtrace(*asked, "--kept", kept)
        assert (code, out) == (0, render_answer(trail, how, lang, is_terminal=True))


def test_both_ways_of_asking_print_the_same(fundtrace, tmp_path: Path):
    fundtrace("trace", "--data", WENZHOU, "--keep", tmp_path / "kept")
    for rule in Rule:
        asked = ("trail", "W-003", "--rule", rule.value)
        found = fundtrace(*asked, "--kept", tmp_path / "kept")
        assert found[:2] == fundtrace(*asked, "--data", WENZHOU)[:2]
        assert found[0] == 0


def test_view_limits_work_on_a_kept_result(fundtrace, tmp_path: Path):
    fundtrace("trace", "--data", WENZHOU, "--keep", tmp_path / "kept")
    asked = ("trail", "W-001", "--format", "json", "--max-hops", 1, "--min-amount", "1.00")
    found = fundtrace(*asked, "--kept", tmp_path / "kept")
    assert found[:2] == fundtrace(*asked, "--data", WENZHOU)[:2]


def test_scope_and_time_are_those_of_the_kept_result(fundtrace, tmp_path: Path):
    limits = ("--scope-hops", 1, "--as-of", "2026-03-20")
    kept = tmp_path / "kept"
    assert fundtrace("trace", "--data", WENZHOU, "--keep", kept, *limits)[0] == 0
    asked = ("trail", "W-001", "--format", "json")
    found = fundtrace(*asked, "--kept", kept)
    assert found[:2] == fundtrace(*asked, "--data", WENZHOU, *limits)[:2]
    code, _, err = fundtrace(*asked, "--kept", kept, "--scope-hops", 1)
    assert (code, "time and the scope that it was made under" in err) == (2, True)


def test_tables_that_have_changed_are_refused(fundtrace, tmp_path: Path):
    data = Path(shutil.copytree(WENZHOU, tmp_path / "data"))
    kept = tmp_path / "kept"
    fundtrace("trace", "--data", data, "--keep", kept, "--no-exposure")
    asked = ("trail", "W-001", "--lang", "en", "--kept", kept, "--data", data)
    code, out, _ = fundtrace(*asked)
    assert (code, "Exposure was not computed" in out) == (0, True)
    (data / "members.csv").unlink()
    code, out, err = fundtrace(*asked)
    assert (code, out) == (2, "")
    assert "have changed" in err
    assert f"--keep {kept} again" in err


def test_tables_and_passes_can_be_written_in_one_go(fundtrace, tmp_path: Path):
    arguments = ("--out", tmp_path / "out", "--keep", tmp_path / "kept", "--rule", "fifo")
    code, out, _ = fundtrace("trace", "--data", WENZHOU, *arguments)
    assert (code, "fifo: " in out, "kept in" in out) == (0, True, True)
    assert (tmp_path / "out" / "hops.parquet").exists()
    assert fundtrace("trail", "W-002", "--kept", tmp_path / "kept")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trace", "--data", WENZHOU), "--keep"),
        (("trail", "W-001"), "--kept"),
        (("trail", "W-001", "--kept", WENZHOU), "holds no kept result"),
    ],
)
def test_what_is_missing_is_named(fundtrace, arguments, said):
    code, out, err = fundtrace(*arguments)
    assert (code, out, said in err) == (2, "", True)


def test_a_loan_that_is_not_kept_is_not_found(fundtrace, tmp_path: Path):
    fundtrace("trace", "--data", WENZHOU, "--keep", tmp_path / "kept")
    code, _, err = fundtrace("trail", "W-999", "--kept", tmp_path / "kept")
    assert (code, "W-001" in err) == (1, True)
