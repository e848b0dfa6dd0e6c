"""The balances of a real bank's statements chain, once the order within each day is recovered."""

from __future__ import annotations

from pathlib import Path

from fundtrace.books.berka import import_berka
from fundtrace.books.tables import load_tables
from fundtrace.trace.order import order_events
from tests.support.shared import find_data


def test_nearly_all_entries_of_the_berka_data_chain(tmp_path: Path) -> None:
    import_berka(find_data("berka"), tmp_path / "out")
    report = order_events(load_tables(tmp_path / "out")).report
    assert report.rows_with_balance == 49_102
    assert report.rows_chained >= 49_060
    # The file is cut off within its last day; nothing else is broken.
    assert {broken.day for broken in report.breaks} == {"1994-03-31"}
