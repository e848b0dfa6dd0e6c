"""Options that several commands share, and how they become arguments of the API."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fundtrace.errors import InvalidInputError
from fundtrace.report.texts import clean

if TYPE_CHECKING:
    from fundtrace.api.dataset import Dataset
    from fundtrace.cluster.access import Access
    from fundtrace.trace.result import Scope

DataFolder = Annotated[
    Path, typer.Option("--data", help="Folder with the movement tables (CSV or Parquet).")
]
MaybeDataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder with the movement tables (CSV or Parquet).")
]
KeptFolder = Annotated[
    Path | None,
    typer.Option("--kept", metavar="KEPT", help="What fundtrace trace --keep wrote."),
]
AsOfText = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Trace up to this time, inclusive: ISO 8601, Asia/Shanghai unless it says otherwise; "
        "a date includes that day.",
    ),
]
ScopeWindow = Annotated[
    int | None,
    typer.Option("--scope-window", metavar="DAYS", help="Stop following DAYS after disbursement."),
]
ScopeHops = Annotated[
    int | None, typer.Option("--scope-hops", metavar="N", help="Stop following after N movements.")
]
ScopeAmount = Annotated[
    str | None,
    typer.Option(
        "--scope-amount",
        metavar="X",
        help="Stop following when the hops of a loan add up to X (decimal, the loan's currency).",
    ),
]
ScopePartMin = Annotated[
    str | None,
    typer.Option(
        "--scope-part-min",
        metavar="X",
        help="Do not follow parts that arrive with less than X (decimal, the loan's currency).",
    ),
]
ErrorsMax = Annotated[
    int, typer.Option("--max-errors", metavar="N", help="List at most N bad rows; 0 lists all.")
]

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Trace on the Dask cluster of this scheduler, tls://HOST:PORT (docs/cluster.md).",
    ),
]
WorkFolder = Annotated[
    Path | None,
    typer.Option(
        "--work",
        help="With --cluster: a folder that this machine and all workers see under this path.",
    ),
]
TlsAuthority = Annotated[
    Path | None,
    typer.Option("--tls-ca", help="With --cluster: the cluster's own authority (PEM)."),
]
TlsCertificate = Annotated[
    Path | None, typer.Option("--tls-cert", help="With --cluster: our certificate (PEM).")
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", help="With --cluster: its private key (PEM).")
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="With --cluster: allow tcp:// without TLS, to a scheduler on this machine only.",
    ),
]


class Lang(StrEnum):
    """The language of an answer."""

    ZH = "zh"
    EN = "en"


def open_dataset(data: Path, errors_max: int) -> Dataset:
    """Load a folder and print its warnings to standard error."""
    from fundtrace.api.dataset import load_dataset

    dataset = load_dataset(data, errors_max=errors_max or None)
    print_warnings(dataset)
    tables = dataset.tables
    if not tables.has_accounts_table:
        typer.echo("note: no accounts table, so every account counts as observed", err=True)
    if tables.members is None:
        typer.echo("note: no members table, so every bank counts as a member", err=True)
    return dataset


def print_answer(text: str) -> None:
    """Print an answer; a reader that stops early is no error, a full disk is."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_warnings(dataset: Dataset) -> None:
    """Print the first warnings of the tables, and how many more there are."""
    shown_max = 20
    warnings = dataset.tables.warnings
    for warning in warnings[:shown_max]:
        typer.echo(f"warning: {clean(str(warning))}", err=True)
    if len(warnings) > shown_max:
        typer.echo(f"warning: ... and {len(warnings) - shown_max} more warnings", err=True)


def make_scope(
    window: int | None, hops: int | None, amount: str | None, part: str | None, currency: str
) -> Scope:
    """Build the scope that the options ask for; amounts are in ``currency``."""
    from fundtrace.model.money import parse_amount_minor
    from fundtrace.trace.result import Scope

    limit = None if amount is None else parse_amount_minor(amount, currency)
    least = None if part is None else parse_amount_minor(part, currency)
    return Scope(window, hops, limit, least)


def find_cluster(
    address: str | None,
    files: tuple[Path | None, Path | None, Path | None],
    *,
    work: Path | None,
    is_insecure: bool,
) -> tuple[Access, Path | None] | None:
    """Return what opens the cluster that the options name, and the work folder."""
    if address is None:
        if work or is_insecure or any(files):
            raise InvalidInputError("--work, --tls-* and --insecure go with --cluster ADDRESS")
        return None
    from fundtrace.cluster.access import Access

    return Access(address, *files, is_insecure=is_insecure), work
