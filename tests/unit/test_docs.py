"""The docs say what the program does: commands, options, links, tables, examples."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import cli_docs  # noqa: E402  # stands beside the script that writes the page
import compare_rules  # noqa: E402  # the same

import fundtrace  # noqa: E402
from fundtrace.books.tables import LAYOUTS, build_tables  # noqa: E402
from fundtrace.cli.main import app  # noqa: E402
from fundtrace.model import kinds  # noqa: E402
from fundtrace.model.money import render_amount  # noqa: E402
from fundtrace.report.words import END_REASONS, RULES, USES, Lang, say  # noqa: E402

PAGES = [
    *sorted(path for path in ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "nodes").rglob("*.md")),
    *sorted((ROOT / "proto").rglob("*.md")),
]
READMES = [ROOT / "README.md", ROOT / "docs" / "README.zh-CN.md"]
COMMANDS = dict(cli_docs.list_commands())
WENZHOU = ROOT / "nodes" / "wenzhou"
TABLES_PAGE = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
TRACING_PAGE = (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8")
TABLE_COLUMNS = [
    (name, column)
    for name, layout in LAYOUTS.items()
    for column in (*layout.required, *layout.optional)
]
WORDS_OF_COLUMNS = [
    ("movements", "kind", kinds.MovementKind),
    ("accounts", "kind", kinds.AccountKind),
    ("loans", "purpose_class", kinds.PurposeClass),
    ("loans", "payment_mode", kinds.PaymentMode),
    ("parties", "type", kinds.PartyType),
    ("relations", "relation", kinds.Relation),
]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _list_blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def _list_anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_command_page_says_what_the_commands_say():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == cli_docs.build_page(), "run scripts/gen-cli-docs"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_stands_on_the_command_page(path):
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"## {path}\n" in page
    section = page.split(f"## {path}\n")[1].split("\n## ")[0]
    hidden = {"--help"}
    options = [
        opt
        for param in COMMANDS[path].params
        if param.param_type_name == "option" and not param.hidden
        for opt in param.opts
    ]
    assert [opt for opt in options if opt not in hidden and opt not in section] == []


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_has_a_help_text(path):
    command = COMMANDS[path]
    assert command.help
    assert [param.name for param in command.params if not param.help] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
        link = target[0] or target[1]
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path) if path else page
        is_there = file.exists() and (not anchor or anchor in _list_anchors(file))
        if not is_there:
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("readme", READMES, ids=_name)
def test_the_two_commands_of_the_readme_exist(readme):
    scripts = re.findall(
        r"^(?:\./)?(scripts/\w+)", "".join(_list_blocks(readme, "sh")), re.MULTILINE
    )
    assert {"scripts/demo", "scripts/test"} <= set(scripts)
    assert [one for one in scripts if not os.access(ROOT / one, os.X_OK)] == []


def _get_section(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def _list_first_cells(section: str) -> list[tuple[str, str]]:
    """Return (first cell, whole row) of each row of a section's tables."""
    rows = re.findall(r"^\| (.*?) \|.*$", section, flags=re.MULTILINE)
    whole = re.findall(r"^\| .*$", section, flags=re.MULTILINE)
    return list(zip(rows, whole, strict=True))


@pytest.mark.parametrize(("table", "column"), TABLE_COLUMNS)
def test_every_column_of_a_table_has_its_row_on_the_tables_page(table, column):
    cells = [cell for cell, _ in _list_first_cells(_get_section(TABLES_PAGE, table))]
    assert any(f"`{column}`" in cell for cell in cells)


@pytest.mark.parametrize("table", LAYOUTS)
def test_the_tables_page_names_no_column_that_is_none(table):
    cells = [cell for cell, _ in _list_first_cells(_get_section(TABLES_PAGE, table))]
    shown = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert shown == {column for name, column in TABLE_COLUMNS if name == table}


@pytest.mark.parametrize(("table", "column", "words"), WORDS_OF_COLUMNS)
def test_the_words_of_a_column_stand_in_its_row_and_no_others_do(table, column, words):
    rows = _list_first_cells(_get_section(TABLES_PAGE, table))
    row = next(whole for cell, whole in rows if f"`{column}`" in cell)
    shown = re.findall(r"`(\w+)`", row.split("Word:")[1].split(".")[0])
    assert shown == [word.value for word in words if word]


