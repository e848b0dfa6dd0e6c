"""``fundtrace import``: foreign data to a folder of movement tables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fundtrace.books.importing import ImportReport

app = typer.Typer(
    help="Turn other data into movement tables: a bank's own CSV, or public data sets.",
    no_args_is_help=True,
)


class TableFormat(StrEnum):
    """How tables are stored."""

    CSV = "csv"
    PARQUET = "parquet"


Out = Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the tables; made if absent.")]
Format = Annotated[TableFormat, typer.Option("--format", help="How the tables are stored.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace tables that stand in OUT already.")
]


@app.command("berka")
def berka(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder with trans.asc, account.asc, disp.asc, loan.asc."
        ),
    ],
    out: Out,
    table_format: Format = TableFormat.CSV,
    overwrite: Overwrite = False,  # noqa: FBT002  # typer makes it an option
) -> None:
    """Import the Berka data (PKDD'99): a real Czech bank, 1993 to 1998.

    Example: fundtrace import berka data/berka tables/
    """
    from fundtrace.books.berka import import_berka

    _show(import_berka(source, out, file_format=table_format.value, overwrite=overwrite))


@app.command("amlgentex")
def amlgentex(
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with tx_log.parquet and accounts.csv.")
    ],
    out: Out,
    currency: Annotated[
        str, typer.Option("--currency", help="ISO 4217 code; the data itself names none.")
    ] = "SEK",
    table_format: Format = TableFormat.CSV,
    overwrite: Overwrite = False,  # noqa: FBT002  # typer makes it an option
) -> None:
    """Import AMLGentex output: synthetic banks, with a loan on each labelled pattern.

    Example: fundtrace import amlgentex data/amlgentex_6banks tables/ --currency SEK
    """
    from fundtrace.books.amlgentex import import_amlgentex

    report = import_amlgentex(
        source, out, currency, file_format=table_format.value, overwrite=overwrite
    )
    _show(report)


@app.command("csv")
def csv(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file in UTF-8 or GB18030.")],
    out: Out,
    mapping: Annotated[
        Path,
        typer.Option("--map", metavar="MAP.toml", help="Which column is what; see docs/examples."),
    ],
    table_format: Format = TableFormat.CSV,
    overwrite: Overwrite = False,  # noqa: FBT002  # typer makes it an option
) -> None:
    """Import a bank's own CSV file, by a mapping of its columns.

    Example: fundtrace import csv HQMX.csv tables/ --map docs/examples/import-east.toml
    """
    from fundtrace.books.mapped_csv import import_mapped_csv

    report = import_mapped_csv(
        file, out, mapping, file_format=table_format.value, overwrite=overwrite
    )
    _show(report)


def _show(report: ImportReport) -> None:
    typer.echo(report.render_text(), nl=False)
