"""The ``fundtrace`` command: its groups, and how an error becomes an exit code.

Exit codes: 0 yes, 1 checked and the answer is no, 2 wrong use or bad input, 3 another
error of ours. Errors go to standard error, answers to standard output.
"""

from __future__ import annotations

import io
import sys
import traceback
from typing import Annotated

import typer

from fundtrace.cli import imports, ledger, simulate, statement, trace, trail, verify
from fundtrace.errors import BadTablesError, FundtraceError
from fundtrace.report.texts import clean

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
app.command("simulate")(simulate.simulate)
app.command("verify")(verify.verify)
app.add_typer(imports.app, name="import")
app.add_typer(ledger.app, name="ledger")


def run() -> None:
    """Run the command line; the entry point of the ``fundtrace`` script."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # closed by the caller: there is nobody to answer
            sys.exit(3)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BadTablesError as error:
        _say_problems(error)
        sys.exit(error.exit_code)
    except FundtraceError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _complain(f"the system refuses: {error}")
        sys.exit(3)
    except Exception:  # noqa: BLE001  a bug of ours must not look like the answer no
        traceback.print_exc()
        _complain("this is a bug of ours; please report what is above")
        sys.exit(3)


def _say_problems(error: BadTablesError) -> None:
    for problem in error.problems:
        sys.stderr.write(f"{clean(str(problem))}\n")
    hidden = error.total - len(error.problems)
    if hidden:
        sys.stderr.write(f"... and {hidden} more; --max-errors 0 lists all\n")
    noun = "problem" if error.total == 1 else "problems"
    _complain(f"{error.total} {noun} in the tables, nothing was loaded")


def _complain(text: str) -> None:
    """Say something on standard error, harmless to a terminal whatever names it quotes."""
    lines = (clean(line) for line in text.splitlines())
    sys.stderr.write("fundtrace: " + "\n".join(lines) + "\n")