def test_the_required_columns_of_movements_and_loans_stand_under_required():
    for table in ("movements", "loans"):
        required = _get_section(TABLES_PAGE, table).split("\nOptional:\n")[0]
        cells = [cell for cell, _ in _list_first_cells(required)]
        shown = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
        assert shown == set(LAYOUTS[table].required)


def _read_example_rows(page: Path) -> dict[str, list[dict[str, str]]]:
    return {
        table: list(csv.DictReader(block.splitlines()))
        for table in LAYOUTS
        for block in _list_blocks(page, f"csv {table}")
    }


def test_the_minimal_example_of_the_tables_page_gives_the_answer_that_it_says():
    tables = build_tables(_read_example_rows(ROOT / "docs" / "tables.md"))
    assert tables.warnings == ()
    rests = fundtrace.Dataset(tables).trace("L-1").rests
    assert [
        (part.place.account, part.end_reason, render_amount(part.traced_minor, "CNY"))
        for part in rests
    ] == [("1001", "held", "15,000.00"), ("2001", "held", "80,000.00"), ("", "outside", "5,000.00")]


def _import_sample(folder: Path) -> None:
    sample, how = (
        str(ROOT / "docs" / "examples" / name) for name in ("hqmx-sample.csv", "import-east.toml")
    )
    done = CliRunner().invoke(app, ["import", "csv", sample, str(folder), "--map", how])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("movement", "least"), [("hqmx-sample-4", "154,500.00"), ("", "0.00")])
def test_a_loan_after_an_import_must_name_its_disbursement_as_the_page_says(
    tmp_path, movement, least
):
    _import_sample(tmp_path / "hqmx")
    loans = (ROOT / "docs" / "examples" / "hqmx-sample-loans.csv").read_text(encoding="utf-8")
    loans = loans.replace("hqmx-sample-4", movement)
    (tmp_path / "hqmx" / "loans.csv").write_text(loans, encoding="utf-8")
    trail = fundtrace.load(tmp_path / "hqmx").trace("L-2026-0306")
    part = next(part for part in trail.rests if part.place.account == "6217003320098765432")
    assert render_amount(part.min_minor, "CNY") == least
    section = _get_section(TABLES_PAGE, "Loans after an import")
    assert least in section
    assert "hqmx-sample-4" in section


@pytest.mark.parametrize("word", [*kinds.Rule, *kinds.Use, *kinds.EndReason])
def test_every_rule_class_and_end_reason_stands_on_the_tracing_page(word):
    assert f"`{word.value}`" in TRACING_PAGE


@pytest.mark.parametrize("rule", kinds.Rule)
def test_the_tracing_page_calls_a_rule_what_the_screens_call_it(rule):
    row = next(row for cell, row in _list_first_cells(TRACING_PAGE) if cell == f"`{rule.value}`")
    assert f"{say(rule, Lang.EN)} · {say(rule, Lang.ZH)}" in row


def test_the_tracing_page_lists_the_classes_in_the_order_in_which_they_are_tried():
    cells = [
        cell.strip("`") for cell, _ in _list_first_cells(_get_section(TRACING_PAGE, "The answer"))
    ]
    assert [cell for cell in cells if cell in {use.value for use in kinds.Use}] == list(kinds.Use)


@pytest.mark.parametrize("readme", READMES, ids=_name)
def test_a_readme_leads_to_the_reference(readme):
    text = readme.read_text(encoding="utf-8")
    pages = ("tables.md", "tracing.md", "attribution.md", "trail.schema.json", "cli.md")
    assert [page for page in pages if f"{page})" not in text] == []


def test_the_chinese_pages_speak_of_banks_that_take_no_part_as_the_screens_do():
    pages = [ROOT / "docs" / "README.zh-CN.md", WENZHOU / "README.md"]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert all(say(kinds.Use.NON_MEMBER, Lang.ZH) in text for text in texts)
    assert not any("成员行" in text for text in texts)


