"""A data set answers the same whether the kernel or the reference made its passes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import fundtrace
from fundtrace.api import dataset as dataset_module
from fundtrace.api.dataset import Dataset
from fundtrace.api.portfolio import trace_portfolio
from fundtrace.model.kinds import CONSERVING_RULES, Rule
from fundtrace.model.tables import Tables
from fundtrace.report.trail_json import render_trail_json
from fundtrace.trace.kernel import ColumnarPass
from fundtrace.trace.result import PassResult, Scope
from tests.support.rows import build, loan, movement
from tests.support.worlds import FULL, make_world

SCENARIOS = Path(__file__).parents[2] / "fixtures" / "scenarios"
WORLD = replace(FULL, loans_max=6)
SCOPES = (Scope(), Scope(window_days=2, hops_max=3, amount_max_minor=500))


def load_tables(name: str) -> Tables:
    if name.startswith("world"):
        return make_world(int(name.removeprefix("world ")), 80, WORLD).build()
    return fundtrace.load(SCENARIOS / name).tables


@pytest.fixture
def by_kernel(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dataset_module, "KERNEL_MOVEMENTS_MIN", 0)


def answer_all(dataset: Dataset, scope: Scope) -> list[str]:
    return [
        render_trail_json(dataset.trace(one, rule, scope=scope))
        for one in dataset.loan_ids
        for rule in Rule
    ]


@pytest.mark.parametrize("scope", SCOPES, ids=["whole", "scope"])
@pytest.mark.parametrize(
    "name", [*sorted(one.name for one in SCENARIOS.iterdir()), *(f"world {n}" for n in range(4))]
)
def test_trails_and_portfolios_are_the_same_either_way(
    name: str, scope: Scope, monkeypatch: pytest.MonkeyPatch
):
    tables, rules = load_tables(name), list(CONSERVING_RULES)
    reference = Dataset(tables)
    trails, frames = answer_all(reference, scope), trace_portfolio(reference, rules, None, scope)
    assert isinstance(reference.get_pass(Rule.FIFO, None, scope), PassResult)

    monkeypatch.setattr(dataset_module, "KERNEL_MOVEMENTS_MIN", 0)
    compiled = Dataset(tables)
    assert answer_all(compiled, scope) == trails
    found = trace_portfolio(compiled, rules, None, scope)
    assert isinstance(compiled.get_pass(Rule.FIFO, None, scope), ColumnarPass)
    assert list(found) == list(frames)
    for title, frame in frames.items():
        assert_frame_equal(found[title], frame)


@pytest.mark.usefixtures("by_kernel")
def test_the_kernel_reports_once_when_it_is_done():
    heard: list[tuple[Rule, int, int]] = []
    dataset = fundtrace.load(SCENARIOS / "S1")
    dataset.get_pass(Rule.LIFO, progress=lambda *said: heard.append(said))
    events = len(dataset.get_input().order.row)
    assert heard == [(Rule.LIFO, events, events)]


@pytest.mark.usefixtures("by_kernel")
def test_amounts_beyond_the_kernel_go_to_the_reference():
    dataset = build(
        movements=[
            movement("M1", "02 10:00", "A/1", "B/1", "8000000000000000.00"),
            movement("M2", "03 10:00", "B/1", "C/1", "8000000000000000.00"),
        ],
        loans=[loan("L1", "A/1", "100.00")],
    )
    assert isinstance(dataset.get_pass(Rule.FIFO), PassResult)
    assert dataset.trace("L1").rests[0].place.bank == "C"


def test_a_small_folder_never_waits_for_the_compiler():
    code = (
        "import sys, fundtrace;"
        f"fundtrace.load({str(SCENARIOS / 'S1')!r}).trace('L1');"
        "sys.exit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
