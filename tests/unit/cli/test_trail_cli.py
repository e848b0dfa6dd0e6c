"""The commands trail, find and trace, run in this process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from fundtrace import __version__
from fundtrace.cli.main import run
from fundtrace.cli.trace import TracedRule
from fundtrace.model.kinds import CONSERVING_RULES

S1 = str(Path(__file__).parents[2] / "fixtures" / "scenarios" / "S1")
S3 = str(Path(__file__).parents[2] / "fixtures" / "scenarios" / "S3")


@pytest.fixture
def fundtrace(monkeypatch, capsys):
    """Run the command line; returns (exit code, standard output, standard error)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fundtrace", *arguments])
        code = 0
        try:
            run()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_table_says_what_the_scenario_says(fundtrace):
    code, out, _ = fundtrace("trail", "L1", "--data", S1, "--lang", "en")
    assert code == 0
    assert "2,850,000.00" in out
    assert "95.00%" in out


def test_the_table_is_chinese_unless_asked_otherwise(fundtrace):
    _, out, _ = fundtrace("trail", "L1", "--data", S1)
    assert "首次用途" in out


def test_scope_changes_amounts_and_view_only_hides(fundtrace):
    _, out, _ = fundtrace("trail", "L1", "--data", S1, "--format", "json", "--scope-hops", "1")
    scoped = json.loads(out)
    assert [rest["end_reason"] for rest in scoped["rests"] if rest["traced_minor"]] == ["hop_limit"]
    _, out, _ = fundtrace("trail", "L1", "--data", S1, "--format", "json", "--max-hops", "1")
    viewed = json.loads(out)
    assert len(viewed["hops"]) == 1
    assert viewed["cut"][0]["hidden_hops"] == 2
    assert {rest["end_reason"] for rest in viewed["rests"] if rest["traced_minor"]} == {
        "held",
        "non_member",
    }


def test_amounts_on_the_command_line_are_decimals_of_the_loans_currency(fundtrace):
    arguments = ("trail", "L1", "--data", S1, "--format", "json")
    _, out, _ = fundtrace(*arguments, "--scope-amount", "3000000.00")
    assert len(json.loads(out)["hops"]) == 1
    _, out, _ = fundtrace(*arguments, "--min-amount", "2900000")
    assert len(json.loads(out)["hops"]) == 1
    _, out, _ = fundtrace(*arguments, "--scope-part-min", "2850000.01")
    scoped = json.loads(out)
    assert len(scoped["hops"]) == 2
    assert [part["end_reason"] for part in scoped["rests"]] == ["held", "part_limit"]
    assert scoped["scope"]["part_min_minor"] == 285_000_001
    code, _, err = fundtrace(*arguments, "--scope-part-min", "0.001")
    assert (code, "more than 2 decimals" in err) == (2, True)
    code, _, err = fundtrace(*arguments, "--min-amount", "2.9e6")
    assert (code, "plain decimal" in err) == (2, True)


@pytest.mark.parametrize("output_format", ["json", "csv", "graphml", "svg", "table"])
def test_every_format_can_be_written_to_a_file(fundtrace, tmp_path: Path, output_format: str):
    target = tmp_path / "deep" / f"trail.{output_format}"
    code, out, err = fundtrace(
        "trail", "L1", "--data", S1, "--format", output_format, "--out", str(target)
    )
    assert (code, out) == (0, "")
    assert str(target) in err
    text = target.read_text(encoding="utf-8")
    assert text.strip()
    if output_format in ("graphml", "svg"):
        ET.fromstring(text)  # noqa: S314  our own output


def test_a_file_that_cannot_be_written_is_our_error(fundtrace, tmp_path: Path):
    (tmp_path / "file").write_text("")
    code, _, err = fundtrace(
        "trail", "L1", "--data", S1, "--out", str(tmp_path / "file" / "trail.txt")
    )
    assert code == 2
    assert "cannot write" in err


def test_a_movement_leads_to_its_loan(fundtrace):
    code, out, _ = fundtrace("trail", "M3", "--data", S1, "--format", "json")
    assert (code, json.loads(out)["loan_id"]) == (0, "L1")


def test_what_leads_to_several_loans_is_refused_with_their_names(fundtrace):
    code, out, err = fundtrace("trail", "C/6001", "--data", S3)
    assert (code, out) == (2, "")
    assert "L1, L2, L3, L4, L5, L6, L7, L8" in err


def test_find_lists_what_a_reference_names(fundtrace):
    code, out, _ = fundtrace("find", "C/6001", "--data", S3)
    assert code == 0
    assert "account C/6001: loans L1, L2, L3, L4, L5, L6, L7, L8" in out
    assert fundtrace("find", "ghost", "--data", S3)[0] == 1