def _list_shown_commands() -> list[tuple[str, str]]:
    pages = [page for page in PAGES if page.name != "cli.md"]
    demo = (ROOT / "scripts" / "demo").read_text(encoding="utf-8").replace("$in_lang", "{}")
    suggested = re.findall(r"^\s+['\"](fundtrace .*)['\"]$", demo, flags=re.MULTILINE)
    return [
        ("scripts/demo", line.replace("{}", in_lang))
        for line in suggested
        for in_lang in ("", " --lang en")[: 1 + ("{}" in line)]
    ] + [
        (_name(page), line)
        for page in pages
        for block in _list_blocks(page, "(?:sh|bash|console)")
        for line in block.replace("\\\n", " ").splitlines()
        if line.lstrip("$ ").startswith("fundtrace ")
    ]


@pytest.mark.parametrize(("page", "line"), _list_shown_commands())
def test_every_command_line_shown_names_real_commands_and_options(page, line):
    words = shlex.split(line.lstrip("$ "), comments=True)
    path = next((p for p in COMMANDS if words[: len(p.split())] == p.split()), None)
    assert path, f"{page}: no such command: {line}"
    known = {opt for param in COMMANDS[path].params for opt in param.opts + param.secondary_opts}
    known.add("--help")
    shown = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert shown <= known


@pytest.mark.parametrize(
    ("page", "block"),
    [(_name(page), block) for page in READMES for block in _list_blocks(page, "python")],
)
def test_the_python_of_the_readmes_runs(page, block, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(block, page, "exec"), {})  # noqa: S102  # our own text


@pytest.mark.parametrize(
    "page",
    [*READMES, *(ROOT / "docs" / name for name in ("tables.md", "adapters.md", "kept.md"))],
    ids=_name,
)
def test_the_commands_of_a_page_run_as_they_are_written(page, tmp_path):
    for folder in ("docs", "nodes"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    blocks = [block for block in _list_blocks(page, "sh") if "fundtrace " in block]
    assert blocks
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", "\n".join(blocks)],  # noqa: S607
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Whatever they write goes to out/, which git ignores.
    assert {path.name for path in tmp_path.iterdir()} == {"docs", "nodes", "out"}


def test_there_is_python_in_the_readmes():
    assert all(_list_blocks(page, "python") for page in READMES)


@pytest.mark.parametrize("lang", Lang)
def test_the_comparison_of_the_demo_speaks_one_language(lang, capsys):
    compare_rules.main(WENZHOU, lang)
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == [
        f"W-00{number}" for number in range(1, 7)
    ]
    assert all(say(rule, lang) in shown for rule in kinds.CONSERVING_RULES)
    assert say(kinds.Use.NON_MEMBER, lang) in shown
    assert bool(re.search(r"[\u4e00-\u9fff]", shown)) == (lang is Lang.ZH)
    # Codes of one word ("cash") are English words too; those with an underscore are not.
    codes = {word.value for table in (USES, END_REASONS, RULES) for word in table}
    assert [code for code in codes if "_" in code and code in shown] == []


def test_the_picture_of_the_readme_is_what_its_command_draws():
    command = "trail W-001 --data nodes/wenzhou --format svg --lang en"
    assert f"`fundtrace {command}`" in " ".join(READMES[0].read_text(encoding="utf-8").split())
    done = CliRunner().invoke(app, shlex.split(command.replace("nodes/wenzhou", str(WENZHOU))))
    assert done.exit_code == 0, done.output
    assert done.stdout_bytes == (ROOT / "docs" / "trail.svg").read_bytes()


THREATS_PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED_TESTS = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", THREATS_PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED_TESTS, ids=str)
def test_a_test_that_the_threat_model_names_is_there(file, name):
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_threat_model_names_a_test_for_each_row():
    rows = [line for line in THREATS_PAGE.splitlines() if line.startswith("| ")]
    bare = [row for row in rows if "`" not in row and "---" not in row and "It tries" not in row]
    assert bare == []
    assert len(NAMED_TESTS) > 30
