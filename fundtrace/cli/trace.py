"""``fundtrace trace``: all loans of a folder in one pass per rule, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

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
    from fundtrace.api.dataset import Dataset
    from fundtrace.api.dataset import Progress as Report
    from fundtrace.cluster.access import Access
    from fundtrace.model.kinds import Rule
    from fundtrace.trace.result import Scope


T = TypeVar("T")


class TracedRule(StrEnum):
    """A conserving rule, or all of them."""

    FIFO = "fifo"
    LIFO = "lifo"
    PRO_RATA = "pro_rata"
    PROCEEDS_FIRST = "proceeds_first"
    OWN_FIRST = "own_first"
    SPECIFIC = "specific"
    ALL = "all"


KeepFolder = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="KEPT",
        help="Folder to keep the passes of every rule in, for fundtrace trail --kept.",
    ),
]
WithExposure = Annotated[
    bool,
    typer.Option(
        "--exposure/--no-exposure", help="Also keep each loan's upper bound: one search per loan."
    ),
]
RuleName = Annotated[
    TracedRule,
    typer.Option("--rule", help="A conserving rule, or all for every one and the spread."),
]


def trace(  # noqa: PLR0913  one option per parameter
    *,
    data: DataFolder,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the result tables.")] = None,
    keep: KeepFolder = None,
    exposure: WithExposure = True,
    rule: RuleName = TracedRule.PROCEEDS_FIRST,
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

    With --keep the passes are kept too, so that fundtrace trail answers from there at once.

    Example: fundtrace trace --data nodes/wenzhou --rule all --out out/wenzhou
    """
    from fundtrace.api.dataset import parse_rules, read_as_of
    from fundtrace.model.kinds import CONSERVING_RULES

    if out is None and keep is None:
        raise InvalidInputError("name a folder for the tables (--out), for the passes (--keep)")
    rules = parse_rules([rule])
    where = find_cluster(cluster, (tls_ca, tls_cert, tls_key), work=work, is_insecure=insecure)
    dataset = open_dataset(data, max_errors)
    if not dataset.tables.loans:
        raise InvalidInputError(f"{data} holds no loans; add a loans table to trace them")
    currency = _find_currency(
        dataset, amounts={"--scope-amount": scope_amount, "--scope-part-min": scope_part_min}
    )
    scope = make_scope(scope_window, scope_hops, scope_amount, scope_part_min, currency)
    at = read_as_of(as_of)
    if where:
        _trace_on_cluster(
            dataset, rules if keep is None else list(CONSERVING_RULES), at, scope, where
        )
    if out is not None:
        _write_tables(dataset, rules, at, scope, out)
    if keep is not None:
        _keep_passes(dataset, at, scope, keep, with_exposure=exposure)


def _find_currency(dataset: Dataset, amounts: Mapping[str, str | None]) -> str:
    """Return the currency of amounts given as options, which loans of several cannot share."""
    currencies = {loan.currency for loan in dataset.tables.loans}
    for option, given in amounts.items():
        if given is not None and len(currencies) > 1:
            raise InvalidInputError(f"{option} needs loans of one currency; trace them apart")
    return min(currencies)


def _trace_on_cluster(
    dataset: Dataset,
    rules: list[Rule],
    at: int | None,
    scope: Scope,
    where: tuple[Access, Path | None],
) -> None:
    from fundtrace.api.clustered import trace_on_cluster

    access, work = where
    _show_progress(
        lambda report: trace_on_cluster(
            dataset, rules, access, work=work, as_of=at, scope=scope, progress=report
        )
    )


def _write_tables(
    dataset: Dataset, rules: list[Rule], at: int | None, scope: Scope, out: Path
) -> None:
    from fundtrace.api.portfolio import trace_portfolio, write_portfolio
    from fundtrace.report.texts import describe_scope

    currency = dataset.tables.loans[0].currency
    frames = _show_progress(lambda report: trace_portfolio(dataset, rules, at, scope, report))
    written = write_portfolio(frames, out)
    loans, moves = len(dataset.tables.loans), len(dataset.tables.movements)
    typer.echo(f"{loans} loans over {moves} movements, {', '.join(rules)}")
    typer.echo(f"scope: {describe_scope(scope, currency, 'en')}")
    for one in rules:
        rows = frames["hops"].filter(frames["hops"]["rule"] == one.value).height
        typer.echo(f"  {one}: {rows} hops; every loan conserves to the unit")
    names = ", ".join(path.name for path in written)
    typer.echo(f"written to {out}: {names}")


def _keep_passes(
    dataset: Dataset, at: int | None, scope: Scope, folder: Path, *, with_exposure: bool
) -> None:
    from fundtrace.api.kept import keep

    _show_progress(
        lambda report: keep(
            dataset, folder, as_of=at, scope=scope, with_exposure=with_exposure, progress=report
        )
    )
    typer.echo(f"kept in {folder}: {len(dataset.tables.loans)} loans under every rule")


def _show_progress(work: Callable[[Report], T]) -> T:
    """Do some work that reports how far each rule is."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[Rule, TaskID] = {}

        def report(rule: Rule, done: int, total: int) -> None:
            if rule not in tasks:
                tasks[rule] = progress.add_task(rule.value, total=total)
            progress.update(tasks[rule], completed=done)

        return work(report)
