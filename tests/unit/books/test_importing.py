"""An import's report says what was written and what was left."""

from __future__ import annotations

import pytest

from fundtrace.books.importing import ImportReport, Note, raise_if_bad
from fundtrace.errors import BadTablesError, NotFoundError
from fundtrace.model.problems import Problem

REPORT = ImportReport(
    "data/x", "out", (("movements", 12345), ("loans", 3)), (Note("rows dropped", 2), Note("a word"))
)


def test_a_report_renders_tables_and_notes():
    assert REPORT.render_text() == (
        "Imported data/x to out\n"
        "  movements  12,345 rows\n"
        "  loans           3 rows\n"
        "Notes:\n"
        "  - rows dropped: 2\n"
        "  - a word\n"
    )


def test_a_report_without_notes_has_no_heading_for_them():
    assert "Notes" not in ImportReport("a", "b", (("movements", 1),), ()).render_text()


def test_row_counts_are_found_by_table():
    assert REPORT.get_row_count("loans") == 3
    with pytest.raises(NotFoundError, match="members"):
        REPORT.get_row_count("members")


def test_problems_are_raised_together_in_order():
    raise_if_bad([])
    with pytest.raises(BadTablesError) as caught:
        raise_if_bad([Problem("f", 3, "", "b"), Problem("f", 2, "", "a")])
    assert [problem.line for problem in caught.value.problems] == [2, 3]
