"""The docs say what the program does: commands, options, links, examples."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import cli_docs  # noqa: E402  # stands beside the script that writes the page

import fundtrace  # noqa: E402
from fundtrace.model.money import render_amount  # noqa: E402

PAGES = [
    *sorted(path for path in ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "nodes").rglob("*.md")),
    *sorted((ROOT / "proto").rglob("*.md")),
]
READMES = [ROOT / "README.md", ROOT / "docs" / "README.zh-CN.md"]
COMMANDS = dict(cli_docs.list_commands())


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


def _list_shown_commands() -> list[tuple[str, str]]:
    pages = [page for page in PAGES if page.name != "cli.md"]
    return [
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


def test_there_is_python_in_the_readmes():
    assert all(_list_blocks(page, "python") for page in READMES)


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
    folder = ROOT / "nodes" / "wenzhou"
    trail = fundtrace.load(folder).trace(loan)
    part = next(
        part
        for part in getattr(trail, statement)
        if f"{part.place.bank}/{part.place.account}" == account
    )
    shown = (part.traced_minor, part.min_minor, part.max_minor)
    assert tuple(render_amount(minor, "CNY") for minor in shown) == amounts
    story = (folder / "README.md").read_text(encoding="utf-8").split(f"## {loan} ")[1]
    assert [amount for amount in amounts if amount not in story.split("\n## ")[0]] == []


def test_the_sample_trails_cross_at_least_three_banks():
    dataset = fundtrace.load(ROOT / "nodes" / "wenzhou")
    banks = {
        loan: {end.bank for hop in dataset.trace(loan).hops for end in (hop.debit, hop.credit)}
        for loan in dataset.loan_ids
    }
    assert [loan for loan, crossed in banks.items() if len(crossed - {""}) < 3] == []
