"""``fundtrace statement``: one bank, one statement file, one page. No set-up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fundtrace.cli.options import ErrorsMax, Lang
from fundtrace.errors import BadTablesError, InvalidInputError

if TYPE_CHECKING:
    from fundtrace.books.statement.tables import Rows
    from fundtrace.model.kinds import Rule
    from fundtrace.model.statement import LoanQuestion, Statement, StatementFacts
    from fundtrace.trace.trail import Trail


def statement(  # noqa: PLR0913  one option per parameter
    file: Annotated[Path, typer.Argument(help="The account's statement, XLSX or CSV.")],
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Write the page (HTML) here; replaced if there.")
    ],
    loan_date: Annotated[
        str, typer.Option("--loan-date", help="Day on which the loan was paid out: 2026-03-05.")
    ],
    loan_amount: Annotated[
        str, typer.Option("--loan-amount", help="Amount paid out, in main units: 3000000.00.")
    ],
    loan_id: Annotated[
        str, typer.Option("--loan-id", help="The loan's number, as the page shall show it.")
    ] = "",
    payee: Annotated[
        list[str] | None,
        typer.Option("--payee", help="A declared payee, by name or account; may be repeated."),
    ] = None,
    account: Annotated[
        str, typer.Option("--account", help="The statement's own account, if it does not say.")
    ] = "",
    currency: Annotated[
        str, typer.Option("--currency", help="Its currency, if it does not say; else CNY.")
    ] = "",
    sheet: Annotated[
        str, typer.Option("--sheet", help="Sheet to read, if there are several.")
    ] = "",
    flip: Annotated[
        bool,
        typer.Option("--flip", help="Read 借 as money in and 贷 as money out (the bank's side)."),
    ] = False,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the page.")] = Lang.ZH,
    max_errors: ErrorsMax = 100,
) -> None:
    """Show where a loan's money went as far as one account's statement shows: an HTML page.

    Example: fundtrace statement statement.xlsx -o report.html --loan-date 2026-03-05
    --loan-amount 3000000.00 --payee 温州鹿达皮革有限公司
    """
    from fundtrace import __version__
    from fundtrace.books.files import write_atomically
    from fundtrace.books.statement.reader import Wanted, read_statement
    from fundtrace.books.statement.tables import build_facts
    from fundtrace.report.statement.page import build_key_lines, render_statement_page
    from fundtrace.report.statement.words import get_words

    with _in_language(lang, max_errors):
        wanted = Wanted(account, _read_currency(currency), lang.value)
        read = read_statement(file, wanted, sheet=sheet, is_flipped=flip)
        question = _read_question(read, loan_date, loan_amount, loan_id, tuple(payee or ()))
        case, rows = build_facts(read, question)
    trails = _trace(case, rows)
    page = render_statement_page(case, trails, lang.value, __version__)
    write_atomically(out, page.encode())
    typer.echo(get_words(lang.value)["cli_written"].format(path=out))
    for line in build_key_lines(case, trails, lang.value):
        typer.echo(line)


@contextmanager
def _in_language(lang: Lang, errors_max: int) -> Iterator[None]:
    """Let a refusal speak the officer's language and keep to the number of errors asked."""
    from fundtrace.books.statement.messages import StatementRefusedError

    try:
        yield
    except StatementRefusedError as error:
        raise InvalidInputError(error.render(lang.value)) from error
    except BadTablesError as error:
        shown = error.problems[: errors_max if errors_max > 0 else None]
        raise BadTablesError(shown, error.total) from error


def _read_currency(text: str) -> str:
    from fundtrace.books.statement.cells import parse_currency

    return parse_currency(text) if text else ""


def _read_question(
    read: Statement, date: str, amount: str, loan_id: str, payees: tuple[str, ...]
) -> LoanQuestion:
    from fundtrace.books.statement.cells import parse_amount, parse_moment
    from fundtrace.model.statement import LoanQuestion

    day, _ = parse_moment(date, None)
    minor = parse_amount(amount, read.currency)
    if minor is None or minor <= 0:
        raise InvalidInputError(f"--loan-amount {amount!r} is not an amount above zero")
    shown_id = loan_id.strip() or f"LOAN-{day:%Y%m%d}"
    return LoanQuestion(shown_id, day.isoformat(), minor, payees)


def _trace(case: StatementFacts, rows: Rows) -> dict[Rule, Trail]:
    """Trace the loan under every rule."""
    from fundtrace.api.dataset import Dataset
    from fundtrace.books.tables import build_tables
    from fundtrace.model.kinds import Rule

    dataset = Dataset(build_tables(rows))
    return {rule: dataset.trace(case.loan.loan_id, rule) for rule in Rule}
