"""``fundtrace trace``: all loans of a folder in one pass per rule, as tables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fundtrace.cli.options import (
    AsOfText,
    ClusterAddress,
    DataFolder,
    ErrorsMax,
    Insecure,
    ScopeAmount,
    ScopeHops,
    ScopePartMin,
    ScopeWindow,
    TlsAuthority,
    TlsCertificate,
    TlsKey,
    WorkFolder,
    find_cluster,
    make_scope,
    open_dataset,
)
from fundtrace.errors import InvalidInputError

if TYPE_CHECKING:
    import polars as pl

    from fundtrace.api.dataset import Dataset
    from fundtrace.cluster.access import Access
    from fundtrace.model.kinds import Rule
    from fundtrace.trace.result import Scope


class TracedRule(StrEnum):
    """A conserving rule, or all of them."""

    FIFO = "fifo"
    LIFO = "lifo"
    PRO_RATA = "pro_rata"
    PROCEEDS_FIRST = "proceeds_first"
    OWN_FIRST = "own_first"
    SPECIFIC = "specific"
    ALL = "all"


def trace(  # noqa: PLR0913  one option per parameter
    *,
    data: DataFolder,
    out: Annotated[Path, typer.Option("--out", help="Folder for the result tables.")],
    rule: Annotated[
        TracedRule,
        typer.Option("--rule", help="A conserving rule, or all for every one and the spread."),
    ] = TracedRule.PROCEEDS_FIRST,
    as_of: AsOfText = None,
    scope_window: ScopeWindow = None,
    scope_hops: ScopeHops = None,
    scope_amount: ScopeAmount = None,
    scope_part_min: ScopePartMin = None,
    max_errors: ErrorsMax = 100,
    cluster: ClusterAddress = None,
    work: WorkFolder = None,
    tls_ca: TlsAuthority = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Trace all loans and write hops, first_uses, rests and summary as Parquet and CSV.

    Example: fundtrace trace --data nodes/wenzhou --rule all --out out/wenzhou
    """
    from fundtrace.api.dataset import parse_rules, read_as_of
    from fundtrace.api.portfolio import write_portfolio
    from fundtrace.report.texts import describe_scope

    rules = parse_rules([rule])
    where = find_cluster(cluster, (tls_ca, tls_cert, tls_key), work=work, is_insecure=insecure)
    dataset = open_dataset(data, max_errors)
    if not dataset.tables.loans:
        raise InvalidInputError(f"{data} holds no loans; add a loans table to trace them")
    currencies = {loan.currency for loan in dataset.tables.loans}
    for option, given in (("--scope-amount", scope_amount), ("--scope-part-min", scope_part_min)):
        if given is not None and len(currencies) > 1:
            raise InvalidInputError(f"{option} needs loans of one currency; trace them apart")
    currency = min(currencies)
    scope = make_scope(scope_window, scope_hops, scope_amount, scope_part_min, currency)
    frames = _trace_with_progress(dataset, rules, read_as_of(as_of), scope, where)
    written = write_portfolio(frames, out)
    loans, moves = len(dataset.tables.loans), len(dataset.tables.movements)
    typer.echo(f"{loans} loans over {moves} movements, {', '.join(rules)}")
    typer.echo(f"scope: {describe_scope(scope, currency, 'en')}")
    for one in rules:
        rows = frames["hops"].filter(frames["hops"]["rule"] == one.value).height
        typer.echo(f"  {one}: {rows} hops; every loan conserves to the unit")
    names = ", ".join(path.name for path in written)
    typer.echo(f"written to {out}: {names}")


def _trace_with_progress(
    dataset: Dataset,
    rules: list[Rule],
    as_of: int | None,
    scope: Scope,
    where: tuple[Access, Path | None] | None,
) -> dict[str, pl.DataFrame]:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from fundtrace.api.portfolio import trace_portfolio

    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[Rule, TaskID] = {}

        def report(rule: Rule, done: int, total: int) -> None:
            if rule not in tasks:
                tasks[rule] = progress.add_task(rule.value, total=total)
            progress.update(tasks[rule], completed=done)

        if where:
            from fundtrace.api.clustered import trace_on_cluster

            access, work = where
            trace_on_cluster(
                dataset, rules, access, work=work, as_of=as_of, scope=scope, progress=report
            )
        return trace_portfolio(dataset, rules, as_of, scope, report)
