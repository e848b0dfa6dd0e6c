"""Write docs/cli.md from the commands themselves; with --check, only compare.

A command is described by what typer knows of it, so that a new command or option cannot
be missing from the docs: scripts/check and tests/unit/test_docs.py fail until this ran.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from fundtrace.cli.main import app

CLI_PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_HEADER = """\
# The command line

Written by `scripts/gen-cli-docs` from the commands themselves; do not edit.

Answers go to standard output, errors to standard error. Exit codes: 0 yes, 1 checked and the
answer is no, 2 wrong use or bad input, 3 another error of ours.
"""


def build_page() -> str:
    """Return the text of docs/cli.md as it should be."""
    parts = [_HEADER]
    parts += [_describe(path, command) for path, command in list_commands()]
    return "\n".join(parts)


def list_commands() -> list[tuple[str, Any]]:
    """Return every command that can be run, as (``fundtrace import csv``, command)."""
    return _walk("fundtrace", get_command(app))


def _walk(path: str, command: Any) -> list[tuple[str, Any]]:
    commands = getattr(command, "commands", None)
    if commands is None:
        return [(path, command)]
    return [pair for name, one in commands.items() for pair in _walk(f"{path} {name}", one)]


def _describe(path: str, command: Any) -> str:
    context = typer.Context(command, info_name=path)
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([path, *(_name_argument(one) for one in arguments), "[OPTIONS]"])
    rows = [(_name_argument(one), one.help or "") for one in arguments]
    rows += [record for one in options if (record := one.get_help_record(context))]
    lines = [f"## {path}", "", "```", usage, "```", ""]
    lines += [_escape(line) for line in inspect.cleandoc(command.help or "").splitlines()]
    if rows:
        lines += ["", "| Argument or option | Meaning |", "| --- | --- |"]
        lines += [f"| `{_cell(name)}` | {_cell(_escape(text))} |" for name, text in rows]
    return "\n".join(lines) + "\n"


def _name_argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page, or say whether it is as it should be."""
    wanted = build_page()
    if sys.argv[1:] == ["--check"]:
        if CLI_PAGE.exists() and CLI_PAGE.read_text(encoding="utf-8") == wanted:
            return 0
        print("docs/cli.md does not say what the commands say; run scripts/gen-cli-docs")
        return 1
    CLI_PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
