from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.statements import write_factory_xlsx, write_farm_csv, write_flagged

ROOT = Path(__file__).resolve().parents[2]
RUN = "from fundtrace.cli.main import run; run()"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", RUN, "statement", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_a_newcomer_gets_a_page_from_an_xlsx(tmp_path):
    file, out = write_factory_xlsx(tmp_path / "流水.xlsx"), tmp_path / "report.html"
    asked = ["--loan-date", "2026-03-05", "--loan-amount", "3,000,000.00", "--loan-id", "LN<1>"]
    done = run(file, "-o", out, *asked, "--payee", "温州鹿达皮革有限公司")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"页面已写入 {out}"
    assert len(lines) == 4
    assert "海纳证券股份有限公司" in lines[2]
    page = out.read_text(encoding="utf-8")
    assert "LN&lt;1&gt;" in page
    assert "流水.xlsx" in page
    again = run(file, "-o", out, *asked, "--payee", "温州鹿达皮革有限公司")
    assert again.returncode == 0
    assert out.read_text(encoding="utf-8") == page
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_gb18030_csv_gives_an_english_page(tmp_path):
    file, out = write_farm_csv(tmp_path / "b.csv"), tmp_path / "report.html"
    done = run(
        file, "-o", out, "--loan-date", "20260302", "--loan-amount", "300000", "--lang", "en"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Page written to")
    assert '<html lang="en">' in out.read_text(encoding="utf-8")


def test_bad_rows_are_listed_in_chinese_and_no_page_is_written(tmp_path):
    file = write_flagged(
        tmp_path / "s.csv", ["20260305", "", "借", "五元"], ["2026-13-05", "", "借", "5"]
    )
    out = tmp_path / "report.html"
    done = run(file, "-o", out, "--loan-date", "2026-03-05", "--loan-amount", "5")
    assert done.returncode == 2
    assert "s.csv:2: 交易金额: '五元' 不是金额" in done.stderr
    assert "s.csv:3: 交易日期:" in done.stderr
    assert not out.exists()


def test_a_statement_from_the_banks_side_names_the_way_out(tmp_path):
    rows = (["20260305", "", "借", "9.00", "9.00"], ["20260306", "", "贷", "4.00", "5.00"])
    file, out = write_flagged(tmp_path / "s.csv", *rows), tmp_path / "report.html"
    asked = [file, "-o", out, "--loan-date", "2026-03-05", "--loan-amount", "9"]
    done = run(*asked)
    assert done.returncode == 2
    assert "请加 --flip 重新运行" in done.stderr
    assert run(*asked, "--flip").returncode == 0


def test_wrong_use_is_refused(tmp_path):
    file, out = write_factory_xlsx(tmp_path / "a.xlsx"), tmp_path / "report.html"
    for asked in (
        ["--loan-date", "gestern", "--loan-amount", "5"],
        ["--loan-date", "2026-03-05", "--loan-amount", "0"],
        ["--loan-date", "2026-03-05", "--loan-amount", "5", "--currency", "XXX"],
    ):
        assert run(file, "-o", out, *asked).returncode == 2
    missing = file / "report.html"  # a file is no folder
    assert (
        run(file, "-o", missing, "--loan-date", "2026-03-05", "--loan-amount", "5").returncode == 2
    )
