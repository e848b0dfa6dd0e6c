"""Files that are no statement, or a damaged one: refused by our errors, with the way out."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundtrace.books.statement.reader import read_statement
from fundtrace.errors import InvalidInputError
from tests.support.statements import (
    list_problems,
    refuse,
    write_factory_xlsx,
    write_farm_csv,
    write_flagged,
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_xls"),
        (b"%PDF-1.7", "file_pdf"),
        (b"<html><table></table>", "file_html"),
        (b"PK\x03\x04 broken", "file_xlsx"),
        (b"\x81\xff\xff\x00", "file_text"),
        ("姓名,电话\n甲,1\n".encode(), "header_missing"),
        ("交易日期,借贷标志,交易金额\n".encode(), "rows_missing"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_with_the_way_out(tmp_path, content, code):
    path = tmp_path / "s.xlsx"
    path.write_bytes(content)
    error = refuse(path)
    assert error.code == code
    assert "s.xlsx" in error.render("zh")


def test_an_open_quote_cannot_swallow_rows(tmp_path):
    path = tmp_path / "s.csv"
    text = '日期,借贷标志,金额,摘要\n20260305,借,1,"货款\n20260306,借,2,货款\n'
    path.write_text(text, encoding="utf-8")
    assert refuse(path).code == "csv_broken"


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> tuple[bytes, bytes]:
    """Written once: a workbook holds the time, so that its bytes differ from run to run."""
    folder = tmp_path_factory.mktemp("originals")
    return (
        write_factory_xlsx(folder / "s.xlsx").read_bytes(),
        write_farm_csv(folder / "s.csv").read_bytes(),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_files_are_read_or_refused_by_our_errors(tmp_path, originals, data):
    content = bytearray(originals[data.draw(st.integers(0, 1))])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(bytes(content))
    with contextlib.suppress(InvalidInputError):
        assert read_statement(path).rows


def test_a_missing_file_is_said(tmp_path):
    assert refuse(tmp_path / "none.csv").code == "file_missing"


def test_every_bad_cell_of_a_row_is_listed(tmp_path):
    row = ["2026-13-40", "", "某", "28万", "1.00", "甲", "6.22E+18", ""]
    path = write_flagged(tmp_path / "s.csv", row)
    columns = {column for _, column in list_problems(path)}
    assert columns == {"交易日期", "借贷标志", "交易金额", "对方账号"}
