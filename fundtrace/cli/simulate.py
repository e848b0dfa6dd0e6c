"""``fundtrace simulate``: a made-up consortium with its truth, as a folder of tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fundtrace.simulate.validate import Checked


def simulate(  # noqa: PLR0913  one option per parameter
    *,
    seed: Annotated[int, typer.Option("--seed", help="The world's number, 0 or more.")],
    scale: Annotated[
        int, typer.Option("--scale", metavar="N", help="Accounts: 1,000 to 1,000,000.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")],
    movements: Annotated[
        int | None,
        typer.Option(
            "--movements",
            metavar="M",
            help="Movements, within some percent; 10 for each account unless said.",
        ),
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="parquet|csv",
            help="Unless said, csv up to 100,000 movements and parquet above.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read the world back and prove what it claims.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a former world in the folder.")
    ] = False,
) -> None:
    """Write a made-up world: movement tables, and the truth about its diverted loans.

    The same seed, scale and movements give the same bytes on every machine.

    Example: fundtrace simulate --seed 7 --scale 2000 --out out/world --check
    """
    from fundtrace.simulate.folder import check_target, choose_format, write_world
    from fundtrace.simulate.validate import check_world
    from fundtrace.simulate.world import Size, build_world

    size = Size.check(seed, scale, movements)
    chosen = choose_format(file_format, size.movements)
    check_target(out, overwrite=overwrite)
    rows = write_world(build_world(size), out, file_format=chosen, overwrite=overwrite)
    typer.echo(f"world {seed} of {scale} accounts, {chosen}, in {out}")
    for name, count in rows.items():
        typer.echo(f"  {name}: {count}")
    if check:
        _report(check_world(out))


def _report(checked: Checked) -> None:
    """Print what was checked; exit 1 where something does not hold."""
    for problem in checked.problems:
        typer.echo(str(problem), err=True)
    flow = "traced" if checked.is_traced else "too many movements for the reference to trace"
    typer.echo(
        f"checked: {checked.movements} movements, {checked.balances} balances, "
        f"{checked.hops} hops of the truth ({flow}); {len(checked.problems)} problems"
    )
    if checked.problems:
        raise typer.Exit(1)
