"""``fundtrace ledger``: a node's store, from outside: make, upgrade, describe, check."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fundtrace.cli.options import Lang, print_answer

app = typer.Typer(
    help="A node's store: make it, bring it up to date, look at it, check every byte of it.",
    no_args_is_help=True,
)


class FindingsFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="FUNDTRACE_STORE",
        help="sqlite:////path/to/ledger.db or postgresql://user@host/database. A password belongs"
        " into the variable, or PostgreSQL's own password file, not on the command line.",
    ),
]
GuardFile = Annotated[
    Path | None,
    typer.Option(
        "--guard",
        metavar="FILE",
        help="The file that shows a restored database; beside an SQLite file if not named.",
    ),
]
Language = Annotated[Lang, typer.Option("--lang", help="Language of the answer.")]


@app.command("init")
def init(*, store: StoreUrl, guard: GuardFile = None, lang: Language = Lang.ZH) -> None:
    """Make an empty store; what is there already is left alone.

    Example: fundtrace ledger init --store sqlite:////var/lib/fundtrace/ledger.db
    """
    from fundtrace.api import ledger

    print_answer(ledger.render_created(ledger.init(store, guard), lang.value))


@app.command("upgrade")
def upgrade(*, store: StoreUrl, lang: Language = Lang.ZH) -> None:
    """Bring a store's tables to the version of this program, all or nothing.

    Stop the node and make a backup first.

    Example: fundtrace ledger upgrade --store sqlite:////var/lib/fundtrace/ledger.db
    """
    from fundtrace.api import ledger

    print_answer(ledger.render_upgraded(*ledger.upgrade(store), lang.value))


@app.command("info")
def info(*, store: StoreUrl, guard: GuardFile = None, lang: Language = Lang.ZH) -> None:
    """Say what a store holds, who writes to it, and whether it counts as a restored copy.

    Example: fundtrace ledger info --store sqlite:////var/lib/fundtrace/ledger.db --lang en
    """
    from fundtrace.api import ledger

    print_answer(ledger.render_info(ledger.describe(store, guard), lang.value))


@app.command("fsck")
def fsck(
    *,
    store: StoreUrl,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="VKEY", help="A log's key (vkey); may be repeated."),
    ] = None,
    max_findings: Annotated[
        int, typer.Option("--max-findings", min=0, help="List at most so many; 0 lists all.")
    ] = 1000,
    output_format: Annotated[
        FindingsFormat, typer.Option("--format", help="Text, or JSON: one object a line.")
    ] = FindingsFormat.TEXT,
    lang: Language = Lang.ZH,
) -> None:
    """Check every byte of a store: entries, tiles, roots, signatures, bodies, streams.

    It reads only, and goes on after each fault. Leaves with 0 where nothing is wrong, 1 where
    something is. A node may run meanwhile.

    Example: fundtrace ledger fsck --store sqlite:////var/lib/fundtrace/ledger.db --lang en
    """
    from fundtrace.api import ledger
    from fundtrace.tlog.keys import parse_verifier_key

    is_json = output_format is FindingsFormat.JSON
    keys = [parse_verifier_key(one) for one in key or ()]
    with ledger.LedgerCheck(store, keys) as check:
        for number, finding in enumerate(check.run()):
            if max_findings and number >= max_findings:
                continue
            if is_json:
                print_answer(ledger.render_finding_json(finding) + "\n")
            else:
                print_answer(ledger.render_finding(finding, lang.value) + "\n")
        counts, unverified = check.counts, check.unverified
    hidden = max(0, counts.problems - max_findings) if max_findings else 0
    if is_json:
        print_answer(ledger.render_end_json(counts, unverified))
    else:
        print_answer(ledger.render_end(counts, hidden, unverified, lang.value))
    if counts.problems:
        raise typer.Exit(1)
