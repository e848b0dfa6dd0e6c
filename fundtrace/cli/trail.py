"""``fundtrace trail`` and ``fundtrace find``: one loan's money, and what to ask for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fundtrace.cli.options import (
    AsOfText,
    DataFolder,
    ErrorsMax,
    KeptFolder,
    Lang,
    MaybeDataFolder,
    ScopeAmount,
    ScopeHops,
    ScopePartMin,
    ScopeWindow,
    make_scope,
    open_dataset,
    print_answer,
)
from fundtrace.errors import InvalidInputError
from fundtrace.model.kinds import DEFAULT_RULE, Rule
from fundtrace.report.texts import clean

if TYPE_CHECKING:
    from fundtrace.api.kept import Kept
    from fundtrace.trace.trail import Trail
    from fundtrace.trace.view import View


class Format(StrEnum):
    """How an answer is rendered."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    GRAPHML = "graphml"
    SVG = "svg"


MaxHops = Annotated[
    int | None,
    typer.Option("--max-hops", metavar="N", help="Show hops up to depth N (view only)."),
]
MinAmount = Annotated[
    str | None,
    typer.Option("--min-amount", metavar="X", help="Show hops of at least X (view only)."),
]
BudgetHops = Annotated[
    int, typer.Option("--budget-hops", metavar="N", help="Show at most N hops, the largest.")
]
BudgetSeconds = Annotated[
    float | None,
    typer.Option("--budget-seconds", metavar="S", help="Give up the spread after S seconds."),
]


def trail(  # noqa: PLR0913  one option per parameter
    loan: Annotated[
        str,
        typer.Argument(help="Loan id; or a contract, movement, UETR or account that names one."),
    ],
    *,
    data: MaybeDataFolder = None,
    kept: KeptFolder = None,
    rule: Annotated[
        Rule, typer.Option("--rule", help="Attribution rule that the answer shows.")
    ] = DEFAULT_RULE,
    as_of: AsOfText = None,
    scope_window: ScopeWindow = None,
    scope_hops: ScopeHops = None,
    scope_amount: ScopeAmount = None,
    scope_part_min: ScopePartMin = None,
    max_hops: MaxHops = None,
    min_amount: MinAmount = None,
    budget_hops: BudgetHops = 5_000,
    budget_seconds: BudgetSeconds = None,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the answer.")] = Lang.ZH,
    output_format: Annotated[
        Format, typer.Option("--format", help="table for people, the others for programs.")
    ] = Format.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to this file instead of standard output.")
    ] = None,
    max_errors: ErrorsMax = 100,
) -> None:
    """Show where a loan's money went: hops, first uses, rests, and how sure that is.

    The tables are read and traced (--data), or a kept result answers at once (--kept); with
    both, it answers only if it was made of these tables.

    Example: fundtrace trail W-001 --data nodes/wenzhou --rule fifo --lang en
    """
    limits = _Limits(max_hops, min_amount, budget_hops, budget_seconds)
    if kept is not None:
        _refuse_limits(as_of, scope_window, scope_hops, scope_amount, scope_part_min)
        result = _open_kept(kept, data)
        view = limits.make_view(result.loans[result.find_loan(loan)].currency)
        write_answer(result.trace(loan, rule, view=view), output_format, lang, out)
        return
    from fundtrace.api.search import get_loan_id

    if data is None:
        raise InvalidInputError("name the tables (--data) or a kept result (--kept)")
    dataset = open_dataset(data, max_errors)
    loan_id = get_loan_id(dataset, loan)
    currency = dataset.tables.loans[dataset.find_loan(loan_id)].currency
    answer = dataset.trace(
        loan_id,
        rule,
        as_of=as_of,
        scope=make_scope(scope_window, scope_hops, scope_amount, scope_part_min, currency),
        view=limits.make_view(currency),
    )
    write_answer(answer, output_format, lang, out)


class _Limits(NamedTuple):
    """The view limits as they were typed."""

    max_hops: int | None
    min_amount: str | None
    budget_hops: int
    budget_seconds: float | None

    def make_view(self, currency: str) -> View:
        from fundtrace.model.money import parse_amount_minor
        from fundtrace.trace.view import View

        least = None if self.min_amount is None else parse_amount_minor(self.min_amount, currency)
        return View(self.max_hops, least, self.budget_hops, self.budget_seconds)


def _refuse_limits(*limits: object) -> None:
    if any(one is not None for one in limits):
        raise InvalidInputError(
            "a kept result answers for the time and the scope that it was made under; "
            "leave out --as-of and --scope-*, or ask with --data alone"
        )


def _open_kept(kept: Path, data: Path | None) -> Kept:
    from fundtrace.api.kept import open_kept

    result = open_kept(kept)
    if data is not None:
        result.check_tables(data)
    return result


def write_answer(answer: Trail, output_format: Format, lang: Lang, out: Path | None) -> None:
    """Render a trail to a file, whole or not at all, or to standard output."""
    text = render_answer(answer, output_format, lang, is_terminal=out is None)
    if out is None:
        print_answer(text)
        return
    from fundtrace.books.files import write_atomically

    write_atomically(out, text.encode())
    typer.echo(f"written: {out}", err=True)


def render_answer(answer: Trail, output_format: Format, lang: Lang, *, is_terminal: bool) -> str:
    """Render a trail as text in one of the formats."""
    if output_format is Format.JSON:
        from fundtrace.report.trail_json import render_trail_json

        return render_trail_json(answer)
    if output_format is Format.CSV:
        from fundtrace.report.trail_csv import render_trail_csv

        return render_trail_csv(answer)
    if output_format is Format.GRAPHML:
        from fundtrace.report.trail_graphml import render_trail_graphml

        return render_trail_graphml(answer)
    if output_format is Format.SVG:
        from fundtrace.report.svg.draw import render_trail_svg

        return render_trail_svg(answer, lang.value)
    from fundtrace.report.terminal import render_trail_text

    return render_trail_text(answer, lang.value, is_terminal=is_terminal)


def find(
    reference: Annotated[
        str, typer.Argument(help="A loan, contract, movement, UETR, or account ([BANK/]NUMBER).")
    ],
    data: DataFolder,
    max_errors: ErrorsMax = 100,
) -> None:
    """Find which loans' money a contract, movement, UETR or account has to do with.

    Example: fundtrace find C/3001 --data nodes/wenzhou
    """
    from fundtrace.api.search import list_matches

    dataset = open_dataset(data, max_errors)
    for match in list_matches(dataset, reference):
        traced = ", ".join(match.loan_ids) or "none"
        typer.echo(clean(f"{match.kind} {match.name}: loans {traced}"))
        if match.exposed_loan_ids:
            others = ", ".join(match.exposed_loan_ids)
            typer.echo(clean(f"  possibly, under another rule: {others}"))
