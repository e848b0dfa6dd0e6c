"""The ``fundtrace`` command: its groups, and how an error becomes an exit code.

Exit codes: 0 yes, 1 checked and the answer is no, 2 wrong use or bad input, 3 another
error of ours. Errors go to standard error, answers to standard output.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from fundtrace.cli import imports, statement, trace, trail
from fundtrace.errors import BadTablesError, FundtraceError

app = typer.Typer(
    name="fundtrace",
    help="Follow a loan's money across banks, to the last minor unit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from fundtrace import __version__

        typer.echo(f"fundtrace {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Follow a loan's money across banks, to the last minor unit."""
    _ = version


app.command("trail")(trail.trail)
app.command("find")(trail.find)
app.command("trace")(trace.trace)
app.command("statement")(statement.statement)
app.add_typer(imports.app, name="import")


def run() -> None:
    """Run the command line; the entry point of the ``fundtrace`` script."""
    try:
        app()
    except BadTablesError as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        hidden = error.total - len(error.problems)
        if hidden:
            sys.stderr.write(f"... and {hidden} more; --max-errors 0 lists all\n")
        noun = "problem" if error.total == 1 else "problems"
        sys.stderr.write(f"fundtrace: {error.total} {noun} in the tables, nothing was loaded\n")
        sys.exit(error.exit_code)
    except FundtraceError as error:
        sys.stderr.write(f"fundtrace: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception:  # noqa: BLE001  a bug of ours must not look like the answer no
        traceback.print_exc()
        sys.stderr.write("fundtrace: this is a bug of ours; please report what is above\n")
        sys.exit(3)
