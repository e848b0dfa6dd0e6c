"""The sample loans of nodes/wenzhou show what their stories say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fundtrace
from fundtrace.model import kinds
from fundtrace.model.money import render_amount
from fundtrace.report.words import Lang, say

WENZHOU = Path(__file__).resolve().parents[2] / "nodes" / "wenzhou"


@pytest.mark.parametrize(
    ("loan", "statement", "account", "amounts"),
    [
        ("W-001", "first_uses", "B/2001", ("3,000,000.00",) * 3),
        ("W-001", "rests", "N/9001", ("2,760,000.00", "1,339,300.00", "2,760,000.00")),
        ("W-002", "rests", "E/5801", ("550,000.00", "460,963.24", "550,000.00")),
        ("W-002", "rests", "E/5003", ("40,000.00", "40,000.00", "81,000.00")),
        ("W-003", "first_uses", "E/5002", ("380,000.00", "179,700.00", "380,000.00")),
        ("W-004", "rests", "A/8003", ("808,120.00", "606,040.50", "808,120.00")),
        ("W-005", "first_uses", "C/3004", ("1,500,000.00",) * 3),
        ("W-005", "rests", "C/3004", ("336,000.00", "336,000.00", "976,000.00")),
        ("W-006", "first_uses", "D/4801", ("600,000.00", "0.00", "600,000.00")),
        ("W-006", "first_uses", "B/2008", ("300,000.00", "300,000.00", "770,000.00")),
    ],
)
def test_the_sample_loans_show_what_their_readme_says(loan, statement, account, amounts):
    trail = fundtrace.load(WENZHOU).trace(loan)
    part = next(
        part
        for part in getattr(trail, statement)
        if f"{part.place.bank}/{part.place.account}" == account
    )
    shown = (part.traced_minor, part.min_minor, part.max_minor)
    assert tuple(render_amount(minor, "CNY") for minor in shown) == amounts
    for half in _list_halves(loan):
        assert [amount for amount in amounts if amount not in half] == []


def _list_halves(loan: str) -> list[str]:
    """Return the English and the Chinese text of a sample loan's story."""
    page = (WENZHOU / "README.md").read_text(encoding="utf-8")
    return page.split(f"\n## {loan} ")[1].split("\n## ")[0].split("\n---\n")


@pytest.mark.parametrize("loan", [f"W-00{number}" for number in range(1, 7)])
def test_both_halves_of_a_sample_story_give_the_same_ranges(loan):
    english, chinese = _list_halves(loan)
    ranges = re.findall(r"\[([\d,.]+)\s+to\s+([\d,.]+)\]", english)
    assert ranges
    assert re.findall(r"\[([\d,.]+)\s+至\s+([\d,.]+)\]", chinese) == ranges


@pytest.mark.parametrize(
    ("rule", "amount"),
    [
        ("fifo", None),
        ("lifo", "600,000.00"),
        ("pro_rata", "335,403.73"),
        ("proceeds_first", "600,000.00"),
        ("own_first", None),
        ("specific", "600,000.00"),
    ],
)
def test_the_story_of_w_006_says_which_rules_lead_to_shares(rule, amount):
    trail = fundtrace.load(WENZHOU).trace("W-006", rule)
    traced = sum(part.traced_minor for part in trail.first_uses if part.use is kinds.Use.SECURITIES)
    assert (render_amount(traced, "CNY") if traced else None) == amount
    english, chinese = _list_halves("W-006")
    assert f"`{rule}`" in english
    assert f"“{say(kinds.Rule(rule), Lang.ZH)}”" in chinese
    assert amount is None or (amount in english and amount in chinese)


def test_the_borrower_of_w_006_holds_as_much_of_its_own_as_its_story_says():
    trail = fundtrace.load(WENZHOU).trace("W-006", "lifo")
    tables = fundtrace.load(WENZHOU).tables
    moves, account = tables.movements, tables.accounts
    mine = next(i for i in range(len(account)) if account.get_key(i) == ("D", "4002"))
    before = moves.booked_at < trail.disbursed_at
    own = int(account.opening_minor[mine])
    own += int(moves.credit_minor[before & (moves.credit == mine)].sum())
    own -= int(moves.amount_minor[before & (moves.debit == mine)].sum())
    assert all(render_amount(own, "CNY") in half for half in _list_halves("W-006"))


def test_the_sample_trails_cross_at_least_three_banks():
    dataset = fundtrace.load(WENZHOU)
    banks = {
        loan: {end.bank for hop in dataset.trace(loan).hops for end in (hop.debit, hop.credit)}
        for loan in dataset.loan_ids
    }
    assert [loan for loan, crossed in banks.items() if len(crossed - {""}) < 3] == []
