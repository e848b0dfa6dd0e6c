from __future__ import annotations

import pytest
from typer.testing import CliRunner

from fundtrace.cli.main import app
from fundtrace.errors import BadTablesError, InvalidInputError
from tests.support.statements import write_factory_xlsx, write_flagged

ASKED = ["--loan-date", "2026-03-05", "--loan-amount", "3000000"]


def run(*arguments):
    return CliRunner().invoke(app, ["statement", *map(str, arguments)])


@pytest.mark.parametrize(("lang", "first"), [("zh", "页面已写入"), ("en", "Page written to")])
def test_the_page_is_written_and_three_lines_are_printed(tmp_path, lang, first):
    out = tmp_path / "report.html"
    done = run(write_factory_xlsx(tmp_path / "a.xlsx"), "-o", out, *ASKED, "--lang", lang)
    assert done.exit_code == 0
    assert done.output.startswith(first)
    assert len(done.output.splitlines()) == 4
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_loan_has_a_name_of_its_day_if_none_is_given(tmp_path):
    out = tmp_path / "report.html"
    run(write_factory_xlsx(tmp_path / "a.xlsx"), "-o", out, *ASKED)
    assert "LOAN-20260305" in out.read_text(encoding="utf-8")


def test_bad_rows_are_cut_to_the_number_asked(tmp_path):
    path = write_flagged(tmp_path / "s.csv", *[["20260305", "", "借", "x"]] * 5)
    done = run(path, "-o", tmp_path / "r.html", *ASKED, "--max-errors", "2")
    assert isinstance(done.exception, BadTablesError)
    assert (len(done.exception.problems), done.exception.total) == (2, 5)


@pytest.mark.parametrize(("lang", "words"), [("zh", "找不到文件"), ("en", "there is no file")])
def test_a_refusal_speaks_the_language_asked(tmp_path, lang, words):
    done = run(tmp_path / "no.csv", "-o", tmp_path / "r.html", *ASKED, "--lang", lang)
    assert isinstance(done.exception, InvalidInputError)
    assert words in str(done.exception)


def test_a_page_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "taken"
    folder.mkdir()
    file = write_factory_xlsx(tmp_path / "a.xlsx")
    done = run(file, "-o", folder, *ASKED)
    assert isinstance(done.exception, InvalidInputError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "taken"]