def test_a_folder_that_does_not_exist_is_told(fundtrace, tmp_path: Path):
    code, _, err = fundtrace("trail", "L1", "--data", str(tmp_path / "nowhere"))
    assert code == 2
    assert "nowhere" in err


def test_trace_writes_all_tables_and_says_that_they_conserve(fundtrace, tmp_path: Path):
    code, out, _ = fundtrace("trace", "--data", S3, "--rule", "all", "--out", str(tmp_path))
    assert code == 0
    assert out.count("conserves to the unit") == 6
    names = {path.name for path in tmp_path.iterdir()}
    tables = ("hops", "first_uses", "rests", "summary")
    assert names == {f"{table}.{suffix}" for table in tables for suffix in ("csv", "parquet")}
    hops = pl.read_parquet(tmp_path / "hops.parquet")
    assert {"loan_id", "movement_id", "depth", "traced_minor"} <= set(hops.columns)
    one_row_each = hops.select("rule", "loan_id", "movement_id").is_duplicated().sum()
    assert one_row_each == 0


def test_trace_says_under_which_scope(fundtrace, tmp_path: Path):
    arguments = ("trace", "--data", S3, "--out", str(tmp_path))
    code, out, _ = fundtrace(*arguments, "--scope-window", "90", "--scope-part-min", "1.00")
    assert code == 0
    assert "scope: 90 days after disbursement, parts of CNY 1.00 or more\n" in out
    assert "scope: without limit\n" in fundtrace(*arguments)[1]


@pytest.mark.parametrize("option", ["--scope-amount", "--scope-part-min"])
def test_trace_takes_no_amount_for_loans_of_two_currencies(fundtrace, tmp_path: Path, option: str):
    for table in Path(S3).iterdir():
        text = table.read_text(encoding="utf-8")
        if table.name == "loans.csv":
            text = "".join(
                line.replace("CNY", "USD") if line.startswith("L1,") else line
                for line in text.splitlines(keepends=True)
            )
        (tmp_path / table.name).write_text(text, encoding="utf-8")
    code, _, err = fundtrace("trace", "--data", str(tmp_path), "--out", str(tmp_path), option, "1")
    assert (code, f"{option} needs loans of one currency" in err) == (2, True)


@pytest.mark.parametrize("rule", ["exposure", "hifo"])
def test_trace_refuses_what_is_no_conserving_rule(fundtrace, tmp_path: Path, rule: str):
    code, _, err = fundtrace("trace", "--data", S3, "--rule", rule, "--out", str(tmp_path / "out"))
    assert code == 2
    assert err
    assert not (tmp_path / "out").exists()


def test_warnings_of_the_tables_go_to_standard_error(fundtrace, tmp_path: Path):
    for table in Path(S1).iterdir():
        text = table.read_text(encoding="utf-8")
        if table.name == "loans.csv":
            text = text.replace("B/2001", "B/2001;Z/404")
        (tmp_path / table.name).write_text(text, encoding="utf-8")
    code, out, err = fundtrace("trail", "L1", "--data", str(tmp_path), "--format", "json")
    assert code == 0
    assert "Z/404" in err
    json.loads(out)


def test_errors_max_cuts_the_list_but_not_the_count(fundtrace, tmp_path: Path):
    header = (
        "movement_id,booked_at,debit_bank,debit_account,credit_bank,credit_account,amount,currency"
    )
    rows = [f"M{n},2026-03-01,A,1,B,2,-5.00,CNY" for n in range(9)]
    (tmp_path / "movements.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    code, out, err = fundtrace("trail", "L1", "--data", str(tmp_path), "--max-errors", "3")
    assert (code, out) == (2, "")
    assert err.count("movements.csv:") == 3
    assert "9 problems" in err


def test_the_version_is_printed(fundtrace):
    code, out, _ = fundtrace("--version")
    assert (code, out) == (0, f"fundtrace {__version__}\n")


def test_a_bug_of_ours_is_told_apart_from_the_answer_no(fundtrace, monkeypatch):
    def fail(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr("fundtrace.cli.trail.render_answer", fail)
    code, _, err = fundtrace("trail", "L1", "--data", S1)
    assert code == 3
    assert "bug of ours" in err


def test_missing_tables_are_said(fundtrace, tmp_path: Path):
    for name in ("movements.csv", "loans.csv"):
        (tmp_path / name).write_bytes((Path(S1) / name).read_bytes())
    code, _, err = fundtrace("trail", "L1", "--data", str(tmp_path))
    assert code == 0
    assert "no accounts table" in err
    assert "no members table" in err
    (tmp_path / "loans.csv").unlink()
    code, _, err = fundtrace("trail", "L1", "--data", str(tmp_path))
    assert code == 1
    assert "no loans table" in err


def test_the_traced_rules_are_the_conserving_ones():
    assert [rule.value for rule in TracedRule][:-1] == [rule.value for rule in CONSERVING_RULES]
