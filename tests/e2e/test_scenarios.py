"""The acceptance scenarios S1 to S4 in file mode, asked through the API and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import fundtrace
from fundtrace.api.dataset import Dataset
from fundtrace.model.kinds import CONSERVING_RULES, EndReason, Rule, Use
from fundtrace.model.money import render_amount
from fundtrace.trace.trail import Part, Trail

FIXTURES = Path(__file__).parents[1] / "fixtures" / "scenarios"


def load(name: str) -> Dataset:
    return fundtrace.load(FIXTURES / name)


def find_part(parts: tuple[Part, ...], use: Use, account: str) -> Part:
    return next(part for part in parts if part.use is use and part.place.account == account)


def spread(part: Part) -> tuple[str, str, str]:
    return tuple(
        render_amount(minor, "CNY") for minor in (part.traced_minor, part.min_minor, part.max_minor)
    )


def reached(trail: Trail, use: Use) -> int:
    return sum(one.traced_minor for one in trail.ever_reached if one.use is use)


@pytest.mark.parametrize("rule", CONSERVING_RULES)
def test_s1_the_declared_payee_got_everything_first_under_every_rule(rule: Rule):
    trail = load("S1").trace("L1", rule)
    (first,) = [part for part in trail.first_uses if part.max_minor]
    assert first.use is Use.DECLARED_PAYEE
    assert spread(first) == ("3,000,000.00", "3,000,000.00", "3,000,000.00")


def test_s1_the_rests_and_their_spread():
    trail = load("S1").trace("L1")
    assert trail.rule is Rule.PROCEEDS_FIRST
    payee = find_part(trail.rests, Use.DECLARED_PAYEE, "2001")
    assert spread(payee) == ("150,000.00", "150,000.00", "1,350,000.00")
    away = find_part(trail.rests, Use.NON_MEMBER, "9001")
    assert away.end_reason is EndReason.NON_MEMBER
    assert spread(away) == ("2,850,000.00", "1,650,000.00", "2,850,000.00")
    assert trail.coverage.percent == "5.00"  # so 95 % lies where nobody here can see


def test_s1_pro_rata():
    trail = load("S1").trace("L1", "pro_rata")
    away = find_part(trail.rests, Use.NON_MEMBER, "9001")
    assert render_amount(away.traced_minor, "CNY") == "2,035,714.29"


def test_s1_one_reentry_candidate_outside_the_conserved_amounts():
    trail = load("S1").trace("L1")
    (candidate,) = trail.reentry_candidates
    assert (candidate.debit.account, candidate.credit.account) == ("9001", "4001")
    assert render_amount(candidate.amount_minor, "CNY") == "2,840,000.00"
    assert candidate.is_same_party
    assert candidate.movement_id not in {hop.movement_id for hop in trail.hops}
    assert sum(part.traced_minor for part in trail.rests) == trail.principal_minor


def test_s2_the_innocent():
    trail = load("S2").trace("L1")
    shares = find_part(trail.first_uses, Use.SECURITIES, "3")
    assert spread(shares) == ("800,000.00", "0.00", "800,000.00")
    goods = find_part(trail.first_uses, Use.SUPPLIER, "2")
    assert spread(goods) == ("200,000.00", "200,000.00", "1,000,000.00")
    by_share = load("S2").trace("L1", "pro_rata")
    shares = find_part(by_share.first_uses, Use.SECURITIES, "3")
    assert render_amount(shares.traced_minor, "CNY") == "444,444.44"


@pytest.mark.parametrize(
    ("loans", "shown", "least", "most"),
    [
        (("L1", "L2", "L3", "L4"), "1,200,000.00", "1,152,000.00", "1,200,000.00"),
        (("L5", "L6"), "600,000.00", "576,000.00", "600,000.00"),
        (("L7", "L8"), "600,000.00", "500,000.00", "600,000.00"),
    ],
    ids=["A", "B", "E"],
)
def test_s3_what_each_lender_may_say_of_property(loans, shown, least, most):
    dataset = load("S3")
    by_rule = {
        rule: sum(reached(dataset.trace(loan, rule), Use.PROPERTY) for loan in loans)
        for rule in CONSERVING_RULES
    }
    assert render_amount(by_rule[Rule.PROCEEDS_FIRST], "CNY") == shown
    assert render_amount(min(by_rule.values()), "CNY") == least
    assert render_amount(max(by_rule.values()), "CNY") == most


@pytest.mark.parametrize("loan", [f"L{n}" for n in range(1, 9)])
def test_s3_twin_nothing_but_the_declared_feed_dealer_and_the_own_interest(loan: str):
    trail = load("S3-twin").trace(loan)
    uses = {one.use for one in trail.ever_reached if one.max_minor}
    assert uses <= {Use.DECLARED_PAYEE, Use.REPAID_SELF}
    assert Use.DECLARED_PAYEE in uses


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("fifo", ("0.00", "0.00", "10.00")),
        ("lifo", ("10.00", "0.00", "0.00")),
        ("pro_rata", ("2.50", "2.50", "5.00")),
    ],
)
def test_s4_the_textbook(rule: str, left: tuple[str, ...]):
    dataset = load("S4")
    account = dataset.tables.loans[0].account
    found = []
    for loan in dataset.loan_ids:
        parts = dataset.trace(loan, rule).rests
        there = sum(part.traced_minor for part in parts if part.place.account == account)
        found.append(render_amount(there, "CNY"))
    assert tuple(found) == left


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from fundtrace.cli.main import run; run()", *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_the_command_line_gives_the_same_figures_as_the_api():
    done = run("trail", "L1", "--data", str(FIXTURES / "S1"), "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {
        rest["use"]: rest["traced_minor"] for rest in answer["rests"] if rest["traced_minor"]
    } == {
        "declared_payee": 15_000_000,
        "non_member": 285_000_000,
    }


def test_an_unknown_loan_is_answered_with_what_there_is_and_exit_code_1():
    done = run("trail", "L99", "--data", str(FIXTURES / "S1"))
    assert done.returncode == 1
    assert "L99" in done.stderr
    assert done.stdout == ""


def test_bad_rows_are_all_listed_and_nothing_is_answered(tmp_path: Path):
    for table in (FIXTURES / "S1").iterdir():
        text = table.read_text(encoding="utf-8")
        if table.name == "movements.csv":
            text = text.replace("2850000.00", "-2850000.00", 1).replace("2840000.00", "2.84E+06")
        (tmp_path / table.name).write_text(text, encoding="utf-8")
    done = run("trail", "L1", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "movements.csv:3" in done.stderr
    assert "movements.csv:5" in done.stderr
    assert done.stdout == ""


def test_a_reader_that_stops_early_is_no_error():
    command = f"{sys.executable} -c 'from fundtrace.cli.main import run; run()' trail L1 --data {FIXTURES / 'S1'} | head -1"
    done = subprocess.run(command, shell=True, check=False, capture_output=True, timeout=60)  # noqa: S602
    assert b"Traceback" not in done.stderr
