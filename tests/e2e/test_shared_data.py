"""The real and public data beside the project, imported and traced whole."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import fundtrace
from fundtrace.api.portfolio import trace_portfolio
from fundtrace.books.amlgentex import import_amlgentex
from fundtrace.books.berka import import_berka
from fundtrace.model.kinds import CONSERVING_RULES
from tests.support.shared import find_data


@pytest.mark.parametrize(
    ("name", "importer", "loans"),
    [("berka", import_berka, 38), ("amlgentex_6banks", import_amlgentex, 84)],
)
def test_every_loan_conserves_to_the_unit_under_every_conserving_rule(
    name: str, importer, loans: int, tmp_path: Path
):
    importer(find_data(name), tmp_path / name)
    dataset = fundtrace.load(tmp_path / name)
    frames = trace_portfolio(dataset, list(CONSERVING_RULES))  # raises where one does not
    summary = frames["summary"]
    assert summary.height == loans * len(CONSERVING_RULES)
    assert (summary["rests_minor"] == summary["principal_minor"]).all()
    assert (summary["first_uses_minor"] == summary["principal_minor"]).all()
    assert set(summary.filter(pl.col("hops") > 0)["rule"]) == {
        rule.value for rule in CONSERVING_RULES
    }
